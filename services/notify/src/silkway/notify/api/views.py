"""What the notify service shows over HTTP."""

import datetime as dt
from typing import Any

from pydantic import BaseModel


class OrderSummary(BaseModel):
    """An order's five states, its money, its counts and its times, from what all services told.

    Amounts are in minor units of `currency`, those of the hold in `hold_currency`; times are in UTC. What has not
    been told yet is null.
    """

    order_id: str
    buyer_id: str | None
    supplier_id: str | None
    currency: str | None
    total_minor: int | None
    deposit_minor: int | None
    account_id: str | None
    payment_reference: str | None
    incoterm: str | None
    coverage: str | None
    destination_country: str | None
    quote_id: str | None
    option_id: str | None
    booking: str | None
    booking_id: str | None
    balance_due: str | None
    inspection_gate: str | None
    inspection: str
    life: str | None
    funds: str
    logistics: str
    assurance: str
    issue: str
    received_minor: int
    open_minor: int | None
    escrow_minor: int
    payout_due_minor: int
    paid_out_minor: int
    refund_due_minor: int
    refunded_minor: int
    hold_id: str | None
    hold_currency: str | None
    hold_requested_minor: int
    hold_granted_minor: int
    hold_released_minor: int
    hold_posted_minor: int
    hold_reason: str | None
    hold_expires_at: dt.datetime | None
    cover_at_risk: bool
    amendments: int
    claims_open: int
    line_count: int
    lines_delivered: int
    lines_late: int
    shipment_count: int
    shipments_delivered: int
    ship_by: dt.date | None
    deliver_by: dt.date | None
    eta: dt.datetime | None
    delayed_days: int
    drafted_at: dt.datetime | None
    placed_at: dt.datetime | None
    funded_at: dt.datetime | None
    shipped_at: dt.datetime | None
    delivered_at: dt.datetime | None
    accepted_at: dt.datetime | None
    accepted_by: str | None
    completed_at: dt.datetime | None
    settled_at: dt.datetime | None
    cancelled_at: dt.datetime | None
    cancelled_by: str | None
    hold_released_at: dt.datetime | None
    known_at: dt.datetime


class LineView(BaseModel):
    """A line of an order and what was delivered of it; dates are local."""

    line_id: str
    description: str | None
    quantity: int | None
    value_minor: int | None
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    delivered_quantity: int
    delivered_on: dt.date | None
    late: bool
    amended_away: bool


class ShipmentView(BaseModel):
    """A shipment that carries lines of the order; `last_…` is the last thing known to have happened to it."""

    shipment_id: str
    mode: str | None
    carrier: str | None
    state: str
    exception: bool
    last_milestone: str | None
    last_at: dt.datetime | None
    last_place: str | None
    milestones: int
    questioned: int
    dispatched_at: dt.datetime | None
    delivered_at: dt.datetime | None
    booking_id: str | None
    split_from: str | None
    eta: dt.datetime | None
    delayed_days: int
    delay_cause: str | None
    delay_reference: str | None
    silent_since: dt.datetime | None
    customs_minutes: int | None


class PromiseView(BaseModel):
    """A promise of the carriage and what became of it so far."""

    shipment_id: str
    promise: str
    inquiry_id: str | None
    state: str
    due_at: dt.datetime


class DisputeView(BaseModel):
    """An objection of one of the parties; `refund_minor` in the order's currency."""

    dispute_id: str
    party: str
    kind: str
    opened_at: dt.datetime
    outcome: str | None
    refund_minor: int
    closed_at: dt.datetime | None


class ClaimView(BaseModel):
    """A claim on the order's cover, in minor units of `currency`."""

    claim_id: str
    kind: str
    opened_by: str
    state: str
    amount_minor: int
    currency: str
    opened_at: dt.datetime
    answer_by: dt.datetime
    paid_minor: int
    recovery_open_minor: int
    recovery_from: str | None
    reason: str | None


class IncidentOfOrder(BaseModel):
    """An incident that the order is in now."""

    incident_id: str
    number: int
    cause: str
    cause_reference: str
    state: str
    severity: str
    orders: int
    payments: int
    suppliers: int
    opened_at: dt.datetime


class TimelineView(BaseModel):
    """One event of the order in words: the `position`th that the service `teller` told of it."""

    teller: str
    position: int
    event_id: str
    type: str
    shipment_id: str | None
    happened_at: dt.datetime
    known_at: dt.datetime
    summary: str


class NoticeView(BaseModel):
    """Something to hear, in the reader's language, and why: its rule (`kind`) and the event that caused it.

    `recipient` is the buyer or supplier it is for; null: operations. `parameters` are the values in the text.
    """

    notice_id: str
    order_id: str | None
    shipment_id: str | None
    supplier_id: str | None
    incident_id: str | None
    incident_number: int | None
    audience: str
    recipient: str | None
    kind: str
    severity: str
    language: str
    text: str
    text_id: str
    parameters: dict[str, Any]
    rules_version: str
    cause_type: str
    cause_id: str
    known_at: dt.datetime


class ScorePartView(BaseModel):
    """One part of a supplier's score, and the events that moved it last."""

    part: str
    points: int
    of: int
    event_ids: list[str]


class SupplierView(BaseModel):
    """A supplier as credit told of it last: its limit in minor units of `currency`, its score of 100 points."""

    supplier_id: str
    limit_minor: int | None
    shortfall_minor: int
    currency: str | None
    rules_version: str | None
    score: int | None
    score_parts: list[ScorePartView]
    score_rules_version: str | None
    known_at: dt.datetime


class IncidentSummary(BaseModel):
    """What has one cause, as it is now. `number`: which time it is open, or was open last.

    `step` counts its escalations; `escalate_at` is when the next is due if nobody acknowledges it.
    """

    incident_id: str
    number: int
    cause: str
    cause_reference: str
    state: str
    severity: str
    orders: int
    payments: int
    suppliers: int
    at_most: int
    opened_at: dt.datetime
    changed_at: dt.datetime
    acknowledged_by: str | None
    acknowledged_at: dt.datetime | None
    note: str | None
    closed_at: dt.datetime | None
    step: int
    escalate_at: dt.datetime | None


class MemberView(BaseModel):
    """An order, and what of it (`scope`: a shipment, a claim…), or a payment without an order, or a supplier."""

    order_id: str | None
    payment_id: str | None
    supplier_id: str | None
    scope: str
    since: dt.datetime


class PastIncidentView(BaseModel):
    """One time that the incident was open before."""

    number: int
    opened_at: dt.datetime
    closed_at: dt.datetime
    at_most: int
    acknowledged_by: str | None
    acknowledged_at: dt.datetime | None
    escalations: int


class IncidentDetail(IncidentSummary):
    """An incident with at most 200 of what is in it, its last 100 times before, and at most 50 of its notices."""

    members: list[MemberView]
    past: list[PastIncidentView]
    notices: list[NoticeView]


class RuleView(BaseModel):
    """The rule behind a notice, as its version has it."""

    rule: str
    version: str
    on: str
    when: dict[str, Any]
    begins: dict[str, Any] | None
    ends: list[dict[str, Any]]


class NoticeDetail(NoticeView):
    """A notice and why: the rule, the event that caused it as the timeline has it, the order, the incident."""

    rule: RuleView | None
    event: TimelineView | None
    order: OrderSummary | None
    incident: IncidentSummary | None


class SupplierLimitView(BaseModel):
    """The supplier's limit as credit told it last, in minor units of `currency`."""

    limit_minor: int
    shortfall_minor: int
    currency: str
    rules_version: str
    known_at: dt.datetime


class OrderDetail(OrderSummary):
    """An order seen whole. The timeline is in the order in which things happened, at most 2,000 entries."""

    lines: list[LineView]
    shipments: list[ShipmentView]
    promises: list[PromiseView]
    disputes: list[DisputeView]
    claims: list[ClaimView]
    incidents: list[IncidentOfOrder]
    supplier_limit: SupplierLimitView | None
    timeline: list[TimelineView]
    notices: list[NoticeView]
