"""Lets a database that was restored from a backup catch up by its journal: the same decisions, ids and versions.

What its service did since is done again as the journal's topic tells. Of what followed, only what may not have been
published is left for the relay; it is the same, bit by bit, as what would have been.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from silkway.contracts import TOPICS
from silkway.messaging.database import connect
from silkway.messaging.deploy import partitions_of, prepare
from silkway.messaging.fence import Partition
from silkway.messaging.journal import Numbered, read_entry, read_row
from silkway.messaging.journal_topic import JournalTopic, journal_topic
from silkway.messaging.kafka import to_kafka
from silkway.messaging.offsets import kafka_knows
from silkway.messaging.relay import LOCK
from silkway.messaging.replay import LogReader, log_of
from silkway.messaging.reset import KEEP
from silkway.messaging.routing import Service
from silkway.messaging.storage import Connection
from silkway.messaging.transaction import Engine

PATIENCE_S = 60.0
"""For so long it is waited until Kafka has forgotten the service's last instance."""
_ENTRY = "SELECT entry FROM journal WHERE id = $1"
_LAST = "SELECT coalesce(max(id), 0) FROM journal"
_UNSENT = "SELECT id, payload FROM outbox WHERE topic = $1"
_SENT = "DELETE FROM outbox WHERE id = $1"
_POSITIONS = """
    SELECT topic, partition, next_offset, halted FROM offsets WHERE topic = ANY($1::text[])
    ORDER BY topic, partition FOR UPDATE"""
_LET_GO = "UPDATE offsets SET halted = NULL WHERE halted IS NOT NULL AND topic = ANY($1::text[])"
_REASON = "silkway restore"
_MOVE_NUMBERS_ON = "SELECT setval(pg_get_serial_sequence('journal', 'id'), greatest($1, 1))"


class NotRestorable(Exception):
    """This database cannot be brought up to where its service was; the reason says what can be done."""


@dataclass(slots=True)
class Restored:
    """What was done: from the journal's entry `since` to `until`; `unsent` rows are left for the relay.

    set_back: partitions that stood still, or of which Kafka had been told more than this database knows.
    """

    since: int
    set_back: int = 0
    until: int = 0
    transactions: int = 0
    records: int = 0
    unsent: int = 0


async def restore(
    service: Service,
    database_url: str,
    kafka: str,
    prefix: str = "",
    on_progress: Callable[[Restored], None] = lambda so_far: None,
    patience_s: float = PATIENCE_S,
    *,
    by: str,
    sealed_since: dt.datetime | None = None,
) -> Restored:
    """Bring the database to where the journal's topic ends. It may be stopped and called again at any time.

    by: who does it, kept with each partition that is set back. sealed_since: as the service had it. No instance of the
    service may run. Raises NotRestorable, having changed nothing where the journal does not reach back far enough,
    and LogGone if the log is not whole.
    """
    await prepare(database_url, service, prefix)
    async with (
        _alone(service, database_url, kafka, prefix, patience_s) as connection,
        journal_topic(kafka, prefix + service.journal) as journal,
    ):
        done = Restored(await connection.fetchval(_LAST))
        await _require_reach(journal, done.since)
        partitions = dict(await partitions_of(connection, service, prefix))
        engine = Engine(service, partitions, TOPICS[service.output].partitions, prefix, sealed_since)
        topics = {prefix + topic: count for topic, count in partitions.items()}
        positions, done.set_back = await _set_back(connection, kafka, prefix + service.name, topics, by)
        # What a crash takes away from here on is done again: only at the end it has to be on the disk.
        await connection.execute("SET synchronous_commit = off")
        async with log_of(kafka, topics, positions) as log:
            await _CatchUp(engine, connection, log, positions, done).run(journal, on_progress)
        return done


@asynccontextmanager
async def _alone(
    service: Service, database_url: str, kafka: str, prefix: str, patience_s: float
) -> AsyncIterator[Connection]:
    """A connection beside which nobody publishes or decides. Raises NotRestorable."""
    stop = f"an instance of {service.name} still runs: stop all of them, then try again"
    lock_timeout = str(int(patience_s * 1000))
    connection = await connect(
        database_url, f"{service.name}-restore", idle_in_transaction_session_timeout="0"
    )
    guard = await connect(database_url, f"{service.name}-restore-guard", lock_timeout=lock_timeout)
    try:
        try:
            await guard.execute("SELECT pg_advisory_lock($1)", LOCK, timeout=patience_s + 5)
        except asyncpg.LockNotAvailableError:
            raise NotRestorable(stop) from None
        deadline = time.monotonic() + patience_s
        while await _members(kafka, prefix + service.name):
            if time.monotonic() > deadline:
                raise NotRestorable(stop)
            await asyncio.sleep(0.5)
        yield connection
    finally:
        await connection.close()
        await guard.close()


async def _members(kafka: str, group: str) -> Sequence[object]:
    """Who reads as this group, as far as Kafka knows."""
    admin = AIOKafkaAdminClient(**to_kafka(kafka))
    await admin.start()
    try:
        answers = await admin.describe_consumer_groups([group])
        return [member for answer in answers for group_ in answer.groups for member in group_[5]]
    finally:
        await admin.close()


async def _require_reach(journal: JournalTopic, since: int) -> None:
    """Raises NotRestorable where the topic has lost entries that this database, whose last one is `since`, may lack."""
    if journal.first == 0:
        return
    async for entry in journal.since(since):
        if entry.number > since:
            raise NotRestorable(
                f"the journal's topic begins at {entry.number} and this database ends at {since}:"
                " what was done between is known no more. Take a younger backup"
            )
        return
    raise NotRestorable(
        f"the journal's topic has lost all of its entries and this database ends at {since}: whether anything was done"
        " since is known no more. Take the youngest backup, and start the service on it without a restore"
    )


async def _set_back(
    connection: Connection, kafka: str, group: str, topics: Collection[str], by: str
) -> tuple[dict[Partition, int], int]:
    """Let go what stands still, and tell Kafka how far this database has read; from where each goes on, and how many.

    Before any instance may begin: Kafka was told of more than this database knows, and that would halt it. What it was
    told, and why a partition stood still, is kept first: both are evidence, and neither comes again.
    """
    committed, _ = await kafka_knows(kafka, group)
    positions, kept = dict[Partition, int](), []
    async with connection.transaction():
        for topic, partition, offset, halted in await connection.fetch(_POSITIONS, list(topics)):
            positions[topic, partition] = offset
            told = committed.get(TopicPartition(topic, partition))
            if halted or (told or 0) > offset:
                kept.append((topic, partition, by, _REASON, halted, told, offset, offset))
        await connection.executemany(KEEP, kept)
        await connection.execute(_LET_GO, list(topics))
    consumer = AIOKafkaConsumer(**to_kafka(kafka), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        offsets = {TopicPartition(*place): offset for place, offset in positions.items()}
        consumer.assign(list(offsets))
        await consumer.commit(offsets)
    finally:
        await consumer.stop()
    return positions, len(kept)


class _CatchUp:
    """One run over the journal's topic. `positions`: how far each partition has been read."""

    def __init__(
        self,
        engine: Engine,
        connection: Connection,
        log: LogReader,
        positions: dict[Partition, int],
        done: Restored,
    ) -> None:
        self._engine, self._connection, self._log = engine, connection, log
        self._positions, self.done = positions, done

    async def run(self, journal: JournalTopic, on_progress: Callable[[Restored], None]) -> None:
        newest = max([self.done.since, *await journal.tail()])
        # Now, as an instance that waits goes on as soon as the last entry is here: its own come after all of these.
        await self._connection.fetchval(_MOVE_NUMBERS_ON, newest)
        unsent = await self._unsent()
        async for entry in journal.since(self.done.since):
            if row := unsent.pop(entry.number, None):
                await self._connection.execute(_SENT, row)
            known = await self._connection.fetchval(_ENTRY, entry.number)
            if known is None:
                await self._again(entry)
                on_progress(self.done)
            elif known != entry.packed:
                raise self._forked(entry.number)
        self.done.until = newest
        await self._finish()

    async def _unsent(self) -> dict[int, int]:
        """The rows of the outbox by the numbers of the entries that they hold."""
        topic = self._engine.prefix + self._engine.service.journal
        return {read_row(r[1]).number: r[0] for r in await self._connection.fetch(_UNSENT, topic)}

    async def _again(self, entry: Numbered) -> None:
        """Do a transaction once more, with the same records, deadlines and parked ones."""
        told = read_entry(entry.packed)
        groups = {}
        for topic, partition, first, end in told.ranges:
            if first < self._positions[topic, partition]:
                raise self._forked(entry.number)
            records = await self._log.take(topic, partition, first, end)
            groups[topic, partition] = [self._engine.reader.read(record) for record in records]
            self._positions[topic, partition] = end
        await self._engine.run(self._connection, groups, forced=told.parked, told=told, number=entry.number)
        self.done.transactions += 1
        self.done.records += sum(map(len, groups.values()))
        self.done.until = entry.number

    async def _finish(self) -> None:
        """All this is on the disk."""
        async with self._connection.transaction():
            await self._connection.execute("SET LOCAL synchronous_commit = on")
            await self._connection.execute("SELECT pg_current_xact_id()")
        self.done.unsent = await self._connection.fetchval("SELECT count(*) FROM outbox")

    def _forked(self, number: int) -> NotRestorable:
        return NotRestorable(
            f"this database has gone on by itself since it was restored: its journal disagrees with what was published"
            f" under {number}. Restore it from its backup once more, and start no instance before it has caught up"
        )
