"""What carriers and the order service say, with plain defaults: order PO-1 of ten cups and five plates."""

import datetime as dt
from typing import Any

from silkway.contracts import (
    MilestoneTracked,
    OrderLine,
    OrderRecorded,
    ShipmentBooked,
    ShipmentLine,
    ShipmentReference,
    ShipmentShipped,
)
from silkway.contracts.fields import Classifier, MilestoneKind
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
    lines = tuple(ShipmentLine(order_id=o, line_id=line, quantity=n) for o, line, n in carries)
    return ShipmentBooked(shipment_id=shipment_id, lines=lines, **{**values, **but})


def shipped(shipment_id: str = "SH-1", at: dt.datetime | None = None) -> ShipmentShipped:
    return ShipmentShipped(shipment_id=shipment_id, shipped_at=at or day(5))


def tracked(
    kind: MilestoneKind,
    at: dt.datetime,
    *,
    shipment_id: str = "SH-1",
    classifier: Classifier = "ACTUAL",
    leg: int = 0,
    place: str | None = None,
) -> MilestoneTracked:
    return MilestoneTracked(
        shipment_id=shipment_id, kind=kind, classifier=classifier, occurred_at=at, leg=leg, place=place
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
