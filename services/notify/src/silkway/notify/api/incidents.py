"""Incidents: what has one cause."""

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Query, Request

from silkway.contracts import AcknowledgementRequested, FindingSettled
from silkway.contracts.fields import Code, Id
from silkway.messaging.http import Page, PageQuery, Pages, TenantId, connection, not_found, problem_responses
from silkway.notify import store
from silkway.notify.api.languages import ReaderOf
from silkway.notify.api.routing import API
from silkway.notify.api.views import IncidentDetail, IncidentSummary

_MEMBERS = 200
_NOTICES = 50


class IncidentQuery(PageQuery):
    """Which incidents to list. `open`: true for all that are not closed."""

    open: bool = False
    state: Literal["OPEN", "ACKNOWLEDGED", "CLOSED"] | None = None
    cause: Code | None = None


_INCIDENTS = Pages(IncidentSummary, opened_at=dt.datetime, incident_id=Id)


@API.router.get("/incidents", summary="List incidents, newest first")
async def list_incidents(
    request: Request, tenant: TenantId, query: Annotated[IncidentQuery, Query()]
) -> Page[IncidentSummary]:
    """Incidents as they are now, by when they opened last, newest first."""
    filters: dict[str, Any] = query.model_dump(include={"state", "cause"})
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_incidents(
            reading, tenant, filters, _INCIDENTS.after(query), query.limit + 1, is_open=query.open
        )
    return _INCIDENTS.page(rows, query)


@API.router.get("/incidents/{incident_id}", summary="See an incident", responses=problem_responses(404))
async def get_incident(
    request: Request, tenant: TenantId, incident_id: Id, reader: ReaderOf
) -> IncidentDetail:
    """An incident with the orders, payments, suppliers and findings in it, the times before, and who was told."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_incident(reading, tenant, incident_id)
        if found is None:
            raise not_found(f"incident {incident_id}")
        members = await store.list_members(reading, tenant, incident_id, found["number"], _MEMBERS)
        past = await store.list_past(reading, tenant, incident_id)
        notices = await store.list_notices(reading, tenant, {"incident_id": incident_id}, None, _NOTICES)
    return IncidentDetail.model_validate(
        {
            **found,
            "members": [dict(row) for row in members],
            "past": [dict(row) for row in past],
            "notices": [reader.notice(row) for row in notices],
        }
    )


API.publishes(
    "/incidents/{incident_id}/acknowledgement",
    AcknowledgementRequested,
    at="acknowledged_at",
    summary="Take an incident in hand",
    example={
        "by": "ana@ops",
        "note": "The carrier is asked.",
        "acknowledged_at": "2026-03-01T09:30:00+08:00",
    },
)
API.publishes(
    "/findings/{finding_id}/settlement",
    FindingSettled,
    at="settled_at",
    summary="Settle a finding of the auditor",
    example={
        "invariant": "MONEY_ADDS_UP",
        "by": "ana@ops",
        "reason": "An event written by hand while a bank was moved.",
        "settled_at": "2026-03-01T09:30:00+08:00",
    },
)
