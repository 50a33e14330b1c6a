"""Where the auditor's reading begins, and that it goes on though Kafka's client ends badly."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast
from unittest.mock import AsyncMock

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from silkway.auditor import consumer, store
from silkway.auditor.consumer import LogIsAnother, Reader
from silkway.messaging.settings import Settings

PLACE: Final = ("order.events", 0)


class Log:
    """A client of a log with one partition, which holds the offsets from `first` up to `end`."""

    def __init__(self, first: int, end: int) -> None:
        self._first, self._end = first, end
        self.sought: int | None = None

    @property
    def _client(self) -> Log:
        return self

    async def fetch_all_metadata(self) -> Log:
        return self

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0} if topic == "order.events" else set()

    def assign(self, _: list[TopicPartition]) -> None:
        pass

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self._first)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self._end)

    def seek(self, _: TopicPartition, offset: int) -> None:
        self.sought = offset


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


async def begin(monkeypatch: pytest.MonkeyPatch, log: Log, read: dict[tuple[str, int], int]) -> None:
    """Begin to read this log, of which so much has been read."""
    monkeypatch.setattr(store, "read_positions", AsyncMock(return_value=(read, {})))
    monkeypatch.setattr(store, "last_turn", AsyncMock(return_value=0))
    settings = cast(Settings, type("", (), {"prefix": ""}))
    await Reader(settings, cast(Any, None), cast(Any, None))._begin(cast(Any, None), cast(Any, log))


@pytest.mark.parametrize(
    ("first", "read", "goes_on_at"), [(0, {}, 0), (4, {}, 4), (0, {PLACE: 7}, 7), (7, {PLACE: 7}, 7)]
)
async def test_it_begins_where_the_log_does_and_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, first: int, read: dict[tuple[str, int], int], goes_on_at: int
) -> None:
    log = Log(first, 9)
    await begin(monkeypatch, log, read)
    assert log.sought == goes_on_at


@pytest.mark.parametrize(
    ("first", "end", "said"),
    [
        (
            8,
            9,
            r"order\.events/0 begins at 8: 5 to 7 were never read and are gone\. Drop the auditor's database",
        ),
        (0, 3, r"order\.events/0 ends at 3, 5 records were read"),
    ],
)
async def test_where_the_log_is_not_the_one_that_was_read_it_accuses_nobody_and_says_so(
    monkeypatch: pytest.MonkeyPatch, first: int, end: int, said: str
) -> None:
    with pytest.raises(LogIsAnother, match=said):
        await begin(monkeypatch, Log(first, end), {PLACE: 5})


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
