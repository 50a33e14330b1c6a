"""Kafka and PostgreSQL together, with everything they keep in one folder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from random import Random
from typing import IO, TYPE_CHECKING, Self

from silkway.embedded.kafka import Kafka
from silkway.embedded.postgres import Postgres

if TYPE_CHECKING:
    from pathlib import Path

    from silkway.embedded.daemon import Daemon
    from silkway.embedded.jars import Progress

_PORTS = (20_000, 30_000)


class AlreadyRunning(RuntimeError):
    """Another process holds this home."""


class Home:
    """The data folder: one holder at a time, and port numbers that stay the same from start to start."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[str] | None = None

    def hold(self) -> None:
        """Take the folder until `release` or the end of this process; AlreadyRunning names its holder."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(f"process {lock.read() or '?'} already runs on {self.path}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        """Let another process have the folder."""
        if self._lock is not None:
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def holder(self) -> int | None:
        """Pid of the process that holds the folder, None where nobody does."""
        try:
            with (self.path / "lock").open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return None
        except BlockingIOError:
            return int((self.path / "lock").read_text() or 0) or None
        return None

    def port(self, name: str, preferred: int = 0) -> int:
        """A free TCP port of 127.0.0.1 for `name`: the one of last time, else the preferred, else another.

        Which other one follows from the folder and the name: two folders that start at the same moment
        do not race for one port, and none is taken from the range that the kernel hands out to clients.
        """
        file = self.path / "ports.json"
        ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        taken = {port for other, port in ports.items() if other != name}
        draw = Random(f"{self.path}/{name}")
        others = (draw.randrange(*_PORTS) for _ in range(1000))
        wishes = (wish for wish in (ports.get(name), preferred, *others) if wish and wish not in taken)
        port = next(wish for wish in wishes if _free(wish))
        if ports.get(name) != port:
            file.write_text(json.dumps({**ports, name: port}, indent=1))
        return port


class Stack:
    """One Kafka and one PostgreSQL below `home`, started together; usable as a context manager.

    Either can be left out (`with_kafka`, `with_postgres`) where another one is used in its place. `behind_proxy`:
    Kafka sends its clients to another port, where the caller has a proxy listen.
    """

    def __init__(
        self,
        home: Path,
        progress: Progress = lambda what, done, total: None,
        *,
        with_kafka: bool = True,
        with_postgres: bool = True,
        behind_proxy: bool = False,
    ) -> None:
        self.home = Home(home)
        self._progress = progress
        self._with_kafka, self._with_postgres = with_kafka, with_postgres
        self._behind_proxy = behind_proxy
        self._kafka: Kafka | None = None
        self._postgres: Postgres | None = None

    @property
    def kafka(self) -> Kafka:
        """The broker, once started."""
        assert self._kafka is not None, "no Kafka of this stack has been started"
        return self._kafka

    @property
    def postgres(self) -> Postgres:
        """The database server, once started."""
        assert self._postgres is not None, "no PostgreSQL of this stack has been started"
        return self._postgres

    @property
    def daemons(self) -> list[Daemon]:
        """The processes of the servers that run here."""
        return [server.daemon for server in (self._postgres, self._kafka) if server is not None]

    def start(self) -> Self:
        """Start both and return when both answer. Raises AlreadyRunning, or RuntimeError with a log's end."""
        try:
            self.launch()
            self.wait_for_postgres()
            self.wait_for_kafka()
        except BaseException:
            self.stop()
            raise
        return self

    def launch(self) -> None:
        """Start both and wait for neither; for callers that have something to do meanwhile."""
        self.home.hold()
        if self._with_postgres:
            self._progress("PostgreSQL", 0, 1)
            self._postgres = Postgres(self.home.path)
            self._postgres.prepare()
            self._postgres.start()
        if self._with_kafka:
            port, controller = (self.home.port(name) for name in ("kafka", "kafka-controller"))
            door = self.home.port("kafka-proxy") if self._behind_proxy else None
            self._kafka = Kafka(self.home.path, port, controller, door)
            self._kafka.prepare(self._progress)
            self._progress("Kafka", 0, 1)
            self._kafka.start()

    def wait_for_postgres(self) -> None:
        """Return when PostgreSQL takes connections; at once where it is not ours."""
        if self._postgres is not None:
            self._postgres.wait()
            self._progress("PostgreSQL", 1, 1)

    def wait_for_kafka(self) -> None:
        """Return when Kafka answers requests; at once where it is not ours."""
        if self._kafka is not None:
            self._kafka.wait()
            self._progress("Kafka", 1, 1)

    def stop(self) -> None:
        """Stop both cleanly; the data stays."""
        for server in (self._kafka, self._postgres):
            if server is not None:
                server.stop()
        self.home.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
