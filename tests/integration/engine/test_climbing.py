"""What records name by the state of others: asked for step by step, down the ranks, in one attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import asyncpg

from silkway.contracts import OrderConfirmed
from silkway.messaging import Look, Name, metrics
from tests.integration.engine.facts import confirmed, day, drafted, paid
from tests.integration.engine.toy import SUPPLIER
from tests.integration.engine.world import World


async def test_records_that_climb_from_different_ranks_need_one_attempt(world: World) -> None:
    # Given payments, which climb from their account to its order, and confirmations that climb from their order
    def nothing_more(_: OrderConfirmed, look: Look) -> Sequence[Name]:
        return []

    routes = world.engine.service.router.routes
    routes[OrderConfirmed.type] = replace(routes[OrderConfirmed.type], more=nothing_more)
    world.tick(day(1))
    for number in range(4):
        world.fact(drafted(f"O{number}", account=f"A{number}"))
    await world.run()
    before = metrics.restarts._value.get()

    # When both come in one batch
    for number in range(4):
        world.fact(paid(10, account=f"A{number}"))
        world.fact(confirmed(f"O{number}"))
    await world.run()

    # Then no transaction had to begin anew
    assert metrics.restarts._value.get() == before
    assert await world.connection.fetchval("SELECT count(*) FROM marks WHERE text = 'paid'") == 4


async def test_what_ranks_lower_and_is_not_there_yet_begins_anew(world: World) -> None:
    before = metrics.restarts._value.get()
    _confirmations_name_a_supplier(world)
    await world.run()

    assert metrics.restarts._value.get() == before + 1
    assert await world.connection.fetchval("SELECT count(*) FROM marks WHERE text LIKE 'confirmed%'") == 1


async def test_what_ranks_lower_is_taken_where_nobody_else_has_it(world: World) -> None:
    # Given a supplier that is known, and confirmations that name it by what their order says
    _confirmations_name_a_supplier(world)
    await world.run()
    before = metrics.restarts._value.get()

    # When one comes
    world.fact(confirmed("O2"))
    await world.run()

    # Then it is applied at the first attempt
    assert metrics.restarts._value.get() == before
    assert await world.connection.fetchval("SELECT count(*) FROM marks WHERE text LIKE 'confirmed%'") == 2


async def test_what_ranks_lower_and_is_locked_elsewhere_is_waited_for_in_order(world: World) -> None:
    _confirmations_name_a_supplier(world)
    await world.run()
    before = metrics.restarts._value.get()

    # When another transaction has the supplier while a confirmation comes
    other = await asyncpg.connect(world.url)
    try:
        async with other.transaction():
            await other.fetch("SELECT FROM aggregates WHERE rank = $1 FOR UPDATE", SUPPLIER.rank)
            world.fact(confirmed("O2"))
            applying = asyncio.create_task(world.run())
            while metrics.restarts._value.get() == before:  # noqa: ASYNC110 - a counter tells nobody
                await asyncio.sleep(0.01)
            assert not applying.done()
        await applying
    finally:
        await other.close()

    # Then the transaction began anew once, and waited
    assert metrics.restarts._value.get() == before + 1
    assert await world.connection.fetchval("SELECT count(*) FROM marks WHERE text LIKE 'confirmed%'") == 2


def _confirmations_name_a_supplier(world: World) -> None:
    """Two orders are there, and the first one's confirmation, which has made the supplier known."""

    def supplier(_: OrderConfirmed, look: Look) -> Sequence[Name]:
        return [SUPPLIER["S9"]]

    routes = world.engine.service.router.routes
    routes[OrderConfirmed.type] = replace(routes[OrderConfirmed.type], more=supplier)
    world.tick(day(1))
    world.fact(drafted("O1"))
    world.fact(drafted("O2"))
    world.fact(confirmed("O1"))
