"""Where the order service keeps what it knows: its kinds of aggregates and their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from silkway.messaging import Child, Kind, Rows, Table
from silkway.messaging.listing import listing
from silkway.order.domain import (
    Account,
    Approval,
    Dispute,
    Inspected,
    Line,
    Order,
    Part,
    Payment,
    Payout,
    Reference,
    Refund,
    Request,
    Return,
)

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

ACCOUNT = Kind("account", rank=0, table=Table("accounts", Account, key=("tenant", "account_id")))
REFERENCE = Kind(
    "reference", rank=1, table=Table("payment_references", Reference, key=("tenant", "reference_id"))
)
PAYMENT = Kind(
    "payment",
    rank=2,
    table=Table(
        "payments",
        Payment,
        key=("tenant", "payment_id"),
        children=(
            Child("returns", "payment_returns", Return, key=("tenant", "payment_id", "return_reference")),
        ),
    ),
)
PAYOUT = Kind("payout", rank=3, table=Table("payouts", Payout, key=("tenant", "payout_id")))
ORDER = Kind(
    "order",
    rank=4,
    table=Table(
        "orders",
        Order,
        key=("tenant", "order_id"),
        children=(
            Child("lines", "order_lines", Line, key=("tenant", "order_id", "line_id")),
            Child("parts", "order_parts", Part, key=("tenant", "order_id", "shipment_id", "line_id")),
        ),
    ),
    due=lambda order: order.due_at,
)
REFUND = Kind("refund", rank=5, table=Table("refunds", Refund, key=("tenant", "refund_id")))
REQUEST = Kind("request", rank=6, table=Table("requests", Request, key=("tenant", "request_id")))
DISPUTE = Kind("dispute", rank=7, table=Table("disputes", Dispute, key=("tenant", "dispute_key")))
APPROVALS = Rows("payout_approvals", Approval)
INSPECTIONS = Rows("inspections", Inspected)

# --- What the API reads -----------------------------------------------------------------------------------

_ORDERS: Final = """
    SELECT order_id, buyer_id, supplier_id, currency, account_id, payment_reference, total_minor, deposit_minor,
           balance_due, place_on, incoterm, ship_by, deliver_by, destination_country, acceptance_days, coverage,
           life, funds, logistics, assurance, issue, received_minor, escrow_minor, paid_out_minor, refunded_minor,
           refund_due_minor, held_minor, drafted_at, placed_at, funded_at, delivered_at, accepted_by, accepted_at,
           completed_at, settled_at
    FROM orders
"""
_LINES: Final = """
    SELECT line_id, description, quantity, value_minor, ship_by, deliver_by, destination_country, booked_quantity,
           shipped_quantity, delivered_quantity, delivered_on, late
    FROM order_lines WHERE tenant = $1 AND order_id = $2 ORDER BY line_id
"""
_PAYMENTS: Final = """
    SELECT payment_id, account_id, bank_reference, amount_minor, currency, received_at, state, reason
    FROM payments WHERE tenant = $1 AND order_id = $2 ORDER BY received_at, payment_id
"""
_PAYOUTS: Final = """
    SELECT payout_id, account_id, payout_reference, amount_minor, currency, paid_at
    FROM payouts WHERE tenant = $1 AND order_id = $2 ORDER BY paid_at, payout_id
"""


async def read_order(reading: Connection, tenant: str, order_id: str) -> dict[str, Any] | None:
    """An order with its lines, payments and payouts, None if there is no such order."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        order = await reading.fetchrow(_ORDERS + "WHERE tenant = $1 AND order_id = $2", tenant, order_id)
        if order is None:
            return None
        below = {
            "lines": await reading.fetch(_LINES, tenant, order_id),
            "payments": await reading.fetch(_PAYMENTS, tenant, order_id),
            "payouts": await reading.fetch(_PAYOUTS, tenant, order_id),
        }
    return dict(order) | {name: [dict(row) for row in rows] for name, rows in below.items()}


async def list_orders(
    reading: Connection,
    tenant: str,
    buyer_id: str | None,
    supplier_id: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` orders after the key (order_id,), by id."""
    where = {"tenant": tenant, "buyer_id": buyer_id, "supplier_id": supplier_id}
    sql, parameters = listing(_ORDERS, where, ["order_id"], after, limit)
    return await reading.fetch(sql, *parameters)
