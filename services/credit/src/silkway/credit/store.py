"""Where the credit service keeps what it knows, and the rules it computes by."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec

from silkway.credit.domain import Hold, LimitRules, Order, Reason, Resolution, Supplier
from silkway.messaging import Kind, Rows, Table
from silkway.messaging.listing import listing

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

SUPPLIER = Kind("supplier", rank=1, table=Table("suppliers", Supplier, key=("tenant", "supplier_id")))
ORDER = Kind(
    "order",
    rank=2,
    table=Table("covered_orders", Order, key=("tenant", "order_id")),
    due=lambda order: order.due_at,
)

HOLDS = Rows("holds", Hold)
RESOLUTIONS = Rows("hold_resolutions", Resolution)
REASONS = Rows("limit_reasons", Reason)

# Rules are data of a version: a change is a new file, so that a replay computes by the rules of its time.
LIMIT_RULES: Final = msgspec.json.decode(
    files("silkway.credit").joinpath("rules/limit-v1.json").read_bytes(), type=LimitRules
)

# --- What the API reads -----------------------------------------------------------------------------------

_SUPPLIERS: Final = """
    SELECT supplier_id, name, country, time_zone, registered_at, completed_orders, completed_minor, completed_lines,
           late_lines, rules_version, limit_minor, shortfall_minor, free_minor, held_minor, unrecovered_minor
    FROM suppliers
"""
_LIMIT_REASONS: Final = """
    SELECT rule, amount_minor, text FROM limit_reasons
    WHERE tenant = $1 AND supplier_id = $2 AND assessment = (
        SELECT max(assessment) FROM limit_reasons WHERE tenant = $1 AND supplier_id = $2)
    ORDER BY rule
"""
_HOLDS: Final = """
    SELECT hold_id, order_id, supplier_id, coverage, currency, requested_minor, granted_minor, reason,
           decided_known_at, resolution, amount_minor AS resolved_minor, resolved_at
    FROM holds LEFT JOIN hold_resolutions USING (tenant, hold_id)
"""


async def read_supplier(reading: Connection, tenant: str, supplier_id: str) -> dict[str, Any] | None:
    """A supplier with the reasons of its limit, None if there is no such supplier."""
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        supplier = await reading.fetchrow(
            _SUPPLIERS + "WHERE tenant = $1 AND supplier_id = $2", tenant, supplier_id
        )
        if supplier is None:
            return None
        reasons = await reading.fetch(_LIMIT_REASONS, tenant, supplier_id)
    return dict(supplier) | {"reasons": [dict(row) for row in reasons]}


async def list_suppliers(
    reading: Connection, tenant: str, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """At most `limit` suppliers after the key (supplier_id,), by id."""
    sql, parameters = listing(_SUPPLIERS, {"tenant": tenant}, ["supplier_id"], after, limit)
    return await reading.fetch(sql, *parameters)


async def list_holds(
    reading: Connection,
    tenant: str,
    supplier_id: str | None,
    order_id: str | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` holds, granted or refused, after the key (hold_id,), by id."""
    where = {"tenant": tenant, "supplier_id": supplier_id, "order_id": order_id}
    sql, parameters = listing(_HOLDS, where, ["hold_id"], after, limit)
    return await reading.fetch(sql, *parameters)
