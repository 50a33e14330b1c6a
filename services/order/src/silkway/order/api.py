"""The order service over HTTP: facts about orders and money in, orders out."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel

from silkway.contracts import OrderConfirmed, OrderDrafted, PaymentReceived, PayoutPaid, ReceiptConfirmed
from silkway.contracts.fields import Id
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
from silkway.order import store

API = Api("order")


class OrderView(BaseModel):
    """An order as the order service knows it. Amounts are in minor units of `currency`, times in UTC."""

    order_id: str
    buyer_id: str
    supplier_id: str
    currency: str
    account_id: str
    payment_reference: str
    total_minor: int
    deposit_minor: int
    balance_due: str
    place_on: str
    incoterm: str | None
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    acceptance_days: int
    coverage: str
    life: str
    funds: str
    logistics: str
    assurance: str
    issue: str
    received_minor: int
    escrow_minor: int
    paid_out_minor: int
    refunded_minor: int
    refund_due_minor: int
    held_minor: int
    drafted_at: dt.datetime
    placed_at: dt.datetime | None
    funded_at: dt.datetime | None
    delivered_at: dt.datetime | None
    accepted_by: str | None
    accepted_at: dt.datetime | None
    completed_at: dt.datetime | None
    settled_at: dt.datetime | None


class LineView(BaseModel):
    """A line, with how much of it was booked, shipped and delivered; `late` if any of it came after `deliver_by`."""

    line_id: str
    description: str
    quantity: int
    value_minor: int
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    booked_quantity: int
    shipped_quantity: int
    delivered_quantity: int
    delivered_on: dt.date | None
    late: bool


class PaymentView(BaseModel):
    """Money received for an order; `reason` tells why it is unmatched."""

    payment_id: str
    account_id: str
    bank_reference: str
    amount_minor: int
    currency: str
    received_at: dt.datetime
    state: str
    reason: str | None


class PayoutView(BaseModel):
    """Money of an order paid out to its supplier."""

    payout_id: str
    account_id: str
    payout_reference: str
    amount_minor: int
    currency: str
    paid_at: dt.datetime


class OrderDetail(OrderView):
    """An order with its lines and its money."""

    lines: list[LineView]
    payments: list[PaymentView]
    payouts: list[PayoutView]


class OrderQuery(PageQuery):
    """Which orders to list."""

    buyer_id: Id | None = None
    supplier_id: Id | None = None


_ORDERS = Pages(OrderView, order_id=Id)


@API.router.get("/orders", summary="List orders by id")
async def list_orders(
    request: Request, tenant: TenantId, query: Annotated[OrderQuery, Query()]
) -> Page[OrderView]:
    """Orders as the order service knows them, by id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_orders(
            reading, tenant, query.buyer_id, query.supplier_id, _ORDERS.after(query), query.limit + 1
        )
    return _ORDERS.page(rows, query)


@API.router.get("/orders/{order_id:path}", summary="See an order", responses=problem_responses(404))
async def get_order(request: Request, tenant: TenantId, order_id: Id) -> OrderDetail:
    """An order with its five states, its lines and its money. (The notify service shows it whole.)"""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_order(reading, tenant, order_id)
    if found is None:
        raise not_found(f"order {order_id}")
    return OrderDetail.model_validate(found)


API.publishes(
    "/orders",
    OrderDrafted,
    at="drafted_at",
    summary="Draft an order",
    example={
        "order_id": "PO-1001",
        "buyer_id": "B-7",
        "supplier_id": "S-42",
        "currency": "USD",
        "account_id": "VA-42",
        "payment_reference": "PO-1001",
        "lines": [
            {"line_id": "1", "description": "Ceramic mugs, 300 ml", "quantity": 1200, "value_minor": 830_000}
        ],
        "terms": {"deposit_minor": 249_000, "balance_due": "BEFORE_SHIPMENT"},
        "incoterm": "FOB",
        "deliver_by": "2026-04-30",
        "destination_country": "DE",
        "drafted_at": "2026-03-01T09:30:00+08:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/confirmations",
    OrderConfirmed,
    at="confirmed_at",
    summary="Confirm an order for one of its parties",
    example={"party": "BUYER", "confirmed_at": "2026-03-01T10:00:00+08:00"},
)
API.publishes(
    "/orders/{order_id:path}/receipt",
    ReceiptConfirmed,
    at="received_at",
    summary="Confirm that the goods were received and accepted",
    example={"received_at": "2026-04-29T16:00:00+02:00"},
)
API.publishes(
    "/payments",
    PaymentReceived,
    at="received_at",
    summary="Report money that came in on a virtual account",
    example={
        "account_id": "VA-42",
        "bank_reference": "NTRF-889211",
        "payment_reference": "PO-1001",
        "amount_minor": 249_000,
        "currency": "USD",
        "received_at": "2026-03-02T08:15:00+01:00",
    },
)
API.publishes(
    "/payouts",
    PayoutPaid,
    at="paid_at",
    summary="Report money that was paid out to a supplier",
    example={
        "account_id": "VA-42",
        "order_id": "PO-1001",
        "payout_reference": "OUT-5531",
        "amount_minor": 830_000,
        "currency": "USD",
        "paid_at": "2026-05-02T11:00:00+01:00",
    },
)
