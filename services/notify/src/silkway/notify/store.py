"""The tables of notify: the views of orders and suppliers, and what is only ever added to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from silkway.messaging import Child, Kind, Rows, Table
from silkway.messaging.http.feed import Item, Position
from silkway.messaging.listing import listing
from silkway.notify.domain.state import (
    Entry,
    Notice,
    OrderView,
    OrderViewLine,
    OrderViewShipment,
    Step,
    SupplierView,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from silkway.messaging.http.database import Connection

SUPPLIER = Kind(
    "supplier", rank=1, table=Table("supplier_views", SupplierView, key=("tenant", "supplier_id"))
)

ORDER = Kind(
    "order",
    rank=2,
    table=Table(
        "order_views",
        OrderView,
        key=("tenant", "order_id"),
        children=(
            Child("lines", "order_view_lines", OrderViewLine, key=("tenant", "order_id", "line_id")),
            Child(
                "shipments",
                "order_view_shipments",
                OrderViewShipment,
                key=("tenant", "order_id", "shipment_id"),
            ),
        ),
    ),
)

TIMELINE = Rows("timeline", Entry)
NOTICES = Rows("notices", Notice)
FEED = Rows("feed", Step)

# --- What the API reads -----------------------------------------------------------------------------------

_ORDERS: Final = """
    SELECT order_id, buyer_id, supplier_id, currency, total_minor, deposit_minor, account_id, payment_reference,
           incoterm, coverage, destination_country, life, funds, logistics, assurance, issue, received_minor,
           open_minor, escrow_minor, payout_due_minor, paid_out_minor, hold_id, hold_currency, hold_requested_minor,
           hold_granted_minor, hold_released_minor, hold_reason, line_count, lines_delivered, lines_late,
           shipment_count, shipments_delivered, drafted_at, placed_at, funded_at, shipped_at, delivered_at,
           accepted_at, accepted_by, completed_at, settled_at, hold_released_at, known_at
    FROM order_views
"""
_LINES: Final = """
    SELECT line_id, description, quantity, value_minor, ship_by, deliver_by, destination_country,
           delivered_quantity, delivered_on, late
    FROM order_view_lines WHERE tenant = $1 AND order_id = $2 ORDER BY line_id
"""
_SHIPMENTS: Final = """
    SELECT shipment_id, mode, carrier, state, exception, last_milestone, last_at, last_place, milestones, questioned,
           dispatched_at, delivered_at
    FROM order_view_shipments WHERE tenant = $1 AND order_id = $2 ORDER BY shipment_id
"""
_TIMELINE: Final = """
    SELECT teller, position, event_id, type, shipment_id, happened_at, known_at, summary
    FROM timeline WHERE tenant = $1 AND order_id = $2
    ORDER BY happened_at, known_at, (teller, position) <> ('order', 1),
             array_position('{logistics,order,credit}', teller COLLATE "C"), position LIMIT 2000
"""
"""What happened at the same time: the draft first, then shipments, what follows for the order, what credit answers."""
_NOTICES: Final = """
    SELECT notice_id, order_id, shipment_id, audience, kind, severity, text, cause_type, cause_id, known_at FROM notices
"""
_LIMIT: Final = """
    SELECT limit_minor, shortfall_minor, currency, rules_version, known_at
    FROM supplier_views WHERE tenant = $1 AND supplier_id = $2
"""
_FEED: Final = """
    SELECT f.tenant, f.written_in, f.sequence,
           CASE WHEN n.notice_id IS NULL THEN 'order' ELSE 'notice' END AS event,
           (CASE WHEN n.notice_id IS NULL THEN to_jsonb(t) ELSE to_jsonb(n) END - 'tenant')::text AS data
    FROM feed f
    LEFT JOIN notices n ON n.tenant = f.tenant AND n.notice_id = f.notice_id
    LEFT JOIN timeline t ON f.notice_id IS NULL AND t.tenant = f.tenant AND t.order_id = f.order_id
                            AND t.teller = f.teller AND t.position = f.position
    WHERE f.tenant = ANY($1) AND (f.written_in, f.sequence) > ($2, $3) AND (f.written_in, f.sequence) <= ($4, $5)
    ORDER BY f.written_in, f.sequence LIMIT $6
"""


async def read_order(reading: Connection, tenant: str, order_id: str) -> dict[str, Any] | None:
    """An order seen whole, None if there is no such order."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        order = await reading.fetchrow(_ORDERS + "WHERE tenant = $1 AND order_id = $2", tenant, order_id)
        if order is None:
            return None
        limit = await reading.fetchrow(_LIMIT, tenant, order["supplier_id"])
        below = {
            "lines": await reading.fetch(_LINES, tenant, order_id),
            "shipments": await reading.fetch(_SHIPMENTS, tenant, order_id),
            "timeline": await reading.fetch(_TIMELINE, tenant, order_id),
            "notices": await list_notices(reading, tenant, order_id, None, None, 200),
        }
    return {
        **order,
        "supplier_limit": limit and dict(limit),
        **{name: [dict(row) for row in rows] for name, rows in below.items()},
    }


async def list_orders(
    reading: Connection,
    tenant: str,
    filters: dict[str, str | None],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` orders after the key (order_id,), by id. Filters: life, supplier_id, buyer_id."""
    sql, parameters = listing(_ORDERS, {"tenant": tenant, **filters}, ["order_id"], after, limit)
    return await reading.fetch(sql, *parameters)


async def list_notices(
    reading: Connection,
    tenant: str,
    order_id: str | None,
    severity: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` notices before the key (known_at, notice_id), newest first."""
    where = {"tenant": tenant, "order_id": order_id, "severity": severity}
    sql, parameters = listing(_NOTICES, where, ["known_at", "notice_id"], after, limit, newest_first=True)
    return await reading.fetch(sql, *parameters)


async def feed_horizon(reading: Connection) -> int:
    """The oldest transaction still running."""
    horizon: int = await reading.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())")
    return horizon


async def feed_items(
    reading: Connection, tenants: Sequence[str], after: Position, upto: Position, limit: int
) -> list[Item]:
    """At most `limit` steps of the feed of these tenants after one position, up to and including another."""
    rows = await reading.fetch(_FEED, tenants, *after, *upto, limit)
    return [
        Item(Position(row["written_in"], row["sequence"]), row["tenant"], row["event"], row["data"])
        for row in rows
    ]
