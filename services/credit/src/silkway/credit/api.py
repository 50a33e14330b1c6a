"""The credit service over HTTP: suppliers in, limits and holds out."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel

from silkway.contracts import SupplierRegistered
from silkway.contracts.fields import DerivedId, Id
from silkway.credit import store
from silkway.messaging.http import (
    Api,
    Page,
    PageQuery,
    Pages,
    TenantId,
    connection,
    not_found,
    problem_responses,
)

API = Api("credit")


class SupplierView(BaseModel):
    """A supplier, its trade so far and its limit. All amounts are in cents (USD).

    Always limit + shortfall = free + held + unrecovered.
    """

    supplier_id: str
    name: str
    country: str | None
    time_zone: str
    registered_at: dt.datetime
    completed_orders: int
    completed_minor: int
    completed_lines: int
    late_lines: int
    rules_version: str
    limit_minor: int
    shortfall_minor: int
    free_minor: int
    held_minor: int
    unrecovered_minor: int


class ReasonView(BaseModel):
    """What one rule gave to the limit, or took from it."""

    rule: str
    amount_minor: int
    text: str


class SupplierDetail(SupplierView):
    """A supplier, and how its limit came about."""

    reasons: list[ReasonView]


class HoldView(BaseModel):
    """What was asked for an order, what was granted or why nothing was, and how the hold ended.

    Amounts are in minor units of `currency`.
    """

    hold_id: str
    order_id: str
    supplier_id: str
    coverage: str
    currency: str
    requested_minor: int
    granted_minor: int
    reason: str | None
    decided_known_at: dt.datetime
    resolution: str | None
    resolved_minor: int | None
    resolved_at: dt.datetime | None


class HoldQuery(PageQuery):
    """Which holds to list."""

    supplier_id: Id | None = None
    order_id: Id | None = None


_SUPPLIERS = Pages(SupplierView, supplier_id=Id)
_HOLDS = Pages(HoldView, hold_id=DerivedId)


@API.router.get("/suppliers", summary="List suppliers by id")
async def list_suppliers(
    request: Request, tenant: TenantId, query: Annotated[PageQuery, Query()]
) -> Page[SupplierView]:
    """Suppliers with their limits, by id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_suppliers(reading, tenant, _SUPPLIERS.after(query), query.limit + 1)
    return _SUPPLIERS.page(rows, query)


@API.router.get("/suppliers/{supplier_id:path}", summary="See a supplier", responses=problem_responses(404))
async def get_supplier(request: Request, tenant: TenantId, supplier_id: Id) -> SupplierDetail:
    """A supplier, its limit and the reasons for it."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_supplier(reading, tenant, supplier_id)
    if found is None:
        raise not_found(f"supplier {supplier_id}")
    return SupplierDetail.model_validate(found)


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


API.publishes(
    "/suppliers",
    SupplierRegistered,
    at="registered_at",
    summary="Register a supplier",
    example={
        "supplier_id": "S-42",
        "name": "Jingdezhen Fine Ceramics",
        "country": "CN",
        "time_zone": "Asia/Shanghai",
        "registered_at": "2026-01-15T09:00:00+08:00",
    },
)
