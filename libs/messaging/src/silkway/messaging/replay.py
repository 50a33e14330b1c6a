"""Replays the log as the journal tells, into another database, and compares the two row by row.

The same records in the same transactions must give the same state, ids and versions. What differs was
changed by something other than an event.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.contracts import TOPICS
from silkway.messaging import lenient
from silkway.messaging.deploy import partitions_of, prepare
from silkway.messaging.fence import Partition
from silkway.messaging.journal import read_entry
from silkway.messaging.records import Record
from silkway.messaging.routing import Service
from silkway.messaging.storage import Connection
from silkway.messaging.transaction import Engine

lenient.install()

_KEYS = """
    SELECT c.relname, a.attname FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
    WHERE i.indisprimary AND n.nspname = 'public' ORDER BY c.relname, array_position(i.indkey, a.attnum)"""
_APART = {"journal", "outbox", "schema_migrations"}
"""Tables that a replay does not write."""
_FILTERS = {
    # Locked but never used: a restart may lock more in one run than in the other.
    "aggregates": "WHERE version > 0 OR seen <> '{}' OR waiting > 0 OR parked > 0 OR due_at IS NOT NULL",
}
_UNCOMPARED = {"offsets": {"halted"}}
_MOST_DIFFERENCES = 100


class LogGone(Exception):
    """The log no longer holds what the journal refers to."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the database is not what the log makes of it. `expected` or `found` None: no such row."""

    table: str
    key: str
    column: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.column} is {self.found}, the log says {self.expected}"


class LogReader:
    """Records by range of offsets, each partition read once from front to back."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._read: dict[Partition, deque[Record]] = {}

    async def take(self, topic: str, partition: int, first: int, end: int) -> list[Record]:
        """The records with first <= offset < end. Raises LogGone."""
        tp = TopicPartition(topic, partition)
        buffer = self._read.setdefault((topic, partition), deque())
        while not buffer or buffer[-1].offset < end - 1:
            fetched = await self._consumer.getmany(tp, timeout_ms=10_000)
            if not fetched:
                raise LogGone(f"{topic}/{partition} has no offset {end - 1} any more, or not yet")
            buffer.extend(
                Record(r.topic, r.partition, r.offset, r.key, r.headers, r.value) for r in fetched[tp]
            )
        taken: list[Record] = []
        while buffer and buffer[0].offset < end:
            record = buffer.popleft()
            if record.offset >= first:
                taken.append(record)
        if not taken or taken[0].offset != first:
            raise LogGone(f"{topic}/{partition} has no offset {first} any more")
        return taken


@asynccontextmanager
async def log_of(kafka: str, topics: dict[str, int]) -> AsyncIterator[LogReader]:
    """The log of these topics (with their numbers of partitions), from its beginning."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, p) for topic, count in topics.items() for p in range(count)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        yield LogReader(consumer)
    finally:
        await consumer.stop()


async def replay(
    service: Service,
    live: Connection,
    scratch_url: str,
    kafka: str,
    prefix: str = "",
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Replay the journal of `live` (in its open transaction) into the migrated, empty database at `scratch_url`.

    Nothing is sent. Returns the number of records. Raises LogGone if the log is not whole.
    """
    partitions = await partitions_of(live, service, prefix)
    async with log_of(kafka, {prefix + t: n for t, n in partitions.items()}) as log:
        return await replay_from(log, service, live, scratch_url, prefix, on_progress)


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
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """As `replay`, from a log that is at hand."""
    await prepare(scratch_url, service, prefix)
    partitions = dict(await partitions_of(live, service, prefix))
    engine = Engine(service, partitions, TOPICS[service.output].partitions, prefix)
    total = await live.fetchval("SELECT count(*) FROM journal")
    scratch = await asyncpg.connect(
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


async def compare(live: Connection, scratch_url: str) -> list[Difference]:
    """What of `live` (in its open transaction) differs from the replayed database, at most 100 places a table."""
    scratch = await asyncpg.connect(scratch_url)
    try:
        keys: dict[str, list[str]] = {}
        for table, column in await live.fetch(_KEYS):
            keys.setdefault(table, []).append(column)
        differences: list[Difference] = []
        for table in sorted(keys.keys() - _APART):
            differences += await _compare_table(live, scratch, table, keys[table])
        return differences
    finally:
        await scratch.close()


async def _compare_table(
    live: Connection, scratch: Connection, table: str, key: list[str]
) -> list[Difference]:
    """Compare by one digest; only where that differs, row by row."""
    where = _FILTERS.get(table, "")
    apart = _UNCOMPARED.get(table, set())
    columns = [
        row[0]
        for row in await live.fetch(
            "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'",
            table,
        )
        if row[0] not in apart
    ]
    texts = ", ".join(f'"{column}"::text' for column in columns)
    order = ", ".join(f'"{column}"::text COLLATE "C"' for column in key)
    digest = f"SELECT md5(coalesce(string_agg(md5(ROW({texts})::text), '' ORDER BY {order}), '')) FROM {table} {where}"
    if await live.fetchval(digest) == await scratch.fetchval(digest):
        return []
    rows = f"SELECT {texts} FROM {table} {where} ORDER BY {order}"
    found = {_key(row, columns, key): row async for row in live.cursor(rows)}
    differences: list[Difference] = []
    for row in await scratch.fetch(rows):
        name = _key(row, columns, key)
        other = found.pop(name, None)
        if other is None:
            differences.append(Difference(table, name, "row", "there", None))
            continue
        differences += [
            Difference(table, name, column, row[i], other[i])
            for i, column in enumerate(columns)
            if row[i] != other[i]
        ]
    differences += [Difference(table, name, "row", None, "there") for name in found]
    return differences[:_MOST_DIFFERENCES]


def _key(row: Any, columns: list[str], key: list[str]) -> str:
    return "/".join(str(row[columns.index(column)]) for column in key)


@asynccontextmanager
async def scratch_database(live_url: str) -> AsyncIterator[str]:
    """A new empty database on the same server, dropped afterwards; its role must be allowed to create one."""
    name = f"replay_{uuid.uuid4().hex[:12]}"
    connection = await asyncpg.connect(live_url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        try:
            path = live_url.split("?")
            yield "?".join([path[0].rsplit("/", 1)[0] + "/" + name, *path[1:]])
        finally:
            await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    finally:
        await connection.close()


@asynccontextmanager
async def frozen(live_url: str) -> AsyncIterator[Connection]:
    """A connection that sees one moment of the live database, while the service goes on."""
    connection = await asyncpg.connect(live_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()
