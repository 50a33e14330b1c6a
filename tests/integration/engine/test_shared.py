"""Aggregates that nearly every event reads and hardly one changes."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from tests.integration.engine.facts import TENANT, day, drafted
from tests.integration.engine.toy import ORDER, SUPPLIER
from tests.integration.engine.world import World

_READ = "SELECT FROM aggregates WHERE rank = $1 AND key = $2 FOR SHARE"


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy's suppliers are such ones."""
    monkeypatch.setattr(SUPPLIER, "shared", True)


async def test_who_reads_waits_for_no_other_reader(world: World) -> None:
    world.tick(day(1))
    world.fact(drafted("O1"))
    await world.run()
    world.tick(day(100))

    other = await asyncpg.connect(world.url)
    try:
        async with other.transaction():
            await other.fetch(_READ, SUPPLIER.rank, f"{TENANT}/S1")
            await asyncio.wait_for(world.run(), 5)  # the deadline of O1 names its supplier
            await asyncio.wait_for(other.fetch(_READ, ORDER.rank, f"{TENANT}/O1"), 5)
    finally:
        await other.close()

    assert await world.connection.fetchval("SELECT count(*) FROM marks WHERE text = 'deadline'") == 1


async def test_who_changes_one_waits_for_its_readers_and_loses_nothing(world: World) -> None:
    world.tick(day(1))
    world.fact(drafted("O1"))
    await world.run()
    for number in range(2, 5):
        world.fact(drafted(f"O{number}", account=f"A{number}"))

    other = await asyncpg.connect(world.url)
    try:
        async with other.transaction():
            await other.fetch(_READ, SUPPLIER.rank, f"{TENANT}/S1")
            running = asyncio.create_task(world.run())
            done, _ = await asyncio.wait([running], timeout=0.3)
            assert not done
        await asyncio.wait_for(running, 5)
    finally:
        await other.close()

    assert await world.connection.fetchval("SELECT orders FROM suppliers") == 4
