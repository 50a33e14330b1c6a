"""How far a service has read each partition, as operators see it: whether that log is still the one that was read.

The rows of the table `offsets` are the truth; what Kafka was told is a hint, about a second old. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from silkway.messaging import lenient
from silkway.messaging.fence import ADDED, RECREATED, Partition, fingerprint
from silkway.messaging.kafka import to_kafka
from silkway.messaging.positions import EXCUSED
from silkway.messaging.records import Record
from silkway.messaging.routing import Service
from silkway.messaging.standing import lost
from silkway.messaging.storage import Connection

lenient.install()
_ROWS = "SELECT topic, partition, next_offset, fingerprint, halted FROM offsets ORDER BY topic, partition"
_READ_MS = 10_000
MISSING = "Kafka has no such partition"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a partition was read. `first`, `end`: of its log, None where Kafka has no such partition.

    `committed`: what Kafka was told last, None for nothing. `halted`: why it stands still, if it does. `finding`:
    what is wrong with it now, or nothing.
    """

    topic: str
    partition: int
    next_offset: int
    first: int | None
    end: int | None
    committed: int | None
    halted: str | None
    finding: str


async def places_of(
    kafka: str,
    connection: Connection,
    service: Service,
    prefix: str = "",
    *,
    deep: bool = False,
    only: Partition | None = None,
) -> list[Place]:
    """All partitions that the service reads, or `only` one. `deep`: the last record read is compared.

    Raises KafkaError, asyncpg's errors, and TimeoutError where a record cannot be read to be compared.
    """
    topics = {prefix + topic for topic in service.inputs}
    # Kafka's commits first: a service that goes on meanwhile is then never behind what it has told.
    committed, there = await kafka_knows(kafka, prefix + service.name)
    rows = [row for row in await connection.fetch(_ROWS) if row[0] in topics]
    rowed = {(row[0], row[1]) for row in rows}
    rows = [row for row in rows if only in (None, (row[0], row[1]))]
    excused = {(row[0], row[1]): row[2] for row in await connection.fetch(EXCUSED)}
    known = [row for row in rows if (row[0], row[1]) in there]
    first, end, changed = await _look(kafka, known, deep) if known else ({}, {}, set())
    places = []
    for topic, partition, next_offset, _, halted in rows:
        tp = TopicPartition(topic, partition)
        told = committed.get(tp)
        finding = MISSING
        if tp in first:
            finding = lost(next_offset, first[tp], end[tp]) or (RECREATED if tp in changed else "")
            finding = finding or lost(next_offset, first[tp], end[tp], told or 0, excused.get(tp) or 0)
        finding = finding or (f"halted: {halted}" if halted else "")
        places.append(Place(topic, partition, next_offset, first.get(tp), end.get(tp), told, halted, finding))
    added = sorted(p for p in there if p[0] in topics and p not in rowed and only in (None, p))
    return places + [Place(*place, 0, None, None, None, None, ADDED) for place in added]


@asynccontextmanager
async def log_reader(kafka: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of no group, which reads only where it is told to."""
    consumer = AIOKafkaConsumer(
        **to_kafka(kafka),
        enable_auto_commit=False,
        auto_offset_reset="none",
        max_partition_fetch_bytes=256 << 10,  # a record or two of each partition are wanted
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def records_at(
    log: AIOKafkaConsumer, places: Mapping[TopicPartition, int]
) -> dict[TopicPartition, Record]:
    """The records at these offsets, which lie within the log; without those that are Kafka's own.

    Raises TimeoutError where Kafka does not hand one out: what was not read is neither right nor wrong.
    """
    if not places:
        return {}
    log.assign(list(places))
    for tp, offset in places.items():
        log.seek(tp, offset)
    found: dict[TopicPartition, Record] = {}
    waiting = set(places)
    while waiting:
        fetched = await log.getmany(*waiting, timeout_ms=_READ_MS)
        for tp, (r, *_) in fetched.items():
            waiting.discard(tp)
            if r.offset == places[tp]:
                found[tp] = Record(r.topic, r.partition, r.offset, r.key, r.headers, r.value)
        if not fetched:
            # Of Kafka's own records nothing is handed out, but the reader is past them.
            waiting = {tp for tp in waiting if await log.position(tp) <= places[tp]}
            if waiting:
                silent = ", ".join(f"{tp.topic}/{tp.partition} at {places[tp]}" for tp in sorted(waiting))
                raise TimeoutError(f"Kafka does not hand out {silent}")
    return found


async def kafka_knows(kafka: str, group: str) -> tuple[Mapping[TopicPartition, int], Collection[Partition]]:
    """What the group has committed, and all partitions that there are."""
    client = AIOKafkaAdminClient(**to_kafka(kafka))
    await client.start()
    try:
        committed = await client.list_consumer_group_offsets(group)
        topics = await client.describe_topics()
    finally:
        await client.close()
    return (
        {tp: at.offset for tp, at in committed.items() if at.offset >= 0},
        {(topic["topic"], part["partition"]) for topic in topics for part in topic["partitions"]},
    )


async def _look(
    kafka: str, rows: Iterable[asyncpg.Record], deep: bool
) -> tuple[Mapping[TopicPartition, int], Mapping[TopicPartition, int], Collection[TopicPartition]]:
    """First offset and end of each partition, and those in which the last record read is another one now."""
    prints = {TopicPartition(row[0], row[1]): (row[2] - 1, row[3]) for row in rows}
    async with log_reader(kafka) as log:
        first, end = await log.beginning_offsets(list(prints)), await log.end_offsets(list(prints))
        there = {
            tp: (last, known)
            for tp, (last, known) in prints.items()
            if known is not None and first[tp] <= last < end[tp]
        }
        return first, end, await _changed(log, there) if deep else ()


async def _changed(
    log: AIOKafkaConsumer, prints: Mapping[TopicPartition, tuple[int, int]]
) -> set[TopicPartition]:
    """The partitions in which the last record that was read (its offset and fingerprint) is another one now."""
    found = await records_at(log, {tp: offset for tp, (offset, _) in prints.items()})
    return {tp for tp, record in found.items() if fingerprint(record) != prints[tp][1]}
