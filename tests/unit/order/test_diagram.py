"""The diagram in docs/domain/order.md shows how lives go, no more and no less."""

import re
from collections import defaultdict
from pathlib import Path
from random import Random

from tests.unit.desk import Desk
from tests.unit.order.lives import Hearing, order_of, write

DOCUMENT = Path(__file__).parents[3] / "docs/domain/order.md"
_EDGE = re.compile(r"^    (\w+|\[\*\]) --> (\w+): ([\w.]+)$", re.MULTILINE)
_MAY_STAY = ("payment.reversed", "acceptance.reversed", "order.amended", "order.refunded")
"""Events that lead on only where the completion depended on what they take away."""


class Walk:
    """Follows one life along the edges, event by event."""

    def __init__(self, edges: dict[tuple[str, str], set[str]]) -> None:
        self.edges, self.used = edges, set[tuple[str, str, str]]()
        self.at = "[*]"
        self._read = 0

    def after(self, desk: Desk) -> None:
        """What was said since the last time leads from where we were to where the order is now."""
        ways = {self.at: frozenset[tuple[str, str, str]]()}
        for said in desk.said[self._read :]:
            ways = self._follow(ways, said.event.type.removeprefix("silkway.").removesuffix(".v1"))
        self._read = len(desk.said)
        order = order_of(desk)
        if order is not None:
            assert order.life in ways, (self.at, order.life)
            self.used |= ways[order.life]
            self.at = order.life

    def _follow(
        self, ways: dict[str, frozenset[tuple[str, str, str]]], event: str
    ) -> dict[str, frozenset[tuple[str, str, str]]]:
        found = dict[str, frozenset[tuple[str, str, str]]]()
        for at, used in ways.items():
            further = self.edges.get((at, event), set())
            if not further or event in _MAY_STAY:
                found.setdefault(at, used)
            for to in further:
                found.setdefault(to, used | {(at, to, event)})
        return found


def test_the_diagram_shows_how_lives_go() -> None:
    drawn = {(source, to, event) for source, to, event in _EDGE.findall(DOCUMENT.read_text())}
    edges = defaultdict[tuple[str, str], set[str]](set)
    for source, to, event in drawn:
        edges[(source, event)].add(to)
    used = set[tuple[str, str, str]]()
    for seed in range(5000):
        walk, chance = Walk(edges), Random(seed)
        Hearing(write(chance, transfers=seed % 2 == 0), walk.after).at_will(chance, late=True)
        used |= walk.used
    assert used == drawn
