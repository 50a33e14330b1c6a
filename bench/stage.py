"""The stage that all contenders run: confirmations of orders in, what each order comes to out.

An order keeps who has confirmed it and when; every confirmation is answered by `order.placed`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import uvloop

from silkway.contracts import Envelope, KafkaMessage, OrderConfirmed, OrderPlaced, write

INPUT, OUTPUT = "trade.orders", "order.events"
SOURCE = "/silkway/order"
PARTITIONS = 8


class Order(msgspec.Struct, frozen=True):
    """A row of the table `orders`. `total_minor` in minor units of `currency`."""

    tenant: str
    order_id: str
    buyer_id: str
    supplier_id: str
    currency: str
    total_minor: int
    buyer_confirmed: bool
    supplier_confirmed: bool
    confirmations: int
    confirmed_at: dt.datetime


def confirm(order: Order, data: OrderConfirmed) -> tuple[Order, OrderPlaced]:
    """The rule: both parties' word is kept, every one is counted, the latest one's time stands."""
    confirmed = Order(
        order.tenant,
        order.order_id,
        order.buyer_id,
        order.supplier_id,
        order.currency,
        order.total_minor,
        order.buyer_confirmed or data.party == "BUYER",
        order.supplier_confirmed or data.party == "SUPPLIER",
        order.confirmations + 1,
        max(order.confirmed_at, data.confirmed_at),
    )
    placed = OrderPlaced(
        order_id=order.order_id,
        supplier_id=order.supplier_id,
        currency=order.currency,
        total_minor=order.total_minor,
        placed_at=confirmed.confirmed_at,
    )
    return confirmed, placed


def placed_message(order: Order, placed: OrderPlaced) -> KafkaMessage:
    """The event as the peers publish it: numbered by the confirmations, the id made of them."""
    subject = f"order/{order.order_id}"
    envelope = Envelope(
        id=f"{order.tenant}/{subject}/{order.confirmations}",
        source=SOURCE,
        type=OrderPlaced.type,
        subject=subject,
        time=order.confirmed_at,
        tenant=order.tenant,
        knowntime=order.confirmed_at,
        version=order.confirmations,
    )
    return write(envelope, placed)


# --- the statements of those without the engine ---------------------------------------------------------------

_COLUMNS = ", ".join(Order.__struct_fields__)
_TYPES = (
    *("text", "text", "text", "text", "text"),
    *("bigint", "boolean", "boolean", "bigint", "timestamptz"),
)
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in Order.__struct_fields__[2:])

SELECT_ONE = f"SELECT {_COLUMNS} FROM orders WHERE tenant = $1 AND order_id = $2 FOR UPDATE"
UPSERT_ONE = f"""
    INSERT INTO orders ({_COLUMNS}) VALUES ({", ".join(f"${n + 1}" for n in range(len(_TYPES)))})
    ON CONFLICT (tenant, order_id) DO UPDATE SET {_CHANGES}"""
SELECT_MANY = f"""
    SELECT {_COLUMNS} FROM orders JOIN unnest($1::text[], $2::text[]) AS n(tenant, order_id)
    USING (tenant, order_id)"""
UPSERT_MANY = f"""
    INSERT INTO orders ({_COLUMNS})
    SELECT * FROM unnest({", ".join(f"${n + 1}::{name}[]" for n, name in enumerate(_TYPES))})
    ON CONFLICT (tenant, order_id) DO UPDATE SET {_CHANGES}"""


def columns(rows: Sequence[Order]) -> list[list[object]]:
    """The rows as one array a column, in the order of the table."""
    return [list(values) for values in zip(*map(msgspec.structs.astuple, rows), strict=True)]


# --- the process ----------------------------------------------------------------------------------------------


def serve(work: Callable[[], Awaitable[None]]) -> None:
    """Run a contender until SIGTERM, with the engine's own event loop and garbage collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000_000, 20, 50)
    uvloop.run(_until_told(work))


async def _until_told(work: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.ensure_future(work())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
