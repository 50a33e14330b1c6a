"""Brokers that are lost, and disks that are full."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from deploy.operations.engine import Failed, wait_until

if TYPE_CHECKING:
    from deploy.operations.drills import Notes
    from deploy.operations.engine import Engine

AWAY_S: Final = 20.0
FULL_S: Final = 60.0
"""Longer than it takes until Docker says of a service that it is not ready."""
NEARLY_MB, SOON_S = 40, 10.0
"""Room that an almost full disk has, and how long all go on with it."""


def broker(engine: Engine) -> Notes:
    """Of three brokers one after the other is lost, stays away for a while, and comes back."""
    seconds = [
        _lose(engine, *pair) for pair in (("kafka-2", "kafka"), ("kafka-3", "kafka"), ("kafka", "kafka-2"))
    ]
    engine.all_well()
    return [
        "seconds from the start until all replicas were in sync: " + ", ".join(f"{s:.0f}" for s in seconds)
    ]


def _lose(engine: Engine, lost: str, other: str) -> float:
    """Seconds from the broker's start until no partition misses it any more, as `other` sees it."""
    engine.compose(f"kill {lost}")
    time.sleep(AWAY_S)
    if not _behind(engine, other):
        raise Failed(f"nobody misses {lost}")
    began = time.monotonic()
    engine.compose(f"up -d --wait --no-deps --no-recreate {lost}")
    wait_until(lambda: not _behind(engine, other), "all replicas are in sync")
    return time.monotonic() - began


def _behind(engine: Engine, broker: str) -> str:
    """Partitions that are not on all their brokers, in words."""
    script = Path(__file__).with_name("in_sync.sh").read_bytes()
    return engine.compose(f"exec -T {broker} bash -s", given=script, shown=False).strip()


def disk(engine: Engine) -> Notes:
    """PostgreSQL's disk, then Kafka's, is almost full, then full, and has room again."""
    return [note for server in ("postgres", "kafka") for note in _fill(engine, server)]


def _fill(engine: Engine, server: str) -> Notes:
    folder = f"/disks/{server}"
    free = int(engine.compose(f"exec -T holder df --output=avail -m {folder}", shown=False).split()[-1])
    _write(engine, f"{folder}/most", free - NEARLY_MB)
    used = engine.compose(f"exec -T holder df --output=pcent {folder}", shown=False).split()[-1]
    time.sleep(SOON_S)
    engine.all_well()
    _write(engine, f"{folder}/rest", 2 * NEARLY_MB)
    time.sleep(FULL_S)
    words = engine.compose(f"logs {server}", shown=False)
    if not (complaints := words.count("No space left on device")):
        raise Failed(f"{server} has not met the end of its disk")
    unready = ", ".join(engine.not_well()) or "none"
    engine.compose(f"exec -T holder rm {folder}/most {folder}/rest")
    began = time.monotonic()
    engine.all_well()
    return [
        f"{server}: at {used} all work; full, {complaints} complaints, not ready: {unready};"
        f" all ready {time.monotonic() - began:.0f} s after there was room again"
    ]


def _write(engine: Engine, file: str, megabytes: int) -> None:
    """As much as there is room for."""
    engine.compose(
        f"exec -T holder sh -c 'dd if=/dev/zero of={file} bs=1M count={megabytes} 2>/dev/null || true'"
    )
