"""Orders seen whole, and suppliers."""

from typing import Annotated, Any, Literal

from fastapi import Query, Request

from silkway.contracts.fields import Id
from silkway.messaging.http import Page, PageQuery, Pages, TenantId, connection, not_found, problem_responses
from silkway.notify import store
from silkway.notify.api.languages import ReaderOf
from silkway.notify.api.order_views import OrderSummary
from silkway.notify.api.routing import API
from silkway.notify.api.views import OrderDetail, SupplierView


class OrderQuery(PageQuery):
    """Which orders to list."""

    life: Literal["DRAFTED", "PLACED", "COMPLETED", "SETTLED", "CANCELLED"] | None = None
    supplier_id: Id | None = None
    buyer_id: Id | None = None
    issue: Literal["DISPUTED"] | None = None


_ORDERS = Pages(OrderSummary, order_id=Id)
_SUPPLIERS = Pages(SupplierView, supplier_id=Id)


@API.router.get("/orders", summary="List orders by id")
async def list_orders(
    request: Request, tenant: TenantId, query: Annotated[OrderQuery, Query()]
) -> Page[OrderSummary]:
    """Orders with their states, money and counts, by id."""
    filters: dict[str, Any] = query.model_dump(include={"life", "supplier_id", "buyer_id", "issue"})
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_orders(reading, tenant, filters, _ORDERS.after(query), query.limit + 1)
    return _ORDERS.page(rows, query)


@API.router.get("/orders/{order_id:path}", summary="See an order whole", responses=problem_responses(404))
async def get_order(request: Request, tenant: TenantId, order_id: Id, reader: ReaderOf) -> OrderDetail:
    """An order with its money, lines, shipments, cover, disputes, claims, incidents, timeline and notices."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_order(reading, tenant, order_id)
    if found is None:
        raise not_found(f"order {order_id}")
    found["notices"] = [reader.notice(row) for row in found["notices"]]
    return OrderDetail.model_validate(found)


@API.router.get("/suppliers", summary="List suppliers by id")
async def list_suppliers(
    request: Request, tenant: TenantId, query: Annotated[PageQuery, Query()]
) -> Page[SupplierView]:
    """Suppliers with their limits and scores, by id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_suppliers(reading, tenant, _SUPPLIERS.after(query), query.limit + 1)
    return _SUPPLIERS.page(rows, query)


@API.router.get("/suppliers/{supplier_id:path}", summary="See a supplier", responses=problem_responses(404))
async def get_supplier(request: Request, tenant: TenantId, supplier_id: Id) -> SupplierView:
    """A supplier's limit and score, and the events behind the score."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_supplier(reading, tenant, supplier_id)
    if found is None:
        raise not_found(f"supplier {supplier_id}")
    return SupplierView.model_validate(found)
