"""What records name by the state of others: asked for step by step, down the ranks, in one attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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


async def test_what_is_named_below_what_is_locked_begins_anew(world: World) -> None:
    def supplier(_: OrderConfirmed, look: Look) -> Sequence[Name]:
        return [SUPPLIER["S9"]]

    routes = world.engine.service.router.routes
    routes[OrderConfirmed.type] = replace(routes[OrderConfirmed.type], more=supplier)
    world.tick(day(1))
    world.fact(drafted("O1"))
    await world.run()
    before = metrics.restarts._value.get()
    world.fact(confirmed("O1"))
    await world.run()

    assert metrics.restarts._value.get() == before + 1
    assert await world.connection.fetchval("SELECT count(*) FROM marks WHERE text LIKE 'confirmed%'") == 1
