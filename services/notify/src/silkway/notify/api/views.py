"""What the notify service shows over HTTP: notices, incidents, suppliers, and the order seen whole."""

import datetime as dt
from typing import Any

from pydantic import BaseModel

from silkway.notify.api.order_views import (
    ClaimView,
    DisputeView,
    IncidentOfOrder,
    LineView,
    OrderSummary,
    PromiseView,
    ShipmentView,
    SupplierLimitView,
    TimelineView,
)


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
    findings: int
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
    """An order, and what of it (`scope`: a shipment, a claim…), a payment without an order, a supplier, or a finding
    of the auditor with its text and what it is about (`scope`)."""

    order_id: str | None
    payment_id: str | None
    supplier_id: str | None
    finding_id: str | None
    text: str | None
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
