"""Events of the logistics service, on logistics.events: one for each order concerned."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    Classifier,
    Country,
    Day,
    Id,
    MilestoneKind,
    Mode,
    Moment,
    Name,
    Quantity,
    ShipmentState,
)
from silkway.contracts.topics import LOGISTICS_EVENTS


class CarriedLine(Part):
    """Pieces of a line of the order that a shipment carries."""

    line_id: Id
    """The line."""
    quantity: Quantity
    """Pieces carried, 1 to 10^12."""


class DeliveredLine(CarriedLine):
    """Pieces of a line of the order that a shipment delivered, and whether in time."""

    deliver_by: Day | None = None
    """The promise, a local date."""
    delivered_on: Day
    """Local date of delivery at its place."""
    late: bool
    """Whether `delivered_on` is after `deliver_by`."""
    mode: Mode
    """How it travelled for the main part."""
    destination_country: Country | None = None
    """Where it went, ISO 3166-1 alpha-2."""


class _LogisticsEvent(Event):
    topic = LOGISTICS_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order concerned."""
    shipment_id: Id
    """The shipment, as its sender calls it."""


class ShipmentLinked(_LogisticsEvent):
    """A booked shipment carries lines of this order."""

    type = "silkway.shipment.linked.v1"

    mode: Mode
    """How it travels for the main part."""
    carrier: Name | None = None
    """Who carries it."""
    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it carries."""


class ShipmentDispatched(_LogisticsEvent):
    """A shipment with lines of this order left the supplier."""

    type = "silkway.shipment.dispatched.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it carries."""
    shipped_at: Moment
    """When it left."""


class MilestoneRecorded(_LogisticsEvent):
    """A milestone of a shipment with lines of this order took its place in the shipment's history."""

    type = "silkway.milestone.recorded.v1"

    kind: MilestoneKind
    """What happened or is to happen."""
    classifier: Classifier
    """Whether it is planned, estimated or actual."""
    occurred_at: Moment
    """When it happened or is to happen."""
    leg: int = Field(ge=0, le=99)
    """Leg of the journey, counted from 0."""
    place: Name | None = None
    """Where, as the sender named it."""
    questioned: bool
    """Whether we doubt it: an actual time after the time at which it became known."""
    state: ShipmentState
    """State of the shipment after it."""


class ShipmentDelivered(_LogisticsEvent):
    """A shipment delivered its lines of this order."""

    type = "silkway.shipment.delivered.v1"

    delivered_at: Moment
    """When, with the offset of the place."""
    lines: tuple[DeliveredLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it delivered."""
