"""Holds, how they ended, and those that end too early."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel

from silkway.contracts.fields import DerivedId, Id
from silkway.credit import store
from silkway.credit.api.door import API
from silkway.messaging.http import Page, PageQuery, Pages, TenantId, connection


class HoldView(BaseModel):
    """What was asked for an order, what was granted or why nothing was, and how the hold ended.

    Amounts are in minor units of `currency`; `limit_minor` is what it took of the limit, in cents (USD), at `rate`.
    """

    hold_id: str
    order_id: str
    supplier_id: str
    request: int
    coverage: str
    currency: str
    requested_minor: int
    granted_minor: int
    limit_minor: int
    rate: str | None
    reason: str | None
    decided_known_at: dt.datetime
    expires_at: dt.datetime | None
    resolution: str | None
    resolved_minor: int | None
    paid_minor: int | None
    claim_id: str | None
    resolved_at: dt.datetime | None


class RiskView(BaseModel):
    """A hold that ends before the goods are expected."""

    order_id: str
    supplier_id: str
    hold_id: str
    currency: str
    held_minor: int
    reserved_minor: int
    expires_at: dt.datetime
    eta: dt.datetime | None


class HoldQuery(PageQuery):
    """Which holds to list."""

    supplier_id: Id | None = None
    order_id: Id | None = None


_HOLDS = Pages(HoldView, hold_id=DerivedId)
_RISKS = Pages(RiskView, expires_at=dt.datetime, order_id=Id)


@API.router.get("/holds", summary="List holds by id")
async def list_holds(
    request: Request, tenant: TenantId, query: Annotated[HoldQuery, Query()]
) -> Page[HoldView]:
    """Holds, granted or refused, with how they ended, by id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_holds(
            reading, tenant, query.supplier_id, query.order_id, _HOLDS.after(query), query.limit + 1
        )
    return _HOLDS.page(rows, query)


@API.router.get("/holds/at-risk", summary="List holds that end before the goods arrive")
async def list_at_risk(
    request: Request, tenant: TenantId, query: Annotated[PageQuery, Query()]
) -> Page[RiskView]:
    """Holds that end before the goods are expected, those that end first before the others."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_at_risk(reading, tenant, _RISKS.after(query), query.limit + 1)
    return _RISKS.page(rows, query)
