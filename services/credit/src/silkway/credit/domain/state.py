"""What the credit service knows of suppliers and of the orders they cover.

Amounts of limits and holds are integer minor units of the limit's currency, times are UTC. For every supplier,
at every moment: limit + shortfall = free + held + paid out and not yet recovered.
"""

import datetime as dt
from typing import Literal

import msgspec

from silkway.contracts import Event
from silkway.contracts.fields import HoldRefusal


class Supplier(msgspec.Struct, frozen=True):
    """A supplier: its record of completed trade, its limit, and what of the limit is in use."""

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
    assessed_known_at: dt.datetime | None = None

    rules_version: str = ""
    assessments: int = 0
    limit_minor: int = 0
    shortfall_minor: int = 0
    free_minor: int = 0
    held_minor: int = 0
    unrecovered_minor: int = 0


class Order(msgspec.Struct, frozen=True):
    """An order as far as its cover goes: what was asked, what is held, and when the claim window ends."""

    tenant: str
    order_id: str
    supplier_id: str
    state: Literal["NONE", "HELD", "PARTIAL", "REFUSED", "RELEASED"] = "NONE"
    hold_id: str | None = None
    requested_minor: int = 0
    held_minor: int = 0
    currency: str | None = None
    decided_known_at: dt.datetime | None = None
    delivered_known_at: dt.datetime | None = None
    due_at: dt.datetime | None = None


class Hold(msgspec.Struct, frozen=True):
    """One answer to one request: written once and never changed. Refused ones hold nothing, for a reason."""

    tenant: str
    hold_id: str
    order_id: str
    supplier_id: str
    coverage: str
    currency: str
    requested_minor: int
    granted_minor: int
    reason: HoldRefusal | None
    decided_known_at: dt.datetime


class Resolution(msgspec.Struct, frozen=True):
    """How a granted hold ended: a row of its own, at most one a hold."""

    tenant: str
    hold_id: str
    resolution: Literal["RELEASED"]
    amount_minor: int
    resolved_at: dt.datetime


class Reason(msgspec.Struct, frozen=True):
    """What one rule gave to a limit, or took from it, in one assessment."""

    tenant: str
    supplier_id: str
    assessment: int
    rule: str
    amount_minor: int
    text: str


Emission = tuple[Event, dt.datetime]
"""An event that follows, and when its causes were known."""


def latest(*moments: dt.datetime | None) -> dt.datetime:
    """The last of the given times; at least one must be there."""
    return max(moment for moment in moments if moment is not None)
