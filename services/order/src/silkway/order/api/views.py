"""What the order service shows."""

import datetime as dt

from pydantic import BaseModel


class OrderView(BaseModel):
    """An order as the order service knows it. Amounts are in minor units of `currency`, times in UTC.

    due_minor: what the buyer is to pay now. awarded_minor: by how much disputes lowered the price. payout_due_minor,
    refund_due_minor: what is to leave escrow. disputes: how many are open.
    """

    order_id: str
    buyer_id: str
    supplier_id: str
    currency: str
    account_id: str
    payment_reference: str
    total_minor: int
    deposit_minor: int
    balance_due: str
    place_on: str
    incoterm: str | None
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    acceptance_days: int
    coverage: str
    quote_id: str | None
    option_id: str | None
    inspection_gate: str | None
    cover_until: dt.date | None
    life: str
    funds: str
    logistics: str
    assurance: str
    issue: str
    received_minor: int
    escrow_minor: int
    paid_out_minor: int
    refunded_minor: int
    refund_due_minor: int
    returned_minor: int
    awarded_minor: int
    due_minor: int
    payout_due_minor: int
    approved_minor: int
    held_minor: int
    amendments: int
    disputes: int
    inspection_passed_at: dt.datetime | None
    drafted_at: dt.datetime
    placed_at: dt.datetime | None
    funded_at: dt.datetime | None
    delivered_at: dt.datetime | None
    accepted_by: str | None
    accepted_at: dt.datetime | None
    completed_at: dt.datetime | None
    settled_at: dt.datetime | None
    cancelled_by: str | None
    cancelled_at: dt.datetime | None


class LineView(BaseModel):
    """A line, with how much of it was booked, shipped and delivered; `late` if any of it came after `deliver_by`."""

    line_id: str
    description: str
    quantity: int
    value_minor: int
    ship_by: dt.date | None
    deliver_by: dt.date | None
    destination_country: str | None
    booked_quantity: int
    shipped_quantity: int
    delivered_quantity: int
    delivered_on: dt.date | None
    late: bool
    removed: bool


class PaymentView(BaseModel):
    """Money received; `reason` tells why it is unmatched, `order_ids` for which orders it may be."""

    payment_id: str
    account_id: str
    bank_reference: str
    payment_reference: str | None
    amount_minor: int
    returned_minor: int
    currency: str
    received_at: dt.datetime
    state: str
    reason: str | None
    matched_by: str | None
    order_ids: list[str]
    decided_by: str | None
    decided_reason: str | None


class PayoutView(BaseModel):
    """Money of an order paid out to its supplier."""

    payout_id: str
    account_id: str
    payout_reference: str
    amount_minor: int
    currency: str
    paid_at: dt.datetime


class RefundView(BaseModel):
    """Money of an order paid back to its buyer."""

    refund_id: str
    account_id: str
    refund_reference: str
    amount_minor: int
    currency: str
    paid_at: dt.datetime


class ApprovalView(BaseModel):
    """Who approved how much for payout."""

    amount_minor: int
    approved_by: str
    approved_at: dt.datetime


class CountersignatureView(BaseModel):
    """Who agreed as the second, and released how much."""

    amount_minor: int
    countersigned_by: str
    countersigned_at: dt.datetime


class RequestView(BaseModel):
    """What a party asked for, and the answer: DONE, or why not."""

    kind: str
    id: str
    party: str
    reason: str
    requested_at: dt.datetime
    answer: str


class DisputeView(BaseModel):
    """An objection, and how it was decided."""

    dispute_id: str
    party: str
    kind: str
    text: str
    raised_at: dt.datetime
    outcome: str | None
    refund_minor: int
    resolved_by: str | None
    resolved_at: dt.datetime | None


class InspectionView(BaseModel):
    """What an inspector found; `text` is the report's reference, or the findings."""

    inspection_id: str
    passed: bool
    inspected_by: str
    inspected_at: dt.datetime
    text: str | None


class OrderDetail(OrderView):
    """An order with its lines, its money, and what was asked, disputed and inspected."""

    lines: list[LineView]
    payments: list[PaymentView]
    payouts: list[PayoutView]
    refunds: list[RefundView]
    approvals: list[ApprovalView]
    countersignatures: list[CountersignatureView]
    requests: list[RequestView]
    disputed: list[DisputeView]
    inspected: list[InspectionView]


class DueView(BaseModel):
    """Money of an order that is to leave escrow."""

    order_id: str
    buyer_id: str
    supplier_id: str
    account_id: str
    currency: str
    amount_minor: int
    escrow_minor: int
