"""What must hold between the tables and the databases of the services, as data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a query of one service whose rows are (key, version, values …).

    `version` is the sender's own on the left and the one seen of it on the right: rows are compared only where
    both agree, so that what is still under way is no finding. Within one service it is a constant.
    """

    service: str
    query: str


@dataclass(frozen=True, slots=True)
class Invariant:
    """Both sides must give the same values for the same key."""

    name: str
    columns: tuple[str, ...]
    left: Side
    right: Side


@dataclass(frozen=True, slots=True)
class Broken:
    """An invariant that does not hold, with both values."""

    invariant: str
    key: str
    column: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.key}: {self.column} is {self.left} here and {self.right} there"


def _of_order(columns: str, table: str, version: str, rank: int) -> str:
    return (
        f"SELECT t.tenant || '/' || t.order_id, {version}, {columns} FROM {table} t"
        f" JOIN aggregates a ON a.rank = {rank} AND a.key = t.tenant || '/' || t.order_id"
    )


def _seen(sender: str) -> str:
    return f"coalesce((a.seen->>'{sender}')::bigint, 0)"


_SHOWN: Final = (
    "life, funds, logistics, issue, total_minor, received_minor, escrow_minor, paid_out_minor, refunded_minor"
)
_LINES: Final = """
    SELECT t.tenant || '/' || t.order_id || '/' || t.line_id, {version}, t.quantity, t.value_minor,
           t.delivered_quantity, t.delivered_on, t.late
    FROM order_lines t JOIN aggregates a ON a.rank = {rank} AND a.key = t.tenant || '/' || t.order_id"""

INVARIANTS: Final = (
    Invariant(
        "the order as notify shows it",
        tuple(_SHOWN.split(", ")),
        Side("order", _of_order(_SHOWN, "orders", "a.version", 4)),
        Side("notify", _of_order(_SHOWN, "order_views", _seen("order"), 2)),
    ),
    Invariant(
        "the orders of an incident are those that say that they are in it",
        ("number", "orders"),
        Side(
            "notify",
            "SELECT tenant || '/' || incident_id, 0, number, orders FROM incidents WHERE orders > 0",
        ),
        Side(
            "notify",
            "SELECT tenant || '/' || incident_id, 0, max(number), count(DISTINCT order_id) FROM concerns"
            " WHERE number > 0 GROUP BY 1",
        ),
    ),
    Invariant(
        "lines as delivered",
        ("quantity", "value_minor", "delivered_quantity", "delivered_on", "late"),
        Side("logistics", _LINES.format(version="a.version", rank=2)),
        Side("order", _LINES.format(version=_seen("logistics"), rank=4)),
    ),
    Invariant(
        "the hold as the order knows it",
        ("held_minor",),
        Side("credit", _of_order("held_minor", "covered_orders", "a.version", 2)),
        Side("order", _of_order("held_minor", "orders", _seen("credit"), 4)),
    ),
    Invariant(
        "money received is the sum of its payments",
        ("received_minor",),
        Side(
            "order",
            "SELECT tenant || '/' || order_id, 0, received_minor FROM orders WHERE received_minor > 0",
        ),
        Side(
            "order",
            "SELECT tenant || '/' || order_id, 0, sum(amount_minor - returned_minor)::bigint FROM payments"
            " WHERE matched_by IS NOT NULL GROUP BY 1 HAVING sum(amount_minor - returned_minor) > 0",
        ),
    ),
    Invariant(
        "money refunded is the sum of its refunds",
        ("refunded_minor",),
        Side(
            "order",
            "SELECT tenant || '/' || order_id, 0, refunded_minor FROM orders WHERE refunded_minor > 0",
        ),
        Side(
            "order", "SELECT tenant || '/' || order_id, 0, sum(amount_minor)::bigint FROM refunds GROUP BY 1"
        ),
    ),
    Invariant(
        "money paid out is the sum of its payouts",
        ("paid_out_minor",),
        Side(
            "order",
            "SELECT tenant || '/' || order_id, 0, paid_out_minor FROM orders WHERE paid_out_minor > 0",
        ),
        Side(
            "order", "SELECT tenant || '/' || order_id, 0, sum(amount_minor)::bigint FROM payouts GROUP BY 1"
        ),
    ),
    Invariant(
        "a supplier's held credit is the sum of its open holds",
        ("held_minor",),
        Side(
            "credit", "SELECT tenant || '/' || supplier_id, 0, held_minor FROM suppliers WHERE held_minor > 0"
        ),
        Side(
            "credit",
            "SELECT tenant || '/' || supplier_id, 0, sum(reserved_minor)::bigint FROM covered_orders"
            " WHERE reserved_minor > 0 GROUP BY 1",
        ),
    ),
    Invariant(
        "what a supplier's claims have not brought back is the sum of its claims",
        ("unrecovered_minor",),
        Side(
            "credit",
            "SELECT tenant || '/' || supplier_id, 0, unrecovered_minor FROM suppliers WHERE unrecovered_minor > 0",
        ),
        Side(
            "credit",
            "SELECT o.tenant || '/' || o.supplier_id, 0, sum(c.unrecovered_minor)::bigint FROM claims c"
            " JOIN covered_orders o USING (tenant, order_id) WHERE c.unrecovered_minor > 0 GROUP BY 1",
        ),
    ),
    Invariant(
        "an order's total is the sum of its lines",
        ("total_minor",),
        Side("order", "SELECT tenant || '/' || order_id, 0, total_minor FROM orders"),
        Side(
            "order",
            "SELECT tenant || '/' || order_id, 0, sum(value_minor)::bigint FROM order_lines GROUP BY 1",
        ),
    ),
)


async def check(invariant: Invariant, databases: Mapping[str, Connection]) -> AsyncIterator[Broken]:
    """Where the invariant does not hold, key by key."""
    left = {row[0]: row for row in await databases[invariant.left.service].fetch(invariant.left.query)}
    within = invariant.left.service == invariant.right.service
    for row in await databases[invariant.right.service].fetch(invariant.right.query):
        other = left.pop(row[0], None)
        if other is None:
            if within:
                yield Broken(invariant.name, row[0], invariant.columns[0], "nothing", str(row[2]))
            continue
        if other[1] != row[1]:
            continue
        for number, column in enumerate(invariant.columns, start=2):
            if other[number] != row[number]:
                yield Broken(invariant.name, row[0], column, str(other[number]), str(row[number]))
    for key, row in left.items() if within else ():
        yield Broken(invariant.name, key, invariant.columns[0], str(row[2]), "nothing")
