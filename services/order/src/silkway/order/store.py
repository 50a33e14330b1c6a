"""Where the order service keeps what it knows: its kinds of aggregates and their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from silkway.messaging import Child, Kind, Rows, Table
from silkway.messaging.listing import listing
from silkway.order.domain import (
    Account,
    Approval,
    Consent,
    Countersignature,
    Dispute,
    Inspected,
    Line,
    Objection,
    Order,
    Part,
    Payment,
    Payout,
    Reference,
    Refund,
    Release,
    Request,
    Return,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

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
            Child("objections", "order_objections", Objection, key=("tenant", "order_id", "number")),
        ),
    ),
    due=lambda order: order.due_at,
)
REFUND = Kind("refund", rank=5, table=Table("refunds", Refund, key=("tenant", "refund_id")))
REQUEST = Kind("request", rank=6, table=Table("requests", Request, key=("tenant", "request_id")))
DISPUTE = Kind("dispute", rank=7, table=Table("disputes", Dispute, key=("tenant", "dispute_key")))
RELEASE = Kind(
    "release",
    rank=8,
    table=Table(
        "payout_releases",
        Release,
        key=("tenant", "order_id"),
        children=(Child("consents", "payout_consents", Consent, key=("tenant", "order_id", "approved_by")),),
    ),
)
APPROVALS = Rows("payout_approvals", Approval)
COUNTERSIGNATURES = Rows("payout_countersignatures", Countersignature)
INSPECTIONS = Rows("inspections", Inspected)

# --- What the API reads -----------------------------------------------------------------------------------

_ORDERS: Final = """
    SELECT order_id, buyer_id, supplier_id, currency, account_id, payment_reference, total_minor, deposit_minor,
           balance_due, place_on, incoterm, ship_by, deliver_by, destination_country, acceptance_days, coverage,
           quote_id, option_id, inspection_gate, cover_until, life, funds, logistics, assurance, issue,
           received_minor, escrow_minor, paid_out_minor, refunded_minor, refund_due_minor, returned_minor,
           awarded_minor, due_minor, payout_due_minor, approved_minor, held_minor, amendments, disputes,
           inspection_passed_at, drafted_at, placed_at, funded_at, delivered_at, accepted_by, accepted_at,
           completed_at, settled_at, cancelled_by, cancelled_at
    FROM orders
"""
_PAYMENTS: Final = """
    SELECT payment_id, account_id, bank_reference, payment_reference, amount_minor, returned_minor, currency,
           received_at, state, reason, matched_by, string_to_array(order_ids, ' ') AS order_ids, decided_by,
           decided_reason
    FROM payments
"""
_BELOW: Final = {
    "lines": """
        SELECT line_id, description, quantity, value_minor, ship_by, deliver_by, destination_country,
               booked_quantity, shipped_quantity, delivered_quantity, delivered_on, late, removed
        FROM order_lines WHERE tenant = $1 AND order_id = $2 ORDER BY line_id""",
    "payments": _PAYMENTS + "WHERE tenant = $1 AND order_id = $2 ORDER BY received_at, payment_id",
    "payouts": """
        SELECT payout_id, account_id, payout_reference, amount_minor, currency, paid_at
        FROM payouts WHERE tenant = $1 AND order_id = $2 ORDER BY paid_at, payout_id""",
    "refunds": """
        SELECT refund_id, account_id, refund_reference, amount_minor, currency, paid_at
        FROM refunds WHERE tenant = $1 AND order_id = $2 ORDER BY paid_at, refund_id""",
    "approvals": """
        SELECT amount_minor, approved_by, approved_at
        FROM payout_approvals WHERE tenant = $1 AND order_id = $2 ORDER BY approved_at""",
    "countersignatures": """
        SELECT amount_minor, countersigned_by, countersigned_at
        FROM payout_countersignatures WHERE tenant = $1 AND order_id = $2 ORDER BY countersigned_at, told_by""",
    "requests": """
        SELECT kind, id, party, reason, requested_at, answer
        FROM requests WHERE tenant = $1 AND order_id = $2 ORDER BY requested_at, request_id""",
    "disputed": """
        SELECT dispute_id, party, kind, text, raised_at, outcome, refund_minor, resolved_by, resolved_at
        FROM disputes WHERE tenant = $1 AND order_id = $2 ORDER BY raised_at, dispute_id""",
    "inspected": """
        SELECT inspection_id, passed, inspected_by, inspected_at, text
        FROM inspections WHERE tenant = $1 AND order_id = $2 ORDER BY inspected_at, inspection_id""",
}
_DUE: Final = """
    SELECT order_id, buyer_id, supplier_id, account_id, currency, amount_minor, escrow_minor
    FROM (SELECT *, {what}_due_minor AS amount_minor FROM orders WHERE {what}_due_minor > 0) AS due
"""


async def read_order(reading: Connection, tenant: str, order_id: str) -> dict[str, Any] | None:
    """An order with all that is kept below it, None if there is no such order."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        order = await reading.fetchrow(_ORDERS + "WHERE tenant = $1 AND order_id = $2", tenant, order_id)
        if order is None:
            return None
        below = {name: await reading.fetch(sql, tenant, order_id) for name, sql in _BELOW.items()}
    return dict(order) | {name: [dict(row) for row in rows] for name, rows in below.items()}


async def list_orders(
    reading: Connection,
    tenant: str,
    where: Mapping[str, str | None],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` orders with these values after the key (order_id,), by id."""
    orders, given = _ORDERS, dict(where)
    if given.get("issue") == "DISPUTED":  # said in full, so that every plan may use the index of the few
        orders = _ORDERS.replace("FROM orders", "FROM (SELECT * FROM orders WHERE issue = 'DISPUTED') AS o")
        del given["issue"]
    sql, parameters = listing(orders, {"tenant": tenant, **given}, ["order_id"], after, limit)
    return await reading.fetch(sql, *parameters)


async def list_payments(
    reading: Connection,
    tenant: str,
    state: Literal["UNMATCHED", "RETURN_DUE"],
    where: Mapping[str, str | None],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` payments in this state with these values after the key (payment_id,), by id, hence by account."""
    payments = _PAYMENTS.replace(
        "FROM payments", f"FROM (SELECT * FROM payments WHERE state = '{state}') AS p"
    )
    sql, parameters = listing(payments, {"tenant": tenant, **where}, ["payment_id"], after, limit)
    return await reading.fetch(sql, *parameters)


async def list_due(
    reading: Connection,
    tenant: str,
    what: Literal["refund", "payout"],
    where: Mapping[str, str | None],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` orders with these values of which money is to leave escrow, after the key (order_id,), by id."""
    given = {"tenant": tenant, **where}
    sql, parameters = listing(_DUE.format(what=what), given, ["order_id"], after, limit)
    return await reading.fetch(sql, *parameters)
