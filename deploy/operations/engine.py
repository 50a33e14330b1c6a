"""`docker compose` on one project: each command is shown as somebody would type it, then run."""

from __future__ import annotations

import json
import os
import random
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
COMMAND_S: Final = 900.0
LOOK_S: Final = 1.0
BACK_S: Final = 180.0
"""How long a container may take until it is healthy again."""
ASK_S: Final = 5.0
"""How often it is asked, at most, where a service that does not answer is found now."""
SERVICES: Final = ("order", "logistics", "credit", "notify")
PROCESSES: Final = (*SERVICES, "auditor", "clock")
PORTS: Final = {"order": 8001, "logistics": 8002, "credit": 8003, "notify": 8004, "auditor": 8005}


class Failed(RuntimeError):
    """Something did not do what it should; the words say what."""


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


@dataclass
class Engine:
    """One project of docker-compose.yml.

    files: compose files, env_files: files of variables, both from the repository's root. variables: what is set for
    Compose beside the environment.
    """

    project: str
    files: Sequence[str] = ("docker-compose.yml",)
    variables: dict[str, str] = field(default_factory=dict)
    env_files: Sequence[str] = ()
    own_key: str = ""
    _urls: dict[str, str] = field(default_factory=dict, init=False)
    _asked: dict[str, float] = field(default_factory=dict, init=False)
    _asking: threading.Lock = field(default_factory=threading.Lock, init=False)

    def compose(self, words: str, *, given: bytes | None = None, shown: bool = True, **variables: str) -> str:
        """`docker compose WORDS`, with `variables` set for this one command; what it prints. Raises Failed."""
        prefix = "".join(f"{name}={value} " for name, value in variables.items())
        if shown:
            say(f"{prefix}docker compose {words}")
        return self.run(self.command(words), given=given, **variables).decode()

    def command(self, words: str) -> list[str]:
        """`docker compose WORDS` for this project."""
        files = [part for file in self.files for part in ("-f", file)]
        variables = [part for file in self.env_files for part in ("--env-file", file)]
        return ["docker", "compose", "-p", self.project, *files, *variables, *shlex.split(words)]

    def run(self, command: Sequence[str], *, given: bytes | None = None, **variables: str) -> bytes:
        """Any command in the repository's root, with this project's variables. Raises Failed."""
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **self.variables, **variables}, check=False,
            timeout=COMMAND_S, capture_output=True, input=given or b"",
        )  # fmt: skip
        if done.returncode != 0:
            said = done.stderr.decode()[-3000:] + done.stdout.decode()[-2000:]
            raise Failed(f"`{shlex.join(command)}` ended with {done.returncode}:\n{said}")
        return done.stdout

    # --- containers ----------------------------------------------------------------------------------------

    def not_well(self) -> list[str]:
        """Processes that do not run, or do not say that they are ready."""
        lines = self.compose("ps --all --format json", shown=False).splitlines()
        found = {container["Service"]: container for container in map(json.loads, lines)}
        return [
            name
            for name in PROCESSES
            if name not in found
            or found[name]["State"] != "running"
            or found[name]["Health"] not in ("", "healthy")
        ]

    def all_well(self) -> None:
        """Return when every service says that it is ready. Raises Failed."""
        wait_until(lambda: not self.not_well(), "all are ready")

    def restart(self, service: str) -> None:
        """A new container in the place of the old, waited for until it is healthy."""
        self.compose(f"up -d --wait --no-deps --force-recreate {service}")

    def kill(self, service: str) -> float:
        """End its process as a crash does (`docker kill` would keep it down); seconds until it is back by itself."""
        (container, *_) = self.compose(f"ps --quiet {service}", shown=False).split()
        before = self._state(container)
        say(f"kill -9 {before['Pid']}  # {service}")
        helper = ["docker", "run", "--rm", "--pid=host", "--user=0", "--entrypoint=sh", "postgres:18"]
        began = time.monotonic()
        self.run([*helper, "-c", f"kill -9 {before['Pid']}"])

        def again() -> bool:
            now = self._state(container)
            healthy = now.get("Health", {}).get("Status", "healthy") == "healthy"
            return now["StartedAt"] != before["StartedAt"] and bool(now["Running"]) and healthy

        wait_until(again, f"{service} is back by itself")
        return time.monotonic() - began

    def _state(self, container: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = json.loads(self.run(["docker", "inspect", container]))
        state: dict[str, Any] = found[0]["State"]
        return state

    def url(self, service: str) -> str:
        """Where the service is found from this host, as it was last asked. Raises Failed."""
        with self._asking:
            if service not in self._urls:
                self._urls[service] = self._address(service)
            return self._urls[service]

    def lost(self, service: str) -> None:
        """Nobody answers at its address: a new container may have another one. Asked for by one, and not too often."""
        if not self._asking.acquire(blocking=False):
            return
        try:
            if time.monotonic() - self._asked.get(service, 0) > ASK_S:
                self._urls[service] = self._address(service)
                self._asked[service] = time.monotonic()
        except Failed:  # just now there is no such container
            self._asked[service] = time.monotonic()
        finally:
            self._asking.release()

    def _address(self, service: str) -> str:
        return "http://" + self.compose(f"port {service} {PORTS[service]}", shown=False).strip()

    def key(self) -> str:
        """The API key that senders use: `own_key`, else the command's, where the installation asks for keys."""
        return self.own_key or self.secret("cli_api_key")

    def secret(self, name: str) -> str:
        """What `make secrets` has made; nothing where it has not."""
        file = ROOT / self.variables.get("SECRETS", os.environ.get("SECRETS", "secrets")) / name
        return file.read_text().strip() if file.exists() else ""


def wait_until(true: Callable[[], bool], what: str, within_s: float = BACK_S) -> None:
    """Raises Failed."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            raise Failed(f"not within {within_s:.0f} s: {what}")
        time.sleep(LOOK_S)


def free_ports(count: int) -> str:
    """Ports of this host in a row that nobody uses, as Compose wants them: 28010 or 28010-28012.

    They are none that the system gives to connections, which could take one while its container is started again.
    """
    while True:
        first = random.randrange(20_000, 32_000)
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return str(first) if count == 1 else f"{first}-{first + count - 1}"
