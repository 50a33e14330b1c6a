"""`make bench`: one stage of the engine beside its peers, then whole lives of orders through the four services."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bench.contest import Contender, Contest, Log
from bench.lifecycles import Lives, lifecycles
from bench.machine import describe
from bench.meter import Figures
from bench.report import Bar, Runs, bars, beside, medians, table
from bench.stage import PARTITIONS
from silkway.embedded import Stack

LONG = Log("long.", events=120_000, warm_up=20_000)
SHORT = Log("short.", events=10_000, warm_up=2_000)
FLOOR = Contender("floor", ("bench.peers.floor",), "floor", LONG)
CONTENDERS = (
    Contender("engine", ("bench.engine",), "order", LONG),
    FLOOR,
    Contender("batched", ("bench.peers.batched",), "batched", LONG),
    Contender("per message", ("bench.peers.per_message", str(PARTITIONS)), "per-message", SHORT),
    Contender("one by one", ("bench.peers.per_message", "1"), "per-message", SHORT),
)
console = Console()


def main() -> int:
    """Run all, show and keep the figures; 1 where a bar is missed."""
    arguments = _arguments()
    chosen = [c for c in CONTENDERS if c.name in (arguments.only or [c.name])]
    with (
        tempfile.TemporaryDirectory(prefix="silkway-bench-", ignore_cleanup_errors=True) as folder,
        Stack(Path(folder)) as stack,
    ):
        runs = asyncio.run(_stage(Contest(stack, Path(folder)), chosen, arguments.rounds))
        lives = None if arguments.only else asyncio.run(_lives(stack, Path(folder)))
    of = medians(runs)
    console.print(table(of))
    found = bars(of)
    for bar in found:
        console.print(f"{'[green]met   ' if bar.met else '[red]missed'}[/] {bar.text}")
    if text := beside(of):
        console.print(f"       {text}")
    if lives is not None:
        console.print(str(lives))
        console.print(f"kept in {_keep(runs, found, lives)}")
    return 0 if all(bar.met for bar in found) else 1


async def _stage(contest: Contest, chosen: Sequence[Contender], rounds: int) -> Runs:
    """Each contender once a round, every round beginning with the next one."""
    with console.status("filling the logs"):
        await contest.prepare(sorted({FLOOR.log, *(c.log for c in chosen)}, key=lambda log: log.prefix))
    with console.status("warming up"):  # the broker's compiler, and the disk after all that was written
        await contest.run(FLOOR)
    runs: dict[str, list[Figures]] = {c.name: [] for c in chosen}
    for number in range(rounds):
        first = number % len(chosen)
        for contender in [*chosen[first:], *chosen[:first]]:
            with console.status(f"round {number + 1} of {rounds}: {contender.name}"):
                figures = await contest.run(contender)
            runs[contender.name].append(figures)
            console.print(
                f"{contender.name}: {figures.rate:,.0f} events/s, {figures.cpu_us:,.0f} µs of CPU each"
            )
    return runs


async def _lives(stack: Stack, folder: Path) -> Lives:
    with console.status("orders through the four services"):
        return await lifecycles(stack, folder)


def _keep(runs: Runs, found: Sequence[Bar], lives: Lives) -> Path:
    """Write down all runs and what they were taken on."""
    file = Path(__file__).with_name("results") / f"{dt.datetime.now(dt.UTC):%Y-%m-%d}.json"
    file.parent.mkdir(exist_ok=True)
    content = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "stage": {name: [asdict(figures) for figures in several] for name, several in runs.items()},
        "lifecycles": asdict(lives),
        "bars": [asdict(bar) for bar in found],
    }
    file.write_text(json.dumps(content, indent=1) + "\n")
    return file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [c.name for c in CONTENDERS]
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender; the median counts")
    parser.add_argument("--only", nargs="+", choices=names, help="leave the others out, keep no figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
