"""Rates, quotes and bookings over HTTP."""

import datetime as dt
import json
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel

from silkway.contracts import (
    BookingRefused,
    BookingRolled,
    QuoteChosen,
    QuoteGiven,
    QuoteNeed,
    RateCardPublished,
)
from silkway.contracts.fields import Id, Location
from silkway.logistics import store
from silkway.logistics.api.door import API
from silkway.logistics.api.quoting import Quoting, need_from
from silkway.logistics.domain.quote import event_of
from silkway.logistics.domain.rate import lane_of
from silkway.messaging.http import (
    Page,
    PageQuery,
    Pages,
    TenantId,
    connection,
    not_found,
    problem_responses,
)
from silkway.messaging.http.problems import FieldError, invalid
from silkway.messaging.http.requests import IdempotencyKey, json_object, traceparent_of
from silkway.messaging.http.writes import Accepted

_QUOTING = Quoting(API.source)


class QuoteAccepted(Accepted):
    """A quote: the fact is on the log, and can be named by an order from now on."""

    quote: QuoteGiven


class QuoteDetail(BaseModel):
    """A quote, and the order that has taken it, if one has."""

    quote: QuoteGiven
    known_at: dt.datetime
    order_id: str | None


class RateCardView(BaseModel):
    """A rate card as it holds. `tariff` is what makes its price; `departs` the days of the week, none for all."""

    lane_id: str
    rate_card_id: str
    carrier: str
    service: str
    mode: str
    currency: str
    valid_from: dt.date
    valid_until: dt.date
    transit_days: int
    lead_days: int
    stands_hours: int
    departs: list[int]
    promises: list[str]
    tariff: dict[str, Any]
    published_at: dt.datetime
    known_at: dt.datetime


class AttemptView(BaseModel):
    """One choice of a quote by an order, and what came of it. Times are in UTC."""

    order_id: str
    attempt: int
    quote_id: str
    option_id: str
    state: str
    carrier: str | None
    price_minor: int | None
    currency: str | None
    chosen_at: dt.datetime
    requested_at: dt.datetime | None
    departs_at: dt.datetime | None
    arrives_at: dt.datetime | None
    reason: str | None
    new_quote_id: str | None


class AttemptDetail(AttemptView):
    """A choice with the shipments that confirmed it."""

    shipments: list[str]


class BookingDetail(BaseModel):
    """An order's way to its carrier: all its choices, the last one counts."""

    order_id: str
    placed_at: dt.datetime | None
    cancelled: bool
    attempts: list[AttemptDetail]


class RateCardQuery(PageQuery):
    """Which rate cards to list: those of a lane, or all."""

    origin: Location | None = None
    destination: Location | None = None


class BookingQuery(PageQuery):
    """Which choices to list."""

    state: (
        Literal["CHOSEN", "ACCEPTED", "REFUSED", "REQUESTED", "CONFIRMED", "DECLINED", "CANCELLED"] | None
    ) = None


_NEED = QuoteNeed.model_json_schema(ref_template="#/components/schemas/{model}")
_EXAMPLE = {
    "origin": "CNNGB",
    "destination": "DEHAM",
    "ready_on": "2026-03-10",
    "gross_g": 1_850_000,
    "volume_cm3": 7_400_000,
    "packages": 120,
    "value_minor": 1_200_000,
    "currency": "USD",
}


@API.router.post(
    "/quotes",
    summary="Ask what it costs to have goods carried",
    operation_id="give_quote",
    status_code=202,
    response_model=QuoteAccepted,
    response_description="Priced options of several carriers and modes. The quote is on the log as a fact.",
    responses=problem_responses(404, 408, 409, 413, 415),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _NEED, "example": _EXAMPLE}},
        }
    },
)
async def give_quote(request: Request, tenant: TenantId, key: IdempotencyKey) -> Response:
    """Options of several carriers and modes, the cheapest first in each mode, with the parts of each price.

    Name `quote_id` and `option_id` in `order.drafted` before `valid_until`, and placing the order books it.
    """
    need = need_from(await json_object(request))
    state = request.app.state
    answer = await _QUOTING.give(state.pool, state.publisher, tenant, need, key, traceparent_of(request))
    body, status = _QUOTING.body(tenant, answer)
    return Response(body, 202, {"Location": status}, media_type="application/json")


@API.router.get("/quotes/{quote_id:path}", summary="See a quote", responses=problem_responses(404))
async def get_quote(request: Request, tenant: TenantId, quote_id: Id) -> QuoteDetail:
    """A quote as it was given."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_quote(reading, tenant, quote_id)
    if found is None:
        raise not_found(f"quote {quote_id}")
    return QuoteDetail(quote=event_of(found), known_at=found.known_at, order_id=found.order_id)


_CARDS = Pages(RateCardView, lane_id=str, rate_card_id=Id)


@API.router.get("/rate-cards", summary="List rate cards by lane and id")
async def list_rate_cards(
    request: Request, tenant: TenantId, query: Annotated[RateCardQuery, Query()]
) -> Page[RateCardView]:
    """Rate cards of a lane, or of all."""
    if (query.origin is None) != (query.destination is None):
        field = "origin" if query.origin is None else "destination"
        wrong = FieldError(field=field, reason="a lane has both", remedy="Send both or neither.")
        raise invalid([wrong])
    lane = lane_of(query.origin, query.destination) if query.origin and query.destination else None
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_rate_cards(reading, tenant, lane, _CARDS.after(query), query.limit + 1)
    read = [
        dict(row)
        | {name: json.loads(row[name]) for name in ("promises", "tariff")}
        | {"departs": json.loads(row["weekdays"])}
        for row in rows
    ]
    return _CARDS.page(read, query)


_ATTEMPTS = Pages(AttemptView, order_id=Id, attempt=int)


@API.router.get("/bookings", summary="List choices of quotes and bookings by order")
async def list_bookings(
    request: Request, tenant: TenantId, query: Annotated[BookingQuery, Query()]
) -> Page[AttemptView]:
    """Choices by order, of one state or of all."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_bookings(
            reading, tenant, query.state, _ATTEMPTS.after(query), query.limit + 1
        )
    return _ATTEMPTS.page(rows, query)


@API.router.get(
    "/bookings/{order_id:path}", summary="See the booking of an order", responses=problem_responses(404)
)
async def get_booking(request: Request, tenant: TenantId, order_id: Id) -> BookingDetail:
    """All choices of an order with what carriers answered."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_booking(reading, tenant, order_id)
    if found is None:
        raise not_found(f"booking of order {order_id}")
    return BookingDetail.model_validate(found)


API.publishes(
    "/quotes/{quote_id:path}/choices",
    QuoteChosen,
    at="chosen_at",
    summary="Choose an option of a new quote for an order",
    example={"option_id": "2", "order_id": "PO-1001", "chosen_at": "2026-03-05T11:00:00+08:00"},
)
API.publishes(
    "/rate-cards",
    RateCardPublished,
    at="published_at",
    summary="Publish a rate card",
    example={
        "rate_card_id": "BAL-NGB-HAM-2026Q1",
        "carrier": "Blue Anchor Line",
        "mode": "SEA",
        "origin": "CNNGB",
        "destination": "DEHAM",
        "currency": "USD",
        "valid_from": "2026-01-01",
        "valid_until": "2026-03-31",
        "tiers": [{"from_g": 0, "unit_minor": 6200}, {"from_g": 5_000_000, "unit_minor": 5400}],
        "unit_g": 1_000_000,
        "minimum_minor": 6200,
        "fuel_bp": 1250,
        "fees": [{"code": "DOCUMENTS", "amount_minor": 4500}],
        "transit_days": 32,
        "weekdays": [3, 6],
        "published_at": "2025-12-15T09:00:00+08:00",
    },
)
API.publishes(
    "/bookings/{booking_id:path}/refusals",
    BookingRefused,
    at="refused_at",
    summary="Report that a carrier refused a booking",
    example={"reason": "NO_SPACE", "refused_at": "2026-03-06T10:00:00+08:00"},
)
API.publishes(
    "/bookings/{booking_id:path}/roll-overs",
    BookingRolled,
    at="rolled_at",
    summary="Report that a carrier moved a booking to another departure",
    example={
        "departs_at": "2026-03-21T18:00:00+08:00",
        "arrives_at": "2026-04-22T06:00:00+02:00",
        "reason": "OVERBOOKED",
        "rolled_at": "2026-03-12T10:00:00+08:00",
    },
)
