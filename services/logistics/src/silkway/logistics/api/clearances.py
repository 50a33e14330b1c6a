"""Over HTTP: how long customs take."""

import datetime as dt
from typing import Annotated, Final

from fastapi import Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from silkway.contracts import clock_of
from silkway.logistics import store
from silkway.logistics.api.door import API
from silkway.messaging.http import TenantId, connection
from silkway.messaging.http.problems import bad_request

USUAL_PERIOD: Final = dt.timedelta(days=90)


class ClearanceTimes(BaseModel):
    """How long customs of a country took on a lane ("CN-DE", countries of origin and destination).

    Half of the clearances took at most `p50_minutes`, nineteen of twenty at most `p95_minutes`.
    """

    lane: str | None
    mode: str
    country: str | None
    clearances: int
    p50_minutes: int
    p95_minutes: int


class ClearanceReport(BaseModel):
    """Clearances from `since` until before `until`, lanes with most of them first, at most 1,000."""

    since: dt.datetime
    until: dt.datetime
    items: list[ClearanceTimes]


class Period(BaseModel):
    """When goods were released; by default in the last 90 days."""

    since: AwareDatetime | None = Field(default=None, description="Released from then on, RFC 3339.")
    until: AwareDatetime | None = Field(default=None, description="Released before then, RFC 3339.")


@API.router.get("/clearance-times", summary="See how long customs take, by lane")
async def clearance_times(
    request: Request, tenant: TenantId, period: Annotated[Period, Query()]
) -> ClearanceReport:
    """Times from CUSTOMS_HOLD to CUSTOMS_RELEASED by lane, mode and country."""
    async with connection(request.app.state.pool) as reading:
        now = await store.clock_time(reading, clock_of(tenant)) or dt.datetime.now(dt.UTC)
        until = period.until or max(now, period.since or now)
        since = period.since or until - USUAL_PERIOD
        if since > until:
            raise bad_request("since", "it is after until", "Give a time before it.")
        rows = await store.clearance_times(reading, tenant, since, until)
    return ClearanceReport(
        since=since, until=until, items=[ClearanceTimes.model_validate(dict(row)) for row in rows]
    )
