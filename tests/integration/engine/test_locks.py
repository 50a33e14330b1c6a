"""What one transaction has to do with another one waits for, and nobody waits for each other in a circle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from tests.integration.engine.facts import TENANT, confirmed, day, drafted, paid
from tests.integration.engine.place import until
from tests.integration.engine.toy import ORDER, SUPPLIER
from tests.integration.engine.world import World, given_orders

NewWorld = Callable[[], Awaitable[World]]
_LOCK = "SELECT FROM aggregates WHERE rank = $1 AND key = $2 FOR UPDATE"
_READ = "SELECT FROM aggregates WHERE rank = $1 AND key = $2 FOR SHARE"
_CHANGE = "UPDATE aggregates SET version = version WHERE rank = $1 AND key = $2"
_FREE = "SELECT key FROM aggregates WHERE rank = $1 ORDER BY key FOR UPDATE SKIP LOCKED"
_HELD_UP = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"""


@asynccontextmanager
async def another(world: World) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A transaction beside those of the world's service, ended with the block."""
    connection = await asyncpg.connect(world.url)
    try:
        async with connection.transaction():
            yield connection
    finally:
        await connection.close()


async def held_up(world: World) -> None:
    """Return once a transaction waits for another one."""

    async def waits() -> bool:
        return bool(await world.connection.fetchval(_HELD_UP))

    await until(waits, "a transaction waits for another one")


async def test_what_another_instance_is_reading_is_waited_for_and_left_out(new_world: NewWorld) -> None:
    world = await new_world()
    await given_orders(world, "O1")
    world.fact(paid(40, "A-O1"))
    batch = world.undelivered()
    ((place, records),) = batch.items()

    async with another(world) as other:
        await other.execute(
            "UPDATE offsets SET next_offset = $3, fingerprint = NULL WHERE topic = $1 AND partition = $2",
            *place,
            records[-1].offset + 1,
        )
        reading = asyncio.create_task(world.deliver(batch))
        await held_up(world)
    done = await reading

    assert (done.applied, done.gaps, done.halts) == (0, {}, {})


async def test_what_another_transaction_changes_is_waited_for_and_kept(new_world: NewWorld) -> None:
    world = await new_world()
    await given_orders(world, "O1")
    world.fact(paid(60, "A-O1"))

    async with another(world) as other:
        await other.execute(_LOCK, ORDER.rank, f"{TENANT}/O1")
        await other.execute("UPDATE orders SET paid_minor = 30 WHERE order_id = 'O1'")
        running = asyncio.create_task(world.run())
        await held_up(world)
    await running

    assert (await world.row("orders", "O1"))["paid_minor"] == 90


async def test_aggregates_are_locked_in_the_order_of_their_names(world: World) -> None:
    orders = [f"O{number:02}" for number in range(12)]
    await given_orders(world, *orders)
    for order in orders:
        world.fact(confirmed(order))

    # When one in the middle is not to be had
    async with another(world) as other:
        await other.execute(_LOCK, ORDER.rank, f"{TENANT}/O06")
        running = asyncio.create_task(world.run())
        await held_up(world)
        free = [row["key"] for row in await world.connection.fetch(_FREE, ORDER.rank)]
    await running

    # Then those before it are locked meanwhile, and those behind it are free
    assert free == [f"{TENANT}/{order}" for order in orders[7:]]


async def test_who_reads_a_shared_one_lets_go_of_it_before_it_is_written(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a supplier that another transaction reads as well
    monkeypatch.setattr(SUPPLIER, "shared", True)
    world = await new_world()
    world.tick(day(0))
    world.fact(drafted("O1"))
    await world.run()
    world.fact(drafted("O2", account="A2"))

    async with another(world) as other:
        await other.execute("SET deadlock_timeout = '50ms'")  # so that it would be the one that gives way
        await other.execute(_READ, SUPPLIER.rank, f"{TENANT}/S1")
        running = asyncio.create_task(world.run())
        await held_up(world)
        # When that one changes it first, then it need not wait for us
        await other.execute(_CHANGE, SUPPLIER.rank, f"{TENANT}/S1")
        await other.execute("UPDATE suppliers SET total_minor = total_minor + 5")
    await running

    # and what it has changed is kept
    assert (await world.row("suppliers", "S1"))["total_minor"] == 205
