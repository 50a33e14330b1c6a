"""What every part of the benchmark is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table

from bench.contest import Contest
from bench.sustained import sustain
from bench.through_services import Silkway
from silkway.embedded import Stack

WARM_UP_S, BEARS_S = 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise, and whether it was kept."""

    text: str
    met: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """A picture: one bar for each value. `axis` says what they are."""

    title: str
    axis: str
    values: Mapping[str, float]
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """`figures`: as JSON keeps them. `notes`: said beside the table, judging nothing."""

    figures: object
    table: Table
    panel: Panel
    bars: Sequence[Bar] = ()
    notes: Sequence[str] = ()


@dataclass(slots=True)
class Run:
    """One run on servers of its own. `seconds`: how long loads last, None for as long as each is meant to.

    `only`: the contenders that take part, all where it is empty. `orders`: how many are there already, by turns.
    `rate`: orders a second that the four services bear, once that is known.
    """

    stack: Stack
    folder: Path
    rounds: int = 3
    seconds: float | None = None
    only: Sequence[str] = ()
    orders: Sequence[int] = ()
    rate: float | None = None
    console: Console = field(default_factory=Console)
    contest: Contest = field(init=False)

    def __post_init__(self) -> None:
        self.contest = Contest(self.stack, self.folder)

    def lasting(self, seconds: float) -> float:
        """How long a load lasts that is meant to last so long."""
        return seconds if self.seconds is None else min(seconds, self.seconds)

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Show what is being done."""
        with self.console.status(what):
            yield

    async def bears(self) -> float:
        """Orders a second that the four services bring to their end; measured once in a run."""
        if self.rate is None:
            with self.doing("how much the services bear"):
                async with Silkway(self.stack, self.folder, "bears") as silkway:
                    self.rate = (await sustain(silkway, WARM_UP_S, self.lasting(BEARS_S))).rate
            self.console.print(f"they bear {self.rate:.1f} orders a second")
        return self.rate


class Measure(Protocol):
    """A part of the benchmark. Raises RuntimeError where something was lost or doubled."""

    async def __call__(self, run: Run) -> Part: ...
