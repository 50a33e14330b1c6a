"""Events of our own services are applied by their dense version: each once, in order, whatever the relay did."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from silkway.contracts import CarriedLine, ShipmentLinked
from tests.integration.engine.facts import confirmed, day, drafted, granted, milestone, paid
from tests.integration.engine.world import World


async def given_an_order(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()


async def seen(world: World, order: str = "O1") -> dict[str, int]:
    (row,) = [r for r in await world.rows("aggregates") if (r["rank"], r["key"]) == (3, f"acme/{order}")]
    found: dict[str, int] = json.loads(row["seen"])
    return found


async def test_the_same_log_gives_our_events_the_same_ids(new_world: Callable[[], Awaitable[World]]) -> None:
    ids = []
    for _ in range(2):
        world = await new_world()
        await given_an_order(world)
        world.fact(confirmed(party="BUYER"))
        world.fact(paid(100))
        await world.run()
        ids.append([sent.id for sent in await world.sent()])

    assert ids[0] == ids[1]
    assert len(ids[0]) > 2


async def test_duplicates_are_dropped(world: World) -> None:
    await given_an_order(world)
    world.ours(milestone(1), 1)
    world.ours(milestone(1), 1)
    await world.run()
    world.ours(milestone(1), 1)
    world.ours(milestone(2), 2)
    await world.run()

    assert await world.marks() == ["drafted", "leg 1", "leg 2"]
    assert await seen(world) == {"logistics": 2}


async def test_a_gap_waits_and_order_is_restored(world: World) -> None:
    await given_an_order(world)
    world.ours(milestone(3), 3)
    world.ours(milestone(2), 2)
    await world.run()
    assert await world.marks() == ["drafted"]
    assert [w["wants"] for w in await world.rows("waiting")] == ["version 1 of logistics"] * 2

    world.ours(milestone(1), 1)
    await world.run()
    assert await world.marks() == ["drafted", "leg 1", "leg 2", "leg 3"]
    assert await world.rows("waiting") == []


async def test_order_is_restored_within_one_batch(world: World) -> None:
    await given_an_order(world)
    for version in (4, 2, 3, 1, 2, 5):
        world.ours(milestone(version), version)
    await world.run()

    assert await world.marks() == ["drafted", "leg 1", "leg 2", "leg 3", "leg 4", "leg 5"]


async def test_what_waits_outlives_the_process(world: World) -> None:
    await given_an_order(world)
    world.ours(milestone(2), 2)
    world.ours(milestone(2), 2)
    world.ours(milestone(4), 4)
    await world.run()
    await world.restart()
    world.ours(milestone(1), 1)
    await world.run()
    assert await world.marks() == ["drafted", "leg 1", "leg 2"]

    await world.restart()
    world.ours(milestone(3), 3)
    await world.run()
    assert await world.marks() == ["drafted", "leg 1", "leg 2", "leg 3", "leg 4"]
    assert await world.rows("waiting") == []


async def test_each_sender_counts_for_itself_and_for_each_order(world: World) -> None:
    await given_an_order(world)
    world.fact(drafted("O2", account="A2"))
    world.ours(granted("O1"), 1)
    world.ours(milestone(1, "O2"), 1)
    world.ours(milestone(1, "O1"), 1)
    await world.run()

    assert await world.marks("O1") == ["drafted", "covered", "leg 1"]
    assert await world.marks("O2") == ["drafted", "leg 1"]
    assert await seen(world) == {"credit": 1, "logistics": 1}


async def test_an_ignored_event_moves_the_version_on(world: World) -> None:
    await given_an_order(world)
    line = CarriedLine(line_id="1", quantity=1)
    world.ours(ShipmentLinked(order_id="O1", shipment_id="SH1", mode="SEA", lines=(line,)), 1)
    world.ours(milestone(2), 2)
    await world.run()

    assert await world.marks() == ["drafted", "leg 2"]


async def test_an_event_for_an_unknown_order_waits_with_its_followers(world: World) -> None:
    world.tick(day(0))
    world.ours(milestone(1), 1)
    world.ours(milestone(2), 2)
    await world.run()
    assert {w["wants"] for w in await world.rows("waiting")} == {"order.drafted", "version 1 of logistics"}

    world.fact(drafted())
    await world.run()
    assert await world.marks() == ["drafted", "leg 1", "leg 2"]


async def test_our_own_versions_are_dense_and_ids_derived(world: World) -> None:
    await given_an_order(world)
    world.fact(paid(60))
    world.fact(paid(40))
    await world.run()
    world.fact(drafted("O2", account="A2"))
    await world.run()

    assert [sent.version for sent in await world.sent("O1")] == [1, 2, 3, 4]
    assert [sent.version for sent in await world.sent("O2")] == [1]
    assert len({sent.id for sent in await world.sent()}) == 5
