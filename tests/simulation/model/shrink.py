"""Runs schedules, and makes of one that fails a short story: fewer steps, fewer faults, and still failing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.simulation.model.checker import check
from tests.simulation.model.schedule import FEWEST_TOLD, Schedule, draw
from tests.simulation.model.world import World

MOST_TRIES = 400
FEWEST_EVENTS = 200
"""Of a schedule: facts told and events published."""
FEWEST_FAULTS = 5
"""Of those drawn, that strike: nobody may come to the place of one, and then nothing happens."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a schedule: what is wrong, what happened in words, and how much it was."""

    schedule: Schedule
    wrong: list[str]
    story: list[str]
    events: int
    faults: int


def judge(schedule: Schedule) -> Verdict:
    """Run a schedule and look at what came of it. A crash of ours is wrong, too."""
    world = World(schedule)
    try:
        world.run()
        wrong = check(world)
    except Exception as error:
        wrong = [f"{type(error).__name__}: {error}"]
    world.close()
    return Verdict(schedule, wrong, world.story, world.events(), world.struck)


def shorten(failed: Verdict, most_tries: int = MOST_TRIES) -> Verdict:
    """The shortest schedule found that is wrong in the same way (delta debugging, Zeller 1999)."""
    best, tries, kind = failed, 0, _kinds(failed.wrong)

    def still_wrong(schedule: Schedule) -> bool:
        nonlocal best, tries
        tries += 1
        verdict = judge(schedule)
        if kind & _kinds(verdict.wrong):
            same_first = sorted(verdict.wrong, key=lambda line: not kind & _kinds([line]))
            best = replace(verdict, wrong=same_first)
            return True
        return False

    _reduce(
        len(failed.schedule.faults),
        lambda out: still_wrong(failed.schedule.without(set(), out)),
        lambda: tries < most_tries,
    )
    start = best.schedule
    numbers = [step.number for step in start.script[:-1]]  # the last tick lets everything come to its end
    _reduce(
        len(numbers),
        lambda out: still_wrong(start.without({numbers[n] for n in out}, set())),
        lambda: tries < most_tries,
    )
    return best


def tell(verdict: Verdict) -> str:
    """A failure as a story, step by step."""
    steps = "\n".join(f"{n:4}. {line}" for n, line in enumerate(verdict.story, 1))
    wrong = "\n".join(f"  -> {line}" for line in verdict.wrong[:5])
    return f"seed {verdict.schedule.seed}, {len(verdict.story)} steps\n{steps}\n{wrong}"


def run(seed: int) -> Verdict:
    """The schedule of a seed; if too little comes of it, one that tells more."""
    fewest_told = FEWEST_TOLD
    verdict = judge(draw(seed, fewest_told))
    while (verdict.events < FEWEST_EVENTS or verdict.faults < FEWEST_FAULTS) and not verdict.wrong:
        fewest_told += 20
        verdict = judge(draw(seed, fewest_told))
    return verdict


def _kinds(wrong: Sequence[str]) -> set[str]:
    """Of which kinds: the words without what they are about."""
    return {" ".join(word for word in line.split() if word.isalpha()) for line in wrong}


def _reduce(count: int, fails: Callable[[set[int]], bool], may_go_on: Callable[[], bool]) -> None:
    """Leave out as much as possible of `count` things so that it still fails without them."""
    out: set[int] = set()
    size = max(1, count // 2)
    while may_go_on():
        left, found = [n for n in range(count) if n not in out], False
        for start in range(0, len(left), size):
            some = set(left[start : start + size])
            if may_go_on() and some and fails(out | some):
                out |= some
                found = True
        if not found or size > 1:
            if size == 1:
                return
            size = max(1, size // 2)
