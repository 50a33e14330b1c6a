"""The whole system on this machine: servers, services and clock, from the first process to the last."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psutil

from silkway.cli import addresses
from silkway.cli.addresses import AUDITOR, DEFAULT_PORTS, PROCESSES, SERVICES, Addresses
from silkway.cli.supervisor import State, Supervisor
from silkway.embedded import Daemon, Stack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Protocol

    from silkway.cli.observer import Observed, Observer

    class View(Protocol):
        """Where the system's progress is shown."""

        def progress(self, what: str, done: int, total: int) -> None:
            """A step of the start: `done` of `total` pieces of it are there."""

        def say(self, news: str) -> None:
            """Something happened that should be seen."""

        def show(self, picture: Picture) -> None:
            """The system as it is now; called several times a second."""


LOOK_EVERY_S: Final = 0.2
_AT_HOME: Final = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,::1/128,fc00::/7"
"""Where webhooks of a system on somebody's own machine may go besides public addresses."""
STOP_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True)
class Process:
    """A supervised process as it is shown; `waits_for` is empty when it is ready, None when not known."""

    name: str
    state: State
    pid: int | None
    restarts: int
    waits_for: str | None


@dataclass(frozen=True)
class Picture:
    """The system at one moment."""

    processes: Sequence[Process]
    observed: Observed
    addresses: Addresses
    ready_after_s: float | None


class System:
    """Everything that `silkway up` runs. `folder` holds its data; what the environment gives is not started."""

    def __init__(self, folder: Path, view: View) -> None:
        self._folder, self._view = folder, view
        self._supervisor = Supervisor()
        self._given = addresses.given()
        self._stack = Stack(
            folder,
            view.progress,
            with_kafka=self._given.kafka_servers is None,
            with_postgres=not set(SERVICES) <= set(self._given.databases),
        )
        self._observer: Observer | None = None
        self._addresses = self._given
        self._ready_after_s: float | None = None
        self._topics: list[str] = []
        self._written: dict[str, object] = {}

    def run(self) -> None:
        """Start everything and look after it until KeyboardInterrupt; then stop everything."""
        try:
            self._start()
            while True:
                for news in self._supervisor.look():
                    self._view.say(news)
                picture = self._picture()
                self._notice_readiness(picture)
                self._write_down(picture)
                self._view.show(picture)
                time.sleep(LOOK_EVERY_S)
        finally:
            self._stop()

    def _start(self) -> None:
        self._stack.launch()
        from silkway.cli import observer, preparation  # a second of loading, while Kafka starts

        for daemon in self._stack.daemons:
            self._supervisor.adopt(daemon)
        self._addresses = found = self._all_addresses()
        self._topics = preparation.topic_names(found.prefix)
        self._stack.wait_for_postgres()
        self._view.progress("tables", 0, 1)
        preparation.migrate_all(found)
        self._view.progress("tables", 1, 1)
        if self._given.kafka_servers is None and preparation.topics_known(self._folder, found.prefix):
            self._start_services()  # they load while Kafka is still starting
        self._stack.wait_for_kafka()
        self._view.progress("topics", 0, 1)
        preparation.create_all_topics(found)
        self._view.progress("topics", 1, 1)
        if "order" not in self._supervisor.units:
            self._start_services()
        self._observer = observer.Observer(found, self._folder / "demo.json")
        self._observer.start()

    def _start_services(self) -> None:
        self._view.progress("services", 0, len(SERVICES))
        for name in SERVICES:
            self._supervisor.start(self._python(name, f"silkway.{name}"))
        self._supervisor.start(self._python("clock", "silkway.cli", "clock"))
        if AUDITOR in self._addresses.databases:
            self._supervisor.start(self._python(AUDITOR, f"silkway.{AUDITOR}"))

    def _stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):  # impatience must not leave half of it running
            signal.signal(number, signal.SIG_IGN)
        if self._observer is not None:
            self._observer.stop()
        servers = {daemon.name for daemon in self._stack.daemons}
        self._supervisor.stop(set(self._supervisor.units) - servers)
        self._supervisor.units.clear()
        self._stack.stop()

    def _all_addresses(self) -> Addresses:
        given, home = self._given, self._stack.home
        own = set(PROCESSES if not set(SERVICES) <= set(given.databases) else given.databases)
        return Addresses(
            kafka_servers=given.kafka_servers or self._stack.kafka.bootstrap,
            databases={
                name: given.databases.get(name) or self._stack.postgres.url(name)
                for name in PROCESSES
                if name in own
            },
            apis={
                name: given.apis.get(name) or f"http://127.0.0.1:{home.port(name, DEFAULT_PORTS[name])}"
                for name in PROCESSES
                if name in own
            },
            prefix=given.prefix,
        )

    def _python(self, name: str, module: str, *arguments: str) -> Daemon:
        return Daemon(
            name=name,
            command=[sys.executable, "-m", module, *arguments],
            log=self._folder / "logs" / f"{name}.jsonl",
            note=self._folder / "run" / f"{name}.json",
            environment={
                **self._addresses.environment(),
                "SILKWAY_HOME": str(self._folder),
                "SILKWAY_INSTANCE": "{host}",
                "NOTIFY_WEBHOOK_NETWORKS": os.environ.get("NOTIFY_WEBHOOK_NETWORKS", _AT_HOME),
            },
        )

    def _picture(self) -> Picture:
        assert self._observer is not None
        observed = self._observer.observed
        processes = [
            Process(name, unit.state, unit.process.pid, unit.restarts, observed.waits_for.get(name))
            for name, unit in self._supervisor.units.items()
        ]
        return Picture(processes, observed, self._addresses, self._ready_after_s)

    def _notice_readiness(self, picture: Picture) -> None:
        if self._ready_after_s is not None:
            return
        ready = sum(process.waits_for == "" for process in picture.processes if process.name in SERVICES)
        self._view.progress("services", ready, len(SERVICES))
        if ready == len(SERVICES):
            self._ready_after_s = time.time() - psutil.Process().create_time()
            self._view.say(f"ready after {self._ready_after_s:.1f} s")
            demo = self._folder / "demo.json"
            command = ("silkway.cli", "demo", "--if-new", "--progress-file", str(demo))
            self._supervisor.start(self._python("demo", *command), once=True)

    def _write_down(self, picture: Picture) -> None:
        """Tell other commands, whenever it has changed, where everything is."""
        system: dict[str, object] = {
            "kafka": self._addresses.kafka,
            "databases": self._addresses.databases,
            "apis": self._addresses.apis,
            "prefix": self._addresses.prefix,
            "topics": self._topics,
            "data": str(self._folder),
            "supervisor": os.getpid(),
            "ready_after_s": self._ready_after_s,
            "pids": {process.name: process.pid for process in picture.processes if process.pid},
            "processes": {
                process.name: {"state": process.state.value, "restarts": process.restarts}
                for process in picture.processes
            },
        }
        if system != self._written:
            addresses.write_system(self._folder, system)
            self._written = system
