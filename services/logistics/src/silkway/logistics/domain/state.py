"""What logistics knows of a shipment and of an order. Times are UTC; dates are those of the place."""

import datetime as dt
from typing import Literal

import msgspec

from silkway.contracts.fields import Classifier, MilestoneKind, Mode, Promise, ShipmentState

PromiseStatus = Literal["OPEN", "AT_RISK", "BROKEN", "KEPT"]

EVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""The occasion of milestones that come once in a leg and call."""


class ShipmentLine(msgspec.Struct, frozen=True):
    """Pieces of one line of one order, as booked. Whether the order has such a line, the order knows.

    A quantity of 0 has moved on to shipments that this one was split into.
    """

    tenant: str
    shipment_id: str
    order_id: str
    line_id: str
    quantity: int


class Leg(msgspec.Struct, frozen=True):
    """A part of the way on one means of transport, as booked."""

    tenant: str
    shipment_id: str
    leg: int
    mode: Mode
    from_place: str | None
    to_place: str | None
    from_location: str | None
    to_location: str | None
    vessel: str | None
    voyage: str | None


class Reference(msgspec.Struct, frozen=True):
    """A number by which others know the shipment (container, waybill, booking); never its identity.

    Without `valid_until` it holds until the shipment is delivered.
    """

    tenant: str
    shipment_id: str
    kind: str
    value: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None


class Report(msgspec.Struct, frozen=True):
    """What one source says of one milestone; another time from the same source takes its place.

    `occasion` tells apart milestones that may come again in one leg and call: it is their time, else EVER.
    `questioned`: an actual time after the time it was known, or a vessel where none can be (`doubts`). `known_at` is
    when this source first gave this time, `utc_offset_minutes` that of the place. `retracted` says why it counts no
    more.
    """

    tenant: str
    shipment_id: str
    leg: int
    call: int
    kind: MilestoneKind
    classifier: Classifier
    occasion: dt.datetime
    source: str
    questioned: bool
    occurred_at: dt.datetime
    utc_offset_minutes: int
    known_at: dt.datetime
    retracted: str | None
    place: str | None
    location: str | None
    vessel: str | None
    voyage: str | None
    cause: str | None
    note: str | None

    @property
    def identity(self) -> tuple[int, int, str, str, dt.datetime]:
        """Of which milestone it speaks."""
        return self.leg, self.call, self.kind, self.classifier, self.occasion

    @property
    def key(self) -> tuple[int, int, str, str, dt.datetime, str, bool]:
        """What it takes the place of."""
        return *self.identity, self.source, self.questioned


class EtaChange(msgspec.Struct, frozen=True):
    """The `number`-th ETA that the orders of a shipment were told; never changed."""

    tenant: str
    shipment_id: str
    number: int
    eta_at: dt.datetime
    utc_offset_minutes: int
    basis: MilestoneKind
    classifier: Classifier
    source: str
    cause: str | None
    known_at: dt.datetime


class Inquiry(msgspec.Struct, frozen=True):
    """A question about a shipment and its answer, whichever was heard first."""

    tenant: str
    shipment_id: str
    inquiry_id: str
    raised_at: dt.datetime | None = None
    raised_by: str | None = None
    question: str | None = None
    answered_at: dt.datetime | None = None
    answered_by: str | None = None
    answer: str | None = None


class PromiseClock(msgspec.Struct, frozen=True):
    """A promise of the carrier's about a shipment. `inquiry_id` is empty where it is about no inquiry.

    `due_at` is None until the clock starts, `judged_at` the latest time at which it was looked at, `wake_at` the next.
    """

    tenant: str
    shipment_id: str
    promise: Promise
    inquiry_id: str
    due_at: dt.datetime | None
    status: PromiseStatus
    judged_at: dt.datetime
    wake_at: dt.datetime | None


class Part(msgspec.Struct, frozen=True):
    """A shipment that another was split into."""

    tenant: str
    shipment_id: str
    child_id: str


class Shipment(msgspec.Struct, frozen=True):
    """A shipment with lines of one or more orders. `known_at` is when its booking became known.

    promises: what the carrier promised, separated by spaces. lane: countries of origin and destination ("CN-US").
    split_from: the shipment it was part of until `split_at`; origin: the first of these, or itself.
    watched: whether its silence is missed, at `hear_by` the next time; heard_at: when it was last heard of.
    eta_at: when it is expected to be delivered; told_eta_at, eta_utc_offset_minutes: what the orders were told last,
    the `eta_changes`-th that they were told.
    """

    tenant: str
    shipment_id: str
    mode: Mode
    carrier: str | None
    state: ShipmentState
    exception: bool
    booked_at: dt.datetime
    known_at: dt.datetime
    dispatched_at: dt.datetime | None
    delivered_at: dt.datetime | None
    booking_id: str | None
    promises: str
    insured: bool
    lane: str | None
    split_from: str | None
    split_at: dt.datetime | None
    origin: str
    watched: bool
    heard_at: dt.datetime
    hear_by: dt.datetime | None
    silent: bool
    eta_at: dt.datetime | None
    eta_utc_offset_minutes: int
    told_eta_at: dt.datetime | None
    eta_changes: int
    lines: tuple[ShipmentLine, ...] = ()
    legs: tuple[Leg, ...] = ()
    reports: tuple[Report, ...] = ()
    clocks: tuple[PromiseClock, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()
    children: tuple[Part, ...] = ()

    @property
    def order_ids(self) -> list[str]:
        """The orders whose goods it carries or carried, each once, sorted."""
        return sorted({line.order_id for line in self.lines})

    @property
    def empty(self) -> bool:
        """Whether all it carried has moved on to others."""
        return not any(line.quantity for line in self.lines)


class OrderLine(msgspec.Struct, frozen=True):
    """A line of a recorded order, its promise, and what has been delivered of it.

    `delivered_on` is the day of the last delivery so far, `late` whether any of them came after `deliver_by`,
    `mode` that of the shipment delivered last (before: of one that carries it).
    """

    tenant: str
    order_id: str
    line_id: str
    supplier_id: str
    quantity: int
    value_minor: int
    currency: str
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    mode: Mode | None
    delivered_quantity: int
    delivered_on: dt.date | None
    late: bool


class Cargo(msgspec.Struct, frozen=True):
    """What one shipment carries of one line of an order. `counted`: the order has recorded such a line.

    A quantity of 0 has moved on to shipments that this one was split into.
    """

    tenant: str
    order_id: str
    shipment_id: str
    line_id: str
    quantity: int
    mode: Mode
    carrier: str | None
    counted: bool
    delivered_on: dt.date | None = None


class Outlook(msgspec.Struct, frozen=True):
    """What is foreseen of one shipment's part of an order: when it comes, and whether that is in time.

    `on_time`: the carrier promised every line by its date, until `due_at`, as a PromiseClock keeps it. `delayed`: some
    line is expected late.
    """

    tenant: str
    order_id: str
    shipment_id: str
    on_time: bool
    due_at: dt.datetime | None = None
    status: PromiseStatus = "OPEN"
    judged_at: dt.datetime | None = None
    wake_at: dt.datetime | None = None
    eta_on: dt.date | None = None
    delayed: bool = False
    cause: str | None = None
    cause_reference: str | None = None
    vessel: str | None = None
    voyage: str | None = None


class Order(msgspec.Struct, frozen=True):
    """Our own view of an order: its lines with their promises, and the shipments that carry them.

    Until the order is recorded, `known_at` and `supplier_id` are None and `pending` holds (as JSON) what its
    shipments have reported, to be told in full when it is.
    """

    tenant: str
    order_id: str
    supplier_id: str | None = None
    known_at: dt.datetime | None = None
    pending: str = "[]"
    lines: tuple[OrderLine, ...] = ()
    cargo: tuple[Cargo, ...] = ()
    outlooks: tuple[Outlook, ...] = ()
