"""What a service is told by its environment."""

from __future__ import annotations

import datetime as dt
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from silkway.messaging.database import database_url
from silkway.messaging.kafka import to_kafka
from silkway.messaging.personal import sealed_since

PORTS = {"order": 8001, "logistics": 8002, "credit": 8003, "notify": 8004, "auditor": 8005}
"""Where each process answers over HTTP unless it is told otherwise."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses and limits of one instance of a service.

    KAFKA_BOOTSTRAP_SERVERS (and what `to_kafka` reads), <SERVICE>_DATABASE_URL, <SERVICE>_DATABASE_PASSWORD_FILE,
    <SERVICE>_HTTP_ADDRESS (host:port), SILKWAY_TOPIC_PREFIX, SILKWAY_INSTANCE,
    SILKWAY_LOG_LEVEL, SILKWAY_BATCH_RECORDS, SILKWAY_SESSION_TIMEOUT_MS, SILKWAY_FETCH_WAIT_MS,
    SILKWAY_PERSONAL_DATA_SEALED_SINCE.
    """

    service: str
    kafka: str
    database_url: str
    http_host: str
    http_port: int
    prefix: str = ""
    instance: str = ""
    log_level: str = "INFO"
    batch_records: int = 4000
    session_timeout_ms: int = 10_000
    fetch_wait_ms: int = 50
    """How long the broker gathers records up to 64 KiB, and for a busy service up to three times that or 150 ms. Small
    batches are dear: 50 ms made low load 2.3 times cheaper for 32 ms more; a scenario whose clock waits for its
    services goes twice as fast with 10."""
    sealed_since: dt.datetime | None = None
    """From when on facts have to bring personal data sealed; None: never."""

    @property
    def name(self) -> str:
        """Under which Kafka and PostgreSQL show this instance."""
        return f"{self.service}-{self.instance}" if self.instance else self.service

    @classmethod
    def read(cls, service: str, environment: Mapping[str, str] = os.environ) -> Settings:
        """Settings of `service`. Raises SystemExit with the name of what is missing."""

        def needed(name: str) -> str:
            try:
                return environment[name]
            except KeyError:
                raise SystemExit(f"{name} is not set: the {service} service needs it") from None

        address = environment.get(f"{service.upper()}_HTTP_ADDRESS", f"127.0.0.1:{PORTS.get(service, 8000)}")
        host, _, port = address.rpartition(":")
        if not port.isdigit():
            raise SystemExit(f"{service.upper()}_HTTP_ADDRESS is {address!r}: give it as host:port")
        kafka, database = needed("KAFKA_BOOTSTRAP_SERVERS"), f"{service.upper()}_DATABASE"
        to_kafka(kafka, environment)  # what is wrong with it is said now
        return cls(
            service=service,
            kafka=kafka,
            database_url=database_url(
                f"{database}_URL", needed(f"{database}_URL"), environment.get(f"{database}_PASSWORD_FILE")
            ),
            http_host=host or "127.0.0.1",
            http_port=int(port),
            prefix=environment.get("SILKWAY_TOPIC_PREFIX", ""),
            instance=environment.get("SILKWAY_INSTANCE", "").replace("{host}", socket.gethostname()),
            log_level=environment.get("SILKWAY_LOG_LEVEL", "INFO"),
            batch_records=int(environment.get("SILKWAY_BATCH_RECORDS", "4000")),
            session_timeout_ms=int(environment.get("SILKWAY_SESSION_TIMEOUT_MS", "10000")),
            fetch_wait_ms=int(environment.get("SILKWAY_FETCH_WAIT_MS", "50")),
            sealed_since=sealed_since(environment),
        )
