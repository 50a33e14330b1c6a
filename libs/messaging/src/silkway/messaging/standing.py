"""Whether the log is the one that was read: the offset rows beside what Kafka has, and what it was told last."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from silkway.messaging.fence import Partition
from silkway.messaging.positions import Positions

PATIENCE_S = 5.0
"""What Kafka does not answer within this says nothing."""


class Standing(NamedTuple):
    """From where a partition is read on, and why it cannot be, or nothing. `told`: Kafka's commit, 0 for none.

    `sure`: Kafka has said what it holds; else nothing is known but what the database has.
    """

    next_offset: int
    reason: str
    told: int
    sure: bool


def lost(next_offset: int, first: int, end: int, told: int = 0, excused: int = 0) -> str:
    """Why a log with the offsets from `first` up to `end` cannot be read on from `next_offset`, or nothing.

    `told`: Kafka's commit; nobody commits there what the database has not committed before. But it is `excused` where
    it is still the one that operations knew of when they moved the place back.
    """
    if first > next_offset:
        return f"records {next_offset} to {first - 1} are gone: retention ran ahead"
    if end < next_offset:
        return f"the log ends at {end}, before {next_offset}: the topic was recreated or has lost records"
    if told > next_offset and told != excused:
        return f"the database is older than Kafka's commit {told}: what it did from {next_offset} on is lost"
    return ""


async def examine(
    kafka: AIOKafkaConsumer, positions: Positions, partitions: Collection[Partition]
) -> dict[Partition, Standing]:
    """How these partitions stand. Where Kafka does not answer, only what the database says. Raises Trouble."""
    places = [TopicPartition(*place) for place in sorted(partitions)]
    # Before the rows: whoever goes on meanwhile moves the rows on first, then tells Kafka.
    told = await _told(kafka, places)
    rows = await positions.read(partitions)
    more = any(told.get(place, 0) > next_offset for place, (next_offset, _) in rows.items())
    excused = await positions.excused() if more else {}
    bounds = await _bounds(kafka, places)
    found = {}
    for place, (next_offset, halted) in rows.items():
        reason = halted or ""
        if not reason and place in bounds:
            reason = lost(next_offset, *bounds[place], told.get(place, 0), excused.get(place, 0))
        found[place] = Standing(next_offset, reason, told.get(place, 0), place in bounds)
    return found


async def added(kafka: AIOKafkaConsumer, positions: Positions, topics: Iterable[str]) -> set[Partition]:
    """Partitions that hold records and that the database does not know. Raises Trouble.

    Whoever keeps its name is not given them before its group is shared out anew, and would never see what lies there.
    """
    there = {(topic, number) for topic in topics for number in kafka.partitions_for_topic(topic) or ()}
    unknown = there - (await positions.read(there)).keys() if there else there
    bounds = await _bounds(kafka, [TopicPartition(*place) for place in sorted(unknown)]) if unknown else {}
    return {place for place, (_, end) in bounds.items() if end}


async def _told(kafka: AIOKafkaConsumer, places: Iterable[TopicPartition]) -> dict[Partition, int]:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            # What aiokafka's own `committed` asks for one partition after the other.
            told = await kafka._coordinator.fetch_committed_offsets(list(places))
            return {(place.topic, place.partition): at.offset for place, at in told.items()}
    return {}


async def _bounds(
    kafka: AIOKafkaConsumer, places: Iterable[TopicPartition]
) -> Mapping[Partition, tuple[int, int]]:
    """First offset and end of each partition; nothing of topics that are not there.

    Asked all at once: a question on the connection of the fetches waits for the one that is under way.
    """
    there = [place for place in places if kafka.partitions_for_topic(place.topic)]
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            first, end = await kafka.beginning_offsets(there), await kafka.end_offsets(there)
            return {(place.topic, place.partition): (first[place], end[place]) for place in there}
    return {}
