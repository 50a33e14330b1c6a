"""Replays the log as the journal tells: the same records in the same transactions give the same state and versions."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from silkway.contracts import TOPICS
from silkway.messaging import lenient
from silkway.messaging.database import plain_connection
from silkway.messaging.deploy import partitions_of, prepare
from silkway.messaging.fence import Partition
from silkway.messaging.journal import read_entry
from silkway.messaging.kafka import to_kafka
from silkway.messaging.records import Record
from silkway.messaging.routing import Service
from silkway.messaging.storage import Connection
from silkway.messaging.transaction import Engine

lenient.install()
Progress = Callable[[int, int], None]
"""Told how many transactions have been done again, of how many."""
SILENCE_MS = 10_000
MOST_SILENT = 12
"""So often in a row Kafka may answer nothing, where it says that it has what is asked for."""
_FROM_THE_BEGINNING: Mapping[Partition, int] = {}


class LogGone(Exception):
    """The log no longer holds what the journal refers to."""


class LogReader:
    """Records by range of offsets, each partition read once from front to back."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._read: dict[Partition, deque[Record]] = {}

    async def take(self, topic: str, partition: int, first: int, end: int) -> list[Record]:
        """The records with first <= offset < end. Raises LogGone."""
        tp = TopicPartition(topic, partition)
        buffer = self._read.setdefault((topic, partition), deque())
        silent = 0
        while not buffer or buffer[-1].offset < end - 1:
            fetched = await self._consumer.getmany(tp, timeout_ms=SILENCE_MS)
            if not fetched:  # a broker that is busy is no log that has gone
                silent += 1
                await self._require(tp, first, end)
                if silent == MOST_SILENT:
                    raise LogGone(f"{topic}/{partition}: Kafka does not hand out offset {end - 1}")
                continue
            silent = 0
            buffer.extend(
                Record(r.topic, r.partition, r.offset, r.key, r.headers, r.value, r.timestamp)
                for r in fetched[tp]
            )
        taken: list[Record] = []
        while buffer and buffer[0].offset < end:
            record = buffer.popleft()
            if record.offset >= first:
                taken.append(record)
        if not taken or taken[0].offset != first:
            raise LogGone(f"{topic}/{partition} has no offset {first} any more")
        return taken

    async def _require(self, tp: TopicPartition, first: int, end: int) -> None:
        """Raises LogGone unless Kafka says that it has these offsets."""
        try:
            begin = (await self._consumer.beginning_offsets([tp]))[tp]
            stop = (await self._consumer.end_offsets([tp]))[tp]
        except UnknownTopicOrPartitionError:
            raise LogGone(f"{tp.topic} is gone") from None
        if begin > first:
            raise LogGone(f"{tp.topic}/{tp.partition} has no offset {first} any more: it begins at {begin}")
        if stop < end:
            raise LogGone(f"{tp.topic}/{tp.partition} has no offset {end - 1} any more, or not yet")


@asynccontextmanager
async def log_of(
    kafka: str, topics: Mapping[str, int], start: Mapping[Partition, int] = _FROM_THE_BEGINNING
) -> AsyncIterator[LogReader]:
    """The log of these topics (with their numbers of partitions), from its beginning, or where `start` says."""
    consumer = AIOKafkaConsumer(
        **to_kafka(kafka),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, p) for topic, count in topics.items() for p in range(count)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        for place, offset in start.items():
            consumer.seek(TopicPartition(*place), offset)
        yield LogReader(consumer)
    finally:
        await consumer.stop()


async def replay(
    service: Service,
    live: Connection,
    scratch_url: str,
    kafka: str,
    prefix: str = "",
    on_progress: Progress = lambda done, total: None,
    *,
    sealed_since: dt.datetime | None = None,
) -> int:
    """Replay the journal of `live` (in its open transaction) into the migrated, empty database at `scratch_url`.

    sealed_since: as the service had it. Nothing is sent. Returns the number of records. Raises LogGone if the log is
    not whole.
    """
    partitions = await partitions_of(live, service, prefix)
    async with log_of(kafka, {prefix + t: n for t, n in partitions.items()}) as log:
        return await replay_from(
            log, service, live, scratch_url, prefix, on_progress, sealed_since=sealed_since
        )


class Log(Protocol):
    """Where the records are read again."""

    async def take(self, topic: str, partition: int, first: int, end: int) -> list[Record]:
        """The records with first <= offset < end, in order. Raises LogGone."""


async def replay_from(
    log: Log,
    service: Service,
    live: Connection,
    scratch_url: str,
    prefix: str = "",
    on_progress: Progress = lambda done, total: None,
    *,
    sealed_since: dt.datetime | None = None,
) -> int:
    """As `replay`, from a log that is at hand."""
    await prepare(scratch_url, service, prefix)
    partitions = dict(await partitions_of(live, service, prefix))
    engine = Engine(service, partitions, TOPICS[service.output].partitions, prefix, sealed_since)
    total = await live.fetchval("SELECT count(*) FROM journal")
    scratch = await plain_connection(
        scratch_url, server_settings={"synchronous_commit": "off", "plan_cache_mode": "force_generic_plan"}
    )
    records = entries = 0
    try:
        async for row in live.cursor("SELECT entry FROM journal ORDER BY id", prefetch=500):
            entry = read_entry(row[0])
            groups = {
                (topic, p): [engine.reader.read(r) for r in await log.take(topic, p, first, end)]
                for topic, p, first, end in entry.ranges
            }
            await engine.run(scratch, groups, forced=entry.parked, told=entry)
            records += sum(map(len, groups.values()))
            entries += 1
            if entries % 100 == 0 or entries == total:
                on_progress(entries, total)
    finally:
        await scratch.close()
    return records


@asynccontextmanager
async def scratch_database(live_url: str, *, keep: bool = False) -> AsyncIterator[str]:
    """A new empty database on the same server; its role must be allowed to create one.

    It is dropped afterwards, unless it is to be kept and all went well.
    """
    name = f"replay_{uuid.uuid4().hex[:12]}"
    connection = await plain_connection(live_url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        try:
            await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
            path = live_url.split("?")
            yield "?".join([path[0].rsplit("/", 1)[0] + "/" + name, *path[1:]])
        except BaseException:
            keep = False
            raise
        finally:
            if not keep:
                await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


@asynccontextmanager
async def frozen(live_url: str) -> AsyncIterator[Connection]:
    """A connection that sees one moment of the live database, while the service goes on."""
    connection = await plain_connection(live_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()
