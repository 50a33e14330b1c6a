"""A storm's schedule comes to every kind of fault, as often as its share, and the same way for the same seed."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from tests.chaos.schedule import Measure, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARES = {"killed": 20, "frozen": 10, "rare": 5}
ONCE: Mapping[str, int] = {}


def struck(schedule: Schedule, number: int, times: Mapping[str, int] = ONCE) -> list[str]:
    """So many faults; `times`: how often a kind comes to pass at once, where it is not once."""
    kinds = []
    for _ in range(number):
        kinds.append(schedule.next())
        schedule.came(kinds[-1], times.get(kinds[-1], 1))
    return kinds


def test_every_kind_has_its_share_whenever_the_storm_ends() -> None:
    schedule = Schedule(SHARES, Random(1))

    assert Counter(struck(schedule, 140)) == {"killed": 80, "frozen": 40, "rare": 20}


def test_what_came_to_pass_more_than_once_is_next_less_often() -> None:
    schedule = Schedule(SHARES, Random(1))

    assert Counter(struck(schedule, 70, times={"killed": 2})) == {"killed": 28, "frozen": 28, "rare": 14}


def test_what_was_tried_in_vain_is_tried_again_sooner_but_not_for_ever() -> None:
    schedule = Schedule(SHARES, Random(1))

    tried = Counter(struck(schedule, 160, times={"rare": 0}))

    assert tried == {"killed": 80, "frozen": 40, "rare": 40}


def test_the_same_seed_strikes_the_same_in_the_same_order() -> None:
    def story(seed: int) -> list[str]:
        return struck(Schedule(SHARES, Random(seed)), 50)

    assert story(3) == story(3)
    assert story(3) != story(4)


def test_the_measure_grows_with_the_hours() -> None:
    assert Measure.of(1) == Measure(facts=200_000, faults=200, kills=20, each=1)
    assert Measure.of(0.05) == Measure(facts=10_000, faults=10, kills=1, each=0)
