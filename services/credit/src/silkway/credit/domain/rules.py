"""The rules that are data: versions of files, each valid from a known time on, so that a replay computes by the
rules of its time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from silkway.contracts.fields import ScorePart


class Share(msgspec.Struct, frozen=True):
    """Up to this share, so much is kept."""

    percent_at_most: int
    keep_percent: int


class LimitRules(msgspec.Struct, frozen=True):
    """How a limit is computed. Amounts are minor units of `currency`; bands end at 100%.

    `punctuality`: by the share of late lines; `disputes` and `claims`: by lost ones in completed orders. A version
    without bands does not look at them.
    """

    version: str
    valid_from: dt.datetime
    currency: str
    starting_minor: int
    cap_minor: int
    volume_percent: int
    punctuality: tuple[Share, ...]
    year_minor: int
    years_at_most: int
    disputes: tuple[Share, ...] = ()
    claims: tuple[Share, ...] = ()


class HoldRules(msgspec.Struct, frozen=True):
    """When a hold ends without a delivery, where the draft does not say. Never sooner than `days_at_least`."""

    version: str
    valid_from: dt.datetime
    days_after_deliver_by: int
    days_after_ship_by: int
    days_without_promise: int
    days_at_least: int


class ScoredPart(msgspec.Struct, frozen=True):
    """One part of the score. `unknown`: its points while nothing tells; `weight`: how much one bad event weighs."""

    part: ScorePart
    of: int
    unknown: int
    weight: int = 1
    full_minor: int = 0


class ScoreRules(msgspec.Struct, frozen=True):
    """How a score is computed; what its parts could have adds up to 100."""

    version: str
    valid_from: dt.datetime
    parts: tuple[ScoredPart, ...]


V = TypeVar("V", LimitRules, HoldRules, ScoreRules)


class Rules(msgspec.Struct, frozen=True):
    """All rules, each in all its versions, oldest first."""

    limits: tuple[LimitRules, ...]
    holds: tuple[HoldRules, ...]
    scores: tuple[ScoreRules, ...]

    @property
    def currency(self) -> str:
        """The currency of all limits."""
        return self.limits[0].currency

    def limit_at(self, known_at: dt.datetime) -> LimitRules:
        return in_force(self.limits, known_at)

    def hold_at(self, known_at: dt.datetime) -> HoldRules:
        return in_force(self.holds, known_at)

    def score_at(self, known_at: dt.datetime) -> ScoreRules:
        return in_force(self.scores, known_at)

    def next_change(self, known_at: dt.datetime) -> dt.datetime | None:
        """When a version of what a supplier is assessed by begins after `known_at`."""
        starts = [v.valid_from for v in self.limits] + [v.valid_from for v in self.scores]
        return min((start for start in starts if start > known_at), default=None)


def in_force(versions: Sequence[V], known_at: dt.datetime) -> V:
    """The last version that was valid; before all of them the first."""
    return next((v for v in reversed(versions) if v.valid_from <= known_at), versions[0])
