"""The consumer on a real Kafka: shared, started again, and with gaps in what it reads."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError

from silkway.contracts import (
    TOPICS,
    ClockTicked,
    Envelope,
    partition_of,
    read,
    write,
)
from silkway.messaging.consumer import Consumer
from silkway.messaging.fence import Done
from tests.integration.engine.facts import START, TENANT, confirmed, day, drafted, paid
from tests.integration.engine.place import Place, first_occurrences, until, versions


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


async def add_partition(place: Place, topic: str) -> TopicPartition:
    """A ninth one: from now on senders that ask Kafka for the number put keys elsewhere."""
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    try:
        await admin.create_partitions({place.prefix + topic: NewPartitions(TOPICS[topic].partitions + 1)})
    finally:
        await admin.close()
    added = TopicPartition(place.prefix + topic, TOPICS[topic].partitions)

    async def led() -> bool:
        await place.producer.client.force_metadata_update()
        return added.partition in await place.producer.partitions_for(added.topic)

    await until(led, "it has a leader")
    return added


async def test_a_partition_added_to_a_topic_in_use_stands_still_and_the_others_flow(place: Place) -> None:
    # Given a service that has been at work
    await place.tick(day(0))
    await place.fact(drafted(), "draft")
    async with place.service():
        await place.becomes("draft")

    # When a partition is added, and somebody puts money there
    added = await add_partition(place, "trade.payments")
    message = write(Envelope.of(paid(100), tenant=TENANT, source="/shop", id="misled", time=START), paid(100))
    await place.send("trade.payments", message, added.partition)

    # Then whoever is given it stands still there, each time anew, and all else goes on
    for fact, party in (("c1", "BUYER"), ("c2", "SUPPLIER")):
        async with place.service() as consumer:
            await place.fact(confirmed(party=party), fact)
            await place.becomes(fact)

            async def halted(at: Consumer = consumer) -> bool:
                return list(at.halted) == [(added.topic, added.partition)]

            await until(halted, "it stands still")
            await consumer._commit_hint()
            assert await consumer._kafka.committed(added) is None

    # And nobody takes the money as read
    assert await place.outcome("misled") is None
