"""Relay and consumer on a real Kafka: in order, taken over, started again, and with what senders get wrong."""

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
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from silkway.contracts import (
    TOPICS,
    ClockTicked,
    Envelope,
    Event,
    KafkaMessage,
    OrderPlaced,
    partition_of,
    read,
    read_envelope,
    write,
)
from silkway.messaging.batches import Batches
from silkway.messaging.consumer import Consumer
from silkway.messaging.deploy import prepare
from silkway.messaging.fence import Done
from silkway.messaging.identity import identity
from silkway.messaging.outbox import pack_messages
from silkway.messaging.relay import Relay
from silkway.messaging.settings import Settings
from silkway.messaging.ticks import tick_message
from silkway.messaging.transaction import Engine
from tests.integration.engine.toy import Faults, toy_service
from tests.integration.engine.world import START, TENANT, confirmed, day, drafted, milestone, paid

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
        relay = Relay(self.kafka, self.url, name)
        async with running(relay.run()):
            yield relay

    @asynccontextmanager
    async def service(
        self, instance: str = "1", faults: Faults | None = None, batch_records: int = 2000
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
        relay = Relay(self.kafka, self.url, f"order-{instance}")
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


@pytest.fixture
async def place(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    new_database: Callable[..., Awaitable[str]],
    toy_template: str,
) -> AsyncIterator[Place]:
    prefix = await new_topics()
    url = await new_database("toy", toy_template)
    await prepare(url, toy_service(Faults()), prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, acks="all", max_request_size=8 << 20)
    await producer.start()
    database = await asyncpg.connect(url)
    yield Place(kafka_bootstrap, prefix, url, database, producer)
    await database.close()
    await producer.stop()


# --- the relay ---------------------------------------------------------------------------------------------


def numbered(order: str, version: int) -> KafkaMessage:
    event = OrderPlaced(
        order_id=order, supplier_id="S1", currency="USD", total_minor=version, placed_at=START
    )
    envelope = Envelope.of(
        event,
        tenant=TENANT,
        source="/silkway/order",
        id=f"{order}-{version}",
        time=START,
        knowntime=START,
        version=version,
    )
    return write(envelope, event)


async def leave(place: Place, first: int, count: int) -> None:
    """Leave so many versions of each of eight orders for the relay, some to a row."""
    rows = []
    for version in range(first, first + count, 3):
        for n in range(8):
            messages = [numbered(f"O{n}", v) for v in range(version, min(version + 3, first + count))]
            partition = partition_of(messages[0].key or b"", TOPICS[TOPIC].partitions)
            rows += [(place.prefix + TOPIC, partition, batch) for batch in pack_messages(messages)]
    await place.database.executemany(
        "INSERT INTO outbox (topic, partition, payload) VALUES ($1, $2, $3)", rows
    )


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


async def test_the_relay_publishes_each_partition_in_order_and_empties_the_outbox(place: Place) -> None:
    await leave(place, 1, 60)
    async with place.relay() as relay:
        await place.outbox_empties()
        await leave(place, 61, 30)
        relay.wake.set()
        await place.outbox_empties()

    found = await versions(place)
    assert len(found) == 8
    assert all(numbers == list(range(1, 91)) for numbers in found.values())


async def test_a_relay_whose_session_is_cut_is_taken_over_and_nothing_is_lost_or_out_of_order(
    place: Place,
) -> None:
    async with place.relay("one") as one, place.relay("two") as two:

        async def one_active() -> bool:
            return one.active != two.active

        for first in range(1, 200, 40):
            await leave(place, first, 40)
            await until(one_active, "exactly one relay publishes")
            active = "one" if one.active else "two"
            await place.database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
                " AND datname = current_database()",
                f"{active}-relay",
            )
        await place.outbox_empties()

    found = await versions(place)
    assert len(found) == 8
    assert all(first_occurrences(numbers) == list(range(1, 201)) for numbers in found.values())


async def test_a_crash_between_acknowledgement_and_delete_repeats_the_same_versions(place: Place) -> None:
    class Crashing(Relay):
        crashes = 0

        async def _publish(self, rows: Any) -> int:
            count = await super()._publish(rows)
            if self.crashes < 2:
                self.crashes += 1
                assert self._connection is not None
                self._connection.terminate()  # the delete does not come to pass
            return count

    await leave(place, 1, 9)
    relay = Crashing(place.kafka, place.url, "relay")
    async with running(relay.run()):
        await place.outbox_empties()

    for messages in (await place.written()).values():
        by_version = defaultdict(set)
        for message in messages:
            event = read_envelope(message.headers)
            by_version[event.subject, event.version].add((message.key, tuple(message.headers), message.value))
        assert all(len(same) == 1 for same in by_version.values())
    found = await versions(place)
    assert all(numbers == [*range(1, 10)] * 3 for numbers in found.values())


# --- the consumer ------------------------------------------------------------------------------------------


async def test_facts_go_through_and_what_follows_is_published(place: Place) -> None:
    await place.tick(day(0))
    await place.fact(drafted(), "draft")
    await place.fact(paid(100), "money")
    async with place.service():
        await place.becomes("money")
        await place.tick(day(7))

        async def deadline() -> bool:
            return bool(await place.value("SELECT EXISTS (SELECT FROM marks WHERE text = 'deadline')"))

        await until(deadline, "time has come")
        await place.outbox_empties()

    written = (await place.written())[partition_of(b"acme/O1", 8)]
    events = [read(*message) for message in written]
    told = [type(event).__name__ for _, event in events if not isinstance(event, ClockTicked)]
    assert told == ["OrderPlaced", "PaymentMatched", "OrderFunded", "OrderAccepted"]
    assert [envelope.version for envelope, event in events if not isinstance(event, ClockTicked)] == [
        1,
        2,
        3,
        4,
    ]
    # The tick too; it does not wait for the feedback that the deadline waits for, so it may come before it
    assert day(7) in [envelope.time for envelope, event in events if isinstance(event, ClockTicked)]


async def test_an_instance_that_starts_again_goes_on_where_it_was(place: Place) -> None:
    await place.tick(day(0))
    await place.fact(drafted(), "draft")
    async with place.service():
        await place.becomes("draft")
    await place.fact(confirmed(), "c1")
    async with place.service():
        await place.becomes("c1")

    assert await place.value("SELECT count(*) FROM marks") == 2


async def test_two_instances_share_the_work(place: Place) -> None:
    await place.tick(day(0))
    async with place.service("1") as one, place.service("2") as two:

        async def shared() -> bool:
            return bool(one.assigned and two.assigned and not one.assigned & two.assigned)

        await until(shared, "both have partitions")
        for n in range(40):
            await place.fact(drafted(f"O{n}", account=f"A{n}"), f"d{n}")
            await place.fact(paid(100, f"A{n}"), f"p{n}")

        async def all_paid() -> bool:
            return bool(await place.value("SELECT count(*) = 40 FROM orders WHERE paid_minor = 100"))

        await until(all_paid, "all are paid")
        await place.outbox_empties()

    found = await versions(place)
    assert all(first_occurrences(found[f"order/O{n}"]) == [1, 2, 3] for n in range(40))
    assert await place.value("SELECT orders FROM suppliers") == 40


async def test_a_gap_is_read_again_though_what_comes_behind_it_was_read_ahead(place: Place) -> None:
    await place.tick(day(0))
    for n in range(100):
        await place.fact(drafted(f"O{n}", account=f"A{n}"), f"d{n}")
    holes: set[TopicPartition] = set()
    async with place.service(batch_records=10) as consumer:
        fetch = consumer._fetch

        async def with_holes(most: int, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
            """Three partitions have a hole, each once: what is missing when it is read again is not in the log."""
            fetched = await fetch(most, timeout_ms)
            for tp, records in fetched.items():
                if (
                    tp.topic.endswith("trade.orders")
                    and len(records) > 1
                    and len(holes) < 3
                    and tp not in holes
                ):
                    holes.add(tp)
                    fetched[tp] = records[-1:]
            return fetched

        consumer._ahead._fetch = with_holes

        async def all_there() -> bool:
            return bool(await place.value("SELECT count(*) = 100 FROM orders"))

        await until(all_there, "nothing is lost in a hole")

    assert len(holes) == 3
    assert await place.value("SELECT count(*) FROM inbox WHERE outcome = 'applied'") == 100


async def test_kafka_is_never_told_of_what_was_only_read_ahead(place: Place) -> None:
    await place.tick(day(0))
    for n in range(60):
        await place.fact(drafted(f"O{n}", account=f"A{n}"), f"d{n}")
    read_ahead = 0
    async with place.service(batch_records=5) as consumer:
        apply = consumer._batches.apply

        async def slowly(*arguments: Any) -> Done:
            await asyncio.sleep(0.05)
            return await apply(*arguments)

        consumer._batches.apply = slowly  # type: ignore[method-assign, assignment]

        async def all_there() -> bool:
            nonlocal read_ahead
            read_ahead += sum(map(len, consumer._ahead._ready.values()))
            await consumer._commit_hint()
            told = {p: await consumer._kafka.committed(TopicPartition(*p)) for p in consumer.assigned}
            rows = await place.database.fetch("SELECT topic, partition, next_offset FROM offsets")
            assert all((told.get((r[0], r[1])) or 0) <= r[2] for r in rows)
            return bool(await place.value("SELECT count(*) = 60 FROM orders"))

        await until(all_there, "all are drafted")

    assert read_ahead > 0


# --- what senders get wrong --------------------------------------------------------------------------------


class Raw(str):
    """A header's name that is not UTF-8, as clients in C can send it."""

    def encode(self, *_: Any) -> bytes:
        return b"ce_\xff"


async def send_raw(place: Place, topic: str, messages: list[KafkaMessage]) -> None:
    """Several records in one batch of Kafka's, as they are."""
    batch = place.producer.create_batch()
    assert isinstance(batch, BatchBuilder)
    batch._builder = _DefaultRecordBatchBuilderPy(2, 0, False, -1, -1, -1, 1 << 20)
    for message in messages:
        batch.append(key=message.key, value=message.value, timestamp=None, headers=message.headers)
    batch.close()
    partition = partition_of(messages[0].key or b"", TOPICS[topic].partitions)
    await (await place.producer.send_batch(batch, place.prefix + topic, partition=partition))


async def test_headers_that_are_not_utf8_block_nothing(place: Place) -> None:
    await place.tick(day(0))
    event = drafted()
    good = write(Envelope.of(event, tenant=TENANT, source="/shop", id="good", time=START), event)
    bad_value = good._replace(headers=[(n, b"\xff" if n == "ce_id" else v) for n, v in good.headers])
    bad_name = good._replace(headers=[*good.headers, (Raw("?"), b"1")])
    behind = write(
        Envelope.of(confirmed(), tenant=TENANT, source="/shop", id="behind", time=START), confirmed()
    )
    await send_raw(place, "trade.orders", [bad_value, bad_name, behind])
    async with place.service():
        await place.becomes("behind")

    assert await place.outcome("good") == "applied"  # a name that means nothing is ignored
    assert await place.value("SELECT field FROM refused") == "ce_id"


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_senders_may_compress_as_they_like(place: Place, codec: str) -> None:
    await place.tick(day(0))
    place.producer, plain = (
        AIOKafkaProducer(bootstrap_servers=place.kafka, compression_type=codec),
        place.producer,
    )
    await place.producer.start()
    await place.fact(drafted(), "draft")
    await place.producer.stop()
    place.producer = plain
    async with place.service():
        await place.becomes("draft")

    assert await place.value("SELECT array_agg(order_id) FROM orders") == ["O1"]


async def test_two_megabytes_are_refused_by_the_broker(place: Place) -> None:
    with pytest.raises(MessageSizeTooLargeError):
        await place.producer.send_and_wait(place.prefix + "trade.orders", b"x" * 2_000_000)


async def test_bad_records_are_kept_and_the_good_ones_flow(place: Place) -> None:
    await place.tick(day(0))
    event = drafted()
    good = write(Envelope.of(event, tenant=TENANT, source="/shop", id="draft", time=START), event)
    for value in (b"{", b"\xff", None, b"[]"):
        await place.send("trade.orders", good._replace(value=value, headers=[*good.headers]))
    await place.send("trade.orders", KafkaMessage(good.key, [], good.value))
    await place.fact(event, "really")
    await place.send("logistics.events", KafkaMessage(b"acme/O1", [], b"?"))
    leg = milestone(1)
    ours = Envelope.of(
        leg, tenant=TENANT, source="/silkway/logistics", id="x", time=START, knowntime=START, version=1
    )
    await place.send("logistics.events", write(ours, leg))
    async with place.service():
        await place.becomes("really")

        async def marked() -> bool:
            return bool(await place.value("SELECT count(*) = 2 FROM marks"))

        await until(marked, "the milestone is there")

    assert await place.value("SELECT count(*) FROM refused") == 5
    assert await place.value("SELECT key FROM parked") == "acme/O1"


# --- a log that is not the one we read ---------------------------------------------------------------------


async def recreate(place: Place, topic: str) -> None:
    """Delete a topic and create it anew, empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    try:
        await admin.delete_topics([place.prefix + topic])

        async def created() -> bool:
            answer = await admin.create_topics([NewTopic(place.prefix + topic, TOPICS[topic].partitions, 1)])
            return all(code == 0 for _, code, _ in answer.topic_errors)

        await until(created, "the topic is there again")

        async def led() -> bool:
            with contextlib.suppress(KafkaError):
                return len(await place.producer.partitions_for(place.prefix + topic)) == 8
            return False

        await until(led, "it has leaders")
    finally:
        await admin.close()


@pytest.mark.parametrize(("refilled", "why"), [(0, "the log ends"), (5, "the topic was recreated")])
async def test_a_recreated_topic_halts_its_partitions_and_the_others_flow(
    place: Place, refilled: int, why: str
) -> None:
    await place.tick(day(0))
    await place.fact(drafted(), "draft")
    async with place.service():
        await place.becomes("draft")
    await recreate(place, "trade.payments")
    for n in range(1, refilled + 1):
        await place.tick(day(n), ["trade.payments"])

    async with place.service() as consumer:
        await place.fact(confirmed(), "c1")
        await place.becomes("c1")

        async def halted() -> bool:
            return len(consumer.halted) == 8

        await until(halted, "all its partitions stand still")
        assert {topic for topic, _ in consumer.halted} == {place.prefix + "trade.payments"}
        assert all(reason.startswith(why) for reason in consumer.halted.values())

    kept = await place.database.fetch("SELECT DISTINCT topic FROM offsets WHERE halted IS NOT NULL")
    assert [row[0] for row in kept] == [place.prefix + "trade.payments"]
