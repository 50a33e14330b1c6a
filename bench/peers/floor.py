"""The floor: bare aiokafka and asyncpg, batch by batch; the same rule and rows, none of the safety.

No inbox, no outbox, no transaction over state and offset: a crash between two of its steps loses or repeats.
Run as `python -m bench.peers.floor`.
"""

from __future__ import annotations

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import ConsumerRecord

from bench.stage import (
    INPUT,
    OUTPUT,
    PARTITIONS,
    SELECT_MANY,
    UPSERT_MANY,
    Order,
    columns,
    confirm,
    placed_message,
    serve,
)
from silkway.contracts import KafkaMessage, OrderConfirmed, partition_of
from silkway.messaging.settings import Settings

_CONFIRMED = OrderConfirmed.type.encode()


async def main() -> None:
    settings = Settings.read("order")
    connection = await asyncpg.connect(settings.database_url)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, max_batch_size=1 << 20)
    consumer = AIOKafkaConsumer(
        settings.prefix + INPUT,
        bootstrap_servers=settings.kafka,
        group_id=f"{settings.prefix}floor",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_min_bytes=64 * 1024,
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=2 << 20,
    )
    await producer.start()
    await consumer.start()
    try:
        while True:
            fetched = await consumer.getmany(timeout_ms=200, max_records=settings.batch_records)
            records = [record for batch in fetched.values() for record in batch]
            if records:
                messages = await _apply(connection, records)
                await _send(producer, settings.prefix + OUTPUT, messages)
                await consumer.commit()
    finally:
        await consumer.stop()
        await producer.stop()


async def _apply(
    connection: asyncpg.Connection[asyncpg.Record], records: list[ConsumerRecord]
) -> list[KafkaMessage]:
    """Read the states, let the rule decide, write the states; what follows."""
    facts = []
    for record in records:
        headers = dict(record.headers)
        if headers["ce_type"] == _CONFIRMED:
            data = OrderConfirmed.model_validate_json(record.value)
            facts.append((headers["ce_tenant"].decode(), data))
    keys = {(tenant, data.order_id) for tenant, data in facts}
    if not keys:
        return []
    rows = await connection.fetch(SELECT_MANY, *map(list, zip(*keys, strict=True)))
    states = {(row[0], row[1]): Order(*row) for row in rows}
    messages = []
    for tenant, data in facts:
        key = (tenant, data.order_id)
        states[key], placed = confirm(states[key], data)
        messages.append(placed_message(states[key], placed))
    await connection.execute(UPSERT_MANY, *columns(list(states.values())))
    return messages


async def _send(producer: AIOKafkaProducer, topic: str, messages: list[KafkaMessage]) -> None:
    """Batches by partition, as aiokafka's documentation has it for those who need control."""
    batches: dict[int, list[BatchBuilder]] = {}
    for message in messages:
        assert message.key is not None
        full = batches.setdefault(partition_of(message.key, PARTITIONS), [])
        if not full or not _fits(full[-1], message):
            full.append(producer.create_batch())
            assert _fits(full[-1], message), "an empty batch takes any message"
    sent = [
        await producer.send_batch(batch, topic, partition=p) for p, full in batches.items() for batch in full
    ]
    for acknowledged in sent:
        await acknowledged


def _fits(batch: BatchBuilder, message: KafkaMessage) -> bool:
    added = batch.append(key=message.key, value=message.value, timestamp=None, headers=message.headers)
    return added is not None


if __name__ == "__main__":
    serve(main)
