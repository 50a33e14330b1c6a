"""The built-in trade: repeatable, in time order, with all its stories, and sums that add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.cli.demo.proportions import Proportions, read, usual
from silkway.cli.demo.stories import STORIES
from silkway.cli.demo.trade import Trade
from silkway.cli.fact import Fact
from silkway.contracts import OrderDrafted, PayoutPaid, RefundPaid, ShipmentBooked

ENOUGH = sum(story.orders for story in STORIES.values())
"""Orders for one of each story."""


def every_story() -> Proportions:
    """All of them, each as often as another."""
    return read(usual(), STORIES).model_copy(update={"stories": dict.fromkeys(STORIES, 1)})


def played(orders: int, seed: int) -> tuple[Trade, list[Fact]]:
    trade = Trade(orders, seed, every_story())
    return trade, list(trade.facts())


def test_the_same_seed_draws_the_same_trade() -> None:
    assert played(200, 7)[1] == played(200, 7)[1]
    assert played(200, 7)[1] != played(200, 8)[1]
    assert played(200, 7)[0].expected == played(200, 7)[0].expected


def test_every_story_is_told_where_there_are_orders_enough() -> None:
    told = Counter(order.story for order in played(ENOUGH, 1)[0].expected)
    assert told == {name: story.orders for name, story in STORIES.items()}


def test_every_compensation_is_expected_somewhere() -> None:
    rows: Counter[int] = Counter()
    for order in played(ENOUGH, 1)[0].expected:
        rows += order.rows
    assert set(rows) == {1, 2, 3, 4, 5, 6}


@given(st.integers(1, 150), st.integers())
@settings(max_examples=40, deadline=None)
def test_facts_come_in_time_and_once(orders: int, seed: int) -> None:
    trade, facts = played(orders, seed)
    assert [fact.known_at for fact in facts] == sorted(fact.known_at for fact in facts)
    assert all(fact.time <= fact.known_at <= trade.ends_at for fact in facts)
    told: dict[tuple[str, str], object] = {}
    for fact in facts:
        assert told.setdefault((fact.source, fact.id), fact.event) is fact.event, (
            "told twice means word for word"
        )
    drafted = [fact.event.order_id for fact in facts if isinstance(fact.event, OrderDrafted)]
    assert set(drafted) == {order.order_id for order in trade.expected}
    assert len(trade.expected) == orders
    assert list(trade.closing_ticks()) == sorted(trade.closing_ticks())


@given(st.integers())
@settings(max_examples=20, deadline=None)
def test_goods_that_leave_in_time_are_known_to_be_an_orders_by_the_promised_day(seed: int) -> None:
    usually = read(usual(), STORIES)
    always_late = usually.model_copy(
        update={"stories": {"plain": 1}, "twists": usually.twists.model_copy(update={"booking_late": 1.0})}
    )
    facts = list(Trade(20, seed, always_late).facts())
    ship_by = {
        fact.event.order_id: fact.event.ship_by for fact in facts if isinstance(fact.event, OrderDrafted)
    }
    first_told = {fact.id: fact for fact in reversed(facts)}
    for fact in first_told.values():
        if isinstance(fact.event, ShipmentBooked):
            promised = [day for line in fact.event.lines if (day := ship_by[line.order_id])]
            assert all(fact.known_at.date() <= day for day in promised)


@given(st.integers(1, 150), st.integers())
@settings(max_examples=40, deadline=None)
def test_what_is_expected_adds_up(orders: int, seed: int) -> None:
    trade, facts = played(orders, seed)
    once = {(fact.source, fact.id): fact.event for fact in facts}.values()
    paid_out: dict[str, int] = defaultdict(int)
    refunded: dict[str, int] = defaultdict(int)
    carried: set[str] = set()
    for event in once:
        match event:
            case PayoutPaid():
                paid_out[event.order_id] += event.amount_minor
            case RefundPaid():
                refunded[event.order_id] += event.amount_minor
            case ShipmentBooked():
                carried |= {line.order_id for line in event.lines}
            case _:
                pass
    for order in trade.expected:
        assert order.life in ("SETTLED", "CANCELLED")
        assert (order.escrow_minor, order.refund_due_minor) == (0, 0), order
        assert order.paid_out_minor == paid_out[order.order_id]
        assert order.refunded_minor == refunded[order.order_id]
        assert (order.logistics == "NONE") == (order.order_id not in carried)
        assert all(times >= 0 for times in order.events.values()), order


def test_proportions_are_checked_and_name_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"stories\.planets: there is no such story"):
        read(usual().replace("plain = 300", "planets = 300"), STORIES)
    with pytest.raises(ValueError, match=r"(?s)twists\.doubled.*less than or equal to 1"):
        read(usual().replace("doubled = 0.02", "doubled = 2"), STORIES)
    with pytest.raises(ValueError, match=r"(?s)twists\.tripled.*not permitted"):
        read(usual() + "\ntripled = 0.1\n", STORIES)


def test_every_story_is_documented_as_it_says_itself() -> None:
    documented = (Path(__file__).parents[3] / "docs" / "domain" / "demo.md").read_text()
    for name, story in STORIES.items():
        says = (story.tell.__doc__ or "").strip()
        assert f"| {name} | {story.orders} | {says} |" in documented
