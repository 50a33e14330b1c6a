"""Where Kafka, the databases and the services are: the environment first, then what `silkway up` wrote."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from silkway.cli.console import fail

SERVICES: Final = ("order", "logistics", "credit", "notify")
_PORTS: Final = {"order": 8001, "logistics": 8002, "credit": 8003, "notify": 8004}


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of one system. `databases` and `apis` (base URLs) are by service."""

    kafka: str
    databases: dict[str, str]
    apis: dict[str, str]
    prefix: str = ""
    """Stands before the name of every topic."""

    def topic(self, name: str) -> str:
        """A topic's name in this system."""
        return self.prefix + name


def home() -> Path:
    """The folder that `silkway up` keeps everything in."""
    return Path(os.environ.get("SILKWAY_HOME", ".silkway"))


def find() -> Addresses:
    """The addresses of the system to talk to. Ends the command (exit code 2) where there is none."""
    file = home() / "system.json"
    written: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    kafka = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or written.get("kafka")
    databases = {
        name: os.environ.get(f"{name.upper()}_DATABASE_URL") or written.get("databases", {}).get(name)
        for name in SERVICES
    }
    missing = [f"{name.upper()}_DATABASE_URL" for name, url in databases.items() if not url]
    if not kafka:
        missing.insert(0, "KAFKA_BOOTSTRAP_SERVERS")
    if missing:
        fail(
            f"No system found: run `silkway up`, or set {', '.join(missing)} (or SILKWAY_HOME, now {home()})."
        )
    return Addresses(
        kafka=str(kafka),
        databases={name: str(url) for name, url in databases.items()},
        apis={name: _api(name, written) for name in SERVICES},
        prefix=os.environ.get("SILKWAY_TOPIC_PREFIX", written.get("prefix", "")),
    )


def _api(name: str, written: dict[str, Any]) -> str:
    address = os.environ.get(f"{name.upper()}_HTTP_ADDRESS")
    if address:
        return f"http://{address}"
    return str(written.get("apis", {}).get(name) or f"http://127.0.0.1:{_PORTS[name]}")
