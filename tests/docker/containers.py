"""The system of docker-compose.yml as tests see it, and what they ask of Docker."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from deploy.operations.engine import free_ports
from silkway.cli.addresses import DEFAULT_PORTS, SERVICES
from tests.e2e.system import Done, System

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
PROJECT: Final = "silkway-test"
FILES: Final = ("docker-compose.yml", "tests/docker/doors.yml")
BUILD_S: Final = 900.0
"""The first build downloads everything that is in the image."""


def free_port() -> int:
    """A port of this host that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def has_image(name: str) -> bool:
    """Whether the engine has this image already."""
    return (
        subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode == 0
    )


def missing() -> str:
    """Why no container can be run here; nothing where they can."""
    for command in (["docker", "info"], ["docker", "compose", "version"]):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"no Docker engine answers: {error}"
        if done.returncode != 0:
            return f"`{' '.join(command)}` failed: {done.stderr.strip()[-300:]}"
    return ""


@dataclass(frozen=True)
class Compose:
    """The compose file under a project name of its own, with passwords and doors for the test."""

    secrets: Path
    ports: Mapping[str, str]
    """What Compose is told of this host's ports, by variable; some for order, which is scaled."""

    @classmethod
    def on_free_ports(cls, secrets: Path) -> Compose:
        doors = (
            "KAFKA_PORT",
            "POSTGRES_PORT",
            "LOGISTICS_PORTS",
            "CREDIT_PORTS",
            "NOTIFY_PORTS",
            "AUDITOR_PORTS",
        )
        return cls(secrets, {door: free_ports(1) for door in doors} | {"ORDER_PORTS": free_ports(3)})

    @property
    def kafka_port(self) -> int:
        return int(self.ports["KAFKA_PORT"])

    def make_secrets(self, *again: str) -> None:
        """What is missing, and `again` anew."""
        subprocess.run(
            ["make", "--silent", "secrets", f"AGAIN={' '.join(again)}"],
            cwd=ROOT,
            env=self.environment,
            check=True,
        )

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text()

    @property
    def environment(self) -> dict[str, str]:
        """What `docker compose` is to be told."""
        return {**os.environ, **self.ports, "SECRETS": str(self.secrets)}

    def run(self, *arguments: str, within_s: float = 120.0) -> Done:
        """`docker compose …`; whoever calls looks at the exit code."""
        files = [word for file in FILES for word in ("-f", file)]
        done = subprocess.run(
            ["docker", "compose", "-p", PROJECT, *files, *arguments],
            cwd=ROOT, env=self.environment, timeout=within_s,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def cli(self, *arguments: str, mounts: Sequence[str] = (), within_s: float = 120.0) -> Done:
        """`silkway …` in a container of its own, inside the network."""
        volumes = [word for mount in mounts for word in ("-v", mount)]
        return self.run("run", "--rm", "-T", *volumes, "cli", "silkway", *arguments, within_s=within_s)

    def plain(self) -> Any:
        """docker-compose.yml alone, as Compose understands it."""
        command = ["docker", "compose", "-f", "docker-compose.yml", "config", "--format", "json"]
        return json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)

    def down(self) -> None:
        """Stop everything and throw the data away; also what an earlier run has left behind."""
        done = self.run("down", "--volumes", "--remove-orphans", "--timeout", "10")
        assert done.code == 0, done.stderr

    def port(self, service: str, port: int) -> int:
        """The port of the host that leads to `port` of `service`."""
        done = self.run("port", service, str(port))
        assert done.code == 0, done.stderr
        return int(done.stdout.strip().rpartition(":")[2])


class Containers(System):
    """The running containers, for tests that know a system by its doors."""

    def __init__(self, compose: Compose, folder: Path) -> None:
        self.compose = compose
        postgres = f"127.0.0.1:{compose.port('postgres', 5432)}"
        super().__init__(
            kafka=f"127.0.0.1:{compose.kafka_port}",
            prefix="",
            databases={
                service: f"postgresql://operator@{postgres}/{service}?password_file={compose.secrets}/database_operator"
                for service in SERVICES
            },
            folder=folder,
        )

    @cached_property
    def urls(self) -> dict[str, str]:
        """Base URL of each service, from the host."""
        return {
            service: f"http://127.0.0.1:{self.compose.port(service, port)}"
            for service, port in DEFAULT_PORTS.items()
        }

    def client(self, service: str, tenant: str, number: int = 1) -> httpx.AsyncClient:
        """Speaks to a service as a tenant."""
        assert number == 1, "there is one of each"
        key = self.compose.secret("cli_api_key")
        headers = {"Silkway-Tenant": tenant, "Authorization": f"Bearer {key}"}
        return httpx.AsyncClient(base_url=self.urls[service], headers=headers, timeout=40)

    def last_words(self) -> str:
        """What the containers said last."""
        return self.compose.run("logs", "--tail", "15").stdout
