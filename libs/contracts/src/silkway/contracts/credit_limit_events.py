"""Limits and scores of suppliers, on credit.events."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    AmountMinor,
    Code,
    Currency,
    DerivedId,
    Id,
    ScorePart,
    SignedMinor,
    Text,
)
from silkway.contracts.topics import CREDIT_EVENTS

__all__ = ["LimitReason", "LimitReassessed", "PartOfScore", "ScoreChanged"]


class PartOfScore(Part):
    """One part of a supplier's score, and the events that moved it last."""

    part: ScorePart
    """What it rates."""
    points: int = Field(ge=0, le=100)
    """The points it has."""
    of: int = Field(ge=0, le=100)
    """The points it could have; those of all parts add up to 100."""
    event_ids: tuple[DerivedId, ...] = Field(max_length=20)
    """CloudEvents ids of the events that moved it this time; at most 20, none where it stayed."""


class ScoreChanged(Event):
    """A supplier's score of 100 points is another one."""

    type = "silkway.score.changed.v1"
    topic = CREDIT_EVENTS
    subject_kind = "supplier"

    supplier_id: Id
    """Whose score."""
    score: int = Field(ge=0, le=100)
    """The sum of its parts, 0 to 100."""
    rules_version: Code
    """Version of the rules that gave it."""
    parts: tuple[PartOfScore, ...] = Field(max_length=20)
    """Part by part, how it came about."""


class LimitReason(Part):
    """What one rule gave to a limit or took from it."""

    rule: Code
    """Name of the rule."""
    amount_minor: SignedMinor
    """What it gave (or took, below 0), in minor units of the limit's currency."""
    text: Text
    """Why, for people, 1 to 500 characters."""


class LimitReassessed(Event):
    """A supplier's limit was computed anew from its completed trade, or what is in use beyond it has changed.

    The latter is told when a shortfall begins, is over, or is at most half or at least twice of what was told last.
    """

    type = "silkway.limit.reassessed.v1"
    topic = CREDIT_EVENTS
    subject_kind = "supplier"

    supplier_id: Id
    """Whose limit."""
    limit_minor: AmountMinor
    """The limit, in minor units."""
    shortfall_minor: AmountMinor
    """What is in use beyond the limit, in minor units; then nothing is free."""
    currency: Currency = "USD"
    """Currency of the limit, ISO 4217."""
    rules_version: Code
    """Version of the rules that gave it."""
    reasons: tuple[LimitReason, ...] = Field(max_length=50)
    """Rule by rule, how it came about; at most 50."""
