"""What senders get wrong, and what they may do as they like, on a real Kafka."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from silkway.contracts import (
    TOPICS,
    Envelope,
    KafkaMessage,
    partition_of,
    write,
)
from tests.integration.engine.facts import START, TENANT, confirmed, day, drafted, milestone
from tests.integration.engine.place import Place, until


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
