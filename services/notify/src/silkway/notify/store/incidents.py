"""Reads incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from silkway.messaging.listing import listing

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

_INCIDENTS: Final = """
    SELECT incident_id, number, cause, cause_reference, state, severity, orders, payments, suppliers, findings, at_most,
           opened_at, changed_at, acknowledged_by, acknowledged_at, note, closed_at, step, escalate_at
    FROM incidents
"""
_PAST: Final = """
    SELECT number, opened_at, closed_at, at_most, acknowledged_by, acknowledged_at, escalations
    FROM past_incidents WHERE tenant = $1 AND incident_id = $2 ORDER BY number DESC LIMIT 100
"""
_MEMBERS: Final = """
    SELECT order_id, NULL AS payment_id, NULL AS supplier_id, NULL AS finding_id, NULL AS text, scope, since
    FROM concerns
    WHERE tenant = $1 AND incident_id = $2 AND number = $3
    UNION ALL
    SELECT NULL, payment_id, NULL, NULL, NULL, payment_id, known_at FROM payment_views
    WHERE tenant = $1 AND incident_id = $2 AND number = $3 AND number > 0
    UNION ALL
    SELECT NULL, NULL, supplier_id, NULL, NULL, supplier_id, known_at FROM supplier_views
    WHERE tenant = $1 AND incident_id = $2 AND number = $3 AND number > 0
    UNION ALL
    SELECT NULL, NULL, NULL, finding_id, text, about, known_at FROM finding_views
    WHERE tenant = $1 AND incident_id = $2 AND number = $3 AND number > 0
    ORDER BY 1, 2, 3, 4 LIMIT $4
"""


async def list_incidents(
    reading: Connection,
    tenant: str,
    filters: dict[str, Any],
    after: tuple[Any, ...] | None,
    limit: int,
    *,
    is_open: bool = False,
) -> list[Record]:
    """At most `limit` incidents before the key (opened_at, incident_id), newest first, each as it is now.

    Filters: state, cause. is_open: not closed.
    """
    where = {"tenant": tenant, **filters}
    order = ["opened_at", "incident_id"]
    sql, parameters = listing(_INCIDENTS, where, order, after, limit, newest_first=True)
    if is_open:
        sql = sql.replace("WHERE ", "WHERE state <> 'CLOSED' AND ", 1)
    return await reading.fetch(sql, *parameters)


async def read_incident(reading: Connection, tenant: str, incident_id: str) -> dict[str, Any] | None:
    """An incident as it is now, None if there is no such incident."""
    row = await reading.fetchrow(f"{_INCIDENTS} WHERE tenant = $1 AND incident_id = $2", tenant, incident_id)
    return None if row is None else dict(row)


async def list_members(
    reading: Connection, tenant: str, incident_id: str, number: int, limit: int
) -> list[Record]:
    """At most `limit` of the orders (with what of them), payments, suppliers and findings that are in an incident."""
    return await reading.fetch(_MEMBERS, tenant, incident_id, number, limit)


async def list_past(reading: Connection, tenant: str, incident_id: str) -> list[Record]:
    """The last 100 times that an incident was open, but for the last one."""
    return await reading.fetch(_PAST, tenant, incident_id)
