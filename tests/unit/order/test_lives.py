"""In whatever order topics are read, and however late: the same facts; decisions are made up for; money adds up."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import (
    AcceptanceReversed,
    AmendmentRefused,
    CancellationRefused,
    OrderAccepted,
    OrderCancelled,
    OrderReinstated,
    PaymentMatched,
    PaymentReversed,
)
from silkway.order.domain import Order
from silkway.order.store import ORDER, PAYMENT
from tests.unit.desk import Desk
from tests.unit.order.lives import Books, Hearing, order_of, write
from tests.unit.order.trade import ORDER_ID

seeds = st.integers(0, 2**40)

FACTS = (
    "life", "funds", "logistics", "issue", "total_minor", "deposit_minor", "lines", "parts",
    "awarded_minor", "payout_due_minor", "buyer_confirmed_at", "supplier_confirmed_at", "receipt_at",
    "delivered_at", "delivered_known_at", "cancelled_by", "cancelled_at", "disputed_known_at",
    "resolved_known_at", "inspection_passed_at", "inspection_failures", "due_at", "due_minor",
)  # fmt: skip


def facts(desk: Desk) -> dict[str, Any]:
    """What does not depend on the order of reading.

    Money for an order that was cancelled when it was read stands in the queue, else in escrow: both are added up.
    """
    order = desk.state(ORDER, ORDER_ID)
    told = {field: getattr(order, field) for field in FACTS}
    told["accepted"], told["completed"] = order.accepted_at is not None, order.completed_at is not None
    payments = [state for (rank, _), state in desk.states.items() if rank == PAYMENT.rank]
    queued = [p for p in payments if p.state == "UNMATCHED" and p.reason == "ORDER_CANCELLED"]
    told["returned"] = sum(p.returned_minor for p in payments)
    told["money"] = order.received_minor + sum(p.amount_minor - p.returned_minor for p in queued)
    if queued:  # where it went changes how far the order is paid and what follows from that
        for field in ("funds", "life", "payout_due_minor", "due_minor", "completed"):
            del told[field]
    else:
        told["refund_due_minor"] = order.refund_due_minor
    return told


def assert_same(one: Desk, other: Desk) -> None:
    """The same facts. An amendment stands as it was answered: where answers differ, so does what was amended."""
    ours, theirs = facts(one), facts(other)
    common = ours.keys() & theirs.keys()
    if [a.reason for a in one.told(AmendmentRefused)] != [a.reason for a in other.told(AmendmentRefused)]:
        common &= {
            "logistics",
            "parts",
            "issue",
            "returned",
            "receipt_at",
            "delivered_at",
            "inspection_passed_at",
        }
    assert {k: theirs[k] for k in common} == {k: ours[k] for k in common}


def check(order: Order) -> None:
    """What the database checks as well."""
    assert order.received_minor == order.escrow_minor + order.paid_out_minor + order.refunded_minor
    assert order.received_minor >= 0
    assert order.escrow_minor >= 0 or order.returned_minor or (order.paid_out_minor and order.refunded_minor)
    assert 0 <= order.refund_due_minor <= max(order.escrow_minor, 0)
    assert (
        0 <= order.payout_due_minor <= max(order.total_minor - order.awarded_minor - order.paid_out_minor, 0)
    )
    assert order.paid_out_minor <= order.payable_minor
    assert order.refunded_minor <= order.refundable_minor
    assert (order.funds == "FUNDED") == (order.funded_at is not None)
    assert (order.life == "CANCELLED") == (order.cancelled_at is not None)
    assert order.completed_at is None or order.accepted_at is not None
    assert (order.issue == "DISPUTED") == (order.disputes > 0)
    assert order.issue == "NONE" or order.payout_due_minor == 0
    waits = order.logistics == "DELIVERED" and order.accepted_at is None and order.cancelled_at is None
    assert (order.due_at is None) if not waits else (order.due_at is not None or order.issue == "DISPUTED")


def watched() -> Any:
    """A look at the order after each step: what must always hold, holds, and events tell what is due."""
    books = Books()

    def after(desk: Desk) -> None:
        order = order_of(desk)
        books.follow(desk)
        if order is not None:
            check(order)
            assert (books.refund_due_minor, books.payout_due_minor) == (
                order.refund_due_minor,
                order.payout_due_minor,
            )
            matched = sum(told.amount_minor for told in desk.told(PaymentMatched))
            assert order.received_minor == matched - sum(t.amount_minor for t in desk.told(PaymentReversed))

    return after


def made_up_for(desk: Desk) -> None:
    """Every decision that does not stand any more was changed by its compensation, and by nothing else."""
    order = desk.state(ORDER, ORDER_ID)
    cancelled, reinstated = len(desk.told(OrderCancelled)), len(desk.told(OrderReinstated))
    assert cancelled - reinstated == (order.cancelled_at is not None)
    accepted, reversed_ = len(desk.told(OrderAccepted)), len(desk.told(AcceptanceReversed))
    assert accepted - reversed_ == (order.accepted_at is not None)


@given(seeds, seeds, st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_order_of_reading_ends_in_the_same_facts(seed: int, order: int, late: bool) -> None:
    topics = write(Random(seed), transfers=False)
    in_time = Hearing(topics, watched()).in_time()
    at_will = Hearing(topics, watched()).at_will(Random(order), late)

    assert_same(in_time, at_will)
    for desk in (in_time, at_will):
        made_up_for(desk)
        assert not desk.waiting
        assert not desk.refused


@given(seeds, seeds, st.booleans())
@settings(max_examples=200, deadline=None)
def test_money_adds_up_whatever_banks_do(seed: int, order: int, late: bool) -> None:
    topics = write(Random(seed), transfers=True)
    desk = Hearing(topics, watched()).at_will(Random(order), late)

    made_up_for(desk)
    assert all(event.topic == "trade.payments" for event in desk.waiting)  # transfers that never were due
    assert all(answer.field == "amount_minor" for _, answer in desk.refused)


def test_lives_are_as_varied_as_they_should_be() -> None:
    """The generator reaches what it is for."""
    seen = dict.fromkeys(
        ("reinstated", "reversed", "refused", "settled", "cancelled", "disputed", "short"), 0
    )
    for seed in range(1000):
        chance = Random(seed)
        desk = Hearing(write(chance, transfers=True)).at_will(chance, late=True)
        order = desk.state(ORDER, ORDER_ID)
        seen["reinstated"] += bool(desk.told(OrderReinstated))
        seen["reversed"] += bool(desk.told(AcceptanceReversed))
        seen["refused"] += bool(desk.told(CancellationRefused))
        seen["settled"] += order.life == "SETTLED"
        seen["cancelled"] += order.life == "CANCELLED"
        seen["disputed"] += order.disputed_known_at is not None
        seen["short"] += order.escrow_minor < 0
    assert all(count >= 2 for count in seen.values()), seen


@pytest.mark.slow
def test_ten_thousand_lives() -> None:
    for seed in range(10_000):
        topics = write(Random(seed), transfers=False)
        in_time = Hearing(topics, watched()).in_time()
        at_will = Hearing(topics, watched()).at_will(Random(~seed), late=seed % 2 == 0)
        assert_same(in_time, at_will)
