"""Where the system is: the environment first, then what `silkway up` wrote down, then the defaults."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVICES = ("order", "logistics", "credit", "notify")
AUDITOR = "auditor"
PROCESSES = (*SERVICES, AUDITOR)
"""What has a database and an API of its own. A system is whole without the auditor: nobody waits for it."""
DEFAULT_PORTS = {"order": 8001, "logistics": 8002, "credit": 8003, "notify": 8004, AUDITOR: 8005}


class NotFound(RuntimeError):
    """Neither the environment nor system.json tells an address that is needed."""


@dataclass(frozen=True)
class Addresses:
    """Addresses of one running system. Absent ones raise NotFound when asked for."""

    kafka_servers: str | None
    databases: dict[str, str]
    apis: dict[str, str]
    """Base URL of each service's HTTP API, without a slash at the end."""
    prefix: str = ""
    """What all topics and consumer groups of this system begin with; mostly nothing."""

    @property
    def kafka(self) -> str:
        """Kafka's bootstrap servers, host:port[,host:port…]."""
        if self.kafka_servers is None:
            raise NotFound("no Kafka: set KAFKA_BOOTSTRAP_SERVERS, or start the system with `silkway up`")
        return self.kafka_servers

    def database(self, service: str) -> str:
        """URL of a service's database."""
        if service not in self.databases:
            name = f"{service.upper()}_DATABASE_URL"
            raise NotFound(f"no database of {service}: set {name}, or start the system with `silkway up`")
        return self.databases[service]

    def environment(self) -> dict[str, str]:
        """The same as environment variables, as the services read them."""
        variables = {f"{name.upper()}_DATABASE_URL": url for name, url in self.databases.items()}
        variables |= {f"{name.upper()}_HTTP_ADDRESS": url.split("//")[1] for name, url in self.apis.items()}
        if self.kafka_servers is not None:
            variables["KAFKA_BOOTSTRAP_SERVERS"] = self.kafka_servers
        return variables


def home() -> Path:
    """The data folder of the embedded system: SILKWAY_HOME, else .silkway here."""
    return Path(os.environ.get("SILKWAY_HOME", ".silkway")).absolute()


def given() -> Addresses:
    """The addresses that the environment gives, and nothing else."""
    return Addresses(
        kafka_servers=os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or None,
        databases=dict(_given_databases()),
        apis={
            name: f"http://{address}"
            for name in PROCESSES
            if (address := os.environ.get(f"{name.upper()}_HTTP_ADDRESS"))
        },
        prefix=os.environ.get("SILKWAY_TOPIC_PREFIX", ""),
    )


def _given_databases() -> Iterator[tuple[str, str]]:
    for name in PROCESSES:
        variable = f"{name.upper()}_DATABASE_URL"
        if url := os.environ.get(variable):
            from silkway.messaging.database import database_url  # a second of loading, where it is needed

            yield name, database_url(variable, url, os.environ.get(f"{name.upper()}_DATABASE_PASSWORD_FILE"))


def find() -> Addresses:
    """All addresses of the system that is meant: environment, then system.json, then the usual ports."""
    environment, written = given(), read_system(home())
    return Addresses(
        kafka_servers=environment.kafka_servers or written.get("kafka"),
        databases={**written.get("databases", {}), **environment.databases},
        apis={
            **{name: f"http://127.0.0.1:{port}" for name, port in DEFAULT_PORTS.items()},
            **written.get("apis", {}),
            **environment.apis,
        },
        prefix=environment.prefix or written.get("prefix", ""),
    )


def read_system(folder: Path) -> dict[str, Any]:
    """What the last `silkway up` wrote into `folder`/system.json; empty where there was none."""
    try:
        written: dict[str, Any] = json.loads((folder / "system.json").read_text())
    except FileNotFoundError:
        return {}
    return written


def write_system(folder: Path, system: dict[str, Any]) -> None:
    """Write `folder`/system.json in one step: a reader sees the old one or the new one, whole."""
    draft = folder / "system.json.new"
    draft.write_text(json.dumps(system, indent=1))
    draft.replace(folder / "system.json")
