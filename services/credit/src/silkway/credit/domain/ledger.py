"""Rows that are written once and never changed: the answers, ends, reasons and steps behind every figure.

Amounts of limits are integer minor units of the limits' currency, amounts of an order those of the order's; times
are UTC.
"""

import datetime as dt
from typing import Literal

import msgspec

from silkway.contracts.fields import HoldRefusal

ResolutionKind = Literal["POSTED", "VOIDED", "EXPIRED", "RELEASED"]


class RateRow(msgspec.Struct, frozen=True):
    """A rate in the history of all that were published, with who said it."""

    tenant: str
    currency_id: str
    source: str
    event_id: str
    rate: str
    published_at: dt.datetime
    known_at: dt.datetime


class Hold(msgspec.Struct, frozen=True):
    """One answer to one request: written once and never changed. Refused ones hold nothing, for a reason."""

    tenant: str
    hold_id: str
    order_id: str
    supplier_id: str
    request: int
    coverage: str
    currency: str
    requested_minor: int
    granted_minor: int
    limit_minor: int
    rate: str | None
    reason: HoldRefusal | None
    decided_known_at: dt.datetime
    expires_at: dt.datetime | None


class Resolution(msgspec.Struct, frozen=True):
    """How a granted hold ended: a row of its own, at most one a hold. `amount_minor` is what was held."""

    tenant: str
    hold_id: str
    resolution: ResolutionKind
    amount_minor: int
    paid_minor: int
    claim_id: str | None
    resolved_at: dt.datetime


class Reason(msgspec.Struct, frozen=True):
    """What one rule gave to a limit, or took from it, in one assessment."""

    tenant: str
    supplier_id: str
    assessment: int
    rule: str
    amount_minor: int
    text: str


class Assessment(msgspec.Struct, frozen=True):
    """A limit that a supplier got at some time, by a version of the rules."""

    tenant: str
    supplier_id: str
    assessment: int
    limit_minor: int
    shortfall_minor: int
    rules_version: str
    event_id: str | None
    known_at: dt.datetime


class ScoreChange(msgspec.Struct, frozen=True):
    """A part of a score that moved, and the event that moved it."""

    tenant: str
    supplier_id: str
    change: int
    part: str
    before: int
    points: int
    possible: int
    score: int
    rules_version: str
    event_id: str | None
    known_at: dt.datetime


class Counted(msgspec.Struct, frozen=True):
    """An event that counts in a supplier's record, in the order of counting."""

    tenant: str
    supplier_id: str
    number: int
    what: str
    order_id: str
    event_id: str | None
    known_at: dt.datetime


class ClaimStep(msgspec.Struct, frozen=True):
    """One step of a claim, counted from 1, with who took it and what was said. Written once."""

    tenant: str
    order_id: str
    claim_id: str
    number: int
    step: str
    taken_by: str
    text: str | None
    known_at: dt.datetime


Row = Hold | Resolution | Reason | Assessment | ScoreChange | Counted | ClaimStep
"""What is written once and never changed."""
