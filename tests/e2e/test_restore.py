"""All databases are lost amid a load and taken from their backups: everything is as it would have been."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import asyncpg
import pytest

from silkway.cli.addresses import SERVICES
from silkway.cli.demo.seen import see
from silkway.cli.demo.trade import Trade
from silkway.cli.demo.verify import compare
from silkway.cli.demo.world import AHEAD
from tests.backup import back_up, bring_back
from tests.e2e.system import System
from tests.e2e.wire import (
    assert_each_once_and_in_order,
    assert_heard_as_said,
    assert_nothing_left,
    assert_repeated_word_for_word,
    said_on_the_wire,
    versions_on_the_wire,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.conftest import Backing

TENANT: Final = "sim-lost"
ORDERS: Final = 40


@pytest.fixture
async def own_system(
    stack: Backing,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
    tmp_path: Path,
) -> AsyncIterator[System]:
    """One process of each service, and databases that may be lost."""
    prefix = await new_topics()
    databases = {service: await service_database(service, prefix) for service in SERVICES}
    async with System(stack.kafka, prefix, databases, tmp_path) as running:
        yield running


async def lose(url: str) -> None:
    """An empty database is where the service's was."""
    name = urlsplit(url).path.lstrip("/")
    server = await asyncpg.connect(url, database="postgres")
    while True:
        await server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name
        )
        try:
            await server.execute(f'DROP DATABASE "{name}"')
        except asyncpg.ObjectInUseError:  # somebody was quick to come back
            continue
        await server.execute(f'CREATE DATABASE "{name}"')
        return await server.close()


async def lose_and_restore(system: System, folder: Path) -> list[str]:
    """Backups at a third of the load; all is lost at two thirds, and catches up. What each restore said."""

    async def there(orders: int) -> None:
        async def enough() -> bool:
            return await system.count("notify", "order_views") >= orders

        await system.until(enough, f"{orders} orders are seen", 60)

    await there(ORDERS // 3)
    for service in SERVICES:  # at four different moments, as backups are
        await back_up(system.databases[service], folder / service)
    await there(2 * ORDERS // 3)
    for instance in system.processes:
        instance.daemon.kill()
    for service in SERVICES:
        await lose(system.databases[service])
        await bring_back(folder / service, system.databases[service])
    restored = await asyncio.gather(*(system.cli("restore", service) for service in SERVICES))
    assert [done.code for done in restored] == [0, 0, 0, 0], [done.stderr[-2000:] for done in restored]
    await asyncio.gather(*(system.restart(instance) for instance in system.processes))
    return [done.stdout for done in restored]


async def test_all_databases_are_lost_and_come_back(own_system: System, tmp_path: Path) -> None:
    # Given hundreds of facts on their way, and backups; when every database is lost and restored meanwhile
    system, trade = own_system, Trade(ORDERS, seed=5)
    async with system.feed() as feed, system.pace(TENANT) as pace, asyncio.TaskGroup() as together:
        restoring = together.create_task(lose_and_restore(system, tmp_path))
        together.create_task(feed.drive(TENANT, trade.facts(), trade.closing_ticks(), pace, ahead=AHEAD))
    assert all(": 0 transactions" not in said for said in restoring.result()), restoring.result()

    # Then every order is as it must be, and nobody heard anything but duplicates
    sight = await see(system.addresses, TENANT)
    verdict = compare(trade.expected, sight.orders, sight.counts, trade.counts)
    assert not verdict.differences, "\n".join(map(str, verdict.differences[:20]))
    await assert_nothing_left(system)
    assert_repeated_word_for_word(await said_on_the_wire(system, TENANT))
    versions = await versions_on_the_wire(system, TENANT)
    assert_each_once_and_in_order(versions)
    await assert_heard_as_said(system, TENANT, versions)

    # And what the log makes of each journal is what is there
    for rebuilt in await asyncio.gather(*(system.cli("rebuild", s, "--verify", "--json") for s in SERVICES)):
        assert rebuilt.code == 0, rebuilt.stdout[:3000] + rebuilt.stderr[-3000:]
        assert rebuilt.json()["differences"] == rebuilt.json()["warnings"] == []

    # When somebody changes a row by hand, then it is shown under its order
    (order,) = await system.rows(
        "order",
        "UPDATE order_lines SET quantity = quantity + 1 WHERE ctid = (SELECT min(ctid) FROM order_lines)"
        " RETURNING tenant || '/' || order_id AS id",
    )
    found = await system.cli("rebuild", "order", "--verify")
    assert found.code == 1
    assert f"\norder {order['id']}\n  order_lines {order['id']}/" in found.stdout
    assert "different" in found.stdout
