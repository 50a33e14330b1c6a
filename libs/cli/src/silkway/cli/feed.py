"""Publishes facts and ticks to Kafka, fast, each partition in the order in which they were given."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import math
from functools import partial
from typing import TYPE_CHECKING, Final, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from silkway.contracts import TOPICS, ClockTicked, Envelope, TopicKind, clock_of, partition_of, write
from silkway.messaging.kafka import to_kafka
from silkway.messaging.personal import open_vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiokafka.producer.message_accumulator import BatchBuilder
    from aiokafka.structs import RecordMetadata

    from silkway.cli.fact import Fact
    from silkway.cli.pace import Pace
    from silkway.contracts import KafkaMessage
    from silkway.messaging.personal.vault import Vault

DAY: Final = dt.timedelta(days=1)
AHEAD: Final = dt.timedelta(days=14)
"""How far a scenario's clock may run before the services' own time."""
CLOCK_SOURCE: Final = "/silkway/cli/clock"
INGRESS: Final = tuple(topic.name for topic in TOPICS.values() if topic.kind is TopicKind.INGRESS)
_BATCH_BYTES: Final = 128 * 1024
_MAX_REQUEST_BYTES: Final = 2 * 1024 * 1024
_OUTAGE_MS: Final = 300_000
"""How long a broker may be away before publishing gives up."""
_TOPIC_S: Final = 10.0

# What aiokafka says about a broker that is away for a while is not for people at a terminal.
logging.getLogger("aiokafka").addHandler(logging.NullHandler())

Place = tuple[str, int]  # topic (with the system's prefix), partition


class Feed:
    """One producer, open as long as it is used as an async context manager.

    Batches are filled partition by partition and sent when full, at most one waiting and one under way for
    each; `flush` sends the rest and returns when the broker has everything. Whatever could not be sent is
    raised by the next call, an aiokafka KafkaError; sending the same facts again is harmless.
    """

    def __init__(self, kafka: str, prefix: str) -> None:
        """kafka: bootstrap servers. prefix: what the names of all topics of the system begin with."""
        self._prefix = prefix
        self._producer = AIOKafkaProducer(
            **to_kafka(kafka),
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_MAX_REQUEST_BYTES,
            request_timeout_ms=_OUTAGE_MS,
        )
        self._vault: Vault | None = None
        self._partitions: dict[str, int] = {}
        self._open: dict[Place, BatchBuilder] = {}
        self._sent: set[asyncio.Future[RecordMetadata]] = set()
        self._failure: BaseException | None = None
        self.written: dict[Place, int] = {}
        """The offset behind the last message that the broker has acknowledged, by place."""

    async def __aenter__(self) -> Self:
        """Raises KafkaError where there is no broker, or a topic is missing."""
        try:
            await self._producer.start()
            for name in INGRESS:
                self._partitions[name] = await self._count_partitions(self._prefix + name)
            self._vault = await open_vault("silkway-cli")
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()
        if self._vault is not None:
            self._vault.close()

    async def fact(self, tenant: str, fact: Fact) -> None:
        """Publish one fact of a tenant on the topic and in the partition where it belongs; personal data sealed."""
        envelope = Envelope.of(fact.event, tenant=tenant, source=fact.source, id=fact.id, time=fact.time)
        event = fact.event if self._vault is None else await self._vault.seal(envelope, fact.event)
        message = write(envelope, event)
        assert message.key is not None, "ticks have a method of their own"
        partition = partition_of(message.key, self._partitions[fact.event.topic])
        await self._append((self._prefix + fact.event.topic, partition), message)

    async def tick(self, clock: str, at: dt.datetime) -> None:
        """Tick a clock in every partition of every topic that takes facts from outside."""
        tick = ClockTicked()
        fact_id = f"{clock}/{at.isoformat()}"
        message = write(Envelope.of(tick, tenant=clock, source=CLOCK_SOURCE, id=fact_id, time=at), tick)
        for name, partitions in self._partitions.items():
            for partition in range(partitions):
                await self._append((self._prefix + name, partition), message)

    async def drive(
        self,
        tenant: str,
        facts: Iterable[Fact],
        closing_ticks: Iterable[dt.datetime],
        pace: Pace,
        on_progress: Callable[[int], None] = lambda published: None,
        days_per_s: float = math.inf,
        ahead: dt.timedelta = AHEAD,
    ) -> None:
        """Publish facts, in the order of their `known_at`, and tick the tenant's own clock along with them.

        The clock runs at most `days_per_s` through days that the services have not seen, and at most `ahead`
        before their own time, so that they decide as if it were then. Each closing tick waits until they have
        reached it: what one causes has gone round before the next; they are asked for when all facts are out.
        `on_progress` hears, now and then, how many facts have been handed over. Raises Stalled.
        """
        clock = clock_of(tenant)
        ticked: dt.datetime | None = None
        published = 0
        for fact in facts:
            if fact.known_at != ticked:
                if ticked is not None:
                    await self._keep_close(pace, min(ticked, fact.known_at - ahead))
                    await self._rest(pace, fact.known_at, (fact.known_at - ticked) / DAY / days_per_s)
                ticked = fact.known_at
                await self.tick(clock, ticked)
                on_progress(published)
            await self.fact(tenant, fact)
            published += 1
        on_progress(published)
        for at in closing_ticks:
            await self.tick(clock, at)
            await self.flush()
            await pace.reach(at)
        await pace.read(self.written)  # where nothing is new, their time was there before they read it

    async def _keep_close(self, pace: Pace, until: dt.datetime) -> None:
        if not pace.has_reached(until):
            await self.flush()
            await pace.reach(until)

    async def _rest(self, pace: Pace, until: dt.datetime, seconds: float) -> None:
        if seconds and not pace.has_reached(until):
            await self.flush()
            await asyncio.sleep(seconds)

    async def flush(self) -> None:
        """Send everything and wait until the broker has it."""
        for place in list(self._open):
            await self._send(place)
        await self._producer.flush()
        self._check()

    async def _count_partitions(self, topic: str) -> int:
        try:
            async with asyncio.timeout(_TOPIC_S):
                return len(await self._producer.partitions_for(topic))
        except TimeoutError:
            raise UnknownTopicOrPartitionError(f"no topic {topic}: run `silkway topics`") from None

    async def _append(self, place: Place, message: KafkaMessage) -> None:
        batch = self._open.get(place)
        if batch is None or not self._fits(batch, message):
            if batch is not None:
                await self._send(place)
            batch = self._open[place] = self._producer.create_batch()
            if not self._fits(batch, message):
                raise ValueError(f"a message for {place[0]} is larger than {_MAX_REQUEST_BYTES} bytes")

    @staticmethod
    def _fits(batch: BatchBuilder, message: KafkaMessage) -> bool:
        added = batch.append(key=message.key, value=message.value, timestamp=None, headers=message.headers)
        return added is not None

    async def _send(self, place: Place) -> None:
        self._check()
        batch = self._open.pop(place)
        sent = await self._producer.send_batch(batch, place[0], partition=place[1])
        self._sent.add(sent)
        sent.add_done_callback(partial(self._done, place, batch.record_count()))

    def _done(self, place: Place, messages: int, sent: asyncio.Future[RecordMetadata]) -> None:
        self._sent.discard(sent)
        failure = sent.exception()
        if failure is None:
            self.written[place] = sent.result().offset + messages
        self._failure = self._failure or failure

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
