"""Whole lives of orders a second where all of them are one supplier's, beside the same with many suppliers.

One account in order and one limit in credit then meet every order. Both on 1, 2 and 4 instances of those two services.
All orders are one tenant's, and so small that the limit has room for all of them.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from rich.table import Table

from bench.instances import COUNTS
from bench.parts import WARM_UP_S, Panel, Part, Run
from bench.sustained import Sustained, sustain
from bench.through_services import Silkway

SERVICES: Final = ("order", "credit")
"""Where orders of one supplier meet."""
SECONDS: Final = 30.0


class Spread(Silkway):
    """Twenty orders share a supplier."""

    total_minor, tenants = 100, 1


class Hot(Spread):
    """All orders are of one supplier."""

    orders_a_supplier = 1_000_000_000


KINDS: Final = {"spread": Spread, "hot": Hot}


async def measure(run: Run) -> Part:
    """Many suppliers and one, by turns, for each number of instances; once each."""
    found: dict[str, Sustained] = {}
    for count in COUNTS:
        for kind, way in KINDS.items():
            name = f"{kind}-{count}"
            if name not in (run.only or [name]):
                continue
            with run.doing(f"{name} instances"):
                async with way(run.stack, run.folder, name, dict.fromkeys(SERVICES, count)) as silkway:
                    found[name] = await sustain(silkway, WARM_UP_S, run.lasting(SECONDS))
            run.console.print(f"{name}: {found[name].rate:.1f} orders/s")
    return Part(
        figures={name: asdict(figures) for name, figures in found.items()},
        table=_table(found),
        panel=Panel("One supplier", "orders/s", {name: figures.rate for name, figures in found.items()}),
        notes=compared({name: figures.rate for name, figures in found.items()}),
    )


def compared(rates: dict[str, float]) -> list[str]:
    """How much less one supplier bears than many, by instances."""
    return [
        f"{count} instances: with one supplier {rates[f'hot-{count}'] / rates[f'spread-{count}']:.0%} of the rate"
        for count in COUNTS
        if {f"hot-{count}", f"spread-{count}"} <= rates.keys()
    ]


def _table(found: dict[str, Sustained]) -> Table:
    shown = Table(title=f"Whole lives of orders, by suppliers and instances of {' and '.join(SERVICES)}")
    for column in ("", "orders", "orders/s", "CPU ms/order"):
        shown.add_column(column, justify="left" if not column else "right")
    for name, one in found.items():
        shown.add_row(name, f"{one.orders}", f"{one.rate:.1f}", f"{sum(one.cpu_ms.values()):.1f}")
    return shown
