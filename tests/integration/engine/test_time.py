"""Time flows with the log: ticks stamp what follows them, and the least of them is the service's time."""

from __future__ import annotations

import asyncio
import time

import pytest

from silkway.contracts import partition_of
from silkway.messaging import batches
from silkway.messaging.application import Application
from silkway.messaging.records import Item
from tests.integration.engine.facts import confirmed, day, drafted, paid, received
from tests.integration.engine.world import World, known, read_all

FACTS = ("trade.orders", "trade.payments")
FEEDBACK = ("logistics.events", "credit.events")


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


async def test_more_than_can_be_thought_about_in_the_time_of_a_zombie_is_let_go_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given facts before the first tick, each of which takes longer than the database lets a transaction rest
    world.fact(drafted("O1"), "d1")
    world.fact(drafted("O2"), "d2")
    await world.run()
    offer = Application.offer

    def ponder(self: Application, item: Item, released: bool = False) -> None:
        time.sleep(0.3 if released else 0)
        offer(self, item, released)

    monkeypatch.setattr(Application, "offer", ponder)
    monkeypatch.setattr(batches, "ZOMBIE_TIMEOUT_MS", 200)
    await world.restart()

    # When the clock begins to tick, then they are applied
    world.tick(day(0))
    async with asyncio.timeout(30):
        await world.run()
    assert (await world.outcome("d1"), await world.outcome("d2")) == ("applied", "applied")
    # And who is stopped keeps its locks no longer than ever
    assert world.batches._patience_ms == 200


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


async def test_time_begins_when_every_partition_has_ticked(world: World) -> None:
    world.tick(day(0))
    batch = world.undelivered()
    late = {("trade.payments", 3): batch.pop(("trade.payments", 3))}
    await world.deliver(batch)
    assert await world.ticks_passed_on() == []

    await world.deliver(late)
    assert await world.ticks_passed_on() == [day(0)]


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
