"""By what records, deadlines and waiting lines are known in the engine's tables, and how its words are kept."""

from __future__ import annotations

import datetime as dt

from silkway.messaging.effects import Fired

TIMER = "timer"
CLOCK_RANK = -1
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def storable(text: str) -> str:
    """As PostgreSQL can store it: somebody's words may hold what no text column takes."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def recorded_at(recorded_ms: int) -> dt.datetime | None:
    """Kafka's time of a record, where it has one."""
    return None if recorded_ms < 0 else EPOCH + dt.timedelta(milliseconds=recorded_ms)


def timer_place(due: Fired) -> str:
    """By what a parked deadline is known, as records are by their place."""
    return f"{TIMER}/{due.rank}/{due.key}/{due.at.isoformat()}"


def clock_key(clock: str, topic: str, partition: int) -> str:
    """Where records wait for the first tick of a clock in their partition."""
    return f"{clock}/{topic}/{partition}"
