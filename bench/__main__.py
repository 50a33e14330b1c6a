"""`make bench`: all that is measured, in one run; `python -m bench PART …` measures some of it."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import delays, depth, idle, instances, lives, one_stage, outage, poison, versus
from bench.durable import ENVIRONMENT
from bench.machine import describe
from bench.parts import Measure, Part, Run
from bench.plots import plot
from silkway.embedded import Stack

PARTS: Final[Mapping[str, Measure]] = {
    "stage": one_stage.measure,
    "lives": lives.measure,
    "delays": delays.measure,
    "depth": depth.measure,
    "outage": outage.measure,
    "poison": poison.measure,
    "idle": idle.measure,
    "instances": instances.measure,
    "peers": versus.measure,
}
console = Console()


def main() -> int:
    """Run the parts, show and keep the figures; 1 where a bar is missed or a part failed."""
    arguments = _arguments()
    names = arguments.parts or [name for name in PARTS if name != "peers" or ENVIRONMENT.exists()]
    with (
        tempfile.TemporaryDirectory(prefix="silkway-bench-", ignore_cleanup_errors=True) as folder,
        Stack(Path(folder)) as stack,
    ):
        run = Run(
            stack,
            Path(folder),
            arguments.rounds,
            arguments.seconds,
            arguments.only,
            arguments.orders,
            arguments.rate,
            console,
        )
        found = asyncio.run(_measure(run, names))
    for part in found.values():
        _show(part)
    if found and not arguments.only:
        console.print(f"kept in {_keep(found, arguments)}")
    met = all(bar.met for part in found.values() for bar in part.bars)
    return 0 if met and len(found) == len(names) else 1


async def _measure(run: Run, names: list[str]) -> dict[str, Part]:
    """What each part found; without those that failed, so that a long run is not lost with one of them."""
    found = {}
    for name in names:
        try:
            found[name] = await PARTS[name](run)
        except (RuntimeError, OSError) as error:
            console.print(f"[red]failed[/] {name}: {error}")
    return found


def _show(part: Part) -> None:
    console.print(part.table)
    for bar in part.bars:
        console.print(f"{'[green]met   ' if bar.met else '[red]missed'}[/] {bar.text}")
    for note in part.notes:
        console.print(f"       {note}")


def _keep(found: Mapping[str, Part], arguments: argparse.Namespace) -> Path:
    """Write down what was found and what it was taken on, and draw it."""
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    file = Path(__file__).with_name("results") / f"{'-'.join([*arguments.parts, today])}.json"
    content = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        **{name: part.figures for name, part in found.items()},
        "bars": [asdict(bar) for part in found.values() for bar in part.bars],
    }
    file.write_text(json.dumps(content, indent=1) + "\n")
    plot([part.panel for part in found.values()], file.with_suffix(".png"))
    return file


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(PARTS)}; else all")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender; the median counts")
    parser.add_argument("--seconds", type=float, help="loads last no longer, for a first impression")
    parser.add_argument(
        "--only", nargs="+", default=(), help="these contenders of stage or peers; nothing is kept"
    )
    parser.add_argument(
        "--orders",
        nargs="+",
        type=int,
        default=depth.ORDERS,
        help="depth: orders that are there already, by turns",
    )
    parser.add_argument("--rate", type=float, help="orders a second that the services bear; else measured")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
