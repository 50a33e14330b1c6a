"""One transaction a message: what most services with an inbox and an outbox look like.

FastStream as its documentation teaches: one worker a partition (`max_workers`), acknowledged by hand once the
transaction is committed. Run as `python -m bench.peers.per_message`.
"""

from __future__ import annotations

import asyncio

import asyncpg
from faststream import AckPolicy, NoCast
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage

from bench.peers.facts import Drafted, new_broker, read_message
from bench.peers.outbox import ADD_ONE, Pool, outbox_row, relay
from bench.stage import (
    INPUT,
    OUTPUT,
    PARTITIONS,
    SELECT_ONE,
    UPSERT_ONE,
    Draft,
    placed_message,
    revise,
    serve,
)
from silkway.messaging.settings import Settings

_INBOX = "INSERT INTO peer_inbox (identity) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true"


def subscribe(broker: KafkaBroker, pool: Pool, settings: Settings) -> None:
    """Let the broker hand each message to one transaction."""

    @broker.subscriber(
        settings.prefix + INPUT,
        group_id=f"{settings.prefix}per-message",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        max_workers=PARTITIONS,
        decoder=read_message,
    )
    async def handle(drafted: NoCast[Drafted | None], message: KafkaMessage) -> None:
        if drafted is not None:
            async with pool.acquire() as connection, connection.transaction():
                await apply(connection, drafted)
        await message.ack()


async def apply(connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], drafted: Drafted) -> None:
    """The work on one fact, within a transaction."""
    if not await connection.fetchval(_INBOX, drafted.identity):
        return
    row = await connection.fetchrow(SELECT_ONE, drafted.tenant, drafted.data.order_id)
    draft, placed = revise(Draft(*row) if row else None, drafted.tenant, drafted.data)
    await connection.execute(UPSERT_ONE, *(getattr(draft, name) for name in draft.__struct_fields__))
    await connection.execute(ADD_ONE, *outbox_row(placed_message(draft, placed)))


async def main() -> None:
    settings = Settings.read("order")
    broker = new_broker(settings.kafka)
    # One connection for each worker, and one for the relay.
    async with asyncpg.create_pool(settings.database_url, min_size=9, max_size=9) as pool, broker:
        subscribe(broker, pool, settings)
        await broker.start()
        await asyncio.gather(relay(pool, broker, settings.prefix + OUTPUT))


if __name__ == "__main__":
    serve(main)
