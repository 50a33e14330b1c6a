"""What the credit service knows of suppliers, of rates, and of the orders it covers.

Amounts of limits are integer minor units of the limits' currency, amounts of an order those of the order's; times
are UTC. For every supplier, at every moment: limit + shortfall = free + held + paid out and not yet recovered.
"""

import datetime as dt
from typing import Final, Literal

import msgspec

from silkway.contracts import Event, OrderLine
from silkway.contracts.fields import (
    ClaimKind,
    ClaimOpener,
    Party,
    WithdrawalReason,
)

CoverState = Literal["NONE", "ASKED", "HELD", "PARTIAL", "REFUSED", "POSTED", "VOIDED", "EXPIRED", "RELEASED"]
ClaimState = Literal[
    "REQUESTED", "REFUSED", "OPEN", "SUPPLIER_REVIEW", "AGREED", "ESCALATED", "INSPECTION", "UPHELD", "REJECTED",
    "PAID", "CLOSED", "WITHDRAWN",
]  # fmt: skip

LIVE: Final = frozenset({"OPEN", "SUPPLIER_REVIEW", "AGREED", "ESCALATED", "INSPECTION", "UPHELD"})
"""States of claims on which something may still be paid."""


class Supplier(msgspec.Struct, frozen=True):
    """A supplier: its record of trade, its score, its limit, and what of the limit is in use."""

    tenant: str
    supplier_id: str
    name: str
    country: str | None
    time_zone: str
    registered_at: dt.datetime
    registered_known_at: dt.datetime

    completed_orders: int = 0
    completed_minor: int = 0
    completed_lines: int = 0
    late_lines: int = 0
    disputes: int = 0
    disputes_lost: int = 0
    claims: int = 0
    claims_lost: int = 0
    answers_in_time: int = 0
    answers_missed: int = 0
    counted: int = 0
    assessed_known_at: dt.datetime | None = None

    score_version: str = ""
    score_changes: int = 0
    score: int = 0
    punctuality_points: int = 0
    disputes_points: int = 0
    claims_points: int = 0
    answers_points: int = 0
    volume_points: int = 0

    rules_version: str = ""
    assessments: int = 0
    limit_minor: int = 0
    shortfall_minor: int = 0
    shortfall_told_minor: int = 0
    free_minor: int = 0
    held_minor: int = 0
    unrecovered_minor: int = 0

    override_minor: int | None = None
    override_until: dt.datetime | None = None
    override_text: str | None = None


class Override(msgspec.Struct, frozen=True):
    """Another limit than the rules give, for a time: proposed by one person, and once approved by another in force."""

    tenant: str
    override_key: str
    supplier_id: str
    override_id: str
    limit_minor: int
    until: dt.datetime
    reason: str
    proposed_by: str
    proposed_at: dt.datetime
    approved_by: str | None = None
    approved_at: dt.datetime | None = None


class Agreed(msgspec.Struct, frozen=True):
    """A line as the parties agreed to it: its pieces, its value in minor units, its days."""

    line_id: str
    quantity: int
    value_minor: int
    ship_by: dt.date | None
    deliver_by: dt.date | None

    @classmethod
    def of(cls, line: OrderLine) -> "Agreed":
        return cls(line.line_id, line.quantity, line.value_minor, line.ship_by, line.deliver_by)


class Promise(msgspec.Struct, frozen=True):
    """A line that is promised to be shipped by a day. `claim_id`: the claim that its lateness led to."""

    tenant: str
    order_id: str
    line_id: str
    quantity: int
    value_minor: int
    ship_by: dt.date | None
    judged: bool = False
    claim_id: str | None = None


class Shipment(msgspec.Struct, frozen=True):
    """What is known of one shipment of an order, as far as it proves when the goods left and when they arrive.

    tracked: the earliest of the carrier's own signs (signs_told, as JSON); tracked_known_at is when the first of them
    was known. cleared: export customs. proof: what the supplier gave itself. eta_cause: what the others share that are
    expected at another time for the same reason. shipped_known_at is when it was first known to have left,
    corrected_known_at when it was last told that it was at another time.
    """

    tenant: str
    order_id: str
    shipment_id: str
    mode: str = "UNSPECIFIED"
    shipped_at: dt.datetime | None = None
    shipped_known_at: dt.datetime | None = None
    proof_at: dt.datetime | None = None
    proof_known_at: dt.datetime | None = None
    tracked_at: dt.datetime | None = None
    tracked_kind: str | None = None
    tracked_known_at: dt.datetime | None = None
    signs: int = 0
    signs_told: str = "[]"
    cleared_at: dt.datetime | None = None
    cleared_known_at: dt.datetime | None = None
    eta: dt.datetime | None = None
    eta_cause: str | None = None
    delivered: bool = False
    corrected_known_at: dt.datetime | None = None


class Part(msgspec.Struct, frozen=True):
    """Pieces of a line that a shipment carries; 0 once they have left it for another."""

    tenant: str
    order_id: str
    shipment_id: str
    line_id: str
    quantity: int


class Claim(msgspec.Struct, frozen=True):
    """A claim on the cover of an order, in minor units of the order's currency.

    `open_minor` is what is still to come back of `paid_minor`; `unrecovered_minor` is the same in minor units of the
    limits' currency, at the rate of the hold. Of `paid_minor` the buyer is to bring back `buyer_minor` and has
    brought back `buyer_recovered_minor`; the rest is the supplier's. `due_from` is BUYER where all of it is the
    buyer's. `event_id`: the event that it goes back to.
    `pay_from`: when all is known that was known when it was agreed or upheld. What is REQUESTED or REFUSED has
    never been open; its `opened_known_at` is when it was asked for.
    """

    tenant: str
    order_id: str
    claim_id: str
    kind: ClaimKind
    opened_by: ClaimOpener
    state: ClaimState
    amount_minor: int
    text: str | None
    event_id: str
    opened_at: dt.datetime
    opened_known_at: dt.datetime
    review_from: dt.datetime
    answer_by: dt.datetime
    escalates_at: dt.datetime
    answer: Literal["AGREED", "CONTESTED", "MISSED"] | None = None
    inspect_from: dt.datetime | None = None
    pay_from: dt.datetime | None = None
    hold_id: str | None = None
    rate: str | None = None
    paid_minor: int = 0
    paid_known_at: dt.datetime | None = None
    recovered_minor: int = 0
    open_minor: int = 0
    unrecovered_minor: int = 0
    buyer_minor: int = 0
    buyer_recovered_minor: int = 0
    due_from: Party | None = None
    withdrawn_for: WithdrawalReason | None = None
    proof_at: dt.datetime | None = None
    ended_known_at: dt.datetime | None = None
    steps: int = 0

    @property
    def groundless(self) -> bool:
        """Whether it was paid and proved to have had no ground."""
        return self.paid_minor > 0 and self.withdrawn_for is not None

    def open_from(self, party: Party) -> int:
        """What is still to come back from one of the two."""
        buyer_minor = self.buyer_minor - self.buyer_recovered_minor
        return buyer_minor if party == "BUYER" else self.open_minor - buyer_minor


class Recovery(msgspec.Struct, frozen=True):
    """Money that came back for a claim, once, however often it was reported."""

    tenant: str
    order_id: str
    claim_id: str
    recovery_id: str
    amount_minor: int
    received_at: dt.datetime
    received_from: Party


class Order(msgspec.Struct, frozen=True):
    """An order as far as its cover goes.

    `held_minor` is what is held in the order's currency, `reserved_minor` what that takes of the limit.
    `request` counts requests for cover; `quiet_known_at` is when the last claim was decided, `lapsed_known_at` when
    the last hold became void. Until `total_known_at` the order was worth `total_before_minor`. `amendments`, `reports`
    (of when shipments left): those that do not count yet, as JSON. `delivered_at` is the earliest time told since it
    is delivered, `delivered_told_known_at` when that was.
    """

    tenant: str
    order_id: str
    supplier_id: str
    currency: str
    coverage: str
    total_minor: int
    recorded_event_id: str
    ship_by: dt.date | None = None
    deliver_by: dt.date | None = None
    cover_until: dt.date | None = None

    total_before_minor: int = 0
    total_known_at: dt.datetime | None = None
    received_minor: int = 0
    refunded_minor: int = 0

    state: CoverState = "NONE"
    request: int = 0
    hold_id: str | None = None
    requested_minor: int = 0
    held_minor: int = 0
    reserved_minor: int = 0
    rate: str | None = None
    asked_known_at: dt.datetime | None = None
    decided_known_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None
    time_zone: str = "UTC"
    country: str | None = None

    cancelled: bool = False
    cancelled_known_at: dt.datetime | None = None
    lapsed_known_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    delivered_known_at: dt.datetime | None = None
    delivered_told_known_at: dt.datetime | None = None
    undelivered_known_at: dt.datetime | None = None
    quiet_known_at: dt.datetime | None = None
    at_risk: bool = False
    proof_at: dt.datetime | None = None
    proof_known_at: dt.datetime | None = None
    amendments: str = "[]"
    reports: str = "[]"

    promises: tuple[Promise, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    parts: tuple[Part, ...] = ()
    claims: tuple[Claim, ...] = ()
    recoveries: tuple[Recovery, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether a hold is open."""
        return self.state in ("HELD", "PARTIAL")

    @property
    def contested(self) -> bool:
        """Whether a claim is not decided yet."""
        return any(claim.state in LIVE for claim in self.claims)


class PublishedRate(msgspec.Struct, frozen=True):
    """A rate and when it was known. Each currency keeps its newest, in numbered places that are used again."""

    tenant: str
    currency_id: str
    place: int
    rate: str
    published_at: dt.datetime
    known_at: dt.datetime


class Currency(msgspec.Struct, frozen=True):
    """A currency, and what it was worth lately."""

    tenant: str
    currency_id: str
    rates: tuple[PublishedRate, ...] = ()


Emission = tuple[Event, dt.datetime]
"""An event that follows, and when its causes were known."""


def latest(*moments: dt.datetime | None) -> dt.datetime:
    """The last of the given times; at least one must be there."""
    return max(moment for moment in moments if moment is not None)


def utc(moment: dt.datetime) -> dt.datetime:
    """The same instant as the database would give it back, so that events never depend on what was cached."""
    return moment.astimezone(dt.UTC)
