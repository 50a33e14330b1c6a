"""Facts that come early wait at what they miss, and names may depend on what is locked."""

from __future__ import annotations

from silkway.messaging import metrics
from tests.integration.engine.facts import confirmed, day, drafted, milestone, paid, paid_out, received
from tests.integration.engine.world import World


async def test_an_early_fact_is_tried_again_when_what_it_misses_changes(world: World) -> None:
    world.tick(day(0))
    world.fact(confirmed(), "early")
    await world.run()
    (waiting,) = await world.rows("waiting")
    assert (waiting["cause"], waiting["rank"], waiting["key"]) == ("not_yet", 3, "acme/O1")

    world.fact(drafted("O2", account="A2"))
    await world.run()
    assert await world.outcome("early") == "waiting"

    world.fact(drafted("O1"))
    await world.run()
    assert await world.marks() == ["drafted", "confirmed by BUYER"]


async def test_an_early_fact_keeps_the_time_at_which_it_was_known(world: World) -> None:
    world.tick(day(1))
    world.fact(confirmed())
    await world.run()
    world.tick(day(5))
    world.fact(drafted())
    await world.run()

    known = {m["text"]: m["known_at"] for m in await world.rows("marks")}
    assert known == {"drafted": day(5), "confirmed by BUYER": day(1)}


async def test_several_early_facts_follow_in_the_order_in_which_they_came(world: World) -> None:
    world.tick(day(0))
    for number, amount in enumerate((10, 20, 30)):
        world.fact(paid(amount, reference=f"bank {number}"))
        await world.run()
    world.fact(drafted())
    await world.run()

    amounts = [sent.event.amount_minor for sent in await world.sent() if hasattr(sent.event, "amount_minor")]
    assert amounts == [10, 20, 30]


async def test_a_fact_moves_on_to_the_next_thing_it_misses(world: World) -> None:
    world.tick(day(0))
    world.fact(received(), "receipt")
    await world.run()
    assert await world.answer("receipt") == ("waiting", {"for": "order.drafted"})

    world.fact(drafted())
    await world.run()
    assert await world.answer("receipt") == ("waiting", {"for": "payment.received"})
    (waiting,) = await world.rows("waiting")
    assert (waiting["rank"], waiting["key"]) == (1, "acme/A1")
    counts = {(r["rank"], r["key"]): r["waiting"] for r in await world.rows("aggregates")}
    assert counts == {(1, "acme/A1"): 1, (2, "acme/S1"): 0, (3, "acme/O1"): 0}

    world.fact(paid(40))
    await world.run()
    assert await world.outcome("receipt") == "waiting"

    world.tick(day(3))
    world.fact(paid(60))
    await world.run()
    assert await world.outcome("receipt") == "applied"
    assert await world.marks() == ["drafted", "paid", "paid", "received"]
    (order,) = await world.rows("orders")
    assert (order["accepted"], order["due_at"]) == (True, None)


async def test_waiting_facts_of_one_aggregate_do_not_hold_up_the_others(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    world.fact(received(), "receipt")
    await world.run()
    world.fact(confirmed())
    world.ours(milestone(1))
    await world.run()

    assert await world.outcome("receipt") == "waiting"
    assert sorted(await world.marks()) == ["confirmed by BUYER", "drafted", "leg 1"]


async def test_what_waiting_facts_name_is_locked_in_the_same_attempt(world: World) -> None:
    # Given a receipt that waits at its account for the rest of the money
    world.tick(day(0))
    world.fact(drafted())
    world.fact(paid(40))
    world.fact(received(), "receipt")
    await world.run()
    assert await world.outcome("receipt") == "waiting"
    before = metrics.restarts._value.get()

    # When the account changes, by a fact that names no order
    world.fact(paid_out(10))
    await world.run()

    # Then the receipt was tried again and its order locked for it, without beginning anew
    assert metrics.restarts._value.get() == before
    assert await world.outcome("receipt") == "waiting"
    world.fact(paid(60, reference="bank 2"))
    await world.run()
    assert await world.outcome("receipt") == "applied"


async def test_names_that_depend_on_state_are_climbed_to(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    await world.run()
    world.fact(paid(100))
    await world.run()

    assert (await world.row("orders", "O1"))["paid_minor"] == 100
    assert (await world.row("accounts", "A1"))["order_id"] is None


async def test_names_that_change_within_a_batch_are_locked_anew(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted("O1"))
    world.fact(drafted("O2"))
    await world.run()
    world.fact(paid(100, reference="for O1"))  # after which the account pays into O2, which is not locked
    world.fact(paid(30, reference="for O2"))
    await world.run()

    paid_minor = {r["order_id"]: r["paid_minor"] for r in await world.rows("orders")}
    assert paid_minor == {"O1": 100, "O2": 30}
    assert [sent.version for sent in await world.sent("O1")] == [1, 2, 3]
    assert [sent.version for sent in await world.sent("O2")] == [1, 2]


async def test_a_fact_released_by_another_may_need_what_nobody_named(world: World) -> None:
    world.tick(day(0))
    world.fact(received("O2"), "receipt")  # will wait for money on the account that only the draft tells
    world.fact(drafted("O1", account="A1"))
    await world.run()
    world.fact(drafted("O2", account="A2"))
    world.fact(paid(100, "A2"))
    await world.run()

    assert await world.outcome("receipt") == "applied"
    assert await world.marks("O2") == ["drafted", "paid", "received"]
