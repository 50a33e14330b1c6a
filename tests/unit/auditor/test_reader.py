"""The auditor's reading goes on though Kafka's client ends badly."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaError

from silkway.auditor import consumer
from silkway.auditor.consumer import Reader
from silkway.messaging.settings import Settings


class Away:
    """A client whose broker is away: it stops with the cancellation of a part of itself, as aiokafka's does."""

    def __init__(self, **_: object) -> None:
        pass

    async def start(self) -> None:
        raise KafkaError("away")

    async def stop(self) -> None:
        raise asyncio.CancelledError


class Database:
    async def fetchval(self, *_: object) -> bool:
        return True

    def terminate(self) -> None:
        pass


async def test_a_broker_that_is_away_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a database, and a broker that is away
    async def connected(*_: object) -> Database:
        return Database()

    monkeypatch.setattr(consumer, "AIOKafkaConsumer", Away)
    monkeypatch.setattr(consumer, "connect", connected)
    settings = cast(Settings, type("", (), {"database_url": "", "name": "auditor", "kafka": "127.0.0.1:1"}))
    reader = Reader(settings, cast(Any, None), cast(Any, None))

    # When it reads, then it says what it waits for and tries again
    reading = asyncio.create_task(reader.run())
    await asyncio.sleep(0.1)
    assert not reading.done()
    assert reader.waits_for == "KafkaError: KafkaError: away"
    reading.cancel()
