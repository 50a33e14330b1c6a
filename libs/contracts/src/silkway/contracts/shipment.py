"""Facts on trade.shipments: what carriers and forwarders report about shipments."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    Classifier,
    Code,
    Id,
    MilestoneKind,
    Mode,
    Moment,
    Name,
    Quantity,
    Reference,
    Text,
)
from silkway.contracts.topics import TRADE_SHIPMENTS


class ShipmentLine(Part):
    """Pieces of a line of an order that a shipment carries."""

    order_id: Id
    """The order."""
    line_id: Id
    """The line of that order."""
    quantity: Quantity
    """Pieces carried, 1 to 10^12."""


class ShipmentReference(Part):
    """A name under which others know a shipment for a while; never its identity."""

    kind: Code
    """What it names, e.g. CONTAINER, BILL_OF_LADING, AIR_WAYBILL, TRACKING_NUMBER."""
    value: Reference
    """The name, 1 to 64 characters."""


class _ShipmentFact(Event):
    topic = TRADE_SHIPMENTS
    subject_kind = "shipment"

    shipment_id: Id
    """The shipment, as its sender calls it."""


class ShipmentBooked(_ShipmentFact):
    """A carrier took on to carry lines of one or more orders."""

    type = "silkway.shipment.booked.v1"

    mode: Mode
    """How it travels for the main part."""
    carrier: Name | None = None
    """Who carries it."""
    lines: tuple[ShipmentLine, ...] = Field(min_length=1, max_length=500)
    """1 to 500 lines of one or more orders."""
    references: tuple[ShipmentReference, ...] = Field(default=(), max_length=50)
    """At most 50 names under which it is known."""
    booked_at: Moment
    """When the booking was made."""


class ShipmentShipped(_ShipmentFact):
    """The goods left the supplier (export customs cleared, or picked up for express)."""

    type = "silkway.shipment.shipped.v1"

    shipped_at: Moment
    """When they left."""


class MilestoneTracked(_ShipmentFact):
    """A milestone of a shipment was planned, estimated or reached."""

    type = "silkway.milestone.tracked.v1"

    kind: MilestoneKind
    """What happened or is to happen."""
    classifier: Classifier
    """Whether it is planned, estimated or actual."""
    occurred_at: Moment
    """When it happened or is to happen, with the offset of the place."""
    leg: int = Field(default=0, ge=0, le=99)
    """Leg of the journey, counted from 0, at most 99."""
    place: Name | None = None
    """Where, as the sender names it."""
    note: Text | None = None
    """The sender's remark, 1 to 500 characters."""
