"""What cannot be applied is parked whole; its aggregate stands still until an operator decides, all others flow."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.integration.engine.world import (
    START,
    World,
    confirmed,
    day,
    drafted,
    milestone,
    paid,
    paid_out,
)


async def given_orders(world: World, *orders: str) -> None:
    world.tick(day(0))
    for order in orders:
        world.fact(drafted(order, account=f"A-{order}"))
    await world.run()


async def parked(world: World) -> dict[str, Any]:
    (row,) = await world.rows("parked")
    return row


# --- handlers that fail ------------------------------------------------------------------------------------


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


# --- what the database refuses -----------------------------------------------------------------------------


async def test_the_record_that_the_database_refuses_is_found_and_parked_alone(world: World) -> None:
    orders = [f"O{n}" for n in range(12)]
    await given_orders(world, *orders)
    world.fact(paid(10, "A-O7"), "money")
    await world.run()
    for order in orders:
        world.fact(confirmed(order), f"c-{order}")
    world.fact(paid_out(11, "A-O7"), "too much")
    world.fact(paid_out(4, "A-O3", "none"), "no money")
    for order in orders:
        world.fact(confirmed(order, "SUPPLIER"), f"s-{order}")
        world.ours(milestone(1, order))
    done = await world.run()

    assert done.parked == 2
    assert {r["key"] for r in await world.rows("parked")} == {"acme/A-O7", "acme/A-O3"}
    assert all("accounts_balance_minor_check" in r["error"] for r in await world.rows("parked"))
    for order in orders:
        assert await world.outcome(f"c-{order}") == "applied"
        assert len(await world.marks(order)) == (5 if order == "O7" else 4)


async def test_what_the_database_refused_can_be_redriven_when_it_fits(world: World) -> None:
    await given_orders(world, "O1")
    place = world.fact(paid_out(60, "A-O1"), "payout")
    await world.run()
    assert await world.outcome("payout") == "parked"
    world.fact(paid(80, "A-O1"), "money")
    await world.run()
    assert await world.outcome("money") == "waiting"  # the account stands still

    world.command("redrive", place)
    await world.run()
    assert await world.outcome("payout") == "applied"
    assert await world.outcome("money") == "applied"
    assert (await world.row("accounts", "A-O1"))[
        "balance_minor"
    ] == 20  # what waited came in the same transaction


async def test_a_version_that_the_database_refuses_waits_for_its_operator(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.forbidden.add("O1")
    place = world.ours(milestone(1))
    world.ours(milestone(2))
    await world.run()
    assert (await parked(world))["place"] == place

    world.faults.forbidden.clear()
    world.command("redrive", place)
    await world.run()
    assert await world.marks() == ["drafted", "leg 1", "leg 2"]


async def test_what_was_waiting_is_found_behind_the_innocent_one_that_let_it_go(world: World) -> None:
    world.tick(day(0))
    world.faults.forbidden.add("O1")
    place = world.ours(milestone(1))
    world.ours(milestone(2))
    await world.run()
    world.fact(drafted("O1"), "innocent")
    await world.run()

    assert (await parked(world))["place"] == place
    assert await world.outcome("innocent") == "applied"
    assert await world.marks() == ["drafted"]
    world.faults.forbidden.clear()
    world.command("redrive", place)
    await world.run()
    assert await world.marks() == ["drafted", "leg 1", "leg 2"]


async def test_what_a_tick_lets_go_is_found_and_the_tick_goes_on(world: World) -> None:
    world.fact(drafted("O1"), "d1")
    world.fact(drafted("O2", account="A2"), "d2")
    world.fact(confirmed("O1"), "c1")
    world.fact(confirmed("O2"), "c2")
    await world.run()
    world.faults.forbidden.add("O1")
    world.tick(day(1))
    await world.run()

    assert (await parked(world))["key"] == "acme/O1"
    outcomes = [await world.outcome(i) for i in ("d1", "d2", "c1", "c2")]
    assert outcomes == ["applied", "applied", "parked", "applied"]
    assert await world.ticks_passed_on() == [day(1)]
    world.faults.forbidden.clear()


async def test_a_sum_beyond_the_columns_range_parks_the_one_that_exceeds_it(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted("O1", account="A1", total=2**63 - 1), "d1")
    world.fact(drafted("O2", account="A2", total=1), "d2")
    world.fact(drafted("O3", account="A3", supplier="S2"), "d3")
    await world.run()

    outcomes = [await world.outcome(i) for i in ("d1", "d2", "d3")]
    assert sorted(outcomes, key=str) == ["applied", "applied", "parked"]
    assert outcomes[2] == "applied"


async def test_an_error_in_words_that_no_database_stores_is_kept_all_the_same(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    world.faults.words = " \0\ud800"
    world.fact(confirmed(), "c1")
    await world.run()

    assert (await parked(world))["error"].startswith("RuntimeError: O1 is out of order")
    assert await world.outcome("c1") == "parked"
    world.faults.raises.clear()


async def test_a_redrive_that_the_database_refuses_is_parked_again(world: World) -> None:
    await given_orders(world, "O1", "O2")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    await world.run()
    world.faults.raises.clear()
    world.faults.forbidden.add("O1")
    world.fact(confirmed("O2"))
    world.command("redrive", place)
    await world.run()

    row = await parked(world)
    assert (row["place"], row["attempts"]) == (place, 2)
    assert "marks_text_check" in row["error"]
    assert await world.marks("O2") == ["drafted", "confirmed by BUYER"]
    world.faults.forbidden.clear()
    world.command("redrive", place)
    await world.run()
    assert await world.marks("O1") == ["drafted", "confirmed by BUYER"]


# --- commands ----------------------------------------------------------------------------------------------


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


# --- deadlines ---------------------------------------------------------------------------------------------


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
    assert await world.marks("O1") == ["drafted", "deadline", "reminder", "confirmed by BUYER"] or (
        await world.marks("O1") == ["drafted", "deadline", "confirmed by BUYER"]
    )
    world.tick(day(9))
    await world.run()
    assert sorted(await world.marks("O1")) == ["confirmed by BUYER", "deadline", "drafted", "reminder"]


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
