"""Crashes, zombies, lost acknowledgements, poison: whatever is drawn, nothing is lost, doubled, late or overdrawn."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.simulation.model import shrink
from tests.simulation.model.schedule import FEWEST_TOLD, MOST_FAULTS, Schedule, draw
from tests.simulation.model.shrink import FEWEST_EVENTS, FEWEST_FAULTS, run, shorten, tell
from tests.simulation.simulate import prepared

SCHEDULES = int(os.environ.get("SILKWAY_SCHEDULES", "1000"))
A_TEST = 50


@pytest.fixture(autouse=True)
def _prepared() -> Iterator[None]:
    with prepared():
        yield


@pytest.mark.parametrize("first", range(0, SCHEDULES, A_TEST))
def test_everything_comes_out_right(first: int) -> None:
    for seed in range(first, first + A_TEST):
        verdict = run(seed)

        assert not verdict.wrong, tell(shorten(verdict))
        assert verdict.events >= FEWEST_EVENTS
        assert verdict.faults >= FEWEST_FAULTS


# A promise and a hold that ended at one moment, twice; two incidents that two instances opened at one moment; two
# orders, one of them being created, that two instances lock in their order
@pytest.mark.parametrize("seed", [4327, 4713, 6739, 15831])
def test_what_once_went_wrong_comes_out_right(seed: int) -> None:
    verdict = run(seed)

    assert not verdict.wrong, tell(verdict)


def test_a_seed_of_which_few_faults_strike_tells_more(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a seed of whose first schedule four faults are left
    def few_at_first(seed: int, fewest_told: int) -> Schedule:
        left_out = range(4, MOST_FAULTS) if fewest_told == FEWEST_TOLD else ()
        return draw(seed, fewest_told).without(set(), set(left_out))

    monkeypatch.setattr(shrink, "draw", few_at_first)

    # When it is run, then it goes on to a schedule that comes to its measure
    verdict = run(3)

    assert verdict.events >= FEWEST_EVENTS
    assert verdict.faults >= FEWEST_FAULTS


def test_a_seed_always_tells_the_same_story() -> None:
    assert run(7) == run(7)
