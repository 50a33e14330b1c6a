"""One stage of the engine beside its peers: what a fact costs, and how many a second go through."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple

from rich.table import Table

from bench.contest import Contender, Log
from bench.meter import Figures
from bench.parts import Bar, Panel, Part, Run
from bench.stage import PARTITIONS

TIMES_LESS_CPU = 40
"""So many times the engine's CPU per event the plain per-message subscriber takes at least: one message, one
transaction, one after the other, as FastStream does it by default and as its users have it. With a worker for
each partition, which its documentation teaches too, it takes less: that ratio is shown, and judges nothing."""
LEAST_OF_FLOOR = 0.6
"""The engine's rate is at least this part of the floor's."""
LONG = Log("long.", events=120_000, warm_up=20_000)
SHORT = Log("short.", events=10_000, warm_up=2_000)
ENGINE = Contender("engine", ("bench.engine",), "order", LONG)
FLOOR = Contender("floor", ("bench.peers.floor",), "floor", LONG)
CONTENDERS = (
    ENGINE,
    FLOOR,
    Contender("batched", ("bench.peers.batched",), "batched", LONG),
    Contender("per message", ("bench.peers.per_message", str(PARTITIONS)), "per-message", SHORT),
    Contender("one by one", ("bench.peers.per_message", "1"), "per-message", SHORT),
)

Runs = Mapping[str, Sequence[Figures]]


async def measure(run: Run) -> Part:
    """Each contender once a round, every round beginning with the next one."""
    chosen = [c for c in CONTENDERS if c.name in (run.only or [c.name])]
    contest = run.contest
    with run.doing("filling the logs"):
        await contest.prepare({FLOOR.log, *(c.log for c in chosen)})
    with run.doing("warming up"):  # the broker's compiler, and the disk after all that was written
        await contest.run(FLOOR)
    runs: dict[str, list[Figures]] = {c.name: [] for c in chosen}
    for number in range(run.rounds):
        first = number % len(chosen)
        for contender in [*chosen[first:], *chosen[:first]]:
            with run.doing(f"round {number + 1} of {run.rounds}: {contender.name}"):
                figures = await contest.run(contender)
            runs[contender.name].append(figures)
            run.console.print(
                f"{contender.name}: {figures.rate:,.0f} events/s, {figures.cpu_us:,.0f} µs of CPU each"
            )
    of = medians(runs)
    return Part(
        figures={name: [asdict(figures) for figures in several] for name, several in runs.items()},
        table=table("One stage: order.confirmed in, order.placed out (medians)", of),
        panel=Panel("One stage", "CPU µs an event", {name: f.cpu_us for name, f in of.items()}, True),
        bars=bars(of),
        notes=beside(of),
    )


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


def beside(of: Mapping[str, Figures]) -> list[str]:
    """The ratio that judges nothing: to the per-message way at its best."""
    engine, best = of.get("engine"), of.get("per message")
    if engine is None or best is None:
        return []
    return [
        f"with a worker for each partition it takes {best.cpu_us / engine.cpu_us:.1f} times as much (not judged)"
    ]


def table(title: str, of: Mapping[str, Figures]) -> Table:
    """One row a contender."""
    shown = Table(title=title)
    shown.add_column("")
    for column in ("events/s", "CPU µs/event", "service", "PostgreSQL", "Kafka"):
        shown.add_column(column, justify="right")
    for name, f in of.items():
        parts = (f.cpu_us, f.service_us, f.postgres_us, f.kafka_us)
        shown.add_row(name, f"{f.rate:,.0f}", *(f"{part:,.1f}" for part in parts))
    return shown
