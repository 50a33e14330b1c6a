"""Health is progress: partitions assigned, batches applied, time moving. A port that answers says nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Any

import asyncpg

from silkway.contracts.keys import LIVE_CLOCK
from silkway.messaging import metrics
from silkway.messaging.consumer import Consumer
from silkway.messaging.database import DATABASE_ERRORS

STUCK_S = 15.0
"""A consumer that has not polled or finished a batch for so long is stuck."""
ASKING_S = 2.0
"""So long the database may take to answer, a free connection included."""
TIME_LAG_S = 30.0
"""The live clock is late when it stands further behind than this."""
FRESH_S = 1.0
"""So long an answer of the database holds: whoever asks needs no key, and must not keep it from those who have one."""


class Health:
    """What one instance waits for, from its first moment on.

    `start`: what the start waits for, as long as there is no `consumer`. pool: to the service's database.
    """

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool
        self.start = "the database"
        self.consumer: Consumer | None = None
        self._asking, self._time, self._time_until = asyncio.Lock(), list[str](), float("-inf")

    async def waits_for(self) -> list[str]:
        """What is missing before work can flow, a sentence each; empty when it is ready."""
        if self.consumer is None:
            return [f"it starts and waits for {self.start}"]
        metrics.standstill.set(time.monotonic() - self.consumer.last_poll if self.consumer.assigned else 0)
        async with self._asking:
            if time.monotonic() >= self._time_until:
                self._time = await _time(self._pool)
                self._time_until = time.monotonic() + FRESH_S
        return [*reading(self.consumer), *self._time]

    async def shown(self) -> dict[str, Any]:
        """What /readyz tells of a ready instance."""
        assert self.consumer is not None
        return {"partitions": len(self.consumer.assigned)}


def reading(consumer: Consumer) -> list[str]:
    """Why records are not read, or not all of them."""
    reasons: list[str] = []
    if consumer.trouble:
        reasons.append(consumer.trouble)
    if consumer.missing:
        reasons.append(f"topics are missing: {', '.join(consumer.missing)}")
    if not consumer.assigned:
        reasons.append("no partitions are assigned yet")
    elif (idle_s := time.monotonic() - consumer.last_poll) > STUCK_S:
        reasons.append(f"no progress for {idle_s:.0f} s")
    return reasons + [f"{topic}/{p} is halted: {why}" for (topic, p), why in sorted(consumer.halted.items())]


async def _time(pool: asyncpg.Pool[asyncpg.Record]) -> list[str]:
    """Why time does not move."""
    try:
        async with asyncio.timeout(ASKING_S):
            own = await pool.fetchval("SELECT own FROM clocks WHERE clock = $1", LIVE_CLOCK)
    except DATABASE_ERRORS as error:
        return [f"the database does not answer: {type(error).__name__}"]
    if own is not None and (lag := (dt.datetime.now(dt.UTC) - own).total_seconds()) > TIME_LAG_S:
        return [f"time is {lag:.0f} s behind: ticks of some partition are missing or not read yet"]
    return []
