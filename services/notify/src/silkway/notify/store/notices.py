"""Reads notices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from silkway.messaging.listing import listing
from silkway.notify.store.incidents import read_incident
from silkway.notify.store.summaries import read_summary

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

_COLUMNS: Final = (
    "notice_id, order_id, shipment_id, supplier_id, incident_id, incident_number, audience, recipient, kind, severity,"
    " text_id, parameters, text, rules_version, cause_type, cause_id, known_at"
)
_NOTICES: Final = f"SELECT {_COLUMNS} FROM notices"
_UNACKNOWLEDGED: Final = f"""
    SELECT n.* FROM incidents i
    CROSS JOIN LATERAL (
        SELECT {_COLUMNS} FROM notices n
        WHERE n.tenant = i.tenant AND n.incident_id = i.incident_id AND n.incident_number = i.number
          AND (n.known_at, n.notice_id) < ($2, $3)
          AND ($5::text IS NULL OR n.order_id = $5) AND ($6::text IS NULL OR n.severity = $6)
          AND ($7::text IS NULL OR n.audience = $7) AND ($8::text IS NULL OR n.recipient = $8)
          AND ($9::text IS NULL OR n.incident_id = $9)
        ORDER BY n.known_at DESC, n.notice_id DESC LIMIT $4
    ) AS n
    WHERE i.tenant = $1 AND i.state = 'OPEN' AND ($9::text IS NULL OR i.incident_id = $9)
    ORDER BY n.known_at DESC, n.notice_id DESC LIMIT $4
"""
"""A page of each open incident, of these the page: what is read grows with the incidents that nobody has taken."""
_LAST: Final = (dt.datetime(2200, 1, 1, tzinfo=dt.UTC), "")
FILTERS: Final = ("order_id", "severity", "audience", "recipient", "incident_id")
_NOTICE: Final = f"SELECT {_COLUMNS} FROM notices WHERE tenant = $1 AND notice_id = $2"

_EVENT: Final = """
    SELECT teller, position, event_id, type, shipment_id, happened_at, known_at, summary
    FROM timeline WHERE tenant = $1 AND order_id = $2 AND event_id = $3
"""


async def list_notices(
    reading: Connection,
    tenant: str,
    filters: Mapping[str, Any],
    after: tuple[Any, ...] | None,
    limit: int,
    *,
    unacknowledged: bool = False,
) -> list[Record]:
    """At most `limit` notices before the key (known_at, notice_id), newest first.

    Filters: order_id, severity, audience, recipient, incident_id. unacknowledged: of incidents that are open and
    that nobody has acknowledged.
    """
    if unacknowledged:
        chosen = [filters.get(name) for name in FILTERS]
        return await reading.fetch(_UNACKNOWLEDGED, tenant, *(after or _LAST), limit, *chosen)
    where = {"tenant": tenant, **filters}
    sql, parameters = listing(_NOTICES, where, ["known_at", "notice_id"], after, limit, newest_first=True)
    return await reading.fetch(sql, *parameters)


async def read_notice(reading: Connection, tenant: str, notice_id: str) -> dict[str, Any] | None:
    """A notice, None if there is no such notice."""
    row = await reading.fetchrow(_NOTICE, tenant, notice_id)
    return None if row is None else dict(row)


async def read_reasons(reading: Connection, tenant: str, notice: Mapping[str, Any]) -> dict[str, Any]:
    """Why there is a notice: the event as the timeline has it, the order and the incident as they are now."""
    order_id, incident_id = notice["order_id"], notice["incident_id"]
    event = await reading.fetchrow(_EVENT, tenant, order_id, notice["cause_id"]) if order_id else None
    order = await read_summary(reading, tenant, order_id) if order_id else None
    incident = await read_incident(reading, tenant, incident_id) if incident_id else None
    return {"event": event and dict(event), "order": order, "incident": incident}
