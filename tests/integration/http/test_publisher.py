"""What the counter's tests believe of a publisher holds for the real one; Kafka may be away."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.cli.topics import create_topics
from silkway.contracts import Envelope, Event, OrderConfirmed, ReceiptConfirmed, partition_of, read
from silkway.embedded import Stack
from silkway.messaging.http import Place, Problem, Publisher
from tests.integration.http.conftest import free_port
from tests.unit.http.counter import MemoryLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

AT = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def envelope(event: Event, event_id: str = "k-1", traceparent: str | None = None) -> Envelope:
    return Envelope.of(event, tenant="acme", source="/tests", id=event_id, time=AT, traceparent=traceparent)


def confirmed(order_id: str) -> OrderConfirmed:
    return OrderConfirmed(order_id=order_id, party="BUYER", confirmed_at=AT)


@pytest.fixture(params=["memory", "kafka"])
async def publisher(
    request: pytest.FixtureRequest, kafka_bootstrap: str, new_topics: Callable[[], Awaitable[str]]
) -> AsyncIterator[Publisher | MemoryLog]:
    made = MemoryLog() if request.param == "memory" else Publisher(kafka_bootstrap, await new_topics())
    yield made
    await made.close()


async def test_events_of_one_key_follow_each_other(publisher: Publisher | MemoryLog) -> None:
    places = [
        await publisher.publish(envelope(event, str(number)), event)
        for number, event in enumerate(
            (confirmed("PO-1"), ReceiptConfirmed(order_id="PO-1", received_at=AT), confirmed("PO-1"))
        )
    ]
    assert {place.topic.rpartition("trade.")[2] for place in places} == {"orders"}
    assert {place.partition for place in places} == {partition_of(b"acme/PO-1", 8)}
    assert [place.offset for place in places] == [0, 1, 2]


async def test_what_is_published_is_read_back(
    kafka_bootstrap: str, new_topics: Callable[[], Awaitable[str]]
) -> None:
    # When an event is published
    publisher = Publisher(kafka_bootstrap, await new_topics())
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    place = await publisher.publish(envelope(confirmed("PO-1"), traceparent=trace), confirmed("PO-1"))
    await publisher.close()

    # Then it stands there as a CloudEvent
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka_bootstrap)
    await consumer.start()
    try:
        where = TopicPartition(place.topic, place.partition)
        consumer.assign([where])
        consumer.seek(where, place.offset)
        record = await consumer.getone()
    finally:
        await consumer.stop()
    found, event = read(record.key, record.headers, record.value)
    assert event == confirmed("PO-1")
    assert (found.id, found.source, found.tenant, found.time) == ("k-1", "/tests", "acme", AT)
    assert found.traceparent == trace


async def test_while_kafka_is_away_the_answer_is_503_in_time() -> None:
    publisher = Publisher(f"127.0.0.1:{free_port()}", timeout_s=1)
    for _ in range(2):
        before = time.monotonic()
        with pytest.raises(Problem) as refused:
            await publisher.publish(envelope(confirmed("PO-1")), confirmed("PO-1"))
        assert refused.value.status == 503
        assert "Idempotency-Key: k-1" in refused.value.detail
        assert time.monotonic() - before < 3
    await publisher.close()


async def test_a_topic_that_is_missing_is_503_too(kafka_bootstrap: str) -> None:
    publisher = Publisher(kafka_bootstrap, "nowhere.", timeout_s=1)
    with pytest.raises(Problem) as refused:
        await publisher.publish(envelope(confirmed("PO-1")), confirmed("PO-1"))
    assert refused.value.status == 503
    await publisher.close()


async def test_it_goes_on_after_kafka_was_killed(tmp_path: Path) -> None:
    # Given a publisher at work, on a Kafka of its own: the shared one keeps the logs of all tests to recover
    with Stack(tmp_path, with_postgres=False) as servers:
        kafka = servers.kafka
        await create_topics(kafka.bootstrap, "")
        publisher = Publisher(kafka.bootstrap, timeout_s=2)
        event = confirmed("PO-1")
        before = await published(publisher, envelope(event, "before"), event)

        # When Kafka is killed, then it says so
        kafka.daemon.kill()
        with pytest.raises(Problem) as refused:
            await publisher.publish(envelope(event, "meanwhile"), event)
        assert refused.value.status == 503

        # and when Kafka is back, then it goes on
        await asyncio.to_thread(kafka.start)
        await asyncio.to_thread(kafka.wait)
        after = await published(publisher, envelope(event, "after"), event)
        assert (after.partition, after.offset > before.offset) == (before.partition, True)
        await publisher.close()


async def published(publisher: Publisher, envelope: Envelope, event: Event) -> Place:
    """Where it stands, once a Kafka that has just been started takes it; to repeat it is harmless."""
    for _ in range(30):
        with suppress(Problem):
            return await publisher.publish(envelope, event)
    return await publisher.publish(envelope, event)
