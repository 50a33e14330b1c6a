"""What a fact costs where ever more orders are there already: the stage of the engine, its facts evenly on all of them.

The rows are made by PostgreSQL itself, as the service would have written them (`load.py`). Every size has a database
and a log of its own and goes on with it from round to round; the sizes take turns in every round.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Final

from bench import load
from bench.contest import Log
from bench.engine import SERVICE
from bench.meter import Figures
from bench.one_stage import ENGINE, medians, table
from bench.parts import Bar, Panel, Part, Run
from silkway.cli.topics import create_topics
from silkway.messaging.deploy import prepare

ORDERS: Final = (10_000, 1_000_000, 10_000_000)
MOST: Final = 1.15
"""A fact costs at most so many times as much with the most orders as with the fewest."""
EVENTS, WARM_UP = 60_000, 10_000
BYTES_AN_ORDER: Final = 1_000
"""On the disk at most, while its table's key is built."""
_LOG: Final = "SELECT pg_size_bytes(current_setting('max_wal_size'))"
"""What PostgreSQL's own log may grow to, in bytes."""


async def measure(run: Run) -> Part:
    """CPU of a fact by size; sizes that the disk has no room for are left out."""
    server = run.stack.postgres.url("postgres")
    sizes = fitting(run.orders, shutil.disk_usage(run.folder).free - await load.ask(server, _LOG))
    try:
        runs = await _rounds(run, server, sizes)
    finally:
        for orders in sizes:
            await load.drop(server, f"bench_{orders}")
    of = medians(runs)
    return Part(
        figures={name: [asdict(figures) for figures in several] for name, several in runs.items()},
        table=table("One stage, by the orders that are there already (medians)", of),
        panel=Panel("Orders there already", "CPU µs an event", {name: f.cpu_us for name, f in of.items()}),
        bars=_bars(of),
        notes=[f"no room on the disk for {orders:,} orders" for orders in run.orders if orders not in sizes],
    )


def fitting(sizes: Sequence[int], room: int) -> list[int]:
    """Those, from the smallest on, for which `room` bytes are enough: their databases are there together."""
    found: list[int] = []
    for orders in sorted(sizes):
        if BYTES_AN_ORDER * sum([*found, orders]) <= room:
            found.append(orders)
    return found


async def _rounds(run: Run, server: str, sizes: Sequence[int]) -> dict[str, list[Figures]]:
    """Fill a database for each size, then measure them by turns."""
    runs: dict[str, list[Figures]] = {f"{orders:,}": [] for orders in sizes}
    for orders in sizes:
        with run.doing(f"filling the tables with {orders:,} orders"):
            name, prefix = f"bench_{orders}", f"depth{orders}."
            await load.create_database(server, run.stack.postgres.url(name), name, orders)
            await create_topics(run.stack.kafka.bootstrap, prefix)
            await prepare(run.stack.postgres.url(name), SERVICE, prefix)
    for number in range(run.rounds):
        for orders in sizes:
            with run.doing(f"round {number + 1} of {run.rounds}: {orders:,} orders"):
                figures = await _once(run, orders, number)
            runs[f"{orders:,}"].append(figures)
            run.console.print(f"{orders:,} orders: {figures.cpu_us:,.0f} µs of CPU a fact")
    return runs


async def _once(run: Run, orders: int, number: int) -> Figures:
    """One round of a size: its next facts, all there before the service starts."""
    prefix = f"depth{orders}."
    await load.fill(run.stack.kafka.bootstrap, prefix, EVENTS, orders, number * EVENTS)
    contender = replace(ENGINE, log=Log(prefix, EVENTS, WARM_UP))
    return await run.contest.measure(contender, f"bench_{orders}", (number + 1) * EVENTS)


def _bars(of: dict[str, Figures]) -> list[Bar]:
    if len(of) < 2:
        return []
    (fewest, least), *_, (most, dearest) = of.items()
    times = dearest.cpu_us / least.cpu_us
    text = f"with {most} orders a fact costs {times:.2f} times what it costs with {fewest} (at most {MOST})"
    return [Bar(text, times <= MOST)]
