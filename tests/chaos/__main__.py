"""`make chaos`: a seeded storm over the whole system; what it struck, what came of it, and what must not have."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer
from rich.console import Console
from rich.table import Table

from tests.chaos.check import check, shown
from tests.chaos.faults import Fault, Faults
from tests.chaos.ground import ground
from tests.chaos.load import Load

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDERS: Final = 1_500
PAUSES_S: Final = (0.5, 4.0)
AUDIT_S: Final = 3_600.0
console = Console()


@dataclass(frozen=True)
class Struck:
    """One fault: when it began after the storm's beginning, how long until all was ready again."""

    kind: str
    said: str
    at_s: float
    took_s: float


def main() -> int:
    """Storm, then check; 0 where nothing was found."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="silkway-chaos-", ignore_cleanup_errors=True) as folder:
        return asyncio.run(_storm(arguments, Path(folder)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--hours", type=float, default=0.08, help="how long faults go on")
    parser.add_argument("--seed", type=int, default=7, help="of the schedule and of the trades")
    parser.add_argument("--orders", type=int, default=ORDERS, help="orders of each trade")
    parser.add_argument("--only", action="append", help="a kind of fault; may be given again")
    parser.add_argument("--no-audit", action="store_true", help="leave out the audit by replay")
    parser.add_argument("--report", type=Path, help="write the outcome there, as JSON")
    return parser.parse_args()


async def _storm(arguments: argparse.Namespace, folder: Path) -> int:
    async with ground(folder) as here:
        system = here.system
        producer = AIOKafkaProducer(bootstrap_servers=system.kafka, acks="all", request_timeout_ms=300_000)
        async with system.feed() as feed, system.feed() as aside, producer:
            load = Load(system, feed, aside, producer, arguments.seed, arguments.orders)
            faults = Faults(here, load)
            began = time.monotonic()
            until = began + 3600 * arguments.hours
            async with asyncio.TaskGroup() as together:
                together.create_task(load.run(lambda: time.monotonic() < until))
                striking = [
                    together.create_task(_strike(kinds, Random(f"{arguments.seed}/{lane}"), began, until))
                    for lane, kinds in enumerate(_lanes(faults, arguments.only))
                ]
            struck = sorted((one for lane in striking for one in lane.result()), key=lambda one: one.at_s)
        told_s = time.monotonic() - began
        console.print(f"{load.facts} facts in {told_s:.0f} s, {len(struck)} faults; now checking")
        findings, counted = await check(system, load.told, faults.garbage)
        if not arguments.no_audit:
            audit = await system.cli("audit", "--json", within_s=AUDIT_S)
            if audit.code:
                findings.append(f"audit: {audit.stdout[:2000]}{audit.stderr[-2000:]}")
    _report(arguments, struck, findings, counted + Counter(facts=load.facts, seconds=round(told_s)))
    return 1 if findings else 0


def _lanes(faults: Faults, only: list[str] | None) -> list[dict[str, Fault]]:
    """What may strike at the same time: one fault of each."""
    lanes = (faults.processes, faults.around)
    chosen = [{kind: fault for kind, fault in lane.items() if kind in (only or lane)} for lane in lanes]
    return [lane for lane in chosen if lane]


async def _strike(kinds: dict[str, Fault], random: Random, began: float, until: float) -> list[Struck]:
    struck = list[Struck]()
    for kind in _schedule(list(kinds), random):
        await asyncio.sleep(random.uniform(*PAUSES_S))
        if time.monotonic() > until:
            return struck
        at = time.monotonic()
        said = await kinds[kind](random)
        struck.append(Struck(kind, said, round(at - began, 1), round(time.monotonic() - at, 1)))
        console.print(f"{struck[-1].at_s:7.1f} s  {kind}: {said} ({struck[-1].took_s} s)", highlight=False)
    return struck


def _schedule(kinds: list[str], random: Random) -> Iterator[str]:
    """Every kind once, in any order, then again in another."""
    while True:
        random.shuffle(kinds)
        yield from kinds


def _report(
    arguments: argparse.Namespace, struck: list[Struck], findings: list[str], counted: Counter[str]
) -> None:
    kinds = Counter(one.kind for one in struck)
    table = Table("fault", "times", "longest until ready")
    for kind, times in sorted(kinds.items()):
        table.add_row(kind, str(times), f"{max(s.took_s for s in struck if s.kind == kind):.1f} s")
    console.print(table)
    console.print(", ".join(f"{name} {number}" for name, number in sorted(counted.items())))
    if findings:
        console.print(f"[red]{len(findings)} findings[/], seed {arguments.seed}\n{shown(findings)}")
    else:
        console.print("[green]nothing lost, doubled, out of order, overdrawn, stuck or judged too early")
    if arguments.report:
        outcome = {"seed": arguments.seed, "counted": counted, "kinds": kinds, "findings": findings}
        arguments.report.write_text(json.dumps({**outcome, "struck": [asdict(s) for s in struck]}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
