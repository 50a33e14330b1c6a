"""Shipments over HTTP: facts about them in, shipments out."""

import datetime as dt
from typing import Annotated

from fastapi import Query, Request
from pydantic import BaseModel

from silkway.contracts import MilestoneTracked, ShipmentBooked, ShipmentShipped
from silkway.contracts.fields import Id, ShipmentState
from silkway.logistics import store
from silkway.logistics.api.door import API
from silkway.messaging.http import (
    Page,
    PageQuery,
    Pages,
    TenantId,
    connection,
    not_found,
    problem_responses,
)


class ShipmentView(BaseModel):
    """A shipment and how far it has come. Times are in UTC; `exception` is laid over any state."""

    shipment_id: str
    mode: str
    carrier: str | None
    state: str
    exception: bool
    booked_at: dt.datetime
    dispatched_at: dt.datetime | None
    delivered_at: dt.datetime | None


class ShipmentLineView(BaseModel):
    """Pieces of a line of an order that a shipment carries."""

    order_id: str
    line_id: str
    quantity: int


class ReferenceView(BaseModel):
    """A name under which others know a shipment."""

    kind: str
    value: str


class MilestoneView(BaseModel):
    """One fact of a shipment's way. `known_at` is when the first of its `witnesses` reported it.

    `occurred_at` is in UTC, `utc_offset_minutes` is that of the place. A questioned one moves nothing.
    """

    leg: int
    kind: str
    classifier: str
    occurred_at: dt.datetime
    utc_offset_minutes: int
    known_at: dt.datetime
    questioned: bool
    witnesses: int
    place: str | None
    note: str | None


class ShipmentDetail(ShipmentView):
    """A shipment with what it carries, its names and its way."""

    lines: list[ShipmentLineView]
    references: list[ReferenceView]
    milestones: list[MilestoneView]


class ShipmentQuery(PageQuery):
    """Which shipments to list."""

    state: ShipmentState | None = None


_SHIPMENTS = Pages(ShipmentView, shipment_id=Id)


@API.router.get("/shipments", summary="List shipments by id")
async def list_shipments(
    request: Request, tenant: TenantId, query: Annotated[ShipmentQuery, Query()]
) -> Page[ShipmentView]:
    """Shipments by id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_shipments(
            reading, tenant, query.state, _SHIPMENTS.after(query), query.limit + 1
        )
    return _SHIPMENTS.page(rows, query)


@API.router.get("/shipments/{shipment_id:path}", summary="See a shipment", responses=problem_responses(404))
async def get_shipment(request: Request, tenant: TenantId, shipment_id: Id) -> ShipmentDetail:
    """A shipment with its lines, references and milestones, in the order in which they happened."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_shipment(reading, tenant, shipment_id)
    if found is None:
        raise not_found(f"shipment {shipment_id}")
    return ShipmentDetail.model_validate(found)


API.publishes(
    "/shipments",
    ShipmentBooked,
    at="booked_at",
    summary="Report that a shipment was booked",
    example={
        "shipment_id": "SH-77",
        "mode": "SEA",
        "carrier": "Blue Anchor Line",
        "lines": [{"order_id": "PO-1001", "line_id": "1", "quantity": 1200}],
        "references": [{"kind": "CONTAINER", "value": "MSKU9070323"}],
        "booked_at": "2026-03-10T11:00:00+08:00",
    },
)
API.publishes(
    "/shipments/{shipment_id:path}/dispatch",
    ShipmentShipped,
    at="shipped_at",
    summary="Report that a shipment left the supplier",
    example={"shipped_at": "2026-03-12T18:40:00+08:00"},
)
API.publishes(
    "/shipments/{shipment_id:path}/milestones",
    MilestoneTracked,
    at="occurred_at",
    summary="Report a milestone, planned, estimated or reached",
    example={
        "kind": "DEPARTED",
        "classifier": "ACTUAL",
        "occurred_at": "2026-03-14T04:10:00+08:00",
        "leg": 1,
        "place": "Ningbo",
    },
)
