"""Every story of the built-in trade on the real rules of all services, however their topics interleave."""

from __future__ import annotations

from random import Random

import pytest

from silkway.cli.demo.proportions import read, usual
from silkway.cli.demo.stories import STORIES
from silkway.cli.demo.trade import Trade
from silkway.cli.demo.verify import compare
from tests.simulation.stage import Stage

ORDERS = 220
"""About three of each story."""


@pytest.mark.parametrize("seed", range(3))
def test_what_must_come_of_each_story_comes_of_it(seed: int) -> None:
    # Given a trade in which each story is told as often as another
    as_usual = read(usual(), STORIES)
    evenly = as_usual.model_copy(update={"stories": dict.fromkeys(as_usual.stories, 1)})
    trade = Trade(ORDERS, seed, evenly)

    # When it is played, with services that run ahead of each other as chance has it
    stage = Stage(Random(seed))
    stage.play(trade.facts(), trade.closing_ticks())

    # Then everything is as its driver expects
    verdict = compare(trade.expected, stage.seen(), stage.counts(), trade.counts)
    assert not verdict.differences, "\n".join(map(str, verdict.differences[:20]))
    assert not verdict.counts
