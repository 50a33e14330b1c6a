"""What operations do with a running system, each as the commands that its runbook names."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.operations.engine import PROCESSES, SERVICES, Engine, Failed, say
from deploy.operations.outages import broker, disk
from deploy.operations.rotation import administrators, secrets
from deploy.operations.versions import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable

DATABASES: Final = (*SERVICES, "auditor")
CALM_S: Final = 20.0

Notes = list[str]


def calm(engine: Engine) -> Notes:
    """Nothing happens: what the others are to be compared with."""
    time.sleep(CALM_S)
    return []


def restart(engine: Engine) -> Notes:
    """A rolling restart of everything, one container after the other."""
    took = []
    for service in ("kafka", "postgres", *PROCESSES):
        began = time.monotonic()
        engine.restart(service)
        took.append(f"{service} {time.monotonic() - began:.0f}")
    engine.all_well()
    return ["seconds until healthy: " + ", ".join(took)]


def kill(engine: Engine) -> Notes:
    """Each container is killed in turn; nobody but the engine's restart policy brings it back."""
    took = []
    for service in ("kafka", "postgres", *PROCESSES):
        took.append(f"{service} {engine.kill(service):.0f}")
        engine.all_well()
    return ["seconds until back: " + ", ".join(took)]


def scale(engine: Engine) -> Notes:
    """order has one instance, then three, then one again. `ORDER_PORTS` is a range, so each has a port of its own."""
    notes = []
    for count in (3, 1):
        began = time.monotonic()
        engine.compose(f"up -d --wait --no-deps --no-recreate --scale order={count} order")
        running = engine.compose("ps --quiet order", shown=False).split()
        if len(running) != count:
            raise Failed(f"{len(running)} instances of order run, not {count}")
        notes.append(f"{count} after {time.monotonic() - began:.0f} s")
        time.sleep(10)
    engine.all_well()
    return notes


def restore(engine: Engine) -> Notes:
    """All databases are backed up under load, lost a while later, taken from their backups, and catch up."""
    notes = []
    with tempfile.TemporaryDirectory(prefix="silkway-backup-") as folder:
        began = time.monotonic()
        for name in DATABASES:
            words = f"exec -T postgres pg_dump --format=custom {name}"
            say(f"docker compose {words} > {name}.dump")
            Path(folder, name).write_bytes(engine.run(engine.command(words)))
        notes.append(f"backed up in {time.monotonic() - began:.0f} s")
        time.sleep(15)
        engine.compose("stop order logistics credit notify auditor")
        began = time.monotonic()
        for name in DATABASES:
            engine.compose(f"exec -T postgres psql -q -c 'DROP DATABASE \"{name}\" WITH (FORCE)'")
        engine.compose("run --rm -T roles")
        for name in DATABASES:
            words = f"exec -T postgres pg_restore --exit-on-error --dbname={name}"
            say(f"docker compose {words} < {name}.dump")
            engine.run(engine.command(words), given=Path(folder, name).read_bytes())
    for name in SERVICES:
        say(said := engine.compose(f"run --rm -T maintenance silkway restore {name}").strip())
        notes.append(said.partition(" transactions")[0])
    engine.compose("up -d --wait --no-deps --no-recreate order logistics credit notify auditor")
    engine.all_well()
    notes.append(f"away for {time.monotonic() - began:.0f} s")
    for name in SERVICES:
        say(engine.compose(f"run --rm -T cli silkway rebuild {name} --verify").strip().splitlines()[-1])
    return [*notes, "all equal to their logs"]


DRILLS: Final[dict[str, Callable[[Engine], Notes]]] = {
    "calm": calm, "restart": restart, "kill": kill, "scale": scale, "secrets": secrets,
    "administrators": administrators, "restore": restore, "upgrade": upgrade,
    "broker": broker, "disk": disk,
}  # fmt: skip
FILES: Final = {"disk": ("deploy/operations/small-disks.yml",)}
"""Compose files besides docker-compose.yml."""
ENV_FILES: Final = {"broker": ("deploy/compose/cluster.env",)}
"""Variables of another kind of system than the usual one."""
HEARD_AGAIN: Final = ("restore",)
"""After them a listener may hear something again that it has heard, word for word."""
