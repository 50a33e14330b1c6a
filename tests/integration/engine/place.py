"""A real Kafka and a real database around the toy service."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from silkway.contracts import (
    TOPICS,
    Envelope,
    Event,
    KafkaMessage,
    partition_of,
    read_envelope,
    write,
)
from silkway.messaging.batches import Batches
from silkway.messaging.consumer import Consumer
from silkway.messaging.identity import identity
from silkway.messaging.relay import Relay
from silkway.messaging.settings import Settings
from silkway.messaging.ticks import tick_message
from silkway.messaging.transaction import Engine
from tests.integration.engine.facts import START, TENANT
from tests.integration.engine.toy import Faults, toy_service

TOPIC = "order.events"


async def until(true: Callable[[], Awaitable[object]], what: str, patience_s: float = 30.0) -> None:
    """Wait until it comes true, at most so long."""
    try:
        async with asyncio.timeout(patience_s):
            while not await true():  # noqa: ASYNC110 - what is waited for is in other processes
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"in vain: {what}")


@dataclass
class Place:
    """A service's surroundings: Kafka with topics of its own, and a database."""

    kafka: str
    prefix: str
    url: str
    database: asyncpg.Connection[asyncpg.Record]
    producer: AIOKafkaProducer

    # --- Kafka -----------------------------------------------------------------------------------------

    async def send(self, topic: str, message: KafkaMessage, partition: int | None = None) -> None:
        if partition is None:
            partition = partition_of(message.key or b"", TOPICS[topic].partitions)
        batch = self.producer.create_batch()
        batch.append(key=message.key, value=message.value, timestamp=None, headers=message.headers)
        await (await self.producer.send_batch(batch, self.prefix + topic, partition=partition))

    async def fact(self, event: Event, name: str) -> None:
        envelope = Envelope.of(event, tenant=TENANT, source="/shop", id=name, time=START)
        await self.send(event.topic, write(envelope, event))

    async def tick(self, at: dt.datetime, topics: Iterable[str] = ()) -> None:
        tick = tick_message("live", at, "/clock")
        gates = topics or toy_service(Faults()).gates()
        await asyncio.gather(
            *(self.send(topic, tick, p) for topic in gates for p in range(TOPICS[topic].partitions))
        )

    async def written(self, topic: str = TOPIC) -> dict[int, list[KafkaMessage]]:
        """What stands in a topic, by partition."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            places = [TopicPartition(self.prefix + topic, p) for p in range(TOPICS[topic].partitions)]
            consumer.assign(places)
            await consumer.seek_to_beginning()
            ends = await consumer.end_offsets(places)
            found: dict[int, list[KafkaMessage]] = {}
            for place in places:
                found[place.partition] = []
                while await consumer.position(place) < ends[place]:
                    for record in (await consumer.getmany(place, timeout_ms=1000)).get(place, ()):
                        message = KafkaMessage(record.key, list(record.headers), record.value)
                        found[place.partition].append(message)
            return found
        finally:
            await consumer.stop()

    # --- the service -----------------------------------------------------------------------------------

    @asynccontextmanager
    async def relay(self, name: str = "relay") -> AsyncIterator[Relay]:
        relay = Relay(self.kafka, self.url, name, self.prefix + "order.journal")
        async with running(relay.run()):
            yield relay

    @asynccontextmanager
    async def service(
        self,
        instance: str = "1",
        faults: Faults | None = None,
        batch_records: int = 2000,
        publisher: type[Relay] = Relay,
    ) -> AsyncIterator[Consumer]:
        """One instance of the toy service: consumer and relay."""
        toy = toy_service(faults or Faults())
        partitions = {topic: TOPICS[topic].partitions for topic in toy.inputs}
        engine = Engine(toy, partitions, TOPICS[toy.output].partitions, self.prefix)
        settings = Settings(
            *("order", self.kafka, self.url, "127.0.0.1", 0, self.prefix, instance),
            batch_records=batch_records,
            session_timeout_ms=6000,
        )
        relay = publisher(self.kafka, self.url, f"order-{instance}", self.prefix + toy.journal)
        topics = [self.prefix + topic for topic in toy.inputs]
        consumer = Consumer(
            settings, topics, engine.reader, Batches(engine, self.url, f"order-{instance}"), relay
        )
        async with running(relay.run()):
            task = asyncio.create_task(consumer.run())
            try:
                yield consumer
                consumer.stop()
            finally:
                if not task.done():
                    consumer.stop()
                await asyncio.wait_for(task, 10)

    async def value(self, query: str, *values: Any) -> Any:
        return await self.database.fetchval(query, *values)

    async def outcome(self, name: str) -> str | None:
        key = identity(TENANT, "/shop", name)
        return await self.database.fetchval("SELECT outcome FROM inbox WHERE identity = $1", key)  # type: ignore[no-any-return]

    async def becomes(self, name: str, outcome: str = "applied") -> None:
        async def done() -> bool:
            return await self.outcome(name) == outcome

        await until(done, f"{name} is {outcome}")

    async def outbox_empties(self) -> None:
        async def empty() -> bool:
            return not await self.value("SELECT EXISTS (SELECT FROM outbox)")

        await until(empty, "everything is published")


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def versions(place: Place) -> dict[str, list[int]]:
    """The versions of each order as they stand in the topic."""
    found = defaultdict(list)
    for messages in (await place.written()).values():
        for message in messages:
            envelope = read_envelope(message.headers)
            found[envelope.subject].append(envelope.version or 0)
    return found


def first_occurrences(numbers: list[int]) -> list[int]:
    return list(dict.fromkeys(numbers))
