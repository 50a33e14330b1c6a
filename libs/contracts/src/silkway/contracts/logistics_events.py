"""Events of the logistics service, on logistics.events: one for each order concerned."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    Classifier,
    Code,
    Country,
    Day,
    DerivedId,
    Id,
    Location,
    MilestoneDoubt,
    MilestoneKind,
    Mode,
    Moment,
    Name,
    Quantity,
    ShipmentState,
    Text,
)
from silkway.contracts.topics import LOGISTICS_EVENTS

__all__ = [
    "CarriedLine", "DeliveredLine", "DeliveryRetracted", "DispatchRetracted", "MilestoneRecorded",
    "MilestoneWithdrawn", "ShipmentDelivered", "ShipmentDispatched", "ShipmentLinked",
]  # fmt: skip


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


class LogisticsEvent(Event):
    topic = LOGISTICS_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order concerned."""
    shipment_id: Id
    """The shipment, as its sender calls it."""


class ShipmentLinked(LogisticsEvent):
    """A booked shipment carries lines of this order."""

    type = "silkway.shipment.linked.v1"

    mode: Mode
    """How it travels for the main part."""
    carrier: Name | None = None
    """Who carries it."""
    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it carries."""
    booking_id: DerivedId | None = None
    """The booking that it answers, if one was requested."""
    split_from: Id | None = None
    """The shipment that carried these lines so far. They have left it, and what was told of them there (that
    they were dispatched) is told anew of this one as far as it still holds."""
    split_whole: bool | None = None
    """True where the shipment that it was split from carries nothing of this order any more."""
    state: ShipmentState = "BOOKED"
    """State of the shipment; beyond BOOKED where it was split from one on its way."""


class ShipmentDispatched(LogisticsEvent):
    """A shipment with lines of this order left the supplier."""

    type = "silkway.shipment.dispatched.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it carries."""
    shipped_at: Moment
    """When it left."""


class MilestoneRecorded(LogisticsEvent):
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
    """Whether we doubt it: an actual time after the time at which it became known, or a place that cannot be."""
    state: ShipmentState
    """State of the shipment after it."""
    call: int = Field(default=0, ge=0, le=99)
    """Transport call within the leg, counted from 0."""
    witnesses: int = Field(default=1, ge=1, le=10_000)
    """How many senders have reported it so far."""
    contradicted: bool = False
    """Whether their times differ by more than is usual."""
    location: Location | None = None
    """Where, UN/LOCODE."""
    doubt: MilestoneDoubt | None = None
    """Why we doubt it, if we do. TIME: it was still to come. PLACE: a vessel where none can be."""
    vessel: Name | None = None
    """Ship, aircraft, train or truck, if known."""
    voyage: Name | None = None
    """Voyage, flight or trip of it, if known."""
    cause: Code | None = None
    """Why, as the sender said, e.g. WEATHER."""
    cause_reference: Text | None = None
    """On an EXCEPTION, what all share that suffer from the same, e.g. VOYAGE/MSC OSCAR/024W."""


class MilestoneWithdrawn(LogisticsEvent):
    """A milestone that was recorded counts no more: all who reported it took it back."""

    type = "silkway.milestone.withdrawn.v1"

    kind: MilestoneKind
    """Which milestone."""
    classifier: Classifier
    """Whether it was planned, estimated or actual."""
    leg: int = Field(ge=0, le=99)
    """Leg of the journey, counted from 0."""
    call: int = Field(ge=0, le=99)
    """Transport call within the leg, counted from 0."""
    occurred_at: Moment
    """The time that had been recorded."""
    state: ShipmentState
    """State of the shipment without it."""
    reason: Text
    """Why, as the one who took it back said."""


class ShipmentDelivered(LogisticsEvent):
    """A shipment delivered its lines of this order."""

    type = "silkway.shipment.delivered.v1"

    delivered_at: Moment
    """When, with the offset of the place."""
    lines: tuple[DeliveredLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it delivered."""


class DispatchRetracted(LogisticsEvent):
    """What a shipment.dispatched told is no longer true. Another time follows as a shipment.dispatched of its own."""

    type = "silkway.dispatch.retracted.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it had counted."""
    reason: Text
    """Why."""
    told_anew: bool = False
    """Whether another time follows at once: then only the time was wrong."""


class DeliveryRetracted(LogisticsEvent):
    """What a shipment.delivered told is no longer true. Another time follows as a shipment.delivered of its own."""

    type = "silkway.delivery.retracted.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it had counted."""
    reason: Text
    """Why."""
    told_anew: bool = False
    """Whether another time follows at once: then only the time was wrong."""
