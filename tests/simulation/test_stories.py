"""Every story of the built-in trade on the real rules of all services, however their topics interleave."""

from __future__ import annotations

from random import Random

import pytest

from silkway.cli.demo.proportions import read, usual
from silkway.cli.demo.stories import STORIES
from silkway.cli.demo.trade import Trade
from silkway.cli.demo.verify import compare
from tests.simulation.stage import Stage

USUAL = read(usual(), STORIES)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("story", USUAL.stories)
def test_what_must_come_of_a_story_comes_of_it(story: str, seed: int) -> None:
    # Given a dozen orders of one story, and some of the usual kind
    stories = {"plain": 1, story: 4}
    trade = Trade(STORIES[story].orders * 8 + 4, seed, USUAL.model_copy(update={"stories": stories}))

    # When it is played, with services that run ahead of each other as chance has it
    stage = Stage(Random(seed))
    stage.play(trade.facts(), trade.closing_ticks())

    # Then everything is as its driver expects
    verdict = compare(trade.expected, stage.seen(), stage.counts(), trade.counts)
    assert not verdict.differences, "\n".join(map(str, verdict.differences[:20]))
    assert not verdict.counts
