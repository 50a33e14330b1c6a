"""The stage that all contenders run: drafts of orders in, what each order comes to out.

An order may be drafted again and again; the newest draft counts, and each one is answered by `order.placed`
with the total that counts now.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import uvloop

from silkway.contracts import KafkaMessage, OrderDrafted, OrderPlaced
from silkway.contracts.cloudevents import Envelope, write

INPUT, OUTPUT = "trade.orders", "order.events"
TENANT, SOURCE = "acme", "/silkway/order"
PARTITIONS = 8


class Draft(msgspec.Struct, frozen=True):
    """A row of the table `drafts`: an order as its newest draft has it. Amounts in minor units."""

    tenant: str
    order_id: str
    supplier_id: str
    currency: str
    total_minor: int
    deposit_minor: int
    lines: int
    revisions: int
    drafted_at: dt.datetime


def revise(known: Draft | None, tenant: str, data: OrderDrafted) -> tuple[Draft, OrderPlaced]:
    """The rule: the newest draft counts, every one is counted."""
    revisions = known.revisions + 1 if known else 1
    if known is not None and data.drafted_at < known.drafted_at:
        draft = msgspec.structs.replace(known, revisions=revisions)
    else:
        draft = Draft(
            tenant,
            data.order_id,
            data.supplier_id,
            data.currency,
            data.total_minor,
            data.terms.deposit_minor,
            len(data.lines),
            revisions,
            data.drafted_at,
        )
    placed = OrderPlaced(
        order_id=draft.order_id,
        supplier_id=draft.supplier_id,
        currency=draft.currency,
        total_minor=draft.total_minor,
        placed_at=draft.drafted_at,
    )
    return draft, placed


def placed_message(draft: Draft, placed: OrderPlaced) -> KafkaMessage:
    """The event as the peers publish it: numbered by the revisions, the id made of them."""
    subject = f"order/{draft.order_id}"
    envelope = Envelope(
        id=f"{draft.tenant}/{subject}/{draft.revisions}",
        source=SOURCE,
        type=OrderPlaced.type,
        subject=subject,
        time=draft.drafted_at,
        tenant=draft.tenant,
        knowntime=draft.drafted_at,
        version=draft.revisions,
    )
    return write(envelope, placed)


# --- the statements of those without the engine ---------------------------------------------------------------

_COLUMNS = ", ".join(Draft.__struct_fields__)
_TYPES = ("text", "text", "text", "text", "bigint", "bigint", "bigint", "bigint", "timestamptz")
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in Draft.__struct_fields__[2:])

SELECT_ONE = f"SELECT {_COLUMNS} FROM drafts WHERE tenant = $1 AND order_id = $2 FOR UPDATE"
UPSERT_ONE = f"""
    INSERT INTO drafts ({_COLUMNS}) VALUES ({", ".join(f"${n + 1}" for n in range(len(_TYPES)))})
    ON CONFLICT (tenant, order_id) DO UPDATE SET {_CHANGES}"""
SELECT_MANY = f"""
    SELECT {_COLUMNS} FROM drafts JOIN unnest($1::text[], $2::text[]) AS n(tenant, order_id)
    USING (tenant, order_id)"""
UPSERT_MANY = f"""
    INSERT INTO drafts ({_COLUMNS})
    SELECT * FROM unnest({", ".join(f"${n + 1}::{name}[]" for n, name in enumerate(_TYPES))})
    ON CONFLICT (tenant, order_id) DO UPDATE SET {_CHANGES}"""


def columns(rows: Sequence[Draft]) -> list[list[object]]:
    """The rows as one array a column, in the order of the table."""
    return [list(values) for values in zip(*map(msgspec.structs.astuple, rows), strict=True)]


# --- the process ----------------------------------------------------------------------------------------------


def serve(work: Callable[[], Awaitable[None]]) -> None:
    """Run a contender until SIGTERM, with the engine's own event loop and garbage collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    uvloop.run(_until_told(work))


async def _until_told(work: Callable[[], Awaitable[None]]) -> None:
    task = asyncio.ensure_future(work())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
