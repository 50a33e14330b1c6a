"""`make bench-peers`: whole lives of orders a second, through Silkway's four services, on DBOS and on Restate.

All in one run, in rounds that each begin with the next contender; they hear the same twelve facts of each order.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.durable import Dbos, Restate
from bench.machine import describe
from bench.plots import plot_lives
from bench.report import Bar
from bench.sustained import Contender, Sustained, sustain
from bench.through_services import Silkway
from silkway.embedded import Stack

TIMES_AS_FAST: Final = 5
"""So many times as many orders a second as on each of the others Silkway brings to their end at least."""
CONTENDERS: Final[Mapping[str, Callable[[Stack, Path, str], Contender]]] = {
    kind.name: kind for kind in (Silkway, Dbos, Restate)
}
Runs = dict[str, list[Sustained]]
console = Console()


def main() -> int:
    """Run all, show and keep the figures; 1 where a bar is missed."""
    arguments = _arguments()
    names = [name for name in CONTENDERS if name in (arguments.only or CONTENDERS)]
    with (
        tempfile.TemporaryDirectory(prefix="silkway-bench-", ignore_cleanup_errors=True) as folder,
        Stack(Path(folder)) as stack,
    ):
        runs = asyncio.run(_run(stack, Path(folder), names, arguments))
    found = bars(runs)
    console.print(table(runs))
    for bar in found:
        console.print(f"{'[green]met   ' if bar.met else '[red]missed'}[/] {bar.text}")
    if arguments.only is None:
        console.print(f"kept in {_keep(runs, found)}")
    return 0 if all(bar.met for bar in found) else 1


async def _run(stack: Stack, folder: Path, names: Sequence[str], arguments: argparse.Namespace) -> Runs:
    runs: Runs = {name: [] for name in names}
    for number in range(arguments.rounds):
        first = number % len(names)
        for name in [*names[first:], *names[:first]]:
            with console.status(f"round {number + 1} of {arguments.rounds}: {name}"):
                async with CONTENDERS[name](stack, folder, f"versus{number}") as contender:
                    figures = await sustain(contender, arguments.warm_up, arguments.seconds)
            runs[name].append(figures)
            console.print(
                f"{name}: {figures.rate:.1f} orders/s, {sum(figures.cpu_ms.values()):.1f} ms of CPU each"
            )
    return runs


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


def _keep(runs: Runs, found: Sequence[Bar]) -> Path:
    """Write down all runs and what they were taken on, and draw them."""
    file = Path(__file__).with_name("results") / f"versus-{dt.datetime.now(dt.UTC):%Y-%m-%d}.json"
    content = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "lives": {name: [asdict(run) for run in several] for name, several in runs.items()},
        "bars": [asdict(bar) for bar in found],
    }
    file.write_text(json.dumps(content, indent=1) + "\n")
    plot_lives(runs, file.with_suffix(".png"))
    return file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.versus", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="runs of each; the median counts")
    parser.add_argument(
        "--seconds", type=float, default=20, help="measured in each run; 180 for a lasting load"
    )
    parser.add_argument("--warm-up", type=float, default=15, help="seconds before anything is measured")
    parser.add_argument(
        "--only", nargs="+", choices=list(CONTENDERS), help="leave the others out, keep nothing"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
