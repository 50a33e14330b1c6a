"""Reads orders, seen whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from silkway.messaging.listing import listing
from silkway.notify.store.notices import list_notices
from silkway.notify.store.summaries import ORDERS, read_summary
from silkway.notify.store.suppliers import read_supplier

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

_LINES: Final = """
    SELECT line_id, description, quantity, value_minor, ship_by, deliver_by, destination_country,
           delivered_quantity, delivered_on, late, amended_away
    FROM order_view_lines WHERE tenant = $1 AND order_id = $2 ORDER BY line_id
"""
_SHIPMENTS: Final = """
    SELECT shipment_id, mode, carrier, state, exception, last_milestone, last_at, last_place, milestones, questioned,
           dispatched_at, delivered_at, booking_id, split_from, eta, delayed_days, delay_cause, delay_reference,
           silent_since, customs_minutes
    FROM order_view_shipments WHERE tenant = $1 AND order_id = $2 ORDER BY shipment_id
"""
_PROMISES: Final = """
    SELECT shipment_id, promise, nullif(inquiry_id, '') AS inquiry_id, state, due_at
    FROM order_view_promises WHERE tenant = $1 AND order_id = $2 ORDER BY shipment_id, promise, inquiry_id
"""
_DISPUTES: Final = """
    SELECT dispute_id, party, kind, opened_at, outcome, refund_minor, closed_at
    FROM order_view_disputes WHERE tenant = $1 AND order_id = $2 ORDER BY opened_at, dispute_id
"""
_CLAIMS: Final = """
    SELECT claim_id, kind, opened_by, state, amount_minor, currency, opened_at, answer_by, paid_minor,
           recovery_open_minor, recovery_buyer_minor, recovery_from, reason
    FROM order_view_claims WHERE tenant = $1 AND order_id = $2 ORDER BY opened_at, claim_id
"""
_INCIDENTS: Final = """
    SELECT DISTINCT i.incident_id, i.number, i.cause, i.cause_reference, i.state, i.severity, i.orders, i.payments,
           i.suppliers, i.findings, i.opened_at
    FROM concerns c JOIN incidents i ON i.tenant = c.tenant AND i.incident_id = c.incident_id AND i.number = c.number
    WHERE c.tenant = $1 AND c.order_id = $2 ORDER BY i.opened_at, i.incident_id
"""
_TIMELINE: Final = """
    SELECT teller, position, event_id, type, shipment_id, happened_at, known_at, summary
    FROM timeline WHERE tenant = $1 AND order_id = $2
    ORDER BY happened_at, known_at, (teller, position) <> ('order', 1),
             array_position('{logistics,order,credit}', teller COLLATE "C"), position LIMIT 2000
"""
"""What happened at the same time: the draft first, then shipments, what follows for the order, what credit answers."""
_BELOW: Final = {
    "lines": _LINES,
    "shipments": _SHIPMENTS,
    "promises": _PROMISES,
    "disputes": _DISPUTES,
    "claims": _CLAIMS,
    "incidents": _INCIDENTS,
    "timeline": _TIMELINE,
}


async def read_order(reading: Connection, tenant: str, order_id: str) -> dict[str, Any] | None:
    """An order seen whole, None if there is no such order."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        order = await read_summary(reading, tenant, order_id)
        if order is None:
            return None
        supplier = await read_supplier(reading, tenant, order["supplier_id"] or "")
        below = {name: await reading.fetch(sql, tenant, order_id) for name, sql in _BELOW.items()}
        below["notices"] = await list_notices(reading, tenant, {"order_id": order_id}, None, 200)
    return {
        **order,
        "supplier_limit": supplier if supplier is not None and supplier["limit_minor"] is not None else None,
        **{name: [dict(row) for row in rows] for name, rows in below.items()},
    }


async def list_orders(
    reading: Connection,
    tenant: str,
    filters: dict[str, str | None],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` orders after the key (order_id,), by id. Filters: life, supplier_id, buyer_id, issue."""
    sql, parameters = listing(ORDERS, {"tenant": tenant, **filters}, ["order_id"], after, limit)
    return await reading.fetch(sql, *parameters)
