"""Deadlines fire in the transaction that moves time: in order, after what was known before them, none twice."""

from __future__ import annotations

import datetime as dt

import pytest

from silkway.contracts import OrderAccepted
from silkway.messaging.journal import read_entry
from tests.integration.engine.facts import START, day, drafted, paid, received
from tests.integration.engine.world import World, known

FACTS = ("trade.orders", "trade.payments")
FEEDBACK = ("logistics.events", "credit.events")


async def fired(world: World) -> list[tuple[str, dt.datetime]]:
    """The deadlines that were fired, in their order."""
    rows = await world.connection.fetch("SELECT entry FROM journal ORDER BY id")
    return [(key.partition("/")[2], at) for row in rows for _, key, at in read_entry(row[0]).fired]


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
