"""Suppliers with their limits and scores, and how both came about."""

import datetime as dt
import json
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel, BeforeValidator

from silkway.contracts.fields import Currency, DerivedId, Id
from silkway.credit import store
from silkway.credit.api.door import API
from silkway.messaging.http import (
    Page,
    PageQuery,
    Pages,
    TenantId,
    connection,
    not_found,
    problem_responses,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from asyncpg import Record

    from silkway.messaging.http.database import Connection

    _Listed = Callable[[Connection, str, str, tuple[Any, ...] | None, int], Awaitable[list[Record]]]

V = TypeVar("V", bound=BaseModel)


class SupplierView(BaseModel):
    """A supplier, its record, its score of 100 points and its limit. All amounts are in cents (USD).

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
    disputes: int
    disputes_lost: int
    claims: int
    claims_lost: int
    answers_in_time: int
    answers_missed: int
    score: int
    score_version: str
    punctuality_points: int
    disputes_points: int
    claims_points: int
    answers_points: int
    volume_points: int
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


class OverrideView(BaseModel):
    """Another limit than the rules give; in force from its approval until `until`, unless a later one came."""

    override_id: str
    limit_minor: int
    until: dt.datetime
    reason: str
    proposed_by: str
    proposed_at: dt.datetime
    approved_by: str | None
    approved_at: dt.datetime | None


class SupplierDetail(SupplierView):
    """A supplier, how its limit came about, and its overrides, those proposed last first, at most 50."""

    reasons: list[ReasonView]
    overrides: list[OverrideView]


def _as_list(rows: Any) -> Any:
    """The database gives JSON as text."""
    return json.loads(rows) if isinstance(rows, str) else rows


class LimitView(BaseModel):
    """A limit that a supplier had, the event that changed it, if one did, and the reasons."""

    assessment: int
    limit_minor: int
    shortfall_minor: int
    rules_version: str
    event_id: str | None
    known_at: dt.datetime
    reasons: Annotated[list[ReasonView], BeforeValidator(_as_list)]


class ScoreView(BaseModel):
    """A part of the score that moved, and the event that moved it; none where time or the rules did."""

    change: int
    part: str
    before: int
    points: int
    possible: int
    score: int
    rules_version: str
    event_id: str | None
    known_at: dt.datetime


class RecordView(BaseModel):
    """An event that counts in a supplier's record."""

    number: int
    what: str
    order_id: str
    event_id: str | None
    known_at: dt.datetime


class RateView(BaseModel):
    """What a unit of a currency was said to be worth, in units of the limits' currency."""

    currency_id: str
    rate: str
    published_at: dt.datetime
    known_at: dt.datetime
    source: str
    event_id: str


class RateQuery(PageQuery):
    """Of which currency."""

    currency_id: Currency


_SUPPLIERS = Pages(SupplierView, supplier_id=Id)
_LIMITS = Pages(LimitView, assessment=int)
_SCORES = Pages(ScoreView, change=int, part=str)
_RECORD = Pages(RecordView, number=int)
_RATES = Pages(RateView, known_at=dt.datetime, source=str, event_id=DerivedId)


async def _history(
    request: Request, tenant: str, supplier_id: str, query: PageQuery, pages: Pages[V], listed: "_Listed"
) -> Page[V]:
    """A page of what a supplier has had; problem 404 where there is no such supplier."""
    async with connection(request.app.state.pool) as reading:
        if not await store.has_supplier(reading, tenant, supplier_id):
            raise not_found(f"supplier {supplier_id}")
        rows = await listed(reading, tenant, supplier_id, pages.after(query), query.limit + 1)
    return pages.page(rows, query)


@API.router.get("/suppliers", summary="List suppliers by id")
async def list_suppliers(
    request: Request, tenant: TenantId, query: Annotated[PageQuery, Query()]
) -> Page[SupplierView]:
    """Suppliers with their scores and limits, by id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_suppliers(reading, tenant, _SUPPLIERS.after(query), query.limit + 1)
    return _SUPPLIERS.page(rows, query)


@API.router.get(
    "/suppliers/{supplier_id:path}/limits",
    summary="List the limits a supplier has had",
    responses=problem_responses(404),
)
async def list_limits(
    request: Request, tenant: TenantId, supplier_id: Id, query: Annotated[PageQuery, Query()]
) -> Page[LimitView]:
    """Every limit that the supplier has had, newest first, with its reasons."""
    return await _history(request, tenant, supplier_id, query, _LIMITS, store.list_limits)


@API.router.get(
    "/suppliers/{supplier_id:path}/scores",
    summary="List what moved a supplier's score",
    responses=problem_responses(404),
)
async def list_scores(
    request: Request, tenant: TenantId, supplier_id: Id, query: Annotated[PageQuery, Query()]
) -> Page[ScoreView]:
    """Every change of a part of the score, newest first, with the event behind it."""
    return await _history(request, tenant, supplier_id, query, _SCORES, store.list_scores)


@API.router.get(
    "/suppliers/{supplier_id:path}/record",
    summary="List what counts in a supplier's record",
    responses=problem_responses(404),
)
async def list_record(
    request: Request, tenant: TenantId, supplier_id: Id, query: Annotated[PageQuery, Query()]
) -> Page[RecordView]:
    """Every event that counts for score and limit, newest first."""
    return await _history(request, tenant, supplier_id, query, _RECORD, store.list_record)


@API.router.get("/suppliers/{supplier_id:path}", summary="See a supplier", responses=problem_responses(404))
async def get_supplier(request: Request, tenant: TenantId, supplier_id: Id) -> SupplierDetail:
    """A supplier, its score, its limit and the reasons for it."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_supplier(reading, tenant, supplier_id)
    if found is None:
        raise not_found(f"supplier {supplier_id}")
    return SupplierDetail.model_validate(found)


@API.router.get("/rates", summary="List the rates of a currency")
async def list_rates(
    request: Request, tenant: TenantId, query: Annotated[RateQuery, Query()]
) -> Page[RateView]:
    """Rates that were published, newest first."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_rates(
            reading, tenant, query.currency_id, _RATES.after(query), query.limit + 1
        )
    return _RATES.page(rows, query)
