"""`make chaos`: a seeded storm over the whole system; what it struck, what came of it, and what must not have."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.table import Table

from silkway.messaging.database import DATABASE_ERRORS
from tests.chaos.around import AROUND
from tests.chaos.check import audit, check, settle
from tests.chaos.ground import ground
from tests.chaos.processes import BOUNDARIES, PROCESSES
from tests.chaos.storm import Storm

if TYPE_CHECKING:
    from collections.abc import Coroutine

ORDERS: Final = (600, 1_500)
"""Of each trade, in a short storm and in a long one: the last trade is told to its end when no fault is left."""
TRADES: Final = 2
SHORT_HOURS: Final = 0.25
"""An audit does again, one transaction after the other, what the services did side by side: it takes its time."""
_MOST_SHOWN: Final = 20
console = Console(highlight=False, soft_wrap=True)


def main() -> int:
    """Storm, then check; 0 where nothing was found and nothing is lacking."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="silkway-chaos-", ignore_cleanup_errors=True) as folder:
        return uvloop.run(_run(arguments, Path(folder)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--hours", type=float, default=0.08, help="how long faults go on")
    parser.add_argument("--seed", type=int, default=7, help="of the schedule and of the trades")
    parser.add_argument("--orders", type=int, help="orders of each trade")
    parser.add_argument("--trades", type=int, default=TRADES, help="trades at a time")
    parser.add_argument(
        "--only", action="append", choices=[*PROCESSES, *AROUND], metavar="KIND",
        help="a kind of fault, of which there is to be one at least; may be given again",
    )  # fmt: skip
    parser.add_argument(
        "--audit",
        action=argparse.BooleanOptionalAction,
        help=f"make the databases anew from the log and compare; of itself up to {SHORT_HOURS} hours",
    )
    parser.add_argument("--report", type=Path, help="write the outcome there, as JSON")
    arguments = parser.parse_args()
    short = arguments.hours <= SHORT_HOURS
    arguments.orders = arguments.orders or ORDERS[not short]
    arguments.audit = short if arguments.audit is None else arguments.audit
    return arguments


async def _run(arguments: argparse.Namespace, folder: Path) -> int:
    async with ground(folder) as here:
        storm = Storm(here, arguments, lambda line: console.print(line, markup=False))
        await storm.rage()
        console.print(f"{storm.seconds:.0f} s of storm are over; now checking")
        counted = await _check(storm)
        counted["MiB of databases and log"] = _mib(folder / "home")
        _report(storm, counted)
        if arguments.report:
            _write(storm, counted)
    return 1 if storm.findings or storm.lacking() else 0


async def _check(storm: Storm) -> Counter[str]:
    """Into the storm's findings goes all that must not be."""
    system, began = storm.ground.system, time.monotonic()
    try:
        storm.findings += await settle(system)
    except (*DATABASE_ERRORS, KafkaError) as error:
        storm.findings.append(f"stuck: {type(error).__name__}: {error}")
    await system.stop()  # what is to be found is written by now
    counted: Counter[str] = Counter()

    async def conclude(what: str, work: Coroutine[None, None, tuple[list[str], Counter[str]]]) -> None:
        try:
            found, counts = await work
        except Exception as error:  # told at the end, beside what the others found
            found, counts = [f"{what} failed: {type(error).__name__}: {error}"], Counter()
        storm.findings += found
        counted.update(counts)
        storm.say(f"{time.monotonic() - began:7.1f} s  {what}: {len(found)} findings")

    works = [conclude("the log", check(system, storm.load.told, storm.around.garbage))]
    if storm.arguments.audit:
        works.append(conclude("the audit by replay", audit(system)))
    await asyncio.gather(*works)
    counted["seconds of checking"] = round(time.monotonic() - began)
    return counted


def _report(storm: Storm, counted: Counter[str]) -> None:
    kinds = Counter(one.kind for one in storm.struck)
    faults = Table("fault", "times", "longest until ready", "killed")
    for kind, times in sorted(kinds.items()):
        longest = max(one.took_s for one in storm.struck if one.kind == kind)
        killed = str(storm.processes.kills[kind]) if kind in BOUNDARIES else ""
        faults.add_row(kind, str(times), f"{longest:.1f} s", killed)
    console.print(faults)
    facts = sum(sum(one.facts.values()) for one in storm.load.told)
    lines = {
        "storm": f"seed {storm.arguments.seed}, {storm.seconds / 60:.1f} minutes, {kinds.total()} faults",
        "told": f"{storm.load.facts:,} external events ({facts:,} different ones), {storm.around.garbage} unreadable",
        "boundaries": f"{len(BOUNDARIES)}, killed {storm.processes.kills.total()} times,"
        f" each at least {min(storm.processes.kills[kind] for kind in BOUNDARIES)} times",
        "restarted": "\n".join(storm.keeper.ended) or "nobody ended but by a fault",
        "impossible": ", ".join(storm.around.impossible) or "none of the faults",
        "compared": ", ".join(f"{number:,} {name}" for name, number in sorted(counted.items())),
    }
    for name, line in lines.items():
        console.print(f"{name:>10}  {line}", markup=False)
    for lack in storm.lacking():
        console.print(f"   lacking  {lack}", style="yellow", markup=False)
    for finding in storm.findings[:_MOST_SHOWN]:
        console.print(f" violation  {finding}", style="red", markup=False)
    if not storm.findings:
        console.print(
            "[green]violations  0: nothing lost, doubled, out of order, overdrawn, stuck or judged too early"
        )
    else:
        console.print(f"[red]violations  {len(storm.findings)}, seed {storm.arguments.seed}")


def _write(storm: Storm, counted: Counter[str]) -> None:
    outcome = {
        "seed": storm.arguments.seed,
        "hours": storm.arguments.hours,
        "seconds": round(storm.seconds),
        "facts": storm.load.facts,
        "kills": storm.processes.kills,
        "restarted": storm.keeper.ended,
        "impossible": storm.around.impossible,
        "counted": counted,
        "lacking": storm.lacking(),
        "findings": storm.findings,
        "struck": [asdict(one) for one in storm.struck],
    }
    storm.arguments.report.write_text(json.dumps(outcome, indent=1))


def _mib(folder: Path) -> int:
    """What lies on the disk below a folder."""
    size = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # the servers are at work
            size += path.stat().st_blocks * 512
    return size >> 20


if __name__ == "__main__":
    sys.exit(main())
