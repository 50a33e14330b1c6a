"""Points at which a storm can have this process killed, as if its machine had lost its power right there.

SILKWAY_CRASH_AT=committed:3 kills (-9) the process when it comes to the point `committed` for the third time.
Unset, as it always is outside storms, a point costs one comparison for each batch.
"""

from __future__ import annotations

import os
import signal
from typing import Final, Literal, get_args

Point = Literal[
    "fetching", "fetched", "fenced", "timed", "remembered", "locked", "applied", "written", "committed",
    "hinting", "hinted", "relaying", "sending", "acknowledged", "deleted", "left",
]  # fmt: skip
"""Every boundary of the engine, in the order of a batch's way: `fetching` and `fetched` from Kafka; within the
transaction after the offsets were `fenced`, ticks were read (`timed`), the inbox `remembered`, aggregates `locked`,
records `applied` in memory, effects `written`; `committed`; before and after Kafka hears how far we are (`hinting`,
`hinted`); in the relay after the outbox was read (`relaying`), before a batch goes out (`sending`), when Kafka has
`acknowledged` all, and after they were `deleted`; between the transactions of one tick, deadlines being `left`."""
POINTS: Final[tuple[Point, ...]] = get_args(Point)


def _read(told: str) -> tuple[str, int]:
    point, _, count = told.partition(":")
    if point and point not in POINTS:
        raise SystemExit(f"SILKWAY_CRASH_AT names {point!r}: give one of {', '.join(POINTS)}")
    if count and not (count.isdecimal() and int(count)):
        raise SystemExit(f"SILKWAY_CRASH_AT counts {count!r}: give the how manieth time as 1, 2, 3 …")
    return point, int(count or 1)


_armed, _left = _read(os.environ.get("SILKWAY_CRASH_AT", ""))


def timers_a_transaction(usual: int) -> int:
    """How many deadlines fit into one transaction: few where the storm waits for some to be `left`."""
    return 2 if _armed == "left" else usual


def reach(point: Point) -> None:
    """Die here, if this is where a storm wants it."""
    global _left
    if point == _armed:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
