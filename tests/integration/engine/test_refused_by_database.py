"""What the database refuses is found among all that was written with it, and parked alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY

from silkway.messaging import batches
from tests.integration.engine.facts import confirmed, day, drafted, milestone, paid, paid_out
from tests.integration.engine.world import World, given_orders, parked


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


async def test_the_row_that_was_refused_tells_who_wrote_it(world: World) -> None:
    # Given many orders, and money on one account
    orders = [f"O{n}" for n in range(12)]
    await given_orders(world, *orders)
    world.fact(paid(10, "A-O7"), "money")
    await world.run()

    # When among much else one pays out what was never there, and another more than just came
    for order in orders:
        world.fact(confirmed(order), f"c-{order}")
    world.fact(paid(5, "A-O7", "more"), "more money")
    world.fact(paid_out(16, "A-O7"), "too much")
    world.fact(paid_out(4, "A-O3", "none"), "no money")
    refused = data_errors()
    done = await world.run()

    # Then each costs the whole batch one refusal: no part of it had to be tried by itself
    assert data_errors() - refused == 2
    assert done.parked == 2
    assert [await world.outcome(fact) for fact in ("more money", "too much", "no money")] == [
        "applied", "parked", "parked",
    ]  # fmt: skip


async def test_a_large_batch_is_done_again_whole_until_it_has_too_many_culprits(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a batch of some two hundred records, and room for two culprits
    monkeypatch.setattr(batches, "MOST_AGAIN", 600)
    orders = [f"O{n}" for n in range(12)]
    await given_orders(world, *orders)

    # When two of them are refused, then that is what it costs
    spoiled = await _refusals(world, orders, culprits=2)
    assert spoiled == 2

    # When six are, then what is left is parted, and each is found all the same
    spoiled = await _refusals(world, orders, culprits=6)
    assert spoiled > 6
    assert len(await world.rows("parked")) == 8


async def _refusals(world: World, orders: Sequence[str], *, culprits: int) -> float:
    """How often the database refuses a batch with so many who pay out what was never there."""
    refused = data_errors()
    for number in range(190):
        world.fact(confirmed(orders[number % len(orders)]))
    for number in range(culprits):
        world.fact(paid_out(11, f"A-O{culprits + number - 2}", f"none {culprits} {number}"))
    assert (await world.run()).parked == culprits
    return data_errors() - refused


def data_errors() -> float:
    """How often the database has refused a batch for its data."""
    return REGISTRY.get_sample_value("silkway_data_errors_total") or 0.0


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
