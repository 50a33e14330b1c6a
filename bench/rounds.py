"""In which order facts of many lives are told: the same to Silkway and to its peers, as fast as each can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.straight import STAGES


@dataclass(frozen=True, slots=True)
class Rounds:
    """In every round `cohort` new orders begin, and every order that has begun hears its next fact.

    So many are told ahead of those that have come to their end: the twelve cohorts that are being told, and `slack`
    more whose facts are still being worked off.
    """

    cohort: int
    slack: int

    @property
    def steady(self) -> int:
        """When so many have come to their end, as many are under way as ever will be."""
        return (STAGES + self.slack) * self.cohort

    def told(self, number: int, last: int | None = None) -> Iterator[tuple[int, int]]:
        """Order and stage of all facts of round `number`; in rounds after `last` no order begins."""
        for stage in range(STAGES):
            cohort = number - stage
            if cohort >= 0 and (last is None or cohort <= last):
                for order in range(cohort * self.cohort, (cohort + 1) * self.cohort):
                    yield order, stage

    def before(self, number: int) -> int:
        """So many orders must have come to their end before the round."""
        return max(0, number - STAGES - self.slack + 1) * self.cohort
