"""What the order service knows of an order, and what its rules may answer.

Amounts are integer minor units of the order's currency, times are UTC. `…_at` is when something happened by
the word of whoever told it; `…_known_at` is when Silkway knew: the only times that deadlines compare. Known
times are kept so that an event that follows from several facts carries the greatest of their known times,
whichever of them arrived last.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from silkway.contracts import Event
from silkway.contracts.fields import (
    AcceptedBy,
    BalanceDue,
    CancelledBy,
    Coverage,
    FundsState,
    Incoterm,
    InspectionGate,
    LogisticsState,
    PlaceOn,
)

Life = Literal["DRAFTED", "PLACED", "COMPLETED", "SETTLED", "CANCELLED"]
Logistics = LogisticsState
Assurance = Literal[
    "NONE", "REQUESTED", "HELD", "PARTIAL", "REFUSED", "POSTED", "VOIDED", "EXPIRED", "RELEASED"
]  # fmt: skip
Issue = Literal["NONE", "DISPUTED"]


class Line(msgspec.Struct, frozen=True):
    """A line of an order: what was promised, and what its shipments have done so far."""

    tenant: str
    order_id: str
    line_id: str
    description: str
    quantity: int
    value_minor: int
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    booked_quantity: int = 0
    shipped_quantity: int = 0
    delivered_quantity: int = 0
    delivered_on: dt.date | None = None
    late: bool = False
    removed: bool = False
    """Dropped by an amendment; it is worth nothing then and nothing of it is awaited."""


class Part(msgspec.Struct, frozen=True):
    """Pieces of a line in one shipment. `retracted_known_at`: until when it was believed to have left."""

    tenant: str
    order_id: str
    shipment_id: str
    line_id: str
    booked_quantity: int = 0
    shipped_quantity: int = 0
    shipped_at: dt.datetime | None = None
    shipped_known_at: dt.datetime | None = None
    retracted_known_at: dt.datetime | None = None
    delivered_quantity: int = 0
    delivered_at: dt.datetime | None = None
    delivered_known_at: dt.datetime | None = None
    delivered_on: dt.date | None = None
    late: bool = False


class Objection(msgspec.Struct, frozen=True):
    """A time in which at least one dispute was open: from the first word of it until the last one was resolved.

    `since` is when it was raised, `known_at` when that was known; both of the earliest of its disputes.
    """

    tenant: str
    order_id: str
    number: int
    since: dt.datetime
    known_at: dt.datetime
    resolved_at: dt.datetime | None = None
    resolved_known_at: dt.datetime | None = None


class Order(msgspec.Struct, frozen=True):
    """An order on its five axes. Received = escrow + paid out + refunded, always.

    received_minor: what came in and was not returned. escrow_minor: below 0 only where a bank took back money that
    had left already. refund_due_minor, payout_due_minor: what was told to be due and is not paid yet.
    refundable_minor, payable_minor: all that ever was to be paid, so that transfers under way when it was withdrawn
    are known for what they are. awarded_minor: by how much resolutions of disputes lowered the price.
    due_minor: what the buyer is to pay now.
    """

    tenant: str
    order_id: str
    buyer_id: str
    supplier_id: str
    currency: str
    account_id: str
    payment_reference: str
    total_minor: int
    deposit_minor: int
    balance_due: BalanceDue
    place_on: PlaceOn
    incoterm: Incoterm | None
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    acceptance_days: int
    coverage: Coverage
    quote_id: str | None
    option_id: str | None
    inspection_gate: InspectionGate | None
    cover_until: dt.date | None
    drafted_at: dt.datetime
    drafted_known_at: dt.datetime

    life: Life = "DRAFTED"
    funds: FundsState = "UNPAID"
    logistics: Logistics = "NONE"
    assurance: Assurance = "NONE"
    issue: Issue = "NONE"

    buyer_confirmed_at: dt.datetime | None = None
    supplier_confirmed_at: dt.datetime | None = None
    confirmed_known_at: dt.datetime | None = None
    placed_at: dt.datetime | None = None
    placed_known_at: dt.datetime | None = None

    received_minor: int = 0
    escrow_minor: int = 0
    paid_out_minor: int = 0
    refunded_minor: int = 0
    refund_due_minor: int = 0
    returned_minor: int = 0
    awarded_minor: int = 0
    due_minor: int = 0
    payout_due_minor: int = 0
    payable_minor: int = 0
    refundable_minor: int = 0
    approved_minor: int = 0
    paid_at: dt.datetime | None = None
    paid_known_at: dt.datetime | None = None
    funded_at: dt.datetime | None = None
    funded_known_at: dt.datetime | None = None

    held_minor: int = 0
    hold_requests: int = 0

    amendments: int = 0
    amended_known_at: dt.datetime | None = None
    cancelled_by: CancelledBy | None = None
    cancelled_at: dt.datetime | None = None
    cancelled_known_at: dt.datetime | None = None
    inspections: int = 0
    inspection_failures: int = 0
    inspection_failed_known_at: dt.datetime | None = None
    inspection_passed_at: dt.datetime | None = None
    inspection_passed_known_at: dt.datetime | None = None
    disputes: int = 0
    disputed_known_at: dt.datetime | None = None
    resolved_at: dt.datetime | None = None
    resolved_known_at: dt.datetime | None = None

    moved_known_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    delivered_known_at: dt.datetime | None = None
    due_at: dt.datetime | None = None

    receipt_at: dt.datetime | None = None
    receipt_known_at: dt.datetime | None = None
    accepted_by: AcceptedBy | None = None
    accepted_at: dt.datetime | None = None
    accepted_known_at: dt.datetime | None = None
    completed_at: dt.datetime | None = None
    completed_known_at: dt.datetime | None = None
    completions: int = 0
    paid_out_at: dt.datetime | None = None
    paid_out_known_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None

    lines: tuple[Line, ...] = ()
    parts: tuple[Part, ...] = ()
    objections: tuple[Objection, ...] = ()

    @property
    def lines_late(self) -> int:
        """How many lines had a part arrive after its promised date."""
        return sum(line.late for line in self.lines)

    @property
    def standing(self) -> tuple[Line, ...]:
        """The lines that no amendment has dropped."""
        return tuple(line for line in self.lines if not line.removed)


Emission = tuple[Event, dt.datetime]
"""An event that follows, and when its causes were known."""

Decision = tuple[Order, Sequence[Emission]]


class Refusal(NamedTuple):
    """A fact that can never apply: which field, why, and what the sender can do."""

    field: str
    reason: str
    remedy: str


class NotDue(NamedTuple):
    """A fact that came before the event it answers; it applies once that has happened."""

    wants: str


def utc(moment: dt.datetime) -> dt.datetime:
    """The same instant as the database would give it back, so that events never depend on what was cached."""
    return moment.astimezone(dt.UTC)


def latest(*moments: dt.datetime | None) -> dt.datetime:
    """The last of the given times; at least one must be there."""
    return max(moment for moment in moments if moment is not None)
