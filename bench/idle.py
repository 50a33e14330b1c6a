"""What the whole system costs while nothing happens but ticks.

100 live tenants, each with a few orders under way; then nothing is told any more. Measured are the CPU seconds of
the four services, of the auditor, of the clock, of PostgreSQL and of Kafka.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from typing import Final

from rich.table import Table

from bench.parts import Bar, Panel, Part, Run
from bench.straight import Straight
from bench.system import System
from silkway.cli.addresses import SERVICES
from silkway.cli.feed import Feed
from silkway.cli.pace import Pace
from silkway.contracts import LIVE_CLOCK

TENANTS: Final = 100
ORDERS: Final = 3
"""Orders of each tenant; one is placed, one paid, one at sea."""
MOST_CORES: Final = 0.15
SECONDS: Final = 60.0
SETTLE_S: Final = 10.0
_STAGES: Final = (3, 4, 7)


async def measure(run: Run) -> Part:
    """Start a system with a clock, let the tenants' orders come so far, and look on."""
    async with System(run.stack, run.folder, "idle", clock=True, auditor=True) as system:
        databases = {name: system.addresses.database(name) for name in SERVICES}
        async with (
            Feed(system.addresses.kafka, system.addresses.prefix) as feed,
            Pace(databases, LIVE_CLOCK) as pace,
        ):
            await _begin(feed)
            await pace.reach(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2))
        with run.doing("idle"):
            await asyncio.sleep(SETTLE_S)
            before, began = system.cpu_s(), time.monotonic()
            await asyncio.sleep(run.lasting(SECONDS))
            took, after = time.monotonic() - began, system.cpu_s()
    cores = {name: (after[name] - before[name]) / took for name in before}
    total = sum(cores.values())
    text = f"idle with {TENANTS} tenants: {total:.3f} of a core (at most {MOST_CORES})"
    return Part(
        figures={"tenants": TENANTS, "seconds": took, "cores": cores},
        table=_table({**cores, "all": total}),
        panel=Panel(f"Idle with {TENANTS} tenants", "of a core", cores),
        bars=[Bar(text, total <= MOST_CORES)],
    )


def _table(cores: dict[str, float]) -> Table:
    shown = Table(title=f"Idle with {TENANTS} tenants")
    shown.add_column("process")
    shown.add_column("of a core", justify="right")
    for name, each in cores.items():
        shown.add_row(name, f"{each:.4f}")
    return shown


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
