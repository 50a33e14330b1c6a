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
    MilestoneKind,
    Mode,
    Moment,
    Name,
    Promise,
    Quantity,
    ShipmentState,
    SourceName,
    Text,
)
from silkway.contracts.topics import LOGISTICS_EVENTS

__all__ = [
    "CarriedLine", "CustomsCleared", "DelayedLine", "DeliveredLine", "DeliveryRetracted", "DispatchRetracted",
    "EtaChanged", "MilestoneRecorded", "MilestoneWithdrawn", "PromiseAtRisk", "PromiseBroken", "PromiseKept",
    "ShipmentDelayed", "ShipmentDelivered", "ShipmentDispatched", "ShipmentHeard", "ShipmentLinked",
    "ShipmentRecovered", "ShipmentSilent",
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


class DelayedLine(Part):
    """A line of the order that is expected after its promise."""

    line_id: Id
    """The line."""
    deliver_by: Day
    """The promise, a local date."""
    eta_on: Day
    """Local date at which it is expected at its place."""
    days: int = Field(ge=1, le=100_000)
    """How many days that is after the promise."""


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
    booking_id: DerivedId | None = None
    """The booking that it answers, if one was requested."""
    split_from: Id | None = None
    """The shipment that carried these lines so far. They have left it, and what was told of them there (that
    they were dispatched) is told anew of this one as far as it still holds."""
    state: ShipmentState = "BOOKED"
    """State of the shipment; beyond BOOKED where it was split from one on its way."""


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
    call: int = Field(default=0, ge=0, le=99)
    """Transport call within the leg, counted from 0."""
    witnesses: int = Field(default=1, ge=1, le=10_000)
    """How many senders have reported it so far."""
    contradicted: bool = False
    """Whether their times differ by more than is usual."""
    location: Location | None = None
    """Where, UN/LOCODE."""
    vessel: Name | None = None
    """Ship, aircraft, train or truck, if known."""
    voyage: Name | None = None
    """Voyage, flight or trip of it, if known."""
    cause: Code | None = None
    """Why, as the sender said, e.g. WEATHER."""
    cause_reference: Text | None = None
    """On an EXCEPTION, what all share that suffer from the same, e.g. VOYAGE/MSC OSCAR/024W."""


class MilestoneWithdrawn(_LogisticsEvent):
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


class ShipmentDelivered(_LogisticsEvent):
    """A shipment delivered its lines of this order."""

    type = "silkway.shipment.delivered.v1"

    delivered_at: Moment
    """When, with the offset of the place."""
    lines: tuple[DeliveredLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it delivered."""


class DispatchRetracted(_LogisticsEvent):
    """What a shipment.dispatched told is no longer true. Another time follows as a shipment.dispatched of its own."""

    type = "silkway.dispatch.retracted.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it had counted."""
    reason: Text
    """Why."""
    told_anew: bool = False
    """Whether another time follows at once: then only the time was wrong."""


class DeliveryRetracted(_LogisticsEvent):
    """What a shipment.delivered told is no longer true. Another time follows as a shipment.delivered of its own."""

    type = "silkway.delivery.retracted.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """Lines of this order that it had counted."""
    reason: Text
    """Why."""
    told_anew: bool = False
    """Whether another time follows at once: then only the time was wrong."""


class EtaChanged(_LogisticsEvent):
    """The delivery of a shipment is expected on another day, or several hours earlier or later."""

    type = "silkway.eta.changed.v1"

    eta: Moment
    """When it is expected to be delivered, with the offset of the place."""
    previous_eta: Moment | None = None
    """What was told before."""
    basis: MilestoneKind
    """The milestone from whose time it is computed."""
    classifier: Classifier
    """Whether that is planned or estimated."""
    source: SourceName
    """Who reported it."""


class ShipmentDelayed(_LogisticsEvent):
    """Lines of this order are expected after their promise. Tells all of them, each time it changes."""

    type = "silkway.shipment.delayed.v1"

    lines: tuple[DelayedLine, ...] = Field(min_length=1, max_length=500)
    """The lines of this order that are late now."""
    cause: Code | None = None
    """Why, as the senders said, e.g. WEATHER."""
    cause_reference: Text | None = None
    """What all share that are late for the same reason, e.g. VOYAGE/MSC OSCAR/024W or SHIPMENT/SH-77."""
    vessel: Name | None = None
    """Ship, aircraft, train or truck, if known."""
    voyage: Name | None = None
    """Voyage, flight or trip of it, if known."""


class ShipmentRecovered(_LogisticsEvent):
    """Lines of this order that were expected late are expected in time again."""

    type = "silkway.shipment.recovered.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """These lines."""


class ShipmentSilent(_LogisticsEvent):
    """Nothing was heard of a shipment for longer than is usual on its lane."""

    type = "silkway.shipment.silent.v1"

    last_kind: MilestoneKind | None = None
    """The last milestone that it reached, if any."""
    since: Moment
    """When it was last heard of."""
    expected_within_hours: int = Field(ge=1, le=100_000)
    """Within how many hours a sign of it was due."""
    cause_reference: Text | None = None
    """What all share that may be silent for the same reason, e.g. VOYAGE/MSC OSCAR/024W."""


class ShipmentHeard(_LogisticsEvent):
    """A shipment that was silent was heard of again."""

    type = "silkway.shipment.heard.v1"


class CustomsCleared(_LogisticsEvent):
    """Customs released a shipment. Told anew if one of the two times changes."""

    type = "silkway.customs.cleared.v1"

    leg: int = Field(ge=0, le=99)
    """Leg of the journey, counted from 0."""
    call: int = Field(ge=0, le=99)
    """Transport call within the leg, counted from 0."""
    held_at: Moment
    """When customs took it on."""
    released_at: Moment
    """When customs let it go."""
    minutes: int = Field(ge=0, le=100_000_000)
    """Minutes from one to the other."""
    country: Country | None = None
    """Whose customs, ISO 3166-1 alpha-2, if known."""


class _PromiseEvent(_LogisticsEvent):
    promise: Promise
    """What was promised."""
    due_at: Moment
    """Until when it is to be kept."""
    inquiry_id: Id | None = None
    """The inquiry to be answered, for ANSWER_24H."""


class PromiseAtRisk(_PromiseEvent):
    """A promise may break: the time left is short, or the goods are expected too late. Also told of one that was
    said to be kept or broken and is open again."""

    type = "silkway.promise.at_risk.v1"

    cause_reference: Text | None = None
    """What all share that suffer from the same, where the goods are expected too late."""


class PromiseBroken(_PromiseEvent):
    """A promise was not kept, as far as was known when it fell due."""

    type = "silkway.promise.broken.v1"


class PromiseKept(_PromiseEvent):
    """A promise was kept; at times the proof comes after it was said to be broken."""

    type = "silkway.promise.kept.v1"
