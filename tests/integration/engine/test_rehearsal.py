"""What would come of a redrive is tried on the live state by the live rules, told, and undone."""

from __future__ import annotations

from typing import Any

from silkway.contracts import OrderFunded, PaymentMatched
from tests.integration.engine.facts import confirmed, day, drafted, milestone, paid, paid_out
from tests.integration.engine.test_mending import body, poison
from tests.integration.engine.world import World, given_orders

TABLES = (
    "orders", "marks", "accounts", "aggregates", "inbox", "waiting", "parked", "parked_attempts", "outbox", "refused",
    "journal", "clocks", "offsets",
)  # fmt: skip


async def everything(world: World) -> dict[str, list[Any]]:
    return {table: await world.rows(table) for table in TABLES}


async def test_a_preview_tells_what_would_come_of_it_and_changes_nothing(world: World) -> None:
    # Given money that failed, and more behind it
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(paid(60, "A-O1"), "first")
    await world.run()
    second = world.fact(paid(40, "A-O1", "bank 2"), "second")
    await world.run()
    before = await everything(world)

    # When it is asked what would come of trying it again, with the rules as they are and as they were
    again = await world.preview(place)
    world.faults.raises.clear()
    mended = await world.preview(place, body(paid(70, "A-O1")))
    nothing = await world.preview("trade.payments/0/99")

    # Then it would fail, or be applied with what it says and what follows
    assert again is not None
    assert (again.outcome, again.error, again.events) == ("parked", "RuntimeError: O1 is out of order", [])
    assert [(f.place, f.outcome) for f in again.followers] == [(second, "waiting")]
    assert mended is not None
    assert (mended.outcome, mended.error) == ("applied", None)
    assert [(f.place, f.type, f.outcome) for f in mended.followers] == [
        (second, "silkway.payment.received.v1", "applied")
    ]
    events = [event for _, event in mended.events]
    assert [type(event) for event in events] == [PaymentMatched, PaymentMatched, OrderFunded]
    assert isinstance(events[0], PaymentMatched)
    assert (events[0].amount_minor, events[0].open_minor) == (70, 30)
    assert nothing is None
    assert await everything(world) == before


async def test_what_was_foreseen_is_what_comes(world: World) -> None:
    await given_orders(world, "O1")
    place = poison(world)
    behind = [world.ours(milestone(leg)) for leg in (2, 3)]
    behind.append(world.fact(confirmed(), "c1"))
    await world.run()
    fix = body(milestone(1))
    foreseen = await world.preview(place, fix)
    world.command("redrive", place, fix)
    await world.run()

    assert foreseen is not None
    assert foreseen.outcome == "applied"
    texts = {behind[0]: "leg 2", behind[1]: "leg 3", behind[2]: "confirmed by BUYER"}
    assert await world.marks() == ["drafted", "leg 1", *(texts[f.place] for f in foreseen.followers)]


async def test_a_fix_that_would_be_refused_is_foreseen(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(drafted(), "again")
    await world.run()
    world.faults.raises.clear()
    foreseen = await world.preview(place)
    assert foreseen is not None
    assert (foreseen.outcome, foreseen.error) == ("refused", "order_id: O1 is drafted already")


async def test_what_the_database_would_refuse_is_foreseen(world: World) -> None:
    await given_orders(world, "O1")
    place = world.fact(paid_out(60, "A-O1"), "payout")
    await world.run()
    foreseen = await world.preview(place)
    mended = await world.preview(place, "{}")
    assert foreseen is not None
    assert foreseen.outcome == "parked"
    assert "accounts_balance_minor_check" in (foreseen.error or "")
    assert mended is not None
    assert mended.outcome == "parked"
    assert "account_id" in (mended.error or "")


async def test_where_the_database_would_refuse_a_follower_the_record_itself_is_foreseen(world: World) -> None:
    # Given a payout that failed, and behind it one that the account cannot bear
    await given_orders(world, "O1")
    world.fact(paid(50, "A-O1"), "money")
    await world.run()
    place = world.fact(paid_out(60, "A-O1"), "too much")
    await world.run()
    follower = world.fact(paid_out(45, "A-O1", "out 2"), "second")
    await world.run()

    foreseen = await world.preview(place, body(paid_out(10, "A-O1")))
    assert foreseen is not None
    assert foreseen.outcome == "applied"
    assert [(f.place, f.outcome) for f in foreseen.followers] == [(follower, "parked")]

    world.command("redrive", place, body(paid_out(10, "A-O1")))
    await world.run()
    assert (await world.outcome("too much"), await world.outcome("second")) == ("applied", "parked")


async def test_a_deadline_is_foreseen_too(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    world.tick(day(8))
    await world.run()
    (row,) = await world.rows("parked")
    world.faults.raises.clear()
    foreseen = await world.preview(row["place"])
    mended = await world.preview(row["place"], "{}")
    assert foreseen is not None
    assert (foreseen.outcome, [type(event).__name__ for _, event in foreseen.events]) == (
        "applied",
        ["OrderAccepted"],
    )
    assert mended is not None
    assert (mended.outcome, mended.error) == ("refused", "fix: a deadline has no data")
