"""Whoever asks how an instance is doing needs no key: so many as may ask, the database is asked once a second."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

from silkway.messaging.consumer import Consumer
from silkway.messaging.health import Health


class Clock:
    """A database that knows what time it is, and counts who asks."""

    def __init__(self) -> None:
        self.asked = 0

    async def fetchval(self, *_: Any) -> dt.datetime:
        self.asked += 1
        await asyncio.sleep(0.01)
        return dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)


async def test_many_who_ask_at_once_cost_the_database_one_question() -> None:
    # Given an instance that reads, and whose time is behind
    clock = Clock()
    health = Health(cast("Any", clock))
    reads = SimpleNamespace(assigned={("t", 0)}, last_poll=float("inf"), trouble="", missing=(), halted={})
    health.consumer = cast("Consumer", reads)

    # When a hundred ask, then all are told, and the database was asked by one of them
    answers = await asyncio.gather(*(health.waits_for() for _ in range(100)))
    assert {answer[0].split(":")[0] for answer in answers} == {"time is 300 s behind"}
    assert clock.asked == 1
