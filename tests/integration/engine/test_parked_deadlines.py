"""A deadline that fails is parked by itself, never its tick, and comes back or not as the operator decides."""

from __future__ import annotations

import datetime as dt

from tests.integration.engine.facts import START, confirmed, day
from tests.integration.engine.world import World, given_orders, parked


async def test_a_failing_deadline_is_parked_by_itself_and_the_tick_goes_on(world: World) -> None:
    await given_orders(world, "O1", "O2")
    world.faults.raises.add("O1")
    world.tick(day(8))
    await world.run()

    row = await parked(world)
    assert (row["type"], row["key"], row["record"], row["known_at"]) == ("timer", "acme/O1", None, day(7))
    assert await world.marks("O1") == ["drafted"]
    assert await world.marks("O2") == ["drafted", "deadline", "reminder"]
    assert await world.ticks_passed_on() == [day(0), day(8)]

    world.fact(confirmed("O1"))
    await world.run()
    assert await world.marks("O1") == ["drafted"]

    world.faults.raises.clear()
    world.command("redrive", row["place"])
    await world.run()
    # Then the deadline that follows from it and is past already has not waited for another tick
    assert await world.marks("O1") == ["drafted", "deadline", "confirmed by BUYER", "reminder"]


async def test_a_deadline_that_the_database_refuses_is_found_among_many(world: World) -> None:
    orders = [f"O{n}" for n in range(7)]
    await given_orders(world, *orders)
    world.faults.forbidden |= {"O2", "O5"}
    world.tick(day(7))
    await world.run()

    assert {r["key"] for r in await world.rows("parked")} == {"acme/O2", "acme/O5"}
    for order in orders:
        fired = ["drafted"] if order in ("O2", "O5") else ["drafted", "deadline"]
        assert await world.marks(order) == fired
    assert await world.ticks_passed_on() == [day(0), day(7)]

    world.faults.forbidden.clear()
    for row in await world.rows("parked"):
        world.command("redrive", row["place"])
    await world.run()
    assert await world.marks("O2") == ["drafted", "deadline"]
    assert [sent.known_at for sent in await world.sent("O2")] == [START, day(7)]


async def test_a_deadline_fails_beside_a_record_that_is_innocent(world: World) -> None:
    await given_orders(world, "O1", "O2")
    world.faults.forbidden.add("O1")
    world.fact(confirmed("O2"), "innocent")
    world.tick(day(7))
    world.fact(confirmed("O2", "SUPPLIER"), "innocent too")
    await world.run()

    assert [r["type"] for r in await world.rows("parked")] == ["timer"]
    assert await world.outcome("innocent") == "applied"
    assert await world.outcome("innocent too") == "applied"
    world.faults.forbidden.clear()


async def test_a_discarded_deadline_does_not_come_back(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    world.tick(day(7))
    await world.run()
    world.faults.raises.clear()
    world.command("discard", (await parked(world))["place"])
    await world.run()
    world.tick(day(20))
    await world.run()

    assert await world.marks() == ["drafted"]
    assert await world.rows("parked") == []


async def test_a_deadline_missed_while_parked_is_made_up_for_when_it_flows_again(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    await world.run()
    world.tick(day(7))
    await world.run()
    assert await world.marks() == ["drafted"]

    world.faults.raises.clear()
    world.command("redrive", place)
    await world.run()
    world.tick(day(7) + dt.timedelta(hours=1))
    await world.run()
    assert await world.marks() == ["drafted", "confirmed by BUYER", "deadline"]
    assert [sent.known_at for sent in await world.sent()] == [START, day(7)]
