"""The next batch, read while the one before it is applied: what may be dropped, and what must be."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from silkway.messaging.ahead import CHUNK_RECORDS, Ahead
from silkway.messaging.fence import Partition

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
    return Ahead(kafka.fetch, Reader(), MOST)  # type: ignore[arg-type]


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
