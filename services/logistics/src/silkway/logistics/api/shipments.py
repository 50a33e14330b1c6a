"""Shipments over HTTP: facts about them in, shipments out."""

from typing import Annotated, Literal

from fastapi import Query, Request
from pydantic import AwareDatetime, Field

from silkway.contracts import (
    InquiryAnswered,
    InquiryRaised,
    MilestoneRetracted,
    MilestoneTracked,
    ShipmentBooked,
    ShipmentShipped,
    ShipmentSplit,
)
from silkway.contracts.fields import Code, Id, Mode, Reference, ShipmentState
from silkway.logistics import store
from silkway.logistics.api.door import API
from silkway.logistics.api.views import ShipmentDetail, ShipmentView
from silkway.messaging.http import (
    Page,
    PageQuery,
    Pages,
    TenantId,
    connection,
    not_found,
    problem_responses,
)
from silkway.messaging.http.problems import bad_request


class ShipmentQuery(PageQuery):
    """Which shipments to list. A reference stands alone: it is not joined with other filters."""

    state: ShipmentState | None = None
    mode: Mode | None = None
    delayed: Literal["true"] | None = Field(default=None, description="Only those with lines expected late.")
    silent: Literal["true"] | None = Field(default=None, description="Only those not heard of for too long.")
    exception: Literal["true"] | None = Field(default=None, description="Only those in exception.")
    reference_kind: Code | None = Field(default=None, description="Kind of `reference`, e.g. CONTAINER.")
    reference: Reference | None = Field(default=None, description="A name under which others know it.")
    at: AwareDatetime | None = Field(
        default=None, description="The time at which the reference names it, RFC 3339."
    )


_SHIPMENTS = Pages(ShipmentView, shipment_id=Id)


@API.router.get("/shipments", summary="List shipments by id, or find those that a reference names")
async def list_shipments(
    request: Request, tenant: TenantId, query: Annotated[ShipmentQuery, Query()]
) -> Page[ShipmentView]:
    """Shipments by id."""
    filters = {name: getattr(query, name) for name in ("state", "mode", "delayed", "silent", "exception")}
    after, limit = _SHIPMENTS.after(query), query.limit + 1
    _check(query, filters)
    async with connection(request.app.state.pool) as reading:
        if query.reference_kind is not None and query.reference is not None:
            rows = await store.find_shipments(
                reading, tenant, query.reference_kind, query.reference, query.at, after, limit
            )
        else:
            rows = await store.list_shipments(reading, tenant, filters, after, limit)
    return _SHIPMENTS.page(rows, query)


def _check(query: ShipmentQuery, filters: dict[str, str | None]) -> None:
    """A reference needs its kind, and stands alone; a time needs a reference."""
    if (query.reference is None) != (query.reference_kind is None):
        missing = "reference" if query.reference is None else "reference_kind"
        raise bad_request(missing, "it is missing", "Give reference_kind and reference together.")
    if query.reference is None and query.at is not None:
        raise bad_request("at", "there is no reference", "Give reference_kind and reference as well.")
    given = [name for name, value in filters.items() if value is not None]
    if query.reference is not None and given:
        raise bad_request(given[0], "it cannot be joined with a reference", "Leave one of the two out.")


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
        "references": [{"kind": "CONTAINER", "value": "MSKU9070323", "valid_until": "2026-06-30T00:00:00Z"}],
        "legs": [
            {"leg": 0, "mode": "ROAD", "from_location": "CNYIW", "to_location": "CNNGB"},
            {
                "leg": 1,
                "mode": "SEA",
                "from_location": "CNNGB",
                "to_location": "DEHAM",
                "vessel": "MSC OSCAR",
                "voyage": "024W",
            },
        ],
        "service": {"promises": ["ON_TIME"], "insured": True},
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
API.publishes(
    "/shipments/{shipment_id:path}/retractions",
    MilestoneRetracted,
    at="retracted_at",
    summary="Take a milestone back",
    example={
        "kind": "DELIVERED",
        "classifier": "ACTUAL",
        "leg": 1,
        "by": "Wang Fang",
        "reason": "The consignee signed for another parcel.",
        "retracted_at": "2026-04-20T09:00:00+02:00",
    },
)
API.publishes(
    "/shipments/{shipment_id:path}/splits",
    ShipmentSplit,
    at="split_at",
    summary="Report that goods that travelled together part",
    example={
        "into": [
            {
                "shipment_id": "SH-77-A",
                "mode": "ROAD",
                "carrier": "Nordfracht",
                "lines": [{"order_id": "PO-1001", "line_id": "1", "quantity": 1200}],
            }
        ],
        "split_at": "2026-04-18T08:00:00+02:00",
    },
)
API.publishes(
    "/shipments/{shipment_id:path}/inquiries",
    InquiryRaised,
    at="raised_at",
    summary="Ask the carrier about a shipment",
    example={
        "inquiry_id": "Q-1",
        "by": "Kaffeehaus Nord",
        "text": "Will it arrive before Friday?",
        "raised_at": "2026-04-14T10:00:00+02:00",
    },
)
API.publishes(
    "/shipments/{shipment_id:path}/answers",
    InquiryAnswered,
    at="answered_at",
    summary="Report that an inquiry was answered",
    example={
        "inquiry_id": "Q-1",
        "by": "Blue Anchor Line",
        "text": "Yes, on Thursday.",
        "answered_at": "2026-04-14T15:30:00+02:00",
    },
)
