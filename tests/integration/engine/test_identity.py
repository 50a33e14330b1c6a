"""An event from outside is known by tenant, source and id; each has one outcome that can be asked for."""

from __future__ import annotations

from silkway.contracts import ReceiptConfirmed
from tests.integration.engine.facts import confirmed, day, drafted, paid, paid_out, received
from tests.integration.engine.world import World


async def given_an_order(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted(), "draft")
    await world.run()


async def test_the_same_again_is_dropped(world: World) -> None:
    await given_an_order(world)
    world.fact(confirmed(), "c1")
    await world.run()
    world.fact(confirmed(), "c1")
    done = await world.run()

    assert done.applied == 0
    assert await world.marks() == ["drafted", "confirmed by BUYER"]
    assert await world.outcome("c1") == "applied"
    assert await world.rows("refused") == []


async def test_the_same_twice_in_one_batch_is_applied_once(world: World) -> None:
    await given_an_order(world)
    world.fact(confirmed(), "c1")
    world.fact(confirmed(), "c1")
    await world.run()

    assert await world.marks() == ["drafted", "confirmed by BUYER"]


async def test_another_body_under_the_same_identity_is_refused(world: World) -> None:
    await given_an_order(world)
    world.fact(confirmed(party="BUYER"), "c1")
    await world.run()
    place = world.fact(confirmed(party="SUPPLIER"), "c1")
    await world.run()

    (refused,) = await world.rows("refused")
    assert (refused["place"], refused["field"], refused["event_id"]) == (place, "ce_id", "c1")
    assert "another body" in refused["reason"]
    assert await world.outcome("c1") == "applied"
    assert await world.marks() == ["drafted", "confirmed by BUYER"]


async def test_two_bodies_under_one_identity_in_one_batch_keep_the_first(world: World) -> None:
    await given_an_order(world)
    world.fact(confirmed(party="BUYER"), "c1")
    place = world.fact(confirmed(party="SUPPLIER"), "c1")
    await world.run()

    assert await world.marks() == ["drafted", "confirmed by BUYER"]
    assert [r["place"] for r in await world.rows("refused")] == [place]


async def test_another_type_with_the_same_bytes_is_another_body(world: World) -> None:
    await given_an_order(world)
    topic, partition = "trade.orders", int(world.fact(received("O1"), "r1").split("/")[1])
    record = world.log[topic, partition][-1]
    await world.run()
    headers = [
        (name, b"silkway.order.confirmed.v1" if value == ReceiptConfirmed.type.encode() else value)
        for name, value in record.headers
    ]
    world.put(topic, partition, record.value, record.key, headers)
    await world.run()

    assert await world.outcome("r1") == "waiting"
    (refused,) = await world.rows("refused")
    assert refused["field"] == "ce_id"


async def test_the_same_id_of_another_sender_is_another_event(world: World) -> None:
    await given_an_order(world)
    world.fact(confirmed(party="BUYER"), "c1", source="/shop")
    world.fact(confirmed(party="SUPPLIER"), "c1", source="/factory")
    await world.run()

    assert await world.marks() == ["drafted", "confirmed by BUYER", "confirmed by SUPPLIER"]
    assert await world.outcome("c1", source="/factory") == "applied"


async def test_tenants_never_mix(world: World) -> None:
    await given_an_order(world)
    world.fact(drafted(total=7), "draft", tenant="other")
    await world.run()

    totals = {r["tenant"]: r["total_minor"] for r in await world.rows("orders")}
    assert totals == {"acme": 100, "other": 7}
    assert {r["tenant"]: r["orders"] for r in await world.rows("suppliers")} == {"acme": 1, "other": 1}


async def test_a_rule_refuses_with_field_reason_and_remedy(world: World) -> None:
    await given_an_order(world)
    world.fact(drafted(), "again")
    await world.run()

    assert await world.answer("again") == (
        "refused",
        {
            "field": "order_id",
            "reason": "O1 is drafted already",
            "remedy": "Give every order its own id.",
        },
    )
    assert (await world.row("suppliers", "S1"))["orders"] == 1


async def test_outcomes_change_when_what_waited_is_applied(world: World) -> None:
    world.tick(day(0))
    world.fact(confirmed(), "early")
    await world.run()
    assert await world.answer("early") == ("waiting", {"for": "order.drafted"})

    world.fact(drafted(), "draft")
    await world.run()
    assert await world.outcome("early") == "applied"
    assert await world.answer("early") == ("applied", {})


async def test_outcomes_of_what_is_parked_and_discarded(world: World) -> None:
    await given_an_order(world)
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    world.fact(confirmed(party="SUPPLIER"), "c2")
    await world.run()
    assert await world.answer("c1") == ("parked", {"error": "RuntimeError: O1 is out of order"})
    assert await world.answer("c2") == ("waiting", {"for": "the parked record before it"})

    world.faults.raises.clear()
    world.command("discard", place)
    await world.run()
    assert await world.answer("c1") == ("discarded", {"by": "ops", "reason": "why not"})
    assert await world.outcome("c2") == "applied"
    assert await world.marks() == ["drafted", "confirmed by SUPPLIER"]


async def test_an_unknown_event_has_no_outcome(world: World) -> None:
    assert await world.outcome("never sent") is None


async def test_a_chain_of_early_facts_unravels_in_one_batch(world: World) -> None:
    world.tick(day(0))
    world.fact(received(), "receipt")
    world.fact(paid(100), "payment")
    world.fact(confirmed(), "confirmation")
    world.fact(paid_out(60), "payout")
    await world.run()
    assert {await world.outcome(i) for i in ("receipt", "payment", "confirmation", "payout")} == {"waiting"}

    world.fact(drafted(), "draft")
    await world.run()
    assert {await world.outcome(i) for i in ("receipt", "payment", "confirmation", "payout")} == {"applied"}
    assert (await world.row("accounts", "A1"))["balance_minor"] == 40
    assert await world.rows("waiting") == []
