"""Medians, bars and the table."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

from rich.table import Table

from bench.meter import Figures

TIMES_LESS_CPU = 25
"""So many times the engine's CPU per event the plain per-message subscriber takes at least: one message, one
transaction, one after the other, as FastStream does it by default and as its users have it. With a worker for
each partition, which its documentation teaches too, it takes less: that ratio is shown, and judges nothing."""
LEAST_OF_FLOOR = 0.5
"""The engine's rate is at least this part of the floor's."""

Runs = Mapping[str, Sequence[Figures]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise about the engine, and whether it was kept."""

    text: str
    met: bool


def medians(runs: Runs) -> dict[str, Figures]:
    """Per contender the median of each figure for itself."""
    return {
        name: Figures(*(statistics.median(values) for values in zip(*map(astuple, figures), strict=True)))
        for name, figures in runs.items()
    }


def bars(of: Mapping[str, Figures]) -> list[Bar]:
    """The promises that can be judged by these figures."""
    found = []
    engine, plain, floor = of.get("engine"), of.get("one by one"), of.get("floor")
    if engine and plain:
        times = plain.cpu_us / engine.cpu_us
        text = (
            f"one transaction a message takes {times:.1f} times the engine's CPU (at least {TIMES_LESS_CPU})"
        )
        found.append(Bar(text, times >= TIMES_LESS_CPU))
    if engine and floor:
        part = engine.rate / floor.rate
        text = f"the engine reaches {part:.0%} of the floor's rate (at least {LEAST_OF_FLOOR:.0%})"
        found.append(Bar(text, part >= LEAST_OF_FLOOR))
    return found


def beside(of: Mapping[str, Figures]) -> str | None:
    """The ratio that judges nothing: to the per-message way at its best."""
    engine, best = of.get("engine"), of.get("per message")
    if engine is None or best is None:
        return None
    return f"with a worker for each partition it takes {best.cpu_us / engine.cpu_us:.1f} times as much (not judged)"


def table(of: Mapping[str, Figures]) -> Table:
    """One row a contender."""
    shown = Table(title="One stage: order.confirmed in, order.placed out (medians)")
    shown.add_column("contender")
    for column in ("events/s", "CPU µs/event", "service", "PostgreSQL", "Kafka"):
        shown.add_column(column, justify="right")
    for name, f in of.items():
        parts = (f.cpu_us, f.service_us, f.postgres_us, f.kafka_us)
        shown.add_row(name, f"{f.rate:,.0f}", *(f"{part:,.1f}" for part in parts))
    return shown
