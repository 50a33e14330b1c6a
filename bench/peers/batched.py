"""One transaction a batch: what a good engineer makes of it when the first one is too slow.

FastStream's batch subscriber, many rows a statement, acknowledged by hand once the transaction is committed.
Run as `python -m bench.peers.batched`.
"""

from __future__ import annotations

import asyncio

import asyncpg
from faststream import AckPolicy, NoCast
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from bench.peers.facts import Confirmation, new_broker, read_batch
from bench.peers.outbox import ADD_MANY, Pool, outbox_row, relay
from bench.stage import (
    INPUT,
    OUTPUT,
    SELECT_MANY,
    UPSERT_MANY,
    Order,
    columns,
    confirm,
    placed_message,
    serve,
)
from silkway.messaging.settings import Settings

_INBOX = """
    INSERT INTO peer_inbox (identity) SELECT * FROM unnest($1::uuid[])
    ON CONFLICT DO NOTHING RETURNING identity"""
_LOCK_MANY = f"{SELECT_MANY} ORDER BY tenant, order_id FOR UPDATE"


def subscribe(broker: KafkaBroker, pool: Pool, settings: Settings) -> None:
    """Let the broker hand each batch to one transaction."""

    @broker.subscriber(
        settings.prefix + INPUT,
        group_id=f"{settings.prefix}batched",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        batch=True,
        max_records=settings.batch_records,
        fetch_min_bytes=64 * 1024,
        fetch_max_wait_ms=50,
        max_partition_fetch_bytes=2 << 20,
        decoder=read_batch,
    )
    async def handle(batch: NoCast[list[Confirmation]], message: KafkaMessage) -> None:
        if batch:
            async with pool.acquire() as connection, connection.transaction():
                await apply(connection, batch)
        await message.ack()


async def apply(
    connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], batch: list[Confirmation]
) -> None:
    """The work on the facts of a batch, within a transaction."""
    by_identity = {fact.identity: fact for fact in batch}
    fresh = {row[0] for row in await connection.fetch(_INBOX, sorted(by_identity))}
    facts = [fact for identity, fact in by_identity.items() if identity in fresh]
    if not facts:
        return
    keys = {(fact.tenant, fact.data.order_id) for fact in facts}
    rows = await connection.fetch(_LOCK_MANY, *map(list, zip(*keys, strict=True)))
    states = {(row[0], row[1]): Order(*row) for row in rows}
    messages = []
    for fact in facts:
        key = (fact.tenant, fact.data.order_id)
        states[key], placed = confirm(states[key], fact.data)
        messages.append(placed_message(states[key], placed))
    await connection.execute(UPSERT_MANY, *columns(list(states.values())))
    await connection.execute(ADD_MANY, *map(list, zip(*map(outbox_row, messages), strict=True)))


async def main() -> None:
    settings = Settings.read("order")
    broker = new_broker(settings.kafka)
    # One connection for the batches, and one for the relay.
    async with asyncpg.create_pool(settings.database_url, min_size=2, max_size=2) as pool, broker:
        subscribe(broker, pool, settings)
        await broker.start()
        await asyncio.gather(relay(pool, broker, settings.prefix + OUTPUT))


if __name__ == "__main__":
    serve(main)
