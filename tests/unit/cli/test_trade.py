"""The built-in trade: repeatable, and with all that it is meant to show."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.cli.demo.trade import Trade
from silkway.cli.fact import Fact
from silkway.contracts import (
    MilestoneTracked,
    OrderDrafted,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    ShipmentBooked,
)


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    return Trade(Random(7)).play(200)


def test_the_same_seed_draws_the_same_trade(facts: list[Fact]) -> None:
    assert facts == Trade(Random(7)).play(200)
    assert facts != Trade(Random(8)).play(200)


def test_it_shows_what_the_system_is_for(facts: list[Fact]) -> None:
    drafts = {f.event.order_id: f for f in facts if isinstance(f.event, OrderDrafted)}
    booked = {f.event.shipment_id: f for f in facts if isinstance(f.event, ShipmentBooked)}
    orders_of = {
        shipment: {line.order_id for line in fact.event.lines}
        for shipment, fact in booked.items()
        if isinstance(fact.event, ShipmentBooked)
    }
    shipments = Counter(order for orders in orders_of.values() for order in orders)
    assert len(drafts) == len(shipments) == 200
    assert any(len(orders) == 2 for orders in orders_of.values())
    assert any(count == 2 for count in shipments.values())
    early_money = [
        f for f in facts
        if isinstance(f.event, PaymentReceived)
        and f.known_at < drafts[f.event.payment_reference.removeprefix("PAY-")].known_at
    ]  # fmt: skip
    assert early_money
    tracked = [f for f in facts if isinstance(f.event, MilestoneTracked)]
    assert any(
        f.known_at < booked[f.event.shipment_id].known_at
        for f in tracked
        if isinstance(f.event, MilestoneTracked)
    )
    assert 0 < sum(isinstance(f.event, ReceiptConfirmed) for f in facts) < 200


@given(st.integers(1, 40), st.integers())
@settings(max_examples=50, deadline=None)
def test_every_order_is_paid_carried_and_paid_out_in_full(orders: int, seed: int) -> None:
    facts = Trade(Random(seed)).play(orders)
    owed: dict[str, int] = {}
    pieces: dict[tuple[str, str], int] = defaultdict(int)
    received: dict[str, int] = defaultdict(int)
    paid_out: dict[str, int] = {}
    for event in (fact.event for fact in facts):
        match event:
            case OrderDrafted():
                owed[event.order_id] = event.total_minor
                for line in event.lines:
                    pieces[event.order_id, line.line_id] += line.quantity
            case ShipmentBooked():
                for part in event.lines:
                    pieces[part.order_id, part.line_id] -= part.quantity
            case PaymentReceived():
                received[event.payment_reference.removeprefix("PAY-")] += event.amount_minor
            case PayoutPaid():
                paid_out[event.order_id] = event.amount_minor
            case _:
                pass
    assert len(owed) == orders
    assert received == owed == paid_out
    assert not any(pieces.values())
    assert all(fact.time <= fact.known_at for fact in facts)
    assert len({(fact.source, fact.id) for fact in facts}) == len(facts)
