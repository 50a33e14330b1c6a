"""The next batch, read while the one before it is applied: what may be dropped, and what must be."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from silkway.messaging import ahead as module
from silkway.messaging.ahead import CHUNK_RECORDS, Ahead
from silkway.messaging.fence import Partition
from silkway.messaging.records import Foreign, Record, Tick
from silkway.messaging.waves import Waves

MOST = 4 * CHUNK_RECORDS
A, B = TopicPartition("a", 0), TopicPartition("a", 1)


class Kafka:
    """Two partitions that never end. As aiokafka, it moves on by what it has handed out."""

    def __init__(self) -> None:
        self.position = {A: 0, B: 0}
        self.fetches = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, most: int, timeout_ms: int) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        await self.gate.wait()
        self.fetches += 1
        fetched = {}
        for tp in (A, B):
            first = self.position[tp]
            self.position[tp] += most // 2
            fetched[tp] = [record(tp, offset) for offset in range(first, self.position[tp])]
        return fetched


class Reader:
    """Hands the record on as it is."""

    def read(self, record: Any) -> Any:
        return record


def record(tp: TopicPartition, offset: int) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(tp.topic, tp.partition, offset, 0, 0, None, None, None, -1, -1, ())


def ahead(kafka: Kafka) -> Ahead:
    return Ahead(kafka.fetch, Reader(), MOST, Waves(), lambda more: None)  # type: ignore[arg-type]


def offsets(batch: Mapping[Partition, Sequence[Any]], tp: TopicPartition) -> list[int]:
    return [item.offset for item in batch.get((tp.topic, tp.partition), ())]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_next_batch_comes_while_the_first_is_applied_and_no_further_one() -> None:
    kafka = Kafka()
    reading = ahead(kafka)
    first = await reading.take()
    await settle()

    assert kafka.fetches == 2
    second = await reading.take()
    assert offsets(first, A) + offsets(second, A) == list(range(MOST))
    await reading.close()


@pytest.mark.parametrize("pauses", range(6))
async def test_what_is_sought_is_forgotten_wherever_it_stands_and_the_others_stay(pauses: int) -> None:
    kafka = Kafka()
    reading = ahead(kafka)
    first = await reading.take()
    for _ in range(pauses):
        await asyncio.sleep(0)
    kafka.position[A] = 50
    reading.forget((A.topic, A.partition))
    second, third = await reading.take(), await reading.take()

    assert (offsets(second, A) + offsets(third, A))[: MOST // 2] == list(range(50, 50 + MOST // 2))
    assert offsets(second, B) == [offset + MOST // 2 for offset in offsets(first, B)]
    await reading.close()


@pytest.mark.parametrize("pauses", range(6))
async def test_a_new_assignment_drops_what_was_read_for_the_old_one_and_nothing_else(pauses: int) -> None:
    kafka = Kafka()
    reading = ahead(kafka)
    await reading.take()
    for _ in range(pauses):
        await asyncio.sleep(0)
    kafka.position = {A: 7, B: 9}
    reading.forget_all()
    second, third = await reading.take(), await reading.take()

    assert (offsets(second, A) + offsets(third, A))[0] == 7
    assert (offsets(second, B) + offsets(third, B))[0] == 9
    await reading.close()


async def test_it_can_be_closed_amid_a_fetch() -> None:
    kafka = Kafka()
    reading = ahead(kafka)
    await reading.take()
    kafka.gate.clear()
    await settle()
    await reading.close()
    fetches = kafka.fetches
    kafka.gate.set()
    await settle()

    assert kafka.fetches == fetches


# --- ticks ----------------------------------------------------------------------------------------------------

BEGIN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
Given = tuple[TopicPartition, int, int | None]
"""Partition, offset, and the second of the tick; None for a fact."""


class Told:
    """Hands out what it was given, fetch by fetch, and then nothing. `heard`: what it was told after each fetch."""

    def __init__(self, *fetches: list[Given]) -> None:
        self.fetches = list(fetches)
        self.heard: list[bool] = []

    async def fetch(self, most: int, timeout_ms: int) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        if not self.fetches:
            await asyncio.sleep(timeout_ms / 1000)
            return {}
        fetched: dict[TopicPartition, list[ConsumerRecord]] = {}
        for tp, offset, second in self.fetches.pop(0):
            value = None if second is None else str(second).encode()
            found = ConsumerRecord(tp.topic, tp.partition, offset, 0, 0, None, value, None, -1, -1, ())
            fetched.setdefault(tp, []).append(found)
        return fetched

    def read(self, record: Record) -> Tick | Foreign:
        if record.value is None:
            return Foreign(record)
        return Tick(record, "live", BEGIN + dt.timedelta(seconds=int(record.value)))


def listening(told: Told) -> Ahead:
    """With the first tick of both partitions behind it."""
    told.fetches.insert(0, [(A, 0, 1), (B, 0, 1)])
    waves = Waves([(A.topic, A.partition), (B.topic, B.partition)])
    return Ahead(told.fetch, told, MOST, waves, told.heard.append)  # type: ignore[arg-type]


def places(batch: Mapping[Partition, Sequence[Any]]) -> dict[int, list[int]]:
    return {partition: [item.record.offset for item in items] for (_, partition), items in batch.items()}


async def test_ticks_that_move_no_time_are_kept_until_one_does() -> None:
    reading = listening(Told([(A, 1, 2)], [(B, 1, 2)]))

    assert places(await reading.take()) == {0: [0], 1: [0]}
    assert places(await reading.take()) == {0: [1], 1: [1]}
    await reading.close()


async def test_ticks_that_are_kept_keep_no_fact_waiting() -> None:
    reading = listening(Told([(A, 1, 2)], [(A, 2, None)]))
    await reading.take()

    assert places(await reading.take()) == {0: [1, 2]}
    await reading.close()


async def test_ticks_are_kept_no_longer_than_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_S", 0.05)
    reading = listening(Told([(A, 1, 2)]))
    await reading.take()

    async with asyncio.timeout(2):
        assert places(await reading.take()) == {0: [1]}
    await reading.close()


async def test_behind_a_gap_the_batch_begins_anew_so_that_the_gap_is_found() -> None:
    reading = listening(Told([(A, 1, 2)], [(A, 7, None), (B, 1, 2)]))
    await reading.take()

    assert places(await reading.take()) == {0: [7], 1: [1]}
    await reading.close()


async def test_ticks_that_are_kept_are_forgotten_like_all_that_was_read() -> None:
    told = Told([(A, 1, 2)])
    reading = listening(told)
    await reading.take()
    await settle()
    reading.forget((A.topic, A.partition))
    told.fetches.append([(B, 1, 2)])

    assert places(await reading.take()) == {}
    assert places(await reading.take()) == {1: [1]}
    await reading.close()


async def test_more_is_gathered_behind_facts_and_not_behind_ticks() -> None:
    told = Told([(A, 1, 2), (B, 1, 2)], [(A, 2, None)], [(A, 3, 3), (A, 4, None)])
    reading = listening(told)
    for _ in range(4):
        await reading.take()

    assert told.heard[:4] == [False, False, True, True]
    await reading.close()
