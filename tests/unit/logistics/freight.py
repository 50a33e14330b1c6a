"""What carriers and the order service say, with plain defaults: order PO-1 of ten cups and five plates."""

import datetime as dt
from typing import Any

from silkway.contracts import (
    InquiryAnswered,
    InquiryRaised,
    MilestoneRetracted,
    MilestoneTracked,
    OrderAmended,
    OrderLine,
    OrderRecorded,
    ShipmentBooked,
    ShipmentLeg,
    ShipmentLine,
    ShipmentReference,
    ShipmentService,
    ShipmentShipped,
    ShipmentSplit,
    SplitPart,
)
from silkway.contracts.fields import Classifier, MilestoneKind, Promise
from tests.unit.desk import day

CUPS, PLATES = "cups", "plates"
Loaded = tuple[str, str, int]
"""Order, line, pieces."""
ALL: tuple[Loaded, ...] = (("PO-1", CUPS, 10), ("PO-1", PLATES, 5))


def booked(shipment_id: str = "SH-1", carries: tuple[Loaded, ...] = ALL, **but: Any) -> ShipmentBooked:
    values: dict[str, Any] = {
        "mode": "SEA", "carrier": "Blue Line", "booked_at": day(1),
        "references": (ShipmentReference(kind="CONTAINER", value="BLUU1234567"),),
    }  # fmt: skip
    lines = tuple(_line(*loaded) for loaded in carries)
    return ShipmentBooked(shipment_id=shipment_id, lines=lines, **{**values, **but})


def _line(order_id: str, line_id: str, quantity: int) -> ShipmentLine:
    return ShipmentLine(order_id=order_id, line_id=line_id, quantity=quantity)


def shipped(shipment_id: str = "SH-1", at: dt.datetime | None = None) -> ShipmentShipped:
    return ShipmentShipped(shipment_id=shipment_id, shipped_at=at or day(5))


def tracked(
    kind: MilestoneKind,
    at: dt.datetime,
    *,
    shipment_id: str = "SH-1",
    classifier: Classifier = "ACTUAL",
    **but: Any,
) -> MilestoneTracked:
    return MilestoneTracked(shipment_id=shipment_id, kind=kind, classifier=classifier, occurred_at=at, **but)


def retracted(
    kind: MilestoneKind, at: dt.datetime, *, classifier: Classifier = "ACTUAL", **but: Any
) -> MilestoneRetracted:
    values: dict[str, Any] = {"shipment_id": "SH-1", "reason": "Another parcel."}
    return MilestoneRetracted(kind=kind, classifier=classifier, retracted_at=at, **{**values, **but})


def split(into: dict[str, tuple[Loaded, ...]], at: dt.datetime, shipment_id: str = "SH-1") -> ShipmentSplit:
    parts = tuple(
        SplitPart(
            shipment_id=child,
            lines=tuple(ShipmentLine(order_id=o, line_id=line, quantity=n) for o, line, n in lines),
        )
        for child, lines in into.items()
    )
    return ShipmentSplit(shipment_id=shipment_id, into=parts, split_at=at)


def on_vessel(vessel: str = "MSC OSCAR", voyage: str = "024W") -> tuple[ShipmentLeg, ...]:
    """Road to the port, then the vessel from Ningbo to Hamburg."""
    return (
        ShipmentLeg(leg=0, mode="ROAD", from_location="CNYIW", to_location="CNNGB"),
        ShipmentLeg(
            leg=1, mode="SEA", from_location="CNNGB", to_location="DEHAM", vessel=vessel, voyage=voyage
        ),
    )


def promising(*promises: Promise) -> ShipmentService:
    return ShipmentService(promises=promises)


def asked(inquiry_id: str, at: dt.datetime, text: str = "Where is it?") -> InquiryRaised:
    return InquiryRaised(shipment_id="SH-1", inquiry_id=inquiry_id, by="B1", text=text, raised_at=at)


def answered(inquiry_id: str, at: dt.datetime) -> InquiryAnswered:
    return InquiryAnswered(
        shipment_id="SH-1", inquiry_id=inquiry_id, by="Blue Line", text="At sea.", answered_at=at
    )


def recorded(
    order_id: str = "PO-1", quantities: dict[str, int] | None = None, deliver_by: dt.date | None = None
) -> OrderRecorded:
    lines = tuple(
        OrderLine(
            line_id=line_id, description=line_id, quantity=quantity, value_minor=100 * quantity,
            deliver_by=deliver_by, destination_country="DE",
        )
        for line_id, quantity in (quantities or {CUPS: 10, PLATES: 5}).items()
    )  # fmt: skip
    return OrderRecorded(
        order_id=order_id, buyer_id="B1", supplier_id="S1", currency="USD",
        total_minor=sum(line.value_minor for line in lines), deposit_minor=0, account_id="VA-1",
        payment_reference="REF-1", lines=lines, acceptance_days=7, coverage="NONE", drafted_at=day(0),
    )  # fmt: skip


def amended(
    quantities: dict[str, int], deliver_by: dt.date | None = None, order_id: str = "PO-1"
) -> OrderAmended:
    lines = recorded(order_id, quantities, deliver_by).lines
    return OrderAmended(
        order_id=order_id, amendment_id="A-1", lines=lines, total_minor=sum(line.value_minor for line in lines),
        deposit_minor=0, received_minor=0, open_minor=0, refund_due_minor=0,
    )  # fmt: skip
