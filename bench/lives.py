"""Whole lives of orders a second through the four services, as long as a load has to last to be believed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from rich.table import Table

from bench.parts import WARM_UP_S, Panel, Part, Run
from bench.sustained import Sustained, sustain
from bench.through_services import Silkway
from silkway.cli.addresses import SERVICES
from silkway.embedded import Stack

SECONDS: Final = 180.0


async def measure(run: Run) -> Part:
    """Orders brought to their end a second, where the CPU of an order goes, and what stays on the disks."""
    with run.doing("orders through the four services"):
        async with Silkway(run.stack, run.folder, "lives") as silkway:
            before = await _kept(run.stack, silkway)
            found = await sustain(silkway, WARM_UP_S, run.lasting(SECONDS))
            orders, after = await silkway.finished(), await _kept(run.stack, silkway)
    run.rate = found.rate
    kept_kb = {name: (after[name] - before[name]) / 1000 / orders for name in before}
    return Part(
        figures={**asdict(found), "kept_kb": kept_kb},
        table=_table(found),
        panel=Panel("Whole lives through four services", "CPU ms an order", found.cpu_ms),
        notes=[
            f"{found.orders} orders in {found.seconds:.0f} s: {found.rate:.1f} a second",
            "an order leaves " + ", ".join(f"{kb:.1f} KB in {name}" for name, kb in kept_kb.items()),
        ],
    )


async def _kept(stack: Stack, silkway: Silkway) -> dict[str, int]:
    """Bytes on the disks, by server: the four databases, and the logs of their topics."""
    addresses = silkway.system.addresses
    databases = 0
    for service in SERVICES:
        connection = await silkway.connect(service)
        databases += await connection.fetchval("SELECT pg_database_size(current_database())")
    logs = (stack.kafka.data / "log").glob(f"{addresses.prefix}*/*.log")
    return {"PostgreSQL": databases, "Kafka": sum(log.stat().st_size for log in logs)}


def _table(found: Sustained) -> Table:
    shown = Table(title=f"Whole lives of orders, {found.rate:.1f} a second")
    shown.add_column("process")
    shown.add_column("CPU ms/order", justify="right")
    for name, cpu_ms in {**found.cpu_ms, "all": sum(found.cpu_ms.values())}.items():
        shown.add_row(name, f"{cpu_ms:.1f}")
    return shown
