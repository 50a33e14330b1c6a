"""What the notify service shows of orders over HTTP: the parts of an order seen whole."""

import datetime as dt

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
    """A claim on the order's cover, in minor units of `currency`.

    Of `recovery_open_minor` the buyer is to bring back `recovery_buyer_minor`, the supplier the rest;
    `recovery_from` is who was asked last.
    """

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
    recovery_buyer_minor: int
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
    findings: int
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


class SupplierLimitView(BaseModel):
    """The supplier's limit as credit told it last, in minor units of `currency`."""

    limit_minor: int
    shortfall_minor: int
    currency: str
    rules_version: str
    known_at: dt.datetime
