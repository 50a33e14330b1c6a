"""The outbox of both FastStream peers: rows written with the state, published by a polling relay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TypeAlias

import asyncpg
from faststream.kafka import KafkaBroker

from silkway.contracts import KafkaMessage

ROWS_A_ROUND = 500
POLL_S = 0.05
ADD_ONE = "INSERT INTO peer_outbox (key, headers, value) VALUES ($1, $2, $3)"
ADD_MANY = """
    INSERT INTO peer_outbox (key, headers, value) SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[])"""
_NEXT = "SELECT id, key, headers, value FROM peer_outbox ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED"
_DELETE = "DELETE FROM peer_outbox WHERE id = ANY($1::bigint[])"

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


def outbox_row(message: KafkaMessage) -> tuple[bytes | None, str, bytes | None]:
    """key, headers as JSON, value."""
    return message.key, json.dumps({name: value.decode() for name, value in message.headers}), message.value


async def relay(pool: Pool, broker: KafkaBroker, topic: str) -> None:
    """Publish what is in the outbox, some hundred rows at a time, and delete it once Kafka has it."""
    while True:
        async with pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_NEXT, ROWS_A_ROUND)
            if rows:
                await _publish(broker, topic, rows)
                await connection.execute(_DELETE, [row["id"] for row in rows])
        if len(rows) < ROWS_A_ROUND:
            await asyncio.sleep(POLL_S)


async def _publish(broker: KafkaBroker, topic: str, rows: Sequence[asyncpg.Record]) -> None:
    # Handed over one after the other, so that the producer can batch them, and awaited together.
    # (publish_batch gives all of its messages the same headers.)
    sent = [
        await broker.publish(
            row["value"], topic, key=row["key"], headers=json.loads(row["headers"]), no_confirm=True
        )
        for row in rows
    ]
    await asyncio.gather(*sent)
