"""What the counter's tests believe of a publisher holds for the real one; Kafka may be away."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.contracts import OrderConfirmed, ReceiptConfirmed, partition_of, read
from silkway.messaging.http import Problem, Publisher
from tests.integration.http.conftest import free_port
from tests.unit.http.counter import MemoryLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

AT = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


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
        await publisher.publish(event, tenant="acme", id=str(number), source="/tests", time=AT)
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
    place = await publisher.publish(
        confirmed("PO-1"), tenant="acme", id="k-1", source="/tests", time=AT, traceparent=trace
    )
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
    envelope, event = read(record.key, record.headers, record.value)
    assert event == confirmed("PO-1")
    assert (envelope.id, envelope.source, envelope.tenant, envelope.time) == ("k-1", "/tests", "acme", AT)
    assert envelope.traceparent == trace


async def test_while_kafka_is_away_the_answer_is_503_in_time() -> None:
    publisher = Publisher(f"127.0.0.1:{free_port()}", timeout_s=1)
    for _ in range(2):
        before = time.monotonic()
        with pytest.raises(Problem) as refused:
            await publisher.publish(confirmed("PO-1"), tenant="acme", id="k-1", source="/tests", time=AT)
        assert refused.value.status == 503
        assert "Idempotency-Key: k-1" in refused.value.detail
        assert time.monotonic() - before < 3
    await publisher.close()


async def test_a_topic_that_is_missing_is_503_too(kafka_bootstrap: str) -> None:
    publisher = Publisher(kafka_bootstrap, "nowhere.", timeout_s=1)
    with pytest.raises(Problem) as refused:
        await publisher.publish(confirmed("PO-1"), tenant="acme", id="k-1", source="/tests", time=AT)
    assert refused.value.status == 503
    await publisher.close()
