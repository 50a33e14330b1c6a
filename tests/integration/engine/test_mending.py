"""A parked record is tried again, mended or not; what was done with it is kept, and so is the record that came."""

from __future__ import annotations

import json
from typing import Any

from silkway.contracts import Event
from silkway.messaging.records import unpack
from tests.integration.engine.facts import confirmed, day, drafted, milestone, paid_out
from tests.integration.engine.world import World, given_orders, parked


def body(event: Event, **changes: Any) -> str:
    """The data of an event as JSON, with changes."""
    return json.dumps({**json.loads(event.model_dump_json()), **changes})


def sung(message: Any) -> Any:
    """As the event was sent, but of a leg that is no number."""
    return message._replace(value=body(milestone(1), leg="first").encode())


def poison(world: World) -> str:
    """One of our services says something that nobody can read."""
    place = world.ours(milestone(1))
    topic, partition, _ = place.rsplit("/", 2)
    world.log[topic, int(partition)][-1] = sung(world.log[topic, int(partition)][-1])
    return place


async def attempts(world: World, *columns: str) -> list[tuple[Any, ...]]:
    rows = await world.connection.fetch("SELECT * FROM parked_attempts ORDER BY place, number")
    return [tuple(row[column] for column in columns) for row in rows]


async def test_a_mended_record_is_applied_and_the_others_follow_in_order(world: World) -> None:
    # Given a poisoned record, with two behind it
    await given_orders(world, "O1")
    place = poison(world)
    world.ours(milestone(2))
    world.fact(confirmed(), "c1")
    await world.run()
    assert await world.marks() == ["drafted"]

    # When its data is mended
    world.command("redrive", place, fix=body(milestone(1)))
    await world.run()

    # Then it is applied as the one that came, and what waited behind it follows
    assert await world.marks() in (
        ["drafted", "leg 1", "leg 2", "confirmed by BUYER"],
        ["drafted", "leg 1", "confirmed by BUYER", "leg 2"],
    )
    assert (await world.rows("parked"), await world.rows("waiting")) == ([], [])
    world.ours(milestone(3))
    await world.run()
    assert (await world.marks())[-1] == "leg 3"


async def test_what_came_is_kept_beside_what_was_tried_in_its_place(world: World) -> None:
    await given_orders(world, "O1")
    place = poison(world)
    await world.run()
    worse, right = body(milestone(1), leg=None), body(milestone(1))
    world.command("redrive", place, fix=worse)
    await world.run()

    row = await parked(world)
    assert (row["attempts"], json.loads(unpack(place, row["record"]).value or b"")["leg"]) == (2, "first")
    command = world.command("redrive", place, fix=right)
    await world.run()

    assert await attempts(world, "number", "action", "by", "outcome", "fix") == [
        (1, "read", "", "parked", None),
        (2, "redrive", "ops", "parked", worse),
        (3, "redrive", "ops", "applied", right),
    ]
    ((_, original, at_last),) = (await attempts(world, "number", "original", "command"))[2:]
    assert json.loads(unpack(place, original).value or b"")["leg"] == "first"
    assert at_last == command


async def test_each_failure_is_kept_with_who_tried_it_and_why(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    await world.run()
    world.faults.words = " still"
    world.command("redrive", place)
    world.command("redrive", place)
    await world.run()
    world.command("discard", place)
    await world.run()

    failed, still = "RuntimeError: O1 is out of order", "RuntimeError: O1 is out of order still"
    assert await attempts(world, "number", "action", "by", "reason", "outcome", "error") == [
        (1, "read", "", "", "parked", failed),
        (2, "redrive", "ops", "why not", "parked", still),
        (3, "redrive", "ops", "why not", "parked", still),
        (4, "discard", "ops", "why not", "discarded", None),
    ]
    world.faults.raises.clear()


async def test_of_two_commands_read_together_the_second_decides_about_what_the_first_has_left(
    world: World,
) -> None:
    await given_orders(world, "O1")
    place = poison(world)
    await world.run()

    # When a redrive fails and a discard comes right behind it, and one that comes too late
    world.command("redrive", place)
    world.command("discard", place)
    world.command("discard", place)
    await world.run()

    # Then it is gone, and nothing stands in the way of what follows
    assert await world.rows("parked") == []
    assert [row[1:] for row in await attempts(world, "place", "action", "outcome")] == [
        ("read", "parked"), ("redrive", "parked"), ("discard", "discarded"),
    ]  # fmt: skip
    assert [row["reason"] for row in await world.rows("refused")] == [f"nothing is parked at {place}"]
    world.ours(milestone(2))
    await world.run()
    assert (await world.marks())[-1] == "leg 2"
    assert await world.differences() == []


async def test_a_follower_that_fails_has_a_history_of_its_own(world: World) -> None:
    await given_orders(world, "O1")
    place = poison(world)
    follower = world.fact(confirmed(), "c1")
    await world.run()
    world.faults.forbidden.add("O1")
    world.command("discard", place)
    await world.run()

    assert {row[:3] for row in await attempts(world, "place", "action", "outcome")} == {
        (place, "read", "parked"),
        (place, "discard", "discarded"),
        (follower, "read", "parked"),
    }
    world.faults.forbidden.clear()


async def test_a_fix_that_cannot_be_read_is_parked_again(world: World) -> None:
    await given_orders(world, "O1")
    place = world.fact(paid_out(11, "A-O1"), "out")
    await world.run()
    assert await world.outcome("out") == "parked"

    # Data of another account than the record's key names, and no data at all
    world.command("redrive", place, fix=body(paid_out(11, "A-O2")))
    await world.run()
    assert "A-O2" in (await parked(world))["error"]
    world.command("redrive", place, fix="nonsense")
    await world.run()

    assert [row[0] for row in await attempts(world, "outcome")] == ["parked"] * 3
    assert await world.outcome("out") == "parked"


async def test_a_fix_is_refused_as_the_record_would_have_been(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(drafted(), "again")
    world.fact(confirmed(), "c1")
    await world.run()
    world.faults.raises.clear()
    world.command("redrive", place, fix=body(drafted(total=200)))
    await world.run()

    assert (await world.answer("again"))[1]["field"] == "order_id"
    assert (await attempts(world, "action", "outcome"))[-1] == ("redrive", "refused")
    assert await world.marks() == ["drafted", "confirmed by BUYER"]


async def test_a_deadline_has_nothing_to_be_mended(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    world.tick(day(8))
    await world.run()
    row = await parked(world)
    world.faults.raises.clear()
    world.command("redrive", row["place"], fix="{}")
    await world.run()
    assert [refusal["field"] for refusal in await world.rows("refused")] == ["fix"]

    world.command("redrive", row["place"])
    await world.run()
    assert await attempts(world, "number", "action", "outcome") == [
        (1, "read", "parked"),
        (2, "redrive", "applied"),
    ]
