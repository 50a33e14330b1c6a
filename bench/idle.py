"""`python -m bench.idle`: what the whole system costs while nothing happens but ticks.

100 live tenants, each with a few orders under way; then nothing is told any more. Measured are the CPU seconds of
the four services, of the clock, of PostgreSQL and of Kafka.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from bench.report import Bar
from bench.straight import Straight
from bench.system import System
from silkway.cli.addresses import SERVICES
from silkway.cli.feed import Feed
from silkway.cli.pace import Pace
from silkway.contracts import LIVE_CLOCK
from silkway.embedded import Stack

TENANTS: Final = 100
ORDERS: Final = 3
"""Orders of each tenant; one is placed, one paid, one at sea."""
MOST_CORES: Final = 0.15
SETTLE_S: Final = 10.0
_STAGES: Final = (3, 4, 7)


@dataclass(frozen=True, slots=True)
class Idle:
    """`cores`: CPU seconds a second, by process."""

    tenants: int
    seconds: float
    cores: dict[str, float]

    @property
    def bar(self) -> Bar:
        total = sum(self.cores.values())
        text = f"idle, {self.tenants} tenants: {total:.3f} of a core (at most {MOST_CORES})"
        return Bar(text, total <= MOST_CORES)

    def table(self) -> Table:
        shown = Table(title=f"Idle with {self.tenants} tenants, {self.seconds:.0f} s")
        shown.add_column("process")
        shown.add_column("cores", justify="right")
        for name, cores in self.cores.items():
            shown.add_row(name, f"{cores:.4f}")
        return shown


async def idle(stack: Stack, folder: Path, seconds: float) -> Idle:
    """Start a system with a clock, let the tenants' orders come so far, and look on for `seconds`."""
    async with System(stack, folder, "idle", clock=True) as system:
        databases = {name: system.addresses.database(name) for name in SERVICES}
        async with (
            Feed(system.addresses.kafka, system.addresses.prefix) as feed,
            Pace(databases, LIVE_CLOCK) as pace,
        ):
            await _begin(feed)
            await pace.reach(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2))
        await asyncio.sleep(SETTLE_S)
        before, began = system.cpu_s(), time.monotonic()
        await asyncio.sleep(seconds)
        took, after = time.monotonic() - began, system.cpu_s()
    return Idle(TENANTS, took, {name: (after[name] - before[name]) / took for name in before})


async def _begin(feed: Feed) -> None:
    """Tell the first stages of each tenant's orders."""
    at = dt.datetime.now(dt.UTC)
    for tenant in range(TENANTS):
        for number, stages in enumerate(_STAGES):
            order = Straight("idle", number)
            facts = [*order.supplier(at), *(order.fact(stage, at) for stage in range(stages))]
            for fact in facts:
                await feed.fact(f"tenant-{tenant:02}", fact)
    await feed.flush()


def main() -> int:
    """Measure and show; 1 where the bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    seconds = parser.parse_args().seconds
    with (
        tempfile.TemporaryDirectory(prefix="silkway-bench-", ignore_cleanup_errors=True) as folder,
        Stack(Path(folder)) as stack,
    ):
        found = asyncio.run(idle(stack, Path(folder), seconds))
    console = Console()
    console.print(found.table())
    console.print(f"{'[green]met   ' if found.bar.met else '[red]missed'}[/] {found.bar.text}")
    return 0 if found.bar.met else 1


if __name__ == "__main__":
    sys.exit(main())
