"""Reads the whole log, all partitions of all topics that matter, at its own pace: nobody waits for it.

It is no member of a consumer group and keeps its positions itself, so it shares with the services it audits neither
their way of reading nor their bookkeeping. One instance reads; others wait for its lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from silkway.auditor import metrics, store
from silkway.auditor.domain import Fold
from silkway.auditor.domain.fold import READ, SPOKEN
from silkway.auditor.handlers import Desk
from silkway.auditor.models import Models
from silkway.auditor.reports import Reports
from silkway.contracts.topics import CREDIT_EVENTS
from silkway.messaging import lenient
from silkway.messaging.database import DATABASE_ERRORS, connect
from silkway.messaging.kafka import to_kafka
from silkway.messaging.settings import Settings
from silkway.messaging.storage import Connection

_log = structlog.get_logger()
TOPICS_READ: Final = tuple(sorted(SPOKEN | {event.topic for event in READ.values()}))
FETCH_MIN_BYTES: Final = 1 << 20
FETCH_WAIT_MS: Final = 4_000
"""An idle log wakes us every four seconds and not with each tick; a busy one as soon as there is a mebibyte."""
BATCH_RECORDS: Final = 4_000
TURN_S: Final = 5.0
SAVE_S: Final = 30.0
_LOCK: Final = 0x51_1C_3A_0D
_PAUSE_S: Final = 2.0


class LogIsAnother(Exception):
    """The log cannot be read on: it is not there, ends before what was read of it, or begins behind that."""


class _Record(NamedTuple):
    topic: str
    partition: int
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None


class Reader:
    """Reads until cancelled. `waits_for`: why it does not, empty while it does."""

    def __init__(self, settings: Settings, reports: Reports, models: Models) -> None:
        self._settings, self._reports, self._models = settings, reports, models
        self.waits_for = "the database and Kafka"
        self.last_poll = time.monotonic()

    async def run(self) -> None:
        """Begin anew from what is kept whenever the database or Kafka went away."""
        lenient.install()
        while True:
            try:
                await self._session()
            except (*DATABASE_ERRORS, KafkaError, LogIsAnother) as error:
                self.waits_for = f"{type(error).__name__}: {error}"[:300]
                _log.warning("auditor waits", reason=self.waits_for)
                await asyncio.sleep(_PAUSE_S)

    async def _session(self) -> None:
        connection = await connect(self._settings.database_url, self._settings.name)
        kafka = AIOKafkaConsumer(
            **to_kafka(self._settings.kafka),
            client_id=self._settings.name,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_min_bytes=FETCH_MIN_BYTES,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=1 << 20,
        )
        try:
            await self._await_lock(connection)
            await kafka.start()
            desk = await self._begin(connection, kafka)
            self.waits_for = ""
            await self._read(connection, kafka, desk)
        finally:
            # Where the broker is away, stopping raises the CancelledError of a part that it has cancelled itself.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(kafka.stop(), return_exceptions=True), 5)
            connection.terminate()

    async def _await_lock(self, connection: Connection) -> None:
        """Its end is the session's, so whoever dies leaves it."""
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            self.waits_for = "another instance, which reads"
            self.last_poll = time.monotonic()
            await asyncio.sleep(_PAUSE_S)

    async def _begin(self, connection: Connection, kafka: AIOKafkaConsumer) -> Desk:
        """Assign all partitions and go on where the last reading ended, or at the log's beginning."""
        partitions = await self._partitions(kafka)
        if not partitions:
            raise LogIsAnother("the topics are not there yet")
        kafka.assign(partitions)
        positions, kept = await store.read_positions(connection)
        first, ends = await kafka.beginning_offsets(partitions), await kafka.end_offsets(partitions)
        whole = not any(first.values())
        for tp in partitions:
            place = self._place(tp)
            position = positions.get(place)
            if position is not None and ends[tp] < position:
                raise LogIsAnother(
                    f"{tp.topic}/{tp.partition} ends at {ends[tp]}, {position} records were read"
                )
            if position is not None and first[tp] > position:
                raise LogIsAnother(
                    f"{tp.topic}/{tp.partition} begins at {first[tp]}: {position} to {first[tp] - 1} were never read"
                    " and are gone. Drop the auditor's database and let it read anew what there is"
                )
            positions[place] = first[tp] if position is None else position
            kafka.seek(tp, positions[place])
        if not whole:
            _log.warning("the log does not reach back to its beginning: what began before is not judged")
        ticks: dict[str, dict[int, str]] = {}
        for (topic, partition), by_clock in kept.items():
            for clock, tick in by_clock.items() if topic == CREDIT_EVENTS else ():
                ticks.setdefault(clock, {})[partition] = tick
        count = sum(self._place(tp)[0] == CREDIT_EVENTS for tp in partitions)
        fold = Fold(ticks=ticks, partitions=count, whole=whole)
        fold.turn = await store.last_turn(connection) + 1
        return Desk(fold, positions)

    async def _partitions(self, kafka: AIOKafkaConsumer) -> list[TopicPartition]:
        """All partitions there are now. One that is added later ends the session, and the next one reads it too."""
        cluster = await kafka._client.fetch_all_metadata()
        return [
            TopicPartition(self._settings.prefix + topic, number)
            for topic in TOPICS_READ
            for number in sorted(cluster.partitions_for_topic(self._settings.prefix + topic) or ())
        ]

    async def _read(self, connection: Connection, kafka: AIOKafkaConsumer, desk: Desk) -> None:
        """Read, judge in turns, tell what was found, compare now and then; each at its own pace."""
        partitions = sorted(kafka.assignment())
        await desk.count(connection)
        ends: dict[store.Place, int] = {}
        turned = saved = time.monotonic()
        await self._reports.send(connection)
        while True:
            fetched = await kafka.getmany(timeout_ms=1000, max_records=BATCH_RECORDS)
            self.last_poll = now = time.monotonic()
            new, changed = 0, list[str]()
            if fetched:
                new = await desk.take(connection, list(self._records(fetched)), self._next(fetched))
                changed = list(desk.fold.books)
            if ends and all(desk.positions[place] >= end for place, end in ends.items()):
                new += await desk.turn(connection)
                ends = {}
            if not ends and desk.waiting and now - turned >= TURN_S:
                turned = now
                desk.fold.turn += 1  # what is noted from here on is judged at the end of the next turn
                ends = {self._place(tp): end for tp, end in (await kafka.end_offsets(partitions)).items()}
            metrics.lag.set(sum(max(end - desk.positions[place], 0) for place, end in ends.items()))
            if now - saved >= SAVE_S:
                saved = now
                await desk.save(connection)
                if sorted(await self._partitions(kafka)) != partitions:
                    return  # others were added
            desk.fold.books = {}
            new += await desk.keep(connection, await self._models.look(connection, changed))
            if new or self._reports.pending:
                await self._reports.send(connection)

    def _place(self, tp: TopicPartition) -> store.Place:
        return tp.topic.removeprefix(self._settings.prefix), tp.partition

    def _records(self, fetched: dict[TopicPartition, list[Any]]) -> Iterable[_Record]:
        for tp, records in fetched.items():
            topic, partition = self._place(tp)
            for record in records:
                yield _Record(topic, partition, record.headers, record.value)

    def _next(self, fetched: dict[TopicPartition, list[Any]]) -> dict[store.Place, int]:
        return {self._place(tp): records[-1].offset + 1 for tp, records in fetched.items() if records}
