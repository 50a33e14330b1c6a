"""Draws the built-in trade: the same for the same number of orders, seed and proportions.

Scenes are drawn one after the other in the order in which they begin, and their facts come out of a heap, so
that only what is under way is kept in memory.
"""

from __future__ import annotations

import heapq
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

from silkway.cli.closing import closing_ticks
from silkway.cli.demo.opening import open_trade
from silkway.cli.demo.proportions import Proportions, read, usual
from silkway.cli.demo.scene import Cast, Scene
from silkway.cli.demo.stories import STORIES
from silkway.cli.demo.world import ORDERS_A_DAY, SEASON_DAYS, START, days

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from silkway.cli.demo.expect import Expected
    from silkway.cli.fact import Fact

_EARLIEST: Final = days(5)
"""No fact is known so long before the first draft of its scene."""


class Trade:
    """So many orders; iterate `facts` once. What must come of them is in `expected` when that is done."""

    def __init__(self, orders: int, seed: int, proportions: Proportions | None = None) -> None:
        self._random = Random(seed)
        self._proportions = proportions or read(usual(), STORIES)
        self._cast = Cast()
        self.told = self._choose(orders)
        """Names of the stories, in the order in which they begin."""
        self.expected: list[Expected] = []
        self.counts: Counter[str] = Counter()
        """What must be counted in the tenant, by name; see `Sight`."""
        self.ends_at = START
        """When the last fact so far is known."""

    def facts(self) -> Iterator[Fact]:
        """In the order of their `known_at`."""
        heap: list[tuple[dt.datetime, int, Fact]] = []
        number = 0
        for scene in self._scenes():
            for fact in scene.facts:
                number += 1
                self.ends_at = max(self.ends_at, fact.known_at)
                heapq.heappush(heap, (fact.known_at, number, fact))
            while heap and heap[0][0] < scene.at - _EARLIEST:
                yield heapq.heappop(heap)[-1]
            self.expected += scene.expected
            self.counts += scene.counts
        while heap:
            yield heapq.heappop(heap)[-1]

    def closing_ticks(self) -> Iterator[dt.datetime]:
        """The ticks after the last fact; to be asked for when all facts are out."""
        yield from closing_ticks(self.ends_at)

    def _scenes(self) -> Iterator[Scene]:
        twists = self._proportions.twists
        season = max(SEASON_DAYS, sum(STORIES[name].orders for name in self.told) / ORDERS_A_DAY)
        opening = Scene("opening", 0, self._cast, self._random, twists, START)
        open_trade(opening)
        yield opening
        for number, name in enumerate(self.told):
            at = START + days(1 + season * number / len(self.told))
            scene = Scene(name, number + 1, self._cast, self._random, twists, at)
            STORIES[name].tell(scene)
            yield scene

    def _choose(self, orders: int) -> list[str]:
        """Each story once, where there are orders enough, then by their weights, shuffled."""
        weights = {name: weight for name, weight in self._proportions.stories.items() if weight}
        told = list(weights) if orders >= sum(STORIES[name].orders for name in weights) else []
        left = orders - sum(STORIES[name].orders for name in told)
        while left:
            fitting = [name for name in weights if STORIES[name].orders <= left]
            if not fitting:
                raise ValueError(f"no story for {left} orders: give one that has a single order a share")
            name = self._random.choices(fitting, [weights[name] for name in fitting])[0]
            told.append(name)
            left -= STORIES[name].orders
        self._random.shuffle(told)
        return told
