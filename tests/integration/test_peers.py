"""The durable peers' statements: what an event does to the business tables, on PostgreSQL."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg

from bench.peers.durable.steps import CONFIRMED, PLACED, STATEMENTS, Event, event, numbered
from bench.straight import STAGES

SCHEMA = Path(__file__).parents[2] / "bench" / "peers" / "durable" / "schema.sql"
TOTAL_MINOR = 3_000_000


async def test_an_order_comes_to_its_end_and_no_event_does_anything_twice(
    new_database: Callable[..., Awaitable[str]],
) -> None:
    connection = await asyncpg.connect(await new_database("peers"))
    try:
        await connection.execute(SCHEMA.read_text())
        for stage in range(STAGES):
            for number in (0, 1):
                for _ in range(2):
                    await _apply(connection, event(f"PO-{number}", number, 20, TOTAL_MINOR, stage))
        orders = await connection.fetch(
            "SELECT life, funds, logistics, assurance, escrow_minor FROM orders ORDER BY order_id"
        )
        held = await connection.fetch("SELECT amount_minor FROM holds ORDER BY order_id")
        notices = await connection.fetch("SELECT rule, count(*) FROM notices GROUP BY rule")
        supplier = await connection.fetchrow("SELECT limit_minor, held_minor FROM suppliers")
    finally:
        await connection.close()
    assert [tuple(order) for order in orders] == [
        ("SETTLED", "FUNDED", "DELIVERED", "HELD", 0),
        ("SETTLED", "FUNDED", "DELIVERED", "PARTIAL", 0),
    ]
    assert [row[0] for row in held] == [3_000_000, 2_000_000]
    assert supplier is not None
    assert tuple(supplier) == (5_000_000, 5_000_000)
    assert dict(map(tuple, notices)) == dict.fromkeys(
        ("ORDER_PLACED", "PAYMENT_MATCHED", "SHIPMENT_DISPATCHED", "ORDER_DELIVERED", "PAYOUT_MADE"), 2
    )


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", told: Event) -> None:
    if told["kind"] != "CONFIRMED":
        await connection.execute(*_with_values(STATEMENTS[told["kind"]], told))
        return
    order = await connection.fetchrow(*_with_values(CONFIRMED, told))
    assert order is not None
    if order["agreed"]:
        await connection.execute(*_with_values(PLACED, {**told, **order}))


def _with_values(statement: str, values: dict[str, Any]) -> list[Any]:
    text, names = numbered(statement)
    return [text, *(values[name] for name in names)]
