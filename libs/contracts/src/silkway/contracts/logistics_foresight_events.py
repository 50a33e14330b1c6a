"""What is foreseen of shipments, on logistics.events: ETA, delays, silence, customs, promises."""

from pydantic import Field

from silkway.contracts.event import Part
from silkway.contracts.fields import (
    Classifier,
    Code,
    Country,
    Day,
    Id,
    MilestoneKind,
    Moment,
    Name,
    Promise,
    SourceName,
    Text,
)
from silkway.contracts.logistics_events import CarriedLine, LogisticsEvent

__all__ = [
    "CustomsCleared", "DelayedLine", "EtaChanged", "PromiseAtRisk", "PromiseBroken", "PromiseKept",
    "ShipmentDelayed", "ShipmentHeard", "ShipmentRecovered", "ShipmentSilent",
]  # fmt: skip


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


class EtaChanged(LogisticsEvent):
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
    cause_reference: Text | None = None
    """What all share whose expected times move for the same reason, e.g. VOYAGE/MSC OSCAR/024W or SHIPMENT/SH-77."""


class ShipmentDelayed(LogisticsEvent):
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


class ShipmentRecovered(LogisticsEvent):
    """Lines of this order that were expected late are not any more: they come in time, or with another shipment.

    Told when the last of them is; until then a shipment.delayed tells those that are late still.
    """

    type = "silkway.shipment.recovered.v1"

    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """The lines that were expected late last."""


class ShipmentSilent(LogisticsEvent):
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


class ShipmentHeard(LogisticsEvent):
    """A shipment that was silent was heard of again."""

    type = "silkway.shipment.heard.v1"


class CustomsCleared(LogisticsEvent):
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


class _PromiseEvent(LogisticsEvent):
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
