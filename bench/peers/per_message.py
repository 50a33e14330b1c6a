"""One transaction a message: what most services with an inbox and an outbox look like.

FastStream as its documentation teaches, acknowledged by hand once the transaction is committed. Run as
`python -m bench.peers.per_message WORKERS`: 8 handle each partition by itself (`max_workers`), 1 is the plain
subscriber of the documentation's page on acknowledgement.
"""

from __future__ import annotations

import asyncio
import sys

import asyncpg
import msgspec
from faststream import AckPolicy, NoCast
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from bench.peers.facts import Confirmation, new_broker, read_message
from bench.peers.outbox import ADD_ONE, Pool, outbox_row, relay
from bench.stage import (
    INPUT,
    OUTPUT,
    SELECT_ONE,
    UPSERT_ONE,
    Order,
    confirm,
    placed_message,
    serve,
)
from silkway.messaging.settings import Settings

_INBOX = "INSERT INTO peer_inbox (identity) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true"


def subscribe(broker: KafkaBroker, pool: Pool, settings: Settings, workers: int) -> None:
    """Let the broker hand each message to one transaction."""

    @broker.subscriber(
        settings.prefix + INPUT,
        group_id=f"{settings.prefix}per-message",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        max_workers=workers,
        decoder=read_message,
    )
    async def handle(fact: NoCast[Confirmation | None], message: KafkaMessage) -> None:
        if fact is not None:
            async with pool.acquire() as connection, connection.transaction():
                await apply(connection, fact)
        await message.ack()


async def apply(connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], fact: Confirmation) -> None:
    """The work on one fact, within a transaction."""
    if not await connection.fetchval(_INBOX, fact.identity):
        return
    row = await connection.fetchrow(SELECT_ONE, fact.tenant, fact.data.order_id)
    assert row is not None, "confirmed before it was drafted: here it would have to be kept and tried again"
    order, placed = confirm(Order(*row), fact.data)
    await connection.execute(UPSERT_ONE, *msgspec.structs.astuple(order))
    await connection.execute(ADD_ONE, *outbox_row(placed_message(order, placed)))


async def main() -> None:
    settings, workers = Settings.read("order"), int(sys.argv[1])
    broker = new_broker(settings.kafka)
    # One connection for each worker, and one for the relay.
    async with (
        asyncpg.create_pool(settings.database_url, min_size=workers + 1, max_size=workers + 1) as pool,
        broker,
    ):
        subscribe(broker, pool, settings, workers)
        await broker.start()
        await asyncio.gather(relay(pool, broker, settings.prefix + OUTPUT))


if __name__ == "__main__":
    serve(main)
