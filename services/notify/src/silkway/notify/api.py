"""The notify service over HTTP: orders seen whole, notices, and both as a live feed. It takes nothing in."""

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel

from silkway.contracts.fields import DerivedId, Id, Severity
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
from silkway.messaging.http.feed import Feed, FeedResponse, Position
from silkway.notify import store
from silkway.notify.channels import api as channels

API = Api("notify")
channels.add_to(API)


class OrderSummary(BaseModel):
    """An order's five states, its money, its counts and its times, from what all services told.

    Amounts are in minor units of `currency`, those of the hold in `hold_currency`; times are in UTC. What has not
    been told yet is null.
    """

    order_id: str
    buyer_id: str | None
    supplier_id: str | None
    currency: str | None
    total_minor: int | None
    deposit_minor: int | None
    account_id: str | None
    payment_reference: str | None
    incoterm: str | None
    coverage: str | None
    destination_country: str | None
    life: str | None
    funds: str
    logistics: str
    assurance: str
    issue: str
    received_minor: int
    open_minor: int | None
    escrow_minor: int
    payout_due_minor: int
    paid_out_minor: int
    hold_id: str | None
    hold_currency: str | None
    hold_requested_minor: int
    hold_granted_minor: int
    hold_released_minor: int
    hold_reason: str | None
    line_count: int
    lines_delivered: int
    lines_late: int
    shipment_count: int
    shipments_delivered: int
    drafted_at: dt.datetime | None
    placed_at: dt.datetime | None
    funded_at: dt.datetime | None
    shipped_at: dt.datetime | None
    delivered_at: dt.datetime | None
    accepted_at: dt.datetime | None
    accepted_by: str | None
    completed_at: dt.datetime | None
    settled_at: dt.datetime | None
    hold_released_at: dt.datetime | None
    known_at: dt.datetime


class LineView(BaseModel):
    """A line of an order and what was delivered of it; dates are local."""

    line_id: str
    description: str | None
    quantity: int | None
    value_minor: int | None
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    delivered_quantity: int
    delivered_on: dt.date | None
    late: bool


class ShipmentView(BaseModel):
    """A shipment that carries lines of the order; `last_…` is the last thing known to have happened to it."""

    shipment_id: str
    mode: str | None
    carrier: str | None
    state: str
    exception: bool
    last_milestone: str | None
    last_at: dt.datetime | None
    last_place: str | None
    milestones: int
    questioned: int
    dispatched_at: dt.datetime | None
    delivered_at: dt.datetime | None


class TimelineView(BaseModel):
    """One event of the order in words: the `position`th that the service `teller` told of it."""

    teller: str
    position: int
    event_id: str
    type: str
    shipment_id: str | None
    happened_at: dt.datetime
    known_at: dt.datetime
    summary: str


class NoticeView(BaseModel):
    """Something to hear, and why: its rule (`kind`) and the event that caused it."""

    notice_id: str
    order_id: str
    shipment_id: str | None
    audience: str
    kind: str
    severity: str
    text: str
    cause_type: str
    cause_id: str
    known_at: dt.datetime


class SupplierLimitView(BaseModel):
    """The supplier's limit as credit told it last, in minor units of `currency`."""

    limit_minor: int
    shortfall_minor: int
    currency: str
    rules_version: str
    known_at: dt.datetime


class OrderDetail(OrderSummary):
    """An order seen whole. The timeline is in the order in which things happened, at most 2,000 entries."""

    lines: list[LineView]
    shipments: list[ShipmentView]
    supplier_limit: SupplierLimitView | None
    timeline: list[TimelineView]
    notices: list[NoticeView]


class OrderQuery(PageQuery):
    """Which orders to list."""

    life: Literal["DRAFTED", "PLACED", "COMPLETED", "SETTLED"] | None = None
    supplier_id: Id | None = None
    buyer_id: Id | None = None


class NoticeQuery(PageQuery):
    """Which notices to list."""

    order_id: Id | None = None
    severity: Severity | None = None


_ORDERS = Pages(OrderSummary, order_id=Id)
_NOTICES = Pages(NoticeView, known_at=dt.datetime, notice_id=DerivedId)


@API.router.get("/orders", summary="List orders by id")
async def list_orders(
    request: Request, tenant: TenantId, query: Annotated[OrderQuery, Query()]
) -> Page[OrderSummary]:
    """Orders with their states, money and counts, by id."""
    filters: dict[str, Any] = query.model_dump(include={"life", "supplier_id", "buyer_id"})
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_orders(reading, tenant, filters, _ORDERS.after(query), query.limit + 1)
    return _ORDERS.page(rows, query)


@API.router.get("/orders/{order_id:path}", summary="See an order whole", responses=problem_responses(404))
async def get_order(request: Request, tenant: TenantId, order_id: Id) -> OrderDetail:
    """An order with its money, lines, shipments, cover, timeline and notices."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_order(reading, tenant, order_id)
    if found is None:
        raise not_found(f"order {order_id}")
    return OrderDetail.model_validate(found)


@API.router.get("/notices", summary="List notices, newest first")
async def list_notices(
    request: Request, tenant: TenantId, query: Annotated[NoticeQuery, Query()]
) -> Page[NoticeView]:
    """Notices for operations, newest first."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_notices(
            reading, tenant, query.order_id, query.severity, _NOTICES.after(query), query.limit + 1
        )
    return _NOTICES.page(rows, query)


def feed_of(request: Request) -> Feed:
    """The one feed of this instance, made when the first listener comes."""
    state = request.app.state
    if not hasattr(state, "feed"):
        state.feed = Feed(state.pool, store.feed_horizon, store.feed_items)
    feed: Feed = state.feed
    return feed


@API.router.get(
    "/feed",
    summary="Listen to orders and notices as they change",
    status_code=200,
    response_class=FeedResponse,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
async def listen(
    tenant: TenantId,
    feed: Annotated[Feed, Depends(feed_of)],
    last_event_id: Annotated[
        str | None, Header(description="Id of the last event seen: what was missed since comes first.")
    ] = None,
) -> FeedResponse:
    """Server-sent events `order` (a timeline entry, with its order_id) and `notice`, from now on or since
    `Last-Event-ID`, with a heartbeat every 15 s. A listener 1,000 events behind is cut off and may resume."""
    after = None if last_event_id is None else Position.parse(last_event_id)
    return FeedResponse(feed.follow(await feed.join(tenant), after))
