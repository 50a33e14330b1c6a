"""One, two and four instances of a service: how many facts a second, and what a fact costs.

All on the cores that the machine has: more instances than cores show what sharing costs.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Final

from bench.contest import Log
from bench.meter import Figures
from bench.one_stage import ENGINE, medians, table
from bench.parts import Panel, Part, Run

COUNTS: Final = (1, 2, 4)
LOG: Final = Log("instances.", events=160_000, warm_up=80_000)
"""So long a warm-up that all have joined before anything is measured."""


async def measure(run: Run) -> Part:
    """The stage of the engine on so many processes, by turns."""
    contender = replace(ENGINE, log=LOG)
    with run.doing("filling the log"):
        await run.contest.prepare({LOG})
    runs: dict[str, list[Figures]] = {str(count): [] for count in COUNTS}
    for number in range(run.rounds):
        for count in COUNTS:
            with run.doing(f"round {number + 1} of {run.rounds}: {count} instances"):
                figures = await run.contest.run(contender, count)
            runs[str(count)].append(figures)
            run.console.print(
                f"{count} instances: {figures.rate:,.0f} events/s, {figures.cpu_us:,.0f} µs of CPU each"
            )
    of = medians(runs)
    return Part(
        figures={name: [asdict(figures) for figures in several] for name, several in runs.items()},
        table=table("One stage, by instances (medians)", of),
        panel=Panel("Instances", "events/s", {name: f.rate for name, f in of.items()}),
    )
