"""Publishes the outbox: one instance of a service at a time, each partition in order, nothing left out.

The journal goes before all that was done with it: what nobody can do again, nobody has seen.

It reads and deletes on the very session that holds the lock. That session ends by itself when it is idle for
some seconds, so that a relay that was stopped cannot go on where another one has taken over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from silkway.messaging import metrics
from silkway.messaging.crash import reach
from silkway.messaging.database import DATABASE_ERRORS, connect, is_away
from silkway.messaging.journal import Numbered, journal_messages, read_row
from silkway.messaging.journal_topic import JournalTopic, disagreement, journal_topic
from silkway.messaging.kafka import to_kafka
from silkway.messaging.outbox import MAX_BATCH_BYTES, ROWS_A_ROUND, PackedBatch, pack_messages
from silkway.messaging.storage import Connection
from silkway.messaging.traces import OFF, Traces

_log = structlog.get_logger()
T = TypeVar("T")

POLL_S = 0.5
"""How long the relay sleeps at most; a commit in its own process wakes it at once."""
TAKEOVER_S = 0.5
TROUBLE_S = 5.0
"""How long a database that disagrees with its journal is left to those who restore it, before it is looked at again."""
IDLE_SESSION_TIMEOUT_MS = 5_000
ACKNOWLEDGEMENT_TIMEOUT_S = 40
LOCK = -7_000_001
"""Advisory lock of the relay; a database belongs to one service, so one number serves all."""
_NEXT = "SELECT id, topic, partition, payload FROM outbox ORDER BY id LIMIT $1"
_JOURNAL = (
    "SELECT id, entry FROM journal WHERE id > $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id LIMIT $3"
)
_LEFT = "SELECT payload FROM outbox WHERE topic = $1 ORDER BY id LIMIT 1"
_DELETE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"


class Relay:
    """The relay of one instance. `wake` is set after each commit that has left something in the outbox.

    journal: the topic of the service's journal. `trouble` says why nothing is published, where nothing may be.
    """

    def __init__(self, kafka: str, database_url: str, name: str, journal: str, traces: Traces = OFF) -> None:
        self._kafka, self._url, self._name, self._journal = kafka, database_url, name, journal
        self._traces = traces
        self.wake = asyncio.Event()
        self.trouble = ""
        self.active = False
        self._connection: Connection | None = None
        self._producer: AIOKafkaProducer | None = None

    async def run(self) -> None:
        """Publish until cancelled. Outages of either side are waited out."""
        try:
            while True:
                try:
                    await self._round()
                except (*DATABASE_ERRORS, KafkaError) as error:
                    cause = "database" if is_away(error) and not isinstance(error, TimeoutError) else "kafka"
                    metrics.relay_errors.labels(cause).inc()
                    _log.warning("relay interrupted", cause=cause, error=repr(error)[:300])
                    await self._let_go()
                    await asyncio.sleep(TAKEOVER_S)
        finally:
            await self._let_go()

    async def _round(self) -> None:
        if not await self._has_lock():
            await asyncio.sleep(TAKEOVER_S)
            return
        assert self._connection is not None
        self.wake.clear()  # before looking: what is committed while we look wakes us again
        unpublished = self._traces.unpublished()
        rows = await self._connection.fetch(_NEXT, ROWS_A_ROUND)
        if not rows:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), POLL_S)
            return
        reach("relaying")
        count = await self._publish(rows)
        reach("acknowledged")
        await self._connection.execute(_DELETE, [row[0] for row in rows])
        reach("deleted")
        metrics.published.inc(count)
        if len(rows) < ROWS_A_ROUND:  # else what was applied last may stand further behind
            self._traces.published(unpublished)

    async def _has_lock(self) -> bool:
        if self._connection is None or self._connection.is_closed():
            self.active = False
            timeout = str(IDLE_SESSION_TIMEOUT_MS)
            self._connection = await connect(self._url, f"{self._name}-relay", idle_session_timeout=timeout)
        if not self.active:
            locked = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
            # What troubled us may have been mended, though another instance publishes now.
            self.active = bool(locked or self.trouble) and await self._may_begin(bool(locked))
            metrics.relay_active.set(self.active)
            self._traces.publishes = self.active
            if self.active:
                _log.info("relay active")
        return self.active

    async def _may_begin(self, locked: bool) -> bool:
        """Whether this database has the journal that was published, and the lock is ours."""
        assert self._connection is not None
        async with contextlib.AsyncExitStack() as opened:
            (topic,) = await self._holding(
                opened.enter_async_context(journal_topic(self._kafka, self._journal))
            )
            await self._holding(topic.tail())
            self.trouble = await disagreement(topic, self._connection)
            if locked and not self.trouble:
                await self._complete(topic)
        if self.trouble:
            _log.error("nothing is published", reason=self.trouble)
            await self._let_go()
            await asyncio.sleep(TROUBLE_S)
        return locked and not self.trouble

    async def _complete(self, topic: JournalTopic) -> None:
        """Publish the journal from before journals were published, or what is missing of it: it is in no outbox."""
        assert self._connection is not None
        left = await self._connection.fetchval(_LEFT, self._journal)
        end = None if left is None else read_row(left).number
        number = max(await topic.tail(), default=0)
        while rows := await self._connection.fetch(_JOURNAL, number, end, ROWS_A_ROUND):
            await self._send_journal(Numbered(*row) for row in rows)
            number = rows[-1]["id"]

    async def _publish(self, rows: Sequence[asyncpg.Record]) -> int:
        """Send the rows, the journal's before the others; the number of messages besides the journal."""
        lines: defaultdict[tuple[str, int], list[PackedBatch]] = defaultdict(list)
        journal: list[Numbered] = []
        for _, topic, partition, payload in rows:
            if topic == self._journal:
                journal.append(read_row(payload))
            else:
                lines[topic, partition].append(PackedBatch(payload))
        await self._send_journal(journal)
        await self._send_lines(lines)
        return sum(batch.record_count() for line in lines.values() for batch in line)

    async def _send_journal(self, entries: Iterable[Numbered]) -> None:
        messages = [message for entry in entries for message in journal_messages(entry)]
        if messages:
            batches = [PackedBatch(payload) for payload in pack_messages(messages)]
            await self._send_lines({(self._journal, 0): batches})

    async def _send_lines(self, lines: Mapping[tuple[str, int], Sequence[PackedBatch]]) -> None:
        """Send each line in its order."""
        producer = await self._connected()
        await self._holding(*(_send(producer, *target, line) for target, line in lines.items()))

    async def _holding(self, *work: Coroutine[Any, Any, T]) -> list[T]:
        """What comes of this work on Kafka; meanwhile it is kept being proved that the lock is still ours.

        The database ends a session that rests, and the lock with it.
        """
        assert self._connection is not None
        tasks = [asyncio.create_task(one) for one in work]
        try:
            waiting = set(tasks)
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=1, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
                if waiting:
                    await self._connection.execute("SELECT 1")
            return [task.result() for task in tasks]
        finally:
            for task in tasks:
                task.cancel()

    async def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **to_kafka(self._kafka),
                client_id=f"{self._name}-relay",
                acks="all",
                enable_idempotence=True,
                max_batch_size=MAX_BATCH_BYTES,
                max_request_size=8 * MAX_BATCH_BYTES,
                request_timeout_ms=20_000,
            )
            try:
                await self._holding(producer.start())
            except BaseException:
                with contextlib.suppress(Exception):
                    await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _let_go(self) -> None:
        """Give up producer and lock: what was not deleted is published again, and dropped by its version."""
        self.active = False
        metrics.relay_active.set(0)
        self._traces.publishes = False
        if self._producer is not None:
            producer, self._producer = self._producer, None
            with contextlib.suppress(Exception):
                await asyncio.wait_for(producer.stop(), 5)
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


async def _send(producer: AIOKafkaProducer, topic: str, partition: int, line: Sequence[PackedBatch]) -> None:
    """One batch after the other, each only when Kafka has acknowledged the one before it."""
    for batch in line:
        reach("sending")
        async with asyncio.timeout(ACKNOWLEDGEMENT_TIMEOUT_S):
            await (await producer.send_batch(batch, topic, partition=partition))
