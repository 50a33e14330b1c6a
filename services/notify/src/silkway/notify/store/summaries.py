"""Reads orders without what is below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from silkway.messaging.http.database import Connection

ORDERS: Final = """
    SELECT order_id, buyer_id, supplier_id, currency, total_minor, deposit_minor, account_id, payment_reference,
           incoterm, coverage, destination_country, quote_id, option_id, booking, booking_id, balance_due,
           inspection_gate, inspection, life, funds, logistics, assurance, issue, received_minor, open_minor,
           escrow_minor, payout_due_minor, paid_out_minor, refund_due_minor, refunded_minor, hold_id, hold_currency,
           hold_requested_minor, hold_granted_minor, hold_released_minor, hold_posted_minor, hold_reason,
           hold_expires_at, cover_at_risk, amendments, claims_open, line_count, lines_delivered, lines_late,
           shipment_count, shipments_delivered, ship_by, deliver_by, eta, delayed_days, drafted_at, placed_at,
           funded_at, shipped_at, delivered_at, accepted_at, accepted_by, completed_at, settled_at, cancelled_at,
           cancelled_by, hold_released_at, known_at
    FROM order_views
"""


async def read_summary(reading: Connection, tenant: str, order_id: str) -> dict[str, Any] | None:
    """An order's states, money, counts and times, None if there is no such order."""
    row = await reading.fetchrow(f"{ORDERS} WHERE tenant = $1 AND order_id = $2", tenant, order_id)
    return None if row is None else dict(row)
