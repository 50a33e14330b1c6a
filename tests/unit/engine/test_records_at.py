"""What Kafka does not hand out is not taken for what was read, nor for something else: it was not compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from silkway.messaging.offsets import records_at

HERE, THERE = TopicPartition("trade.orders", 1), TopicPartition("trade.payments", 2)


class Broker:
    """Hands out what it `holds`, by partition and offset, and then nothing; is asked as aiokafka's consumer is.

    own: partitions in which the record that is asked for is Kafka's own, which its client passes over by itself.
    """

    def __init__(
        self, holds: Mapping[TopicPartition, int], own: frozenset[TopicPartition] = frozenset()
    ) -> None:
        self._holds, self._own = dict(holds), own
        self._sought: dict[TopicPartition, int] = {}

    def assign(self, _: list[TopicPartition]) -> None:
        pass

    def seek(self, place: TopicPartition, offset: int) -> None:
        self._sought[place] = offset

    async def position(self, place: TopicPartition) -> int:
        return self._sought[place] + (place in self._own)

    async def getmany(self, *places: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        assert timeout_ms > 0
        return {place: [_record(place, self._holds.pop(place))] for place in places if place in self._holds}


def _record(place: TopicPartition, offset: int) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(place.topic, place.partition, offset, 0, 0, b"k", b"v", None, 1, 1, ())


async def _read(broker: Broker) -> set[tuple[TopicPartition, int]]:
    found = await records_at(cast(AIOKafkaConsumer, broker), {HERE: 4, THERE: 7})
    return {(place, record.offset) for place, record in found.items()}


async def test_each_is_read_where_it_lies() -> None:
    assert await _read(Broker({HERE: 4, THERE: 7})) == {(HERE, 4), (THERE, 7)}


async def test_a_broker_that_falls_silent_is_told_with_the_places_that_were_not_read() -> None:
    with pytest.raises(TimeoutError, match=r"does not hand out trade\.payments/2 at 7$"):
        await _read(Broker({HERE: 4}))


async def test_kafkas_own_records_are_not_waited_for() -> None:
    assert await _read(Broker({HERE: 4}, own=frozenset({THERE}))) == {(HERE, 4)}
    assert await _read(Broker({HERE: 4, THERE: 8})) == {(HERE, 4)}
