"""What happens to the world of one seed: what is told, in which order, and what goes wrong meanwhile."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from silkway.contracts import Event
from tests.simulation.lives import END, Life
from tests.unit.desk import START, Heard

SERVICES = ("order", "logistics", "credit", "notify")
FEWEST_TOLD = 64
"""What the services make of so much is nearly always 200 events and more."""
MOST_FAULTS = 10


class Told(NamedTuple):
    """Somebody outside tells a fact; `number` identifies it."""

    number: int
    event: Event
    at: dt.datetime

    def __str__(self) -> str:
        return f"{_day(self.at)}: {_name(self.event)} of {self.event.subject} is told"


class Ticked(NamedTuple):
    """The clock ticks in all partitions of what comes from outside."""

    number: int
    at: dt.datetime

    def __str__(self) -> str:
        return f"{_day(self.at)}: the clock ticks"


class Fault(NamedTuple):
    """What goes wrong, once the script has come to `after`.

    kind: a method of `Faults`. boundary: of the tasks of `service`, the first that comes there is struck; empty:
    at once. lasts: steps until it is over. draw: for what else has to be chosen.
    """

    kind: str
    after: int
    service: str
    task: str = ""
    boundary: str = ""
    lasts: int = 0
    draw: int = 0


Step = Told | Ticked


@dataclass(frozen=True)
class Schedule:
    """One seed's script and faults; `seed` also draws who does what next."""

    seed: int
    script: tuple[Step, ...]
    faults: tuple[Fault, ...]

    def without(self, steps: set[int], faults: set[int]) -> Schedule:
        """The same with fewer steps of the script (by number) and fewer faults (by place)."""
        script = tuple(step for step in self.script if step.number not in steps)
        return replace(
            self, script=script, faults=tuple(f for n, f in enumerate(self.faults) if n not in faults)
        )


_CONSUMING = (
    "begin", "lock offsets", "hold clocks", "lock clocks", "fill the inbox", "lock aggregates", "load states",
    "write", "commit", "committed",
)  # fmt: skip
_PUBLISHING = ("read the outbox", "send", "acknowledged", "write")
_STRUCK = (
    *[("kill", "consume", boundary) for boundary in _CONSUMING],
    *[("kill", "publish", boundary) for boundary in _PUBLISHING],
    *[("cut", "consume", boundary) for boundary in _CONSUMING],
    *[("cut", "publish", boundary) for boundary in _PUBLISHING],
    *[("stop", "consume", boundary) for boundary in _CONSUMING],
    *[("stop", "publish", boundary) for boundary in _PUBLISHING],
    ("conflict", "consume", "lock aggregates"),
    ("conflict", "consume", "write"),
    ("lose", "publish", "acknowledged"),
    ("lose", "publish", "acknowledged"),
)
_AT_ONCE = (
    "join", "join", "leave", "rebalance", "rebalance", "power", "double", "double", "other_body", "garbage",
    "gap", "old_tick", "half_tick", "poison", "poison", "poison",
)  # fmt: skip


def draw(seed: int, fewest_told: int = FEWEST_TOLD) -> Schedule:
    """The schedule of a seed: some lives of orders of one supplier, told as they become known, and faults."""
    chance = Random(seed)
    told: list[Heard] = []
    for number in itertools.count(1):
        told += Life(chance, number).write()
        if len(told) >= fewest_told:
            break
    told.sort(key=lambda heard: heard.known_at)
    script: list[Step] = [Ticked(0, START)]
    while told:
        together = [told.pop(0) for _ in range(min(len(told), chance.randint(1, 9)))]
        script.append(Ticked(len(script), together[-1].known_at))  # nothing is known before it has happened
        for heard in together:
            script.append(Told(len(script), heard.event, heard.known_at))
    script += [Ticked(len(script) + n, END + dt.timedelta(days=n)) for n in range(2)]
    faults = [_fault(chance, len(script)) for _ in range(chance.randint(7, MOST_FAULTS))]
    return Schedule(seed, tuple(script), tuple(sorted(faults, key=lambda fault: fault.after)))


def _fault(chance: Random, length: int) -> Fault:
    after, service = chance.randrange(1, length), chance.choice(SERVICES)
    lasts, number = chance.choice((3, 30, 300)), chance.randrange(1 << 30)
    if chance.random() < 0.6:
        kind, task, boundary = chance.choice(_STRUCK)
        return Fault(kind, after, service, task, boundary, lasts, number)
    return Fault(chance.choice(_AT_ONCE), after, service, lasts=lasts, draw=number)


def _day(at: dt.datetime) -> str:
    return f"day {(at - START) / dt.timedelta(days=1):.1f}"


def _name(event: Event) -> str:
    return event.type.removeprefix("silkway.").rpartition(".v")[0]
