"""Facts on trade.shipments: what carriers and forwarders report about shipments."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    Classifier,
    Code,
    DerivedId,
    Id,
    Location,
    MilestoneKind,
    Mode,
    Moment,
    Name,
    PersonalText,
    Promise,
    Quantity,
    Reference,
)
from silkway.contracts.topics import TRADE_SHIPMENTS

__all__ = [
    "InquiryAnswered", "InquiryRaised", "MilestoneRetracted", "MilestoneTracked", "ShipmentBooked",
    "ShipmentLeg", "ShipmentLine", "ShipmentReference", "ShipmentService", "ShipmentShipped", "ShipmentSplit",
    "SplitPart",
]  # fmt: skip


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
    valid_from: Moment | None = None
    """From when it names this shipment; else from its booking on."""
    valid_until: Moment | None = None
    """Until when, that moment excluded; else until the shipment is delivered. Containers are used again."""


class ShipmentLeg(Part):
    """A part of the way on one means of transport."""

    leg: int = Field(ge=0, le=99)
    """Its number, counted from 0, as milestones refer to it."""
    mode: Mode
    """How it travels."""
    from_place: Name | None = None
    """Where it begins, as the sender names it."""
    to_place: Name | None = None
    """Where it ends, as the sender names it."""
    from_location: Location | None = None
    """Where it begins, UN/LOCODE."""
    to_location: Location | None = None
    """Where it ends, UN/LOCODE."""
    vessel: Name | None = None
    """Ship, aircraft, train or truck."""
    voyage: Name | None = None
    """Voyage, flight or trip of it."""


class ShipmentService(Part):
    """What the carrier's service promises."""

    promises: tuple[Promise, ...] = Field(default=(), max_length=3)
    """ON_TIME: every line by its `deliver_by`. FIVE_DAY_LINE: delivered within 5 days after it left the supplier.
    ANSWER_24H: an inquiry is answered within 24 hours."""
    insured: bool = False
    """Whether the goods are insured on their way."""


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
    booking_id: DerivedId | None = None
    """The booking that it answers, if one was requested."""
    legs: tuple[ShipmentLeg, ...] = Field(default=(), max_length=100)
    """The parts of its way, at most 100."""
    service: ShipmentService | None = None
    """What the carrier promises. Shipments with one are watched for silence from their booking on."""
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
    call: int = Field(default=0, ge=0, le=99)
    """Transport call within the leg (a port called at on the way), counted from 0, at most 99."""
    place: Name | None = None
    """Where, as the sender names it."""
    location: Location | None = None
    """Where, UN/LOCODE."""
    vessel: Name | None = None
    """Ship, aircraft, train or truck, if other than booked."""
    voyage: Name | None = None
    """Voyage, flight or trip of it."""
    cause: Code | None = None
    """Why, for an EXCEPTION or an estimate that changes, e.g. WEATHER, PORT_CONGESTION."""
    note: PersonalText | None = None
    """The sender's remark, 1 to 500 characters."""


class MilestoneRetracted(_ShipmentFact):
    """A milestone is taken back: by a sender what it had reported, by operations what all had reported."""

    type = "silkway.milestone.retracted.v1"

    kind: MilestoneKind
    """Which milestone."""
    classifier: Classifier
    """Whether it was reported as planned, estimated or actual."""
    leg: int = Field(default=0, ge=0, le=99)
    """Leg of the journey, counted from 0, at most 99."""
    call: int = Field(default=0, ge=0, le=99)
    """Transport call within the leg, counted from 0, at most 99."""
    occurred_at: Moment | None = None
    """The time that was reported, where a milestone of this kind may come more than once."""
    by: Name | None = None
    """Who in operations decided it, for the reports of all senders; else the sender takes back its own."""
    reason: PersonalText
    """Why, 1 to 500 characters."""
    retracted_at: Moment
    """When it was taken back."""


class SplitPart(Part):
    """A new shipment that takes lines of another one onto its further way."""

    shipment_id: Id
    """The new shipment."""
    lines: tuple[ShipmentLine, ...] = Field(min_length=1, max_length=500)
    """1 to 500 lines, with the pieces that it takes."""
    mode: Mode | None = None
    """How it travels from here, if otherwise."""
    carrier: Name | None = None
    """Who carries it from here, if another."""
    references: tuple[ShipmentReference, ...] = Field(default=(), max_length=50)
    """At most 50 names under which it is known."""


class ShipmentSplit(_ShipmentFact):
    """Goods that travelled together part: each new shipment takes lines, and what has happened to them so far."""

    type = "silkway.shipment.split.v1"

    into: tuple[SplitPart, ...] = Field(min_length=1, max_length=100)
    """1 to 100 new shipments. What they do not take stays where it is."""
    split_at: Moment
    """When they parted."""


class InquiryRaised(_ShipmentFact):
    """Somebody asks the carrier about a shipment."""

    type = "silkway.inquiry.raised.v1"

    inquiry_id: Id
    """The inquiry, as its sender calls it."""
    by: Name
    """Who asks."""
    text: PersonalText
    """What, 1 to 500 characters."""
    raised_at: Moment
    """When."""


class InquiryAnswered(_ShipmentFact):
    """The carrier answered an inquiry about a shipment."""

    type = "silkway.inquiry.answered.v1"

    inquiry_id: Id
    """The inquiry, as its sender calls it."""
    by: Name
    """Who answers."""
    text: PersonalText
    """What, 1 to 500 characters."""
    answered_at: Moment
    """When."""
