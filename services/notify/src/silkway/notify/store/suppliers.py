"""Reads suppliers as credit sees them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from silkway.messaging.listing import listing

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

_SUPPLIERS: Final = """
    SELECT supplier_id, currency, limit_minor, shortfall_minor, rules_version, score, score_parts, score_rules_version,
           known_at
    FROM supplier_views
"""


async def list_suppliers(
    reading: Connection, tenant: str, after: tuple[Any, ...] | None, limit: int
) -> list[dict[str, Any]]:
    """At most `limit` suppliers after the key (supplier_id,), by id."""
    sql, parameters = listing(_SUPPLIERS, {"tenant": tenant}, ["supplier_id"], after, limit)
    return [_supplier(row) for row in await reading.fetch(sql, *parameters)]


async def read_supplier(reading: Connection, tenant: str, supplier_id: str) -> dict[str, Any] | None:
    """A supplier, None if credit has told nothing of it."""
    row = await reading.fetchrow(f"{_SUPPLIERS} WHERE tenant = $1 AND supplier_id = $2", tenant, supplier_id)
    return None if row is None else _supplier(row)


def _supplier(row: Record) -> dict[str, Any]:
    return {**row, "score_parts": json.loads(row["score_parts"] or "[]")}
