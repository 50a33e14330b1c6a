"""What the API reads of shipments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from silkway.logistics.domain.state import Report
from silkway.logistics.domain.way import Milestone, way
from silkway.logistics.store.shipments import RULES
from silkway.messaging.listing import listing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from asyncpg import Record

    from silkway.messaging.http.database import Connection

_COLUMNS: Final = (
    "shipment_id, mode, carrier, state, exception, silent, lane, booked_at, dispatched_at, delivered_at, eta_at,"
    " eta_utc_offset_minutes, split_from, booking_id"
)
_SHIPMENTS: Final = f"SELECT {_COLUMNS} FROM shipments"
_SHIPMENT: Final = (
    f"SELECT {_COLUMNS}, promises, insured, split_at, watched, heard_at, hear_by FROM shipments"
    " WHERE tenant = $1 AND shipment_id = $2"
)
# One look for each late shipment: a merge of both tables would read all that are not late as well.
_LATE: Final = (
    f"SELECT {_COLUMNS} FROM (SELECT DISTINCT tenant, shipment_id FROM order_outlooks WHERE delayed) AS late"
    f" CROSS JOIN LATERAL (SELECT {_COLUMNS.removeprefix('shipment_id, ')} FROM shipments s"
    " WHERE s.tenant = late.tenant AND s.shipment_id = late.shipment_id LIMIT 1) AS of_it"
)
_BELOW: Final = {
    "lines": "SELECT order_id, line_id, quantity FROM shipment_lines {of} AND quantity > 0 ORDER BY order_id, line_id",
    "legs": "SELECT leg, mode, from_place, to_place, from_location, to_location, vessel, voyage FROM shipment_legs {of}"
    " ORDER BY leg",
    "references": "SELECT kind, value, valid_from, valid_until FROM shipment_references {of} ORDER BY kind, value",
    "split_into": "SELECT child_id FROM shipment_parts {of} ORDER BY child_id",
    "inquiries": "SELECT inquiry_id, raised_at, raised_by, question, answered_at, answered_by, answer"
    " FROM inquiries {of} ORDER BY inquiry_id",
    "eta_history": "SELECT number, eta_at, utc_offset_minutes, basis, classifier, source, cause, known_at"
    " FROM eta_history {of} ORDER BY number DESC LIMIT 200",
    "reports": f"SELECT {', '.join(Report.__struct_fields__)} FROM milestone_reports {{of}}",
    "promises": "SELECT promise, NULL AS order_id, nullif(inquiry_id, '') AS inquiry_id, due_at, status"
    " FROM shipment_promises {of} UNION ALL"
    " SELECT 'ON_TIME', order_id, NULL, due_at, status FROM order_outlooks {of} AND on_time"
    " ORDER BY promise, order_id, inquiry_id",
    "delays": "SELECT order_id, eta_on, cause, cause_reference, vessel, voyage FROM order_outlooks {of} AND delayed"
    " ORDER BY order_id",
}


async def read_shipment(reading: Connection, tenant: str, shipment_id: str) -> dict[str, Any] | None:
    """A shipment with all that is known below it, None if there is no such shipment.

    Its milestones are made of their reports by the very rules that the service goes by.
    """
    of = "WHERE tenant = $1 AND shipment_id = $2"
    async with reading.transaction(isolation="repeatable_read", readonly=True):
        shipment = await reading.fetchrow(_SHIPMENT, tenant, shipment_id)
        if shipment is None:
            return None
        below = {
            name: [dict(row) for row in await reading.fetch(sql.format(of=of), tenant, shipment_id)]
            for name, sql in _BELOW.items()
        }
    reports = [Report(**row) for row in below.pop("reports")]
    told = way(reports, RULES.tracking.modes[shipment["mode"]].contradiction)
    milestones = sorted(told.milestones.values(), key=lambda m: (m.occurred_at, m.identity))
    return {
        **shipment,
        **below,
        "promised": shipment["promises"].split(),
        "split_into": [row["child_id"] for row in below["split_into"]],
        "milestones": [_seen(milestone, reports) for milestone in milestones],
        "retracted": [_said(report) for report in reports if report.retracted is not None],
        "customs": [
            {
                "leg": c.released.leg,
                "call": c.released.call,
                "held_at": c.held.occurred_at,
                "released_at": c.released.occurred_at,
                "minutes": c.minutes,
                "country": c.country,
            }
            for c in told.clearances().values()
        ],
    }


def _seen(milestone: Milestone, reports: Sequence[Report]) -> dict[str, Any]:
    seen = {name: getattr(milestone, name) for name in Milestone.__struct_fields__}
    theirs = [r for r in reports if r.identity == milestone.identity and r.retracted is None]
    return {
        **seen,
        "witnesses": len(milestone.sources),
        "reports": [_said(report) for report in sorted(theirs, key=lambda r: (r.known_at, r.source))],
    }


def _said(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in Report.__struct_fields__}


async def list_shipments(
    reading: Connection,
    tenant: str,
    where: Mapping[str, Any],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` shipments after the key (shipment_id,), by id; `where`: columns and the values they must have.

    A flag that must be true is written into the statement, so that the index of just these can be used.
    """
    flags = [name for name in ("exception", "silent") if where.get(name)]
    given = {name: value for name, value in where.items() if name not in (*flags, "delayed")}
    select = _LATE if where.get("delayed") else _SHIPMENTS
    sql, parameters = listing(select, {"tenant": tenant, **given}, ["shipment_id"], after, limit)
    for flag in flags:
        sql = sql.replace(" ORDER BY", f" AND {flag} ORDER BY", 1)
    return await reading.fetch(sql, *parameters)


async def find_shipments(
    reading: Connection,
    tenant: str,
    kind: str,
    value: str,
    at: dt.datetime | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """Shipments that are known by a reference, at a time if one is given: else at any.

    Without an end of its own a reference holds until the shipment is delivered.
    """
    sql = f"""
        SELECT {_COLUMNS} FROM (
            SELECT s.* FROM shipment_references r JOIN shipments s USING (tenant, shipment_id)
            WHERE r.tenant = $1 AND r.kind = $2 AND r.value = $3 AND r.shipment_id > $4
              AND ($5::timestamptz IS NULL OR (r.valid_from <= $5
                   AND $5 < coalesce(r.valid_until, s.delivered_at, 'infinity')))
            ORDER BY r.shipment_id LIMIT $6
        ) AS named ORDER BY shipment_id"""
    return await reading.fetch(sql, tenant, kind, value, after[0] if after else "", at, limit)
