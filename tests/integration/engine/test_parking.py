"""What cannot be applied is parked whole; its aggregate stands still until an operator decides, all others flow."""

from __future__ import annotations

from tests.integration.engine.facts import confirmed, day, drafted, milestone, paid
from tests.integration.engine.world import World, given_orders, parked


async def test_a_failing_handler_parks_its_record_whole(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    done = await world.run()

    row = await parked(world)
    assert done.parked == 1
    assert (row["place"], row["rank"], row["key"], row["tenant"]) == (place, 3, "acme/O1", "acme")
    assert (row["type"], row["attempts"]) == ("silkway.order.confirmed.v1", 1)
    assert row["error"] == "RuntimeError: O1 is out of order"
    assert row["known_at"] == day(0)
    assert await world.marks() == ["drafted"]
    world.faults.raises.clear()


async def test_later_records_of_its_aggregate_wait_whatever_topic_and_others_flow(world: World) -> None:
    await given_orders(world, "O1", "O2")
    world.faults.raises.add("O1")
    world.fact(confirmed("O1"), "c1")
    await world.run()
    world.fact(confirmed("O1", "SUPPLIER"), "c2")
    world.ours(milestone(1, "O1"))
    world.ours(milestone(1, "O2"))
    world.fact(confirmed("O2"))
    await world.run()

    assert await world.marks("O1") == ["drafted"]
    assert sorted(await world.marks("O2")) == ["confirmed by BUYER", "drafted", "leg 1"]
    assert [w["cause"] for w in await world.rows("waiting")] == ["parked", "parked"]
    world.faults.raises.clear()


async def test_redrive_applies_it_and_releases_the_others_in_order(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.ours(milestone(1))
    world.ours(milestone(2))
    await world.run()
    world.ours(milestone(3))
    world.fact(confirmed(), "c1")
    await world.run()
    assert await world.marks() == ["drafted"]

    world.faults.raises.clear()
    world.command("redrive", place)
    await world.run()

    assert [m for m in await world.marks() if m != "confirmed by BUYER"] == [
        "drafted",
        "leg 1",
        "leg 2",
        "leg 3",
    ]
    assert await world.outcome("c1") == "applied"
    assert await world.rows("parked") == []
    assert await world.rows("waiting") == []


async def test_redrive_keeps_the_time_at_which_it_was_known(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    await world.run()
    world.tick(day(2))
    await world.run()
    world.faults.raises.clear()
    world.command("redrive", place)
    await world.run()

    known = {m["text"]: m["known_at"] for m in await world.rows("marks")}
    assert known["confirmed by BUYER"] == day(0)


async def test_redrive_that_fails_again_counts_its_attempts(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    world.fact(confirmed(party="SUPPLIER"), "c2")
    await world.run()
    for attempt in (2, 3):
        world.command("redrive", place)
        await world.run()
        assert (await parked(world))["attempts"] == attempt
    assert await world.outcome("c1") == "parked"
    assert await world.outcome("c2") == "waiting"

    world.faults.raises.clear()
    world.command("redrive", place)
    await world.run()
    assert await world.marks() == ["drafted", "confirmed by BUYER", "confirmed by SUPPLIER"]


async def test_discard_moves_the_version_on(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.ours(milestone(1))
    world.ours(milestone(2))
    await world.run()
    world.faults.raises.clear()
    world.command("discard", place)
    await world.run()
    world.ours(milestone(3))
    await world.run()

    assert await world.marks() == ["drafted", "leg 2", "leg 3"]
    assert await world.rows("parked") == []


async def test_what_follows_a_discarded_one_may_be_parked_in_its_place(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    first = world.fact(confirmed(), "c1")
    second = world.fact(confirmed(party="SUPPLIER"), "c2")
    await world.run()
    world.command("discard", first)
    await world.run()

    assert (await parked(world))["place"] == second
    assert await world.outcome("c1") == "discarded"
    world.faults.raises.clear()


async def test_a_draft_that_is_parked_lets_the_facts_about_it_wait(world: World) -> None:
    world.faults.raises.add("O1")
    world.tick(day(0))
    place = world.fact(drafted(), "draft")
    world.fact(confirmed(), "c1")
    world.fact(paid(100), "p1")
    await world.run()
    assert (await world.outcome("draft"), await world.outcome("c1"), await world.outcome("p1")) == (
        "parked",
        "waiting",
        "waiting",
    )

    world.faults.raises.clear()
    world.command("redrive", place)
    await world.run()
    assert await world.marks() == ["drafted", "paid", "confirmed by BUYER"] or await world.marks() == [
        "drafted",
        "confirmed by BUYER",
        "paid",
    ]


async def test_names_that_cannot_be_found_park_the_record(world: World) -> None:
    await given_orders(world, "O1", "O2")
    world.faults.more_raises.add("A-O1")
    place = world.fact(paid(100, "A-O1"), "p1")
    world.fact(paid(100, "A-O2"), "p2")
    await world.run()
    assert await world.outcome("p1") == "parked"
    assert await world.outcome("p2") == "applied"

    world.faults.more_raises.clear()
    world.command("redrive", place)
    await world.run()
    assert await world.outcome("p1") == "applied"


async def test_commands_about_nothing_parked_and_no_commands_are_refused(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    await world.run()
    world.faults.raises.clear()
    world.command("redrive", "trade.orders/0/4711")
    world.command("redrive", place)
    world.command("redrive", place)
    world.put("order.redrive", 0, b"redrive everything")
    world.put("order.redrive", 1, b'{"action": "delete", "place": "x", "by": "me"}')
    world.put("order.redrive", 2, None)
    world.put("order.redrive", 3, b'{"action": "redrive", "place": "\\u0000", "by": "me"}')
    await world.run()

    assert await world.marks() == ["drafted", "confirmed by BUYER"]
    fields = sorted(r["field"] for r in await world.rows("refused"))
    assert fields == ["data", "data", "data", "data", "place", "place"]
