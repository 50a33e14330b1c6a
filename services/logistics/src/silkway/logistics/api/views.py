"""What the API shows of shipments."""

import datetime as dt

from pydantic import BaseModel


class ShipmentView(BaseModel):
    """A shipment and how far it has come. Times are in UTC; `exception` is laid over any state.

    `eta_at`: when it is expected to be delivered, with the place's offset beside it; null if nobody says. `silent`:
    nothing was heard of it for longer than is usual on its `lane` (countries of origin and destination).
    """

    shipment_id: str
    mode: str
    carrier: str | None
    state: str
    exception: bool
    silent: bool
    lane: str | None
    booked_at: dt.datetime
    dispatched_at: dt.datetime | None
    delivered_at: dt.datetime | None
    eta_at: dt.datetime | None
    eta_utc_offset_minutes: int
    split_from: str | None
    booking_id: str | None


class ShipmentLineView(BaseModel):
    """Pieces of a line of an order that a shipment carries."""

    order_id: str
    line_id: str
    quantity: int


class LegView(BaseModel):
    """A part of the way on one means of transport, as booked."""

    leg: int
    mode: str
    from_place: str | None
    to_place: str | None
    from_location: str | None
    to_location: str | None
    vessel: str | None
    voyage: str | None


class ReferenceView(BaseModel):
    """A name under which others know a shipment; without `valid_until`, until it is delivered."""

    kind: str
    value: str
    valid_from: dt.datetime
    valid_until: dt.datetime | None


class ReportView(BaseModel):
    """What one source says of a milestone. `retracted` is the reason for which it counts no more."""

    leg: int
    call: int
    kind: str
    classifier: str
    source: str
    occurred_at: dt.datetime
    utc_offset_minutes: int
    known_at: dt.datetime
    questioned: bool
    retracted: str | None


class MilestoneView(BaseModel):
    """One fact of a shipment's way. `known_at` is when the first of its `witnesses` reported it.

    `occurred_at` is in UTC, `utc_offset_minutes` is that of the place. A questioned one moves nothing. Where the
    witnesses give times that differ by more than is usual for the mode, it is `contradicted`.
    """

    leg: int
    call: int
    kind: str
    classifier: str
    occurred_at: dt.datetime
    utc_offset_minutes: int
    known_at: dt.datetime
    questioned: bool
    contradicted: bool
    witnesses: int
    place: str | None
    location: str | None
    vessel: str | None
    voyage: str | None
    cause: str | None
    note: str | None
    reports: list[ReportView]


class EtaView(BaseModel):
    """An ETA that the orders were told, and the milestone that it was computed from. The newest comes first."""

    number: int
    eta_at: dt.datetime
    utc_offset_minutes: int
    basis: str
    classifier: str
    source: str
    cause: str | None
    known_at: dt.datetime


class PromiseView(BaseModel):
    """A promise as a clock. ON_TIME stands for each order by itself, ANSWER_24H for each inquiry.

    `status`: OPEN, AT_RISK, BROKEN or KEPT; without `due_at` its clock has not started.
    """

    promise: str
    order_id: str | None
    inquiry_id: str | None
    due_at: dt.datetime | None
    status: str


class DelayView(BaseModel):
    """An order of which lines are expected after their promise, on `eta_on`, and why."""

    order_id: str
    eta_on: dt.date
    cause: str | None
    cause_reference: str | None
    vessel: str | None
    voyage: str | None


class CustomsView(BaseModel):
    """Customs took the shipment on and let it go."""

    leg: int
    call: int
    held_at: dt.datetime
    released_at: dt.datetime
    minutes: int
    country: str | None


class InquiryView(BaseModel):
    """A question about the shipment and its answer."""

    inquiry_id: str
    raised_at: dt.datetime | None
    raised_by: str | None
    question: str | None
    answered_at: dt.datetime | None
    answered_by: str | None
    answer: str | None


class ShipmentDetail(ShipmentView):
    """A shipment with what it carries, its names, its way, and what is foreseen of it.

    `hear_by`: when it is called silent if nothing is heard until then. `retracted`: reports that count no more.
    """

    promised: list[str]
    insured: bool
    split_at: dt.datetime | None
    split_into: list[str]
    watched: bool
    heard_at: dt.datetime
    hear_by: dt.datetime | None
    lines: list[ShipmentLineView]
    legs: list[LegView]
    references: list[ReferenceView]
    milestones: list[MilestoneView]
    retracted: list[ReportView]
    customs: list[CustomsView]
    eta_history: list[EtaView]
    delays: list[DelayView]
    promises: list[PromiseView]
    inquiries: list[InquiryView]
