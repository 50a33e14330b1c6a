"""Reads a service's topics in batches and hands them on; Kafka's committed offsets are only a hint."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import ConsumerRecord

from silkway.messaging import lenient, metrics
from silkway.messaging.ahead import Ahead
from silkway.messaging.batches import Batches
from silkway.messaging.crash import reach
from silkway.messaging.fence import ADDED, Done, Partition
from silkway.messaging.gathering import MIN_BYTES, Gathering
from silkway.messaging.journal_topic import journal_topic
from silkway.messaging.kafka import to_kafka
from silkway.messaging.positions import Positions, Trouble
from silkway.messaging.records import Item, Reader
from silkway.messaging.relay import TROUBLE_S, Relay
from silkway.messaging.settings import Settings
from silkway.messaging.standing import Standing, added, examine
from silkway.messaging.waves import Waves

_log = structlog.get_logger()
lenient.install()

HINT_S = 1.0
VERIFY_S = 10.0


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """The loop of one instance: fetch, apply, and stand still where the log is not the one we read."""

    def __init__(
        self, settings: Settings, topics: Sequence[str], reader: Reader, batches: Batches, relay: Relay
    ) -> None:
        self._settings, self._topics = settings, list(topics)
        self._batches, self._relay = batches, relay
        self._gathering = Gathering(settings.fetch_wait_ms)
        self._kafka: AIOKafkaConsumer = self._new()
        self._positions = Positions(settings.database_url, f"{settings.name}-positions")
        waves = Waves(batches.engine.own_gate, batches.engine.forward_gate)
        self._ahead = Ahead(self._fetch, reader, settings.batch_records, waves, self._heard)
        self._sought: dict[Partition, int] = {}
        self._applied: dict[Partition, int] = {}
        self._stop = asyncio.Event()
        self.assigned: set[Partition] = set()
        self.halted: dict[Partition, str] = {}
        self.missing: list[str] = []
        self.last_poll = 0.0
        self._behind = False
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why this instance must not go on with its database, or nothing."""
        return self._trouble or self._relay.trouble

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Read and apply until told to stop."""
        if not await self._agree() or not await self._start():
            return
        hint = verified = time.monotonic()
        verifying: asyncio.Task[None] | None = None
        try:
            while not self._stop.is_set():
                await self._poll()
                now = time.monotonic()
                if now - hint >= HINT_S:
                    hint = now
                    self._show_lag()
                    await self._commit_hint()
                if verifying is not None and verifying.done():
                    verifying.result()
                    verifying = None
                if now - verified >= VERIFY_S and verifying is None:
                    verified = now
                    # Beside the batches: each of its two questions waits for the fetch under way, up to half a second.
                    verifying = asyncio.create_task(self._verify())
        finally:
            if verifying is not None:
                verifying.cancel()
            await self._ahead.close()
            await self._commit_hint()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._kafka.stop(), 5)
            await self._batches.close()
            await self._positions.close()

    def _new(self) -> AIOKafkaConsumer:
        timeout = self._settings.session_timeout_ms
        return AIOKafkaConsumer(
            **to_kafka(self._settings.kafka),
            client_id=self._settings.name,
            group_id=f"{self._settings.prefix}{self._settings.service}",
            group_instance_id=self._settings.instance or None,  # known again: a restart moves no partition
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # the offset rows decide; what is below them is dropped
            session_timeout_ms=timeout,
            heartbeat_interval_ms=min(1000, timeout // 4),
            fetch_min_bytes=MIN_BYTES,
            fetch_max_wait_ms=self._settings.fetch_wait_ms,
            max_partition_fetch_bytes=2 << 20,
        )

    async def _agree(self) -> bool:
        """Wait until the database has the journal that was published: an older one would decide anew what is known."""
        topic = f"{self._settings.prefix}{self._settings.service}.journal"
        while not self._stop.is_set():
            try:
                async with journal_topic(self._settings.kafka, topic) as journal:
                    self._trouble = await self._positions.disagreement(journal)
            except (KafkaError, OSError, TimeoutError, Trouble) as error:
                _log.warning("journal not read", error=repr(error)[:300])
            else:
                if not self._trouble:
                    return True
                _log.error("nothing is read", reason=self._trouble)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), TROUBLE_S if self._trouble else 0.5)
        return False

    async def _start(self) -> bool:
        pause_s = 0.2
        while not self._stop.is_set():
            try:
                self._kafka.subscribe(self._topics, listener=self)
                await self._kafka.start()
                return True
            except (KafkaError, OSError) as error:
                _log.warning("kafka away", error=repr(error)[:300])
                with contextlib.suppress(Exception):
                    await self._kafka.stop()
                self._kafka = self._new()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, 5)
        return False

    async def _poll(self) -> None:
        if self._behind:
            await self._catch_up()
        stages = metrics.Stages()
        groups = await self._ahead.take()
        stages.over("fetch")
        self.last_poll = time.monotonic()
        for partition in self.halted:
            groups.pop(partition, None)
        if groups:
            await self._apply(groups)

    async def _fetch(self, most: int, timeout_ms: int) -> dict[TopicPartition, list[ConsumerRecord]]:
        reach("fetching")
        try:
            fetched: dict[TopicPartition, list[ConsumerRecord]] = await self._kafka.getmany(
                timeout_ms=self._gathering.timeout_ms(timeout_ms), max_records=most
            )
        except (KafkaError, OSError) as error:
            _log.warning("fetch failed", error=repr(error)[:300])
            await asyncio.sleep(0.2)
            return {}
        if fetched:
            reach("fetched")
        return fetched

    def _heard(self, worth_more: bool) -> None:
        self._gathering.heard(self._kafka, worth_more)

    async def _catch_up(self) -> None:
        """Fire the deadlines that a process left over which ended amid a tick: no other tick may ever come."""
        try:
            clocks = await self._positions.clocks()
        except Trouble:
            return
        self._behind = False
        if clocks and (await self._batches.apply({}, {}, clocks)).emitted:
            self._relay.wake.set()

    async def _apply(self, groups: Mapping[Partition, Sequence[Item]]) -> None:
        began = time.perf_counter()
        done = await self._batches.apply(groups, self._sought)
        self.last_poll = time.monotonic()
        ended = time.perf_counter()
        self._gathering.applied(began, ended)
        metrics.batches.inc()
        metrics.batch_records.observe(sum(map(len, groups.values())))
        metrics.batch_seconds.observe(ended - began)
        metrics.records.labels("applied").inc(done.applied)
        metrics.records.labels("parked").inc(done.parked)
        metrics.records.labels("refused").inc(done.refused)
        metrics.timers.inc(done.fired)
        if done.emitted:
            self._relay.wake.set()
        if done.parked:
            _log.warning("records parked", count=done.parked)
        for partition, items in groups.items():
            self._sought.pop(partition, None)
            if partition not in done.gaps and partition not in done.halts:
                self._applied[partition] = items[-1].record.offset + 1
        await self._seek_gaps(done)
        for partition, reason in done.halts.items():
            await self._halt(partition, reason)

    async def _seek_gaps(self, done: Done) -> None:
        """Offsets have natural gaps; so read once more from where we were, and then accept what comes.

        Only where nothing is lost for sure: where Kafka or the database did not answer, it is read and asked again.
        """
        if not done.gaps:
            return
        metrics.gaps.inc(len(done.gaps))
        found: Mapping[Partition, Standing] = {}
        with contextlib.suppress(Trouble):
            found = await examine(self._kafka, self._positions, done.gaps)
        for partition, next_offset in done.gaps.items():
            standing = found.get(partition)
            if standing is not None and standing.reason:
                await self._halt(partition, standing.reason)
                continue
            if standing is not None and standing.sure:
                self._sought[partition] = next_offset
            self._seek(partition, next_offset)

    def _seek(self, partition: Partition, offset: int) -> None:
        self._ahead.forget(partition)
        try:
            self._kafka.seek(TopicPartition(*partition), offset)
        except (KafkaError, AssertionError, ValueError) as error:  # revoked meanwhile
            _log.info("seek came too late", partition=partition, error=repr(error)[:200])

    # --- the log is the one we read ----------------------------------------------------------------------

    async def _verify(self) -> None:
        """Look for topics that are gone, partitions whose log is not the one we have read, and such as were added."""
        self.missing = [t for t in self._topics if not self._kafka.partitions_for_topic(t)]
        if self.missing:
            _log.error("topics are missing", topics=self.missing)
        try:
            found = await examine(self._kafka, self._positions, self.assigned)
            astray = await added(self._kafka, self._positions, self._topics)
        except Trouble:
            return
        for partition in astray - self.halted.keys():
            await self._halt(partition, ADDED)
        for partition, standing in found.items():
            if partition not in self.assigned:
                continue
            if standing.reason and partition not in self.halted:
                await self._halt(partition, standing.reason)
            elif partition in self.halted and standing.sure and not standing.reason:
                self._go_on(partition, standing.next_offset)

    async def _halt(self, partition: Partition, reason: str) -> None:
        """This partition stands still, and the clocks with it; the others flow."""
        self.halted[partition] = reason
        self._applied.pop(partition, None)
        metrics.halted.set(len(self.halted))
        _log.error("partition halted", topic=partition[0], partition=partition[1], reason=reason)
        with contextlib.suppress(KafkaError, AssertionError, ValueError):
            self._kafka.pause(TopicPartition(*partition))
        await self._positions.halt(partition, reason)

    def _go_on(self, partition: Partition, next_offset: int) -> None:
        """Operations have decided from where this partition is read on."""
        del self.halted[partition]
        metrics.halted.set(len(self.halted))
        _log.warning("partition goes on", topic=partition[0], partition=partition[1], offset=next_offset)
        with contextlib.suppress(KafkaError, AssertionError, ValueError):
            self._kafka.resume(TopicPartition(*partition))
        self._seek(partition, max(0, next_offset - 1))

    async def _commit_hint(self) -> None:
        """Tell Kafka how far we are: what was applied, never what was only read ahead."""
        offsets = {TopicPartition(*p): n for p, n in self._applied.items() if p in self.assigned}
        if offsets:
            reach("hinting")
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(self._kafka.commit(offsets), 2)
            reach("hinted")

    def _show_lag(self) -> None:
        """How far the log is ahead of what was applied, as the last fetches tell."""
        behind = dict.fromkeys(self._topics, 0)
        for tp in self._kafka.assignment():
            end, applied = self._kafka.highwater(tp), self._applied.get((tp.topic, tp.partition))
            if end is not None and applied is not None:
                behind[tp.topic] += max(end - applied, 0)
        for topic, records in behind.items():
            metrics.lag.labels(topic.removeprefix(self._settings.prefix)).set(records)

    def _forget(self) -> None:
        """What was read belongs to an assignment that is no more."""
        self._ahead.forget_all()
        self._sought.clear()
        self._applied.clear()

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._forget()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Start one record before where we were: that record tells whether this is still the same log."""
        self._forget()
        self._behind = True
        self.halted.clear()
        self.assigned = {(tp.topic, tp.partition) for tp in assigned}
        metrics.assigned.set(len(assigned))
        metrics.halted.set(0)
        _log.info("partitions assigned", count=len(assigned))
        try:
            found = await examine(self._kafka, self._positions, self.assigned)
        except Trouble as error:  # the fence drops or asks again; only the comparison is left out
            _log.warning("positions unknown", error=str(error))
            return
        # The other way round is no fault: it is a hint, and whoever was killed had not given it yet.
        if behind := sum(s.next_offset > s.told for s in found.values()):
            _log.info("kafka was told of less than was read: the database decides", partitions=behind)
        for partition, standing in found.items():
            if standing.reason:
                await self._halt(partition, standing.reason)
            else:
                self._seek(partition, max(0, standing.next_offset - 1))
