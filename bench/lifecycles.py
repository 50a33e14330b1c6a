"""Whole lives of orders through the four real services: drafted, paid, shipped, delivered, settled."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from bench.meter import tree_cpu_s
from silkway.cli.addresses import SERVICES, Addresses
from silkway.cli.demo.trade import Trade
from silkway.cli.feed import Feed
from silkway.cli.migrate import migrate_service
from silkway.cli.pace import Pace
from silkway.cli.topics import create_topics
from silkway.embedded import Daemon, Stack

WARM_UP, ORDERS = 300, 3_000
PREFIX = "lives."
_SETTLED = "SELECT count(*) FROM orders WHERE tenant = $1 AND life = 'SETTLED'"


@dataclass(frozen=True, slots=True)
class Lives:
    """`rate`: orders brought to their end a second. facts: from outside, for all. CPU: milliseconds an order."""

    orders: int
    facts: int
    rate: float
    services_ms: float
    postgres_ms: float
    kafka_ms: float

    def __str__(self) -> str:
        return (
            f"{self.rate:,.0f} orders brought to their end a second, {self.facts / self.orders:.0f} facts each; "
            "CPU an order: "
            f"services {self.services_ms:.1f} ms, PostgreSQL {self.postgres_ms:.1f} ms, Kafka {self.kafka_ms:.1f} ms"
        )


async def lifecycles(stack: Stack, folder: Path) -> Lives:
    """Play the built-in trade through the four services as processes of their own. Raises pace.Stalled."""
    home = stack.home
    system = Addresses(
        kafka_servers=stack.kafka.bootstrap,
        databases={name: stack.postgres.url(f"lives_{name}") for name in SERVICES},
        apis={name: f"http://127.0.0.1:{home.port(name)}" for name in SERVICES},
        prefix=PREFIX,
    )
    await create_topics(system.kafka, PREFIX)
    for name in SERVICES:
        await migrate_service(name, system.database(name), PREFIX)
    with ExitStack() as running:
        services = [_service(name, system, folder) for name in SERVICES]
        for daemon in services:
            daemon.start()
            running.callback(daemon.stop)
        await _play(system, "sim-warm-up", WARM_UP)
        processes = [_root(daemon) for daemon in (*services, stack.postgres.daemon, stack.kafka.daemon)]
        before, began = [tree_cpu_s(process) for process in processes], time.monotonic()
        facts = await _play(system, "sim-lives", ORDERS)
        seconds = time.monotonic() - began
        spent = [tree_cpu_s(p) - b for p, b in zip(processes, before, strict=True)]
    *own, postgres, kafka = (1000 * cpu_s / ORDERS for cpu_s in spent)
    return Lives(ORDERS, facts, ORDERS / seconds, sum(own), postgres, kafka)


async def _play(system: Addresses, tenant: str, orders: int) -> int:
    """Publish the trade and wait until every order has come to its end; the number of facts."""
    trade, published = Trade(orders, seed=7), 0

    def so_far(facts: int) -> None:
        nonlocal published
        published = facts

    databases = {name: system.database(name) for name in SERVICES}
    async with Feed(system.kafka, system.prefix) as feed, Pace(databases, tenant) as pace:
        await feed.drive(tenant, trade.facts(), trade.closing_ticks(), pace, so_far)
    connection = await asyncpg.connect(system.database("order"))
    try:
        settled = await connection.fetchval(_SETTLED, tenant)
    finally:
        await connection.close()
    expected = sum(order.life == "SETTLED" for order in trade.expected)
    if settled != expected:
        raise RuntimeError(f"{settled} orders were settled, not {expected}")
    return published


def _service(name: str, system: Addresses, folder: Path) -> Daemon:
    environment = {**system.environment(), "SILKWAY_TOPIC_PREFIX": PREFIX}
    command = [sys.executable, "-m", f"silkway.{name}"]
    return Daemon(name, command, folder / f"{name}.jsonl", folder / f"{name}.json", environment)


def _root(daemon: Daemon) -> psutil.Process:
    assert daemon.pid is not None, f"{daemon.name} is not running:\n{daemon.last_lines()}"
    return psutil.Process(daemon.pid)
