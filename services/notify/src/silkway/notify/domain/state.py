"""The whole order as people see it, put together from the events of order, logistics and credit.

A row may begin with the event of any of them. What has not been told yet is None.
"""

import datetime as dt
from typing import Literal

import msgspec

from silkway.contracts.fields import AcceptedBy, Mode, Promise, ShipmentState
from silkway.notify.domain.told import Teller

Funds = Literal["UNPAID", "PART_PAID", "FUNDED"]


class OrderViewLine(msgspec.Struct, frozen=True):
    """A line of the order, and what was delivered of it. Dates are local, at the destination.

    `amended_away`: an amendment left it out; it counts no more.
    """

    tenant: str
    order_id: str
    line_id: str
    description: str | None = None
    quantity: int | None = None
    value_minor: int | None = None
    ship_by: dt.date | None = None
    deliver_by: dt.date | None = None
    destination_country: str | None = None
    delivered_quantity: int = 0
    delivered_on: dt.date | None = None
    late: bool = False
    amended_away: bool = False


class OrderViewShipment(msgspec.Struct, frozen=True):
    """A shipment that carries lines of the order.

    `last_milestone` is the last thing known to have happened to it (`last_at`, `last_place`); it is in
    `exception` while that is one. Questioned milestones are counted apart and change nothing. `delayed_days`: how
    long after a promise it is expected. `actual` and `delivered` keep what happened and what was delivered of
    which line (JSON), so that what is taken back leaves what remains.
    """

    tenant: str
    order_id: str
    shipment_id: str
    mode: Mode | None = None
    carrier: str | None = None
    state: ShipmentState = "BOOKED"
    exception: bool = False
    last_milestone: str | None = None
    last_at: dt.datetime | None = None
    last_place: str | None = None
    milestones: int = 0
    questioned: int = 0
    dispatched_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    booking_id: str | None = None
    split_from: str | None = None
    eta: dt.datetime | None = None
    delayed_days: int = 0
    delay_cause: str | None = None
    delay_reference: str | None = None
    silent_since: dt.datetime | None = None
    customs_minutes: int | None = None
    actual: str = "[]"
    delivered: str = "[]"


class OrderViewPromise(msgspec.Struct, frozen=True):
    """A promise of the carriage: what became of it so far. `inquiry_id` is empty but for ANSWER_24H."""

    tenant: str
    order_id: str
    shipment_id: str
    promise: Promise
    inquiry_id: str
    state: Literal["AT_RISK", "BROKEN", "KEPT"]
    due_at: dt.datetime


class OrderViewDispute(msgspec.Struct, frozen=True):
    """An objection of one of the parties. `refund_minor` in the order's currency."""

    tenant: str
    order_id: str
    dispute_id: str
    party: str
    kind: str
    opened_at: dt.datetime
    outcome: str | None = None
    refund_minor: int = 0
    closed_at: dt.datetime | None = None


ClaimState = Literal[
    "SUPPLIER_REVIEW", "CONTESTED", "AGREED", "ESCALATED", "UPHELD", "REJECTED", "PAID", "WITHDRAWN", "CLOSED"
]


class OrderViewClaim(msgspec.Struct, frozen=True):
    """A claim on the cover, in minor units. `recovery_open_minor` is to come back, partly (or not) from the buyer."""

    tenant: str
    order_id: str
    claim_id: str
    kind: str
    opened_by: str
    state: ClaimState
    amount_minor: int
    currency: str
    opened_at: dt.datetime
    answer_by: dt.datetime
    paid_minor: int = 0
    recovery_open_minor: int = 0
    recovery_buyer_minor: int = 0
    recovery_from: str | None = None
    reason: str | None = None


class Concern(msgspec.Struct, frozen=True):
    """Something that is wrong with the order, by its cause and what it is about (`scope`: a shipment, a claim…).

    `raised` is the last word of the events; `number` is the number of the incident that has the order for it, 0
    if none has. `cause_reference` is what the incident's orders have in common.
    """

    tenant: str
    order_id: str
    cause: str
    scope: str
    cause_reference: str
    incident_id: str
    raised: bool
    number: int
    since: dt.datetime


class OrderView(msgspec.Struct, frozen=True):
    """One order, seen whole: its five axes, its money, its counts and its times.

    Amounts are in minor units of `currency`, those of the hold in `hold_currency`; always `received_minor` =
    `escrow_minor` + `paid_out_minor` + `refunded_minor`. `open_minor` is what is still to be paid. `order_events`,
    `logistics_events` and `credit_events` count what each service has told; `known_at` is the latest of it.
    """

    tenant: str
    order_id: str
    buyer_id: str | None = None
    supplier_id: str | None = None
    currency: str | None = None
    total_minor: int | None = None
    deposit_minor: int | None = None
    account_id: str | None = None
    payment_reference: str | None = None
    incoterm: str | None = None
    coverage: str | None = None
    destination_country: str | None = None
    quote_id: str | None = None
    option_id: str | None = None
    booking: Literal["REQUESTED", "CONFIRMED", "DECLINED", "REFUSED", "CANCELLED"] | None = None
    booking_id: str | None = None
    balance_due: str | None = None
    inspection_gate: str | None = None
    inspection: Literal["NONE", "BOOKED", "PASSED", "FAILED"] = "NONE"
    life: Literal["DRAFTED", "PLACED", "COMPLETED", "SETTLED", "CANCELLED"] | None = None
    funds: Funds = "UNPAID"
    logistics: Literal["NONE", "BOOKED", "PART_SHIPPED", "SHIPPED", "PART_DELIVERED", "DELIVERED"] = "NONE"
    assurance: Literal[
        "NONE", "REQUESTED", "HELD", "PARTIAL", "REFUSED", "RELEASED", "POSTED", "VOIDED", "EXPIRED"
    ] = "NONE"
    issue: Literal["NONE", "DISPUTED"] = "NONE"
    received_minor: int = 0
    open_minor: int | None = None
    escrow_minor: int = 0
    payout_due_minor: int = 0
    paid_out_minor: int = 0
    refund_due_minor: int = 0
    refunded_minor: int = 0
    hold_id: str | None = None
    hold_request: int = 0
    hold_answered: int = 0
    hold_currency: str | None = None
    hold_requested_minor: int = 0
    hold_granted_minor: int = 0
    hold_released_minor: int = 0
    hold_posted_minor: int = 0
    hold_reason: str | None = None
    hold_expires_at: dt.datetime | None = None
    cover_at_risk: bool = False
    amendments: int = 0
    claims_open: int = 0
    line_count: int = 0
    lines_delivered: int = 0
    lines_late: int = 0
    shipment_count: int = 0
    shipments_delivered: int = 0
    ship_by: dt.date | None = None
    deliver_by: dt.date | None = None
    eta: dt.datetime | None = None
    delayed_days: int = 0
    drafted_at: dt.datetime | None = None
    placed_at: dt.datetime | None = None
    funded_at: dt.datetime | None = None
    shipped_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    accepted_at: dt.datetime | None = None
    accepted_by: AcceptedBy | None = None
    completed_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    cancelled_at: dt.datetime | None = None
    cancelled_by: str | None = None
    hold_released_at: dt.datetime | None = None
    known_at: dt.datetime | None = None
    order_events: int = 0
    logistics_events: int = 0
    credit_events: int = 0
    lines: tuple[OrderViewLine, ...] = ()
    shipments: tuple[OrderViewShipment, ...] = ()
    promises: tuple[OrderViewPromise, ...] = ()
    disputes: tuple[OrderViewDispute, ...] = ()
    claims: tuple[OrderViewClaim, ...] = ()
    concerns: tuple[Concern, ...] = ()


class SupplierView(msgspec.Struct, frozen=True):
    """A supplier's limit and score as credit told them last. Amounts in minor units of `currency`.

    `score_parts` is the JSON of the score's parts. Either may be told first. While it is in a shortfall it is in an
    incident (`incident_id`), the `number`th of it; 0 if it is in none.
    """

    tenant: str
    supplier_id: str
    currency: str | None = None
    limit_minor: int | None = None
    shortfall_minor: int = 0
    rules_version: str | None = None
    score: int | None = None
    score_parts: str | None = None
    score_rules_version: str | None = None
    known_at: dt.datetime | None = None
    incident_id: str | None = None
    number: int = 0


class AccountView(msgspec.Struct, frozen=True):
    """A virtual account: how much came in on it that found no order, as entries."""

    tenant: str
    account_id: str
    unmatched: int = 0
    known_at: dt.datetime | None = None


class PaymentView(msgspec.Struct, frozen=True):
    """A bank's entry. It is a concern (of incident `incident_id`) while it found no order and is not `settled`:
    matched after all, or to be returned. `number` is the number of the incident that has it, 0 if none has."""

    tenant: str
    payment_id: str
    unmatched: bool = False
    settled: bool = False
    incident_id: str | None = None
    number: int = 0
    known_at: dt.datetime | None = None


class Entry(msgspec.Struct, frozen=True):
    """One event in the timeline of an order: the `position`th that `teller` told of it.

    `happened_at` is when it happened in the world, `known_at` when we knew.
    """

    tenant: str
    order_id: str
    teller: Teller
    position: int
    event_id: str
    type: str
    shipment_id: str | None
    happened_at: dt.datetime
    known_at: dt.datetime
    summary: str


class Step(msgspec.Struct, frozen=True):
    """A step of the live feed: an entry of a timeline, a notice, or an incident that changed.

    The database numbers these in the order in which they were written.
    """

    tenant: str
    order_id: str | None = None
    teller: Teller | None = None
    position: int | None = None
    notice_id: str | None = None
    incident_id: str | None = None
