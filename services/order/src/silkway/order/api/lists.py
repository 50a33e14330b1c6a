"""Orders, and the queues of money that waits for somebody."""

from typing import Annotated, Literal

from fastapi import Query, Request

from silkway.contracts.fields import Currency, DerivedId, FundsState, Id, UnmatchedReason
from silkway.messaging.http import Page, PageQuery, Pages, TenantId, connection, not_found, problem_responses
from silkway.order import store
from silkway.order.api.door import API
from silkway.order.api.views import DueView, OrderDetail, OrderView, PaymentView
from silkway.order.domain.state import Assurance, Issue, Life, Logistics


class OrderQuery(PageQuery):
    """Which orders to list."""

    buyer_id: Id | None = None
    supplier_id: Id | None = None
    life: Life | None = None
    funds: FundsState | None = None
    logistics: Logistics | None = None
    assurance: Assurance | None = None
    issue: Issue | None = None


class MoneyQuery(PageQuery):
    """Which payments to list."""

    account_id: Id | None = None
    currency: Currency | None = None


class UnmatchedQuery(MoneyQuery):
    """Which payments without an order to list; by `reason`, why they found none."""

    reason: UnmatchedReason | None = None


class DueQuery(PageQuery):
    """Which orders to list: of one party, or with money in one currency."""

    buyer_id: Id | None = None
    supplier_id: Id | None = None
    currency: Currency | None = None


_ORDERS = Pages(OrderView, order_id=Id)
_PAYMENTS = Pages(PaymentView, payment_id=DerivedId)
_DUE = Pages(DueView, order_id=Id)


@API.router.get("/orders", summary="List orders by id")
async def list_orders(
    request: Request, tenant: TenantId, query: Annotated[OrderQuery, Query()]
) -> Page[OrderView]:
    """Orders as the order service knows them, by id."""
    where = query.model_dump(exclude={"limit", "cursor"})
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_orders(reading, tenant, where, _ORDERS.after(query), query.limit + 1)
    return _ORDERS.page(rows, query)


@API.router.get("/orders/{order_id:path}", summary="See an order", responses=problem_responses(404))
async def get_order(request: Request, tenant: TenantId, order_id: Id) -> OrderDetail:
    """An order with its five states, its lines, its money and its issues. (The notify service shows it whole.)"""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_order(reading, tenant, order_id)
    if found is None:
        raise not_found(f"order {order_id}")
    return OrderDetail.model_validate(found)


@API.router.get("/payments/unmatched", summary="List money that found no order")
async def list_unmatched(
    request: Request, tenant: TenantId, query: Annotated[UnmatchedQuery, Query()]
) -> Page[PaymentView]:
    """Money that waits for its order, or for somebody to assign or return it."""
    return await _payments(request, tenant, query, "UNMATCHED")


@API.router.get("/payments/return-due", summary="List money that is to go back")
async def list_return_due(
    request: Request, tenant: TenantId, query: Annotated[MoneyQuery, Query()]
) -> Page[PaymentView]:
    """Money that somebody decided to send back, until its bank has done so."""
    return await _payments(request, tenant, query, "RETURN_DUE")


@API.router.get("/refunds/due", summary="List refunds that are due")
async def list_refunds_due(
    request: Request, tenant: TenantId, query: Annotated[DueQuery, Query()]
) -> Page[DueView]:
    """Orders whose buyers are to get money back."""
    return await _due(request, tenant, query, "refund")


@API.router.get("/payouts/due", summary="List payouts that are due")
async def list_payouts_due(
    request: Request, tenant: TenantId, query: Annotated[DueQuery, Query()]
) -> Page[DueView]:
    """Orders whose suppliers are to get their money."""
    return await _due(request, tenant, query, "payout")


async def _due(
    request: Request, tenant: str, query: DueQuery, what: Literal["refund", "payout"]
) -> Page[DueView]:
    where = query.model_dump(exclude={"limit", "cursor"})
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_due(reading, tenant, what, where, _DUE.after(query), query.limit + 1)
    return _DUE.page(rows, query)


async def _payments(
    request: Request, tenant: str, query: MoneyQuery, state: Literal["UNMATCHED", "RETURN_DUE"]
) -> Page[PaymentView]:
    where = query.model_dump(exclude={"limit", "cursor"})
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_payments(
            reading, tenant, state, where, _PAYMENTS.after(query), query.limit + 1
        )
    return _PAYMENTS.page(rows, query)
