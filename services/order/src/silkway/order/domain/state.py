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
from silkway.contracts.fields import AcceptedBy, BalanceDue, Coverage, Incoterm, PlaceOn

Life = Literal["DRAFTED", "PLACED", "COMPLETED", "SETTLED", "CANCELLED"]
Funds = Literal["UNPAID", "PART_PAID", "FUNDED"]
Logistics = Literal["NONE", "BOOKED", "PART_SHIPPED", "SHIPPED", "PART_DELIVERED", "DELIVERED"]
Assurance = Literal["NONE", "REQUESTED", "HELD", "PARTIAL", "REFUSED", "RELEASED"]
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


class Order(msgspec.Struct, frozen=True):
    """An order on its five axes. In escrow: received = escrow + paid out + refunded, always."""

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
    drafted_at: dt.datetime
    drafted_known_at: dt.datetime

    life: Life = "DRAFTED"
    funds: Funds = "UNPAID"
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
    paid_at: dt.datetime | None = None
    paid_known_at: dt.datetime | None = None
    funded_at: dt.datetime | None = None
    funded_known_at: dt.datetime | None = None

    held_minor: int = 0

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
    paid_out_at: dt.datetime | None = None
    paid_out_known_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None

    lines: tuple[Line, ...] = ()

    @property
    def lines_late(self) -> int:
        """How many lines had a part arrive after its promised date."""
        return sum(line.late for line in self.lines)


class Reference(msgspec.Struct, frozen=True):
    """Whose money a payment reference of a virtual account is."""

    tenant: str
    reference_id: str
    order_id: str


class Payment(msgspec.Struct, frozen=True):
    """An entry on a virtual account, once, however many times the bank reported it (`witnesses`)."""

    tenant: str
    payment_id: str
    account_id: str
    bank_reference: str
    payment_reference: str
    order_id: str
    amount_minor: int
    currency: str
    received_at: dt.datetime
    state: Literal["MATCHED", "UNMATCHED"]
    reason: Literal["WRONG_CURRENCY", "BEYOND_LIMIT"] | None = None
    witnesses: int = 1


class Payout(msgspec.Struct, frozen=True):
    """A transfer to the supplier for one order, once, however many times it was reported."""

    tenant: str
    payout_id: str
    account_id: str
    order_id: str
    payout_reference: str
    amount_minor: int
    currency: str
    paid_at: dt.datetime
    witnesses: int = 1


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
