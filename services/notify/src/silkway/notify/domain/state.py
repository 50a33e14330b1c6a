"""The whole order as people see it, put together from the events of order, logistics and credit.

A row may begin with the event of any of them. What has not been told yet is None.
"""

import datetime as dt
from typing import Literal

import msgspec

from silkway.contracts.fields import AcceptedBy, Audience, Mode, Severity, ShipmentState

Teller = Literal["order", "logistics", "credit"]
"""The service that an event came from."""


class OrderViewLine(msgspec.Struct, frozen=True):
    """A line of the order, and what was delivered of it. Dates are local, at the destination."""

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


class OrderViewShipment(msgspec.Struct, frozen=True):
    """A shipment that carries lines of the order.

    `last_milestone` is the last thing known to have happened to it (`last_at`, `last_place`); it is in
    `exception` while that is one. Questioned milestones are counted apart and change nothing.
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


class OrderView(msgspec.Struct, frozen=True):
    """One order, seen whole: its five axes, its money, its counts and its times.

    Amounts are in minor units of `currency`, those of the hold in `hold_currency`; always `received_minor` =
    `escrow_minor` + `paid_out_minor`. `open_minor` is what is still to be paid. `order_events`,
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
    life: Literal["DRAFTED", "PLACED", "COMPLETED", "SETTLED"] | None = None
    funds: Literal["UNPAID", "PART_PAID", "FUNDED"] = "UNPAID"
    logistics: Literal["NONE", "BOOKED", "PART_SHIPPED", "SHIPPED", "PART_DELIVERED", "DELIVERED"] = "NONE"
    assurance: Literal["NONE", "REQUESTED", "HELD", "PARTIAL", "REFUSED", "RELEASED"] = "NONE"
    issue: Literal["NONE"] = "NONE"
    received_minor: int = 0
    open_minor: int | None = None
    escrow_minor: int = 0
    payout_due_minor: int = 0
    paid_out_minor: int = 0
    hold_id: str | None = None
    hold_currency: str | None = None
    hold_requested_minor: int = 0
    hold_granted_minor: int = 0
    hold_released_minor: int = 0
    hold_reason: str | None = None
    line_count: int = 0
    lines_delivered: int = 0
    lines_late: int = 0
    shipment_count: int = 0
    shipments_delivered: int = 0
    drafted_at: dt.datetime | None = None
    placed_at: dt.datetime | None = None
    funded_at: dt.datetime | None = None
    shipped_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    accepted_at: dt.datetime | None = None
    accepted_by: AcceptedBy | None = None
    completed_at: dt.datetime | None = None
    settled_at: dt.datetime | None = None
    hold_released_at: dt.datetime | None = None
    known_at: dt.datetime | None = None
    order_events: int = 0
    logistics_events: int = 0
    credit_events: int = 0
    lines: tuple[OrderViewLine, ...] = ()
    shipments: tuple[OrderViewShipment, ...] = ()


class SupplierView(msgspec.Struct, frozen=True):
    """A supplier's limit as credit told it last. Amounts in minor units of `currency`."""

    tenant: str
    supplier_id: str
    currency: str
    limit_minor: int
    shortfall_minor: int
    rules_version: str
    known_at: dt.datetime


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


class Notice(msgspec.Struct, frozen=True):
    """Something that somebody must hear, and why: the rule (`kind`), the event that caused it, the order."""

    tenant: str
    notice_id: str
    order_id: str
    shipment_id: str | None
    audience: Audience
    kind: str
    severity: Severity
    text: str
    cause_type: str
    cause_id: str
    known_at: dt.datetime


class Step(msgspec.Struct, frozen=True):
    """A step of the live feed: an entry of a timeline, or (with `notice_id`) a notice that it gave rise to.

    The database numbers these in the order in which they were written.
    """

    tenant: str
    order_id: str
    teller: Teller
    position: int
    notice_id: str | None = None
