"""Time flows with the log: ticks stamp what follows them, and the least of them moves the service's deadlines."""

from __future__ import annotations

import datetime as dt

import pytest

from silkway.contracts import OrderAccepted, partition_of
from silkway.messaging.journal import read_entry
from tests.integration.engine.world import START, World, confirmed, day, drafted, paid, read_all, received

FACTS = ("trade.orders", "trade.payments")
FEEDBACK = ("logistics.events", "credit.events")


async def known(world: World) -> dict[str, dt.datetime]:
    """When each mark was known."""
    return {m["text"]: m["known_at"] for m in await world.rows("marks")}


async def fired(world: World) -> list[tuple[str, dt.datetime]]:
    """The deadlines that were fired, in their order."""
    rows = await world.connection.fetch("SELECT entry FROM journal ORDER BY id")
    return [(key.partition("/")[2], at) for row in rows for _, key, at in read_entry(row[0]).fired]


# --- when a fact is known ----------------------------------------------------------------------------------


async def test_a_fact_is_known_at_the_last_tick_before_it_in_its_partition(world: World) -> None:
    world.tick(day(1))
    world.fact(drafted())
    world.tick(day(2))
    world.fact(confirmed())
    await world.run()
    world.tick(day(3), ["trade.orders"])
    world.fact(paid(10))  # trade.payments has not got that far
    world.fact(confirmed(party="SUPPLIER"))
    await world.run()

    assert await known(world) == {
        "drafted": day(1),
        "confirmed by BUYER": day(2),
        "paid": day(2),
        "confirmed by SUPPLIER": day(3),
    }
    assert [(await world.sent())[i].known_at for i in (0, 1)] == [day(1), day(2)]


async def test_a_tick_that_is_not_above_the_last_is_ignored(world: World) -> None:
    world.tick(day(5))
    world.tick(day(3))
    world.fact(drafted())
    await world.run()
    world.tick(day(5))
    world.tick(day(4))
    world.fact(confirmed())
    await world.run()

    assert set((await known(world)).values()) == {day(5)}
    assert await world.ticks_passed_on() == [day(5)]


async def test_a_scenario_tenant_lives_by_its_own_clock(world: World) -> None:
    world.tick(day(1), clock="sim-a")
    world.tick(day(100))
    world.fact(drafted(), tenant="sim-a")
    world.fact(drafted())
    await world.run()
    world.tick(day(8), clock="sim-a")
    await world.run()

    marks = [(m["tenant"], m["text"], m["known_at"]) for m in await world.rows("marks")]
    assert marks == [
        ("acme", "drafted", day(100)),
        ("sim-a", "drafted", day(1)),
        ("sim-a", "deadline", day(8)),
    ]


# --- before the first tick ---------------------------------------------------------------------------------


async def test_a_fact_before_its_clocks_first_tick_waits_for_it_and_is_known_then(world: World) -> None:
    world.fact(drafted(), "draft")
    await world.run()
    assert await world.answer("draft") == ("waiting", {"for": "first tick of clock live"})
    assert await world.marks() == []

    world.tick(day(2))
    world.tick(day(3))
    await world.run()
    assert await world.outcome("draft") == "applied"
    assert await known(world) == {"drafted": day(2)}
    assert await world.rows("waiting") == []


async def test_a_fact_before_the_first_tick_in_the_same_batch(world: World) -> None:
    world.fact(drafted(), "draft")
    world.tick(day(2))
    world.fact(confirmed())
    await world.run()

    assert await known(world) == {"drafted": day(2), "confirmed by BUYER": day(2)}
    assert await world.outcome("draft") == "applied"
    assert await world.rows("waiting") == []


async def test_facts_before_the_first_tick_keep_their_order_and_are_dropped_when_repeated(
    world: World,
) -> None:
    world.fact(drafted(), "draft")
    await world.run()
    world.fact(confirmed(), "c1")
    world.fact(drafted(), "draft")
    await world.run()
    world.fact(confirmed(party="SUPPLIER"), "c2")
    world.tick(day(2))
    await world.run()

    assert await world.marks() == ["drafted", "confirmed by BUYER", "confirmed by SUPPLIER"]
    assert await world.rows("refused") == []


async def test_facts_of_other_clocks_do_not_wait(world: World) -> None:
    world.tick(day(1))
    world.fact(drafted(), "sim", tenant="sim-a")
    world.fact(drafted(), "live")
    await world.run()

    assert await world.outcome("live") == "applied"
    assert [w["tenant"] for w in await world.rows("waiting")] == ["sim-a"]


async def test_an_early_fact_may_wait_first_for_its_clock_and_then_for_its_order(world: World) -> None:
    world.fact(received(), "receipt")
    await world.run()
    assert await world.answer("receipt") == ("waiting", {"for": "first tick of clock live"})
    world.tick(day(1))
    await world.run()
    assert await world.answer("receipt") == ("waiting", {"for": "order.drafted"})
    world.fact(drafted())
    world.fact(paid(100))
    await world.run()
    assert await world.outcome("receipt") == "applied"
    assert (await known(world))["received"] == day(1)


# --- whose ticks move time ---------------------------------------------------------------------------------


async def test_ticks_are_passed_on_behind_the_facts_ticks_and_deadlines_wait_for_feedback(
    world: World,
) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    world.tick(day(7), FACTS)
    await world.run()
    assert await world.ticks_passed_on() == [day(0), day(7)]
    assert await world.marks() == ["drafted"]

    world.tick(day(7), FEEDBACK)
    await world.run()
    assert await world.marks() == ["drafted", "deadline"]
    assert await world.ticks_passed_on() == [day(0), day(7)]


async def test_one_partition_that_lags_holds_time(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    world.tick(day(7))
    batch = world.undelivered()
    late = {("trade.payments", 3): batch.pop(("trade.payments", 3))}
    await world.deliver(batch)
    assert await world.marks() == ["drafted"]
    assert await world.ticks_passed_on() == [day(0)]

    await world.deliver(late)
    assert await world.marks() == ["drafted", "deadline"]
    assert await world.ticks_passed_on() == [day(0), day(7)]


async def test_a_tick_goes_out_behind_everything_that_was_caused_before_it(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    world.tick(day(7))
    await world.run()

    written = [
        type(read_all(message)[1]).__name__ for message in await world.outbox(partition_of(b"acme/O1", 8))
    ]
    assert written == ["OrderPlaced", "ClockTicked", "OrderAccepted", "ClockTicked"]


# --- deadlines ---------------------------------------------------------------------------------------------


async def test_deadlines_fire_in_the_order_of_their_times_and_are_known_then(world: World) -> None:
    for at, order in ((1, "O3"), (2, "O1"), (3, "O2")):
        world.tick(day(at))
        world.fact(drafted(order, account=f"A-{order}"))
        await world.run()
    world.tick(day(30))
    await world.run()

    assert await fired(world) == [
        ("O3", day(8)),
        ("O1", day(9)),
        ("O3", day(9)),
        ("O1", day(10)),
        ("O2", day(10)),
        ("O2", day(11)),
    ]
    accepted = {s.known_at for s in await world.sent() if isinstance(s.event, OrderAccepted)}
    assert accepted == {day(8), day(9), day(10)}


async def test_a_deadline_that_moved_on_does_not_fire(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    world.fact(paid(100))
    world.fact(received())
    await world.run()
    world.tick(day(30))
    await world.run()

    assert await fired(world) == []


async def test_a_deadline_is_judged_after_the_facts_known_before_it(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    world.tick(day(6))
    world.fact(paid(100), "just in time")
    world.tick(day(8))
    batch = world.undelivered()
    orders = {place: records for place, records in batch.items() if place[0] != "trade.payments"}
    payments = {place: records for place, records in batch.items() if place[0] == "trade.payments"}

    await world.deliver(orders)  # its ticks are far ahead of what the other topic still holds
    await world.deliver(payments)

    judged = {m["text"]: m["paid_minor"] for m in await world.rows("marks")}
    assert judged["deadline"] == 100


async def test_after_an_outage_the_facts_of_the_meantime_come_first(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    for number in range(1, 30):
        world.tick(day(number))
        if number == 6:
            world.fact(paid(70))
        if number == 20:
            world.fact(paid(30))
    await world.run()

    judged = {m["text"]: (m["paid_minor"], m["known_at"]) for m in await world.rows("marks")}
    assert judged["deadline"][1] == day(7)
    assert judged["reminder"][1] == day(8)


async def test_a_deadline_that_is_past_when_it_is_set_fires_at_once(world: World) -> None:
    world.faults.raises.add("O1")
    world.tick(day(0))
    place = world.fact(drafted())
    await world.run()
    world.tick(day(9))
    await world.run()
    world.faults.raises.clear()
    world.command("redrive", place)
    await world.run()

    assert await known(world) == {"drafted": day(0), "deadline": day(7), "reminder": day(8)}


@pytest.mark.parametrize("timers", [1, 2, 3, 100])
async def test_more_deadlines_than_fit_into_one_transaction_hold_time_until_all_have_fired(
    world: World, timers: int
) -> None:
    world.tick(day(0))
    for number in range(5):
        world.fact(drafted(f"O{number}", account=f"A{number}"))
    await world.run()
    world.tick(day(7))
    ticks = world.read(world.undelivered())

    done = await world.engine.run(world.connection, ticks, timers=timers)
    rounds = 1
    while done.pending:
        assert await world.ticks_passed_on() == [day(0)]
        done = await world.engine.run(world.connection, {}, pending=done.pending, timers=timers)
        rounds += 1

    assert rounds >= 5 // timers
    assert [order for order, _ in await fired(world)] == [f"O{n}" for n in range(5)]
    assert await world.ticks_passed_on() == [day(0), day(7)]


async def test_deadlines_left_over_by_a_process_that_died_are_made_up_for_without_another_tick(
    world: World,
) -> None:
    world.tick(day(0))
    for number in range(5):
        world.fact(drafted(f"O{number}", account=f"A{number}"))
    await world.run()
    world.tick(day(7))
    await world.engine.run(world.connection, world.read(world.undelivered()), timers=2)  # and is killed

    await world.restart()
    await world.batches.apply({}, {}, frozenset({"live"}))

    assert len(await fired(world)) == 5
    assert await world.ticks_passed_on() == [day(0), day(7)]


async def test_catching_up_where_nothing_is_left_over_changes_nothing(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    world.tick(day(7), FACTS)
    await world.run()
    await world.batches.apply({}, {}, frozenset({"live"}))

    assert await world.marks() == ["drafted"]
    assert [sent.known_at for sent in await world.sent()] == [START]
