"""`make bench`: all that is measured, in one run; `python -m bench PART …` measures some of it."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from bench import delays, depth, hot, idle, instances, lives, one_stage, outage, poison, versus
from bench.machine import describe
from bench.parts import Bar, Measure, Part, Run
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
    "hot": hot.measure,
    "peers": versus.measure,
}
console = Console()


@dataclass
class Outcome:
    """What each part found, and why others found nothing, by their names."""

    found: dict[str, Part] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def bars(self) -> list[Bar]:
        return [bar for part in self.found.values() for bar in part.bars]


def main() -> int:
    """Run the parts, show and keep the figures; 1 where a bar is missed or a part failed."""
    arguments = _arguments()
    names = arguments.parts or list(PARTS)
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
        outcome = asyncio.run(_measure(run, names, None if arguments.only else _file(arguments)))
    for part in outcome.found.values():
        _show(part)
    for name, why in outcome.failed.items():
        console.print(f"[red]failed[/] {name}: {escape(why)}")
    return 0 if not outcome.failed and all(bar.met for bar in outcome.bars) else 1


async def _measure(run: Run, names: Sequence[str], file: Path | None) -> Outcome:
    """What the parts found, kept in `file` after each of them: a long run is not lost with one of its parts."""
    outcome = Outcome()
    for name in names:
        try:
            outcome.found[name] = await PARTS[name](run)
        except Exception as error:  # whatever it was, the others go on
            outcome.failed[name] = f"{type(error).__name__}: {error}"
            console.print(f"[red]failed[/] {name}: {escape(outcome.failed[name])}")
        if file and outcome.found:
            _keep(outcome, run, file)
            console.print(f"kept in {file}")
    return outcome


def _show(part: Part) -> None:
    console.print(part.table)
    for bar in part.bars:
        console.print(f"{'[green]met   ' if bar.met else '[red]missed'}[/] {bar.text}")
    for note in part.notes:
        console.print(f"       {note}")


def _file(arguments: argparse.Namespace) -> Path:
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    return Path(__file__).with_name("results") / f"{'-'.join([*arguments.parts, today])}.json"


def _keep(outcome: Outcome, run: Run, file: Path) -> None:
    """Write down what was found so far and what it was taken on, and draw it."""
    content = {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "rounds": run.rounds,
        "seconds": run.seconds,
        **{name: part.figures for name, part in outcome.found.items()},
        "bars": [asdict(bar) for bar in outcome.bars],
        "failed": outcome.failed,
    }
    file.write_text(json.dumps(content, indent=1) + "\n")
    plot([part.panel for part in outcome.found.values()], file.with_suffix(".png"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of: {', '.join(PARTS)}; else all")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender; the median counts")
    parser.add_argument("--seconds", type=float, help="loads last no longer, for a first impression")
    parser.add_argument(
        "--only",
        nargs="+",
        default=(),
        help="these contenders of stage, hot or peers; nothing is kept",
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
    if arguments.seconds is not None and arguments.seconds <= delays.RAMP_S:
        parser.error(f"--seconds: more than the {delays.RAMP_S:.1f} that all facts of an order take")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
