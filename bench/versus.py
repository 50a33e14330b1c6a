"""Whole lives of orders a second, through Silkway's four services, on DBOS and on Restate (`make peers`).

All in one run, in rounds that each begin with the next contender; they hear the same twelve facts of each order.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.table import Table

from bench.durable import Dbos, Restate, ask_for_peers
from bench.parts import Bar, Panel, Part, Run
from bench.sustained import Contender, Sustained, sustain
from bench.through_services import Silkway
from silkway.embedded import Stack

TIMES_AS_FAST: Final = 5
"""So many times as many orders a second as on each of the others Silkway brings to their end at least."""
WARM_UP_S: Final = 15.0
SECONDS: Final = 20.0
CONTENDERS: Final[Mapping[str, Callable[[Stack, Path, str], Contender]]] = {
    kind.name: kind for kind in (Silkway, Dbos, Restate)
}
Runs = dict[str, list[Sustained]]


async def measure(run: Run) -> Part:
    """Each contender once a round, from empty databases. Raises RuntimeError where the peers are not installed."""
    names = [name for name in CONTENDERS if name in (run.only or CONTENDERS)]
    if names != [Silkway.name]:
        ask_for_peers()
    runs: Runs = {name: [] for name in names}
    for number in range(run.rounds):
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            with run.doing(f"round {number + 1} of {run.rounds}: {name}"):
                async with CONTENDERS[name](run.stack, run.folder, f"versus{number}") as contender:
                    figures = await sustain(contender, WARM_UP_S, run.lasting(SECONDS))
            runs[name].append(figures)
            run.console.print(
                f"{name}: {figures.rate:.1f} orders/s, {sum(figures.cpu_ms.values()):.1f} ms of CPU each"
            )
    return Part(
        figures={name: [asdict(figures) for figures in several] for name, several in runs.items()},
        table=table(runs),
        panel=Panel("Whole lives beside durable workflows", "orders/s", rates(runs)),
        bars=bars(runs),
    )


def rates(runs: Runs) -> dict[str, float]:
    """The median rate of each."""
    return {name: statistics.median(run.rate for run in several) for name, several in runs.items()}


def bars(runs: Runs) -> list[Bar]:
    """Silkway's promise towards each other that took part."""
    of = rates(runs)
    ratios = {
        name: of["silkway"] / rate for name, rate in of.items() if "silkway" in of and name != "silkway"
    }
    text = "{:.1f} times as many orders a second as on {} (at least {})"
    return [
        Bar(text.format(ratio, name, TIMES_AS_FAST), ratio >= TIMES_AS_FAST) for name, ratio in ratios.items()
    ]


def table(runs: Runs) -> Table:
    """One row a contender: the median rate, and the CPU of the run that has it, or is next below."""
    shown = Table(title="Whole lives of orders: twelve facts each (medians)")
    shown.add_column("contender")
    for column in ("orders/s", "CPU ms/order", "of it PostgreSQL", "Kafka", "itself"):
        shown.add_column(column, justify="right")
    for name, several in runs.items():
        run = sorted(several, key=lambda one: one.rate)[(len(several) - 1) // 2]
        total, postgres, kafka = sum(run.cpu_ms.values()), run.cpu_ms["postgres"], run.cpu_ms["kafka"]
        parts = (total, postgres, kafka, total - postgres - kafka)
        shown.add_row(name, f"{rates(runs)[name]:.1f}", *(f"{part:.1f}" for part in parts))
    return shown
