"""Which fault is next, and how much a storm has to come to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

KILLS_AN_HOUR: Final = 20
"""Of each of the engine's boundaries."""
_IN_VAIN: Final = 0.5
"""What a fault counts that did not come to pass: it is tried again before others, but not for ever."""


@dataclass(frozen=True)
class Measure:
    """The least that a storm comes to: facts told, faults of all kinds, kills at each boundary, and each
    kind of fault but these."""

    facts: int
    faults: int
    kills: int
    each: int

    @classmethod
    def of(cls, hours: float) -> Self:
        return cls(int(200_000 * hours), int(200 * hours), int(KILLS_AN_HOUR * hours), int(hours))


class Schedule:
    """The next is always one that has had the least of its share; among equals chance decides.

    So what follows depends on nothing but the seed and what the faults before have come to.
    """

    def __init__(self, shares: Mapping[str, int], random: Random) -> None:
        """shares: how often each kind is to come to pass, in proportion to the others."""
        self._shares, self._random = dict(shares), random
        self._had: defaultdict[str, float] = defaultdict(float)

    def next(self) -> str:
        """What to try now."""
        kinds = sorted(self._shares)
        self._random.shuffle(kinds)
        return min(kinds, key=lambda kind: self._had[kind] / self._shares[kind])

    def came(self, kind: str, times: int = 1) -> None:
        """So often did it come to pass when it was tried."""
        self._had[kind] += times or _IN_VAIN
