"""Cancellations as requests that are answered, and orders that go on after all."""

from typing import Any

import pytest

from silkway.contracts import (
    CancellationRefused,
    HoldRequested,
    HoldVoided,
    OrderCancelled,
    OrderPlaced,
    OrderReinstated,
    OrderShipped,
    RefundDue,
    RefundWithdrawn,
)
from silkway.order.store import PAYMENT
from tests.unit.desk import Desk, day
from tests.unit.order.tales import completed, conserved, funded, order_of, placed, shipped
from tests.unit.order.trade import (
    cancellation,
    confirmed,
    delivered,
    dispatched,
    drafted,
    granted,
    linked,
    paid,
    received,
    refunded,
    returned,
    undispatched,
)


def _voided() -> HoldVoided:
    return HoldVoided(
        order_id="PO-1",
        supplier_id="S1",
        hold_id="H-1",
        voided_minor=100_00,
        currency="USD",
        voided_at=day(6),
    )


class TestCancellation:
    def test_what_was_paid_is_due_as_refund_and_then_paid(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(cancellation(day(3)), day(4))

        (told,) = desk.told(OrderCancelled)
        assert (told.by, told.refund_due_minor, told.cancelled_at) == ("BUYER", 100_00, day(3))
        (due,) = desk.told(RefundDue)
        assert (due.amount_minor, due.reason) == (100_00, "CANCELLED")
        assert order_of(desk).life == "CANCELLED"

        desk.hear(refunded(100_00), day(5))
        order = order_of(desk)
        assert (order.escrow_minor, order.refunded_minor, order.refund_due_minor) == (0, 100_00, 0)

    def test_a_draft_can_be_cancelled_and_is_never_placed_then(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(cancellation(day(1)), day(1))
        desk.hear(confirmed("BUYER"), day(2))
        desk.hear(confirmed("SUPPLIER"), day(2))

        assert order_of(desk).life == "CANCELLED"
        assert not desk.told(OrderPlaced)

    @pytest.mark.parametrize(("tale", "reason"), [(shipped, "SHIPPED"), (completed, "COMPLETED")])
    def test_too_late_is_answered_with_the_reason(self, desk: Desk, tale: Any, reason: str) -> None:
        tale(desk)
        desk.hear(cancellation(day(22)), day(22))

        (answer,) = desk.told(CancellationRefused)
        assert answer.reason == reason
        assert order_of(desk).life != "CANCELLED"

    def test_twice_is_answered_too(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(cancellation(day(3), "C-1"), day(3))
        desk.hear(cancellation(day(4), "C-2"), day(4))
        desk.hear(cancellation(day(4), "C-2"), day(5))

        assert [a.reason for a in desk.told(CancellationRefused)] == ["ALREADY_CANCELLED"]
        assert len(desk.told(OrderCancelled)) == 1

    def test_money_that_comes_after_it_is_unmatched(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(cancellation(day(3)), day(3))
        desk.hear(paid(100_00), day(4))

        assert desk.state(PAYMENT, "VA-1|E-1|10000").reason == "ORDER_CANCELLED"
        assert order_of(desk).received_minor == 0

    def test_money_known_before_it_and_read_after_it_is_refunded(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(cancellation(day(3)), day(3))
        desk.hear(paid(100_00), day(2))

        assert order_of(desk).refund_due_minor == 100_00

    def test_a_booked_shipment_does_not_hinder(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(linked(), day(3))
        desk.hear(cancellation(day(4)), day(4))

        assert order_of(desk).life == "CANCELLED"

    def test_a_dispatch_that_was_taken_back_before_does_not_hinder(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(undispatched(), day(6))
        desk.hear(cancellation(day(7)), day(7))

        assert order_of(desk).life == "CANCELLED"
        assert [e.state for e in desk.told(OrderShipped)] == ["BOOKED", "SHIPPED", "BOOKED"]

    def test_what_has_arrived_had_left_though_its_dispatch_was_taken_back(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(undispatched(), day(6))
        desk.hear(delivered(), day(20))
        desk.hear(cancellation(day(21)), day(21))

        (told,) = desk.told(CancellationRefused)
        assert told.reason == "SHIPPED"
        assert order_of(desk).life == "PLACED"


class TestReinstatement:
    """Cancelled and the hold voided; then it turns out that the goods had left before."""

    def cancelled(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(granted(), day(2))
        desk.hear(cancellation(day(6)), day(6))
        desk.hear(_voided(), day(6))
        assert order_of(desk).assurance == "VOIDED"

    def test_goods_that_had_left_reinstate_it(self, desk: Desk) -> None:
        self.cancelled(desk)
        desk.hear(dispatched(on=5), day(8))

        (told,) = desk.told(OrderReinstated)
        assert (told.shipment_id, told.reinstated_at) == ("SH-1", day(8))
        (withdrawn,) = desk.told(RefundWithdrawn)
        assert (withdrawn.amount_minor, withdrawn.reason) == (100_00, "REINSTATED")
        assert [(h.request, h.amount_minor) for h in desk.told(HoldRequested)] == [(1, 100_00), (2, 100_00)]
        order = order_of(desk)
        assert (order.life, order.funds, order.assurance) == ("PLACED", "FUNDED", "REQUESTED")
        assert (order.logistics, order.cancelled_at) == ("SHIPPED", None)

    def test_goods_known_before_and_read_after_reinstate_it_whatever_they_say(self, desk: Desk) -> None:
        self.cancelled(desk)
        desk.hear(dispatched(on=9), day(5.5))

        assert order_of(desk).life == "PLACED"

    def test_goods_that_left_later_do_not(self, desk: Desk) -> None:
        self.cancelled(desk)
        desk.hear(dispatched(on=7), day(8))

        assert order_of(desk).life == "CANCELLED"
        assert order_of(desk).logistics == "SHIPPED"
        assert not desk.told(OrderReinstated)

    def test_once_refunded_the_difference_is_due_again(self, desk: Desk) -> None:
        self.cancelled(desk)
        desk.hear(refunded(100_00), day(7))
        desk.hear(dispatched(on=5), day(8))

        order = order_of(desk)
        assert (order.life, order.funds, order.due_minor) == ("PLACED", "UNPAID", 100_00)
        assert not desk.told(RefundWithdrawn)

        desk.hear(paid(100_00, "E-2"), day(9))
        assert order_of(desk).funds == "FUNDED"
        assert conserved(desk)

    def test_a_refund_under_way_when_it_was_withdrawn_counts(self, desk: Desk) -> None:
        self.cancelled(desk)
        desk.hear(dispatched(on=5), day(8))
        desk.hear(refunded(100_00), day(9))

        assert not desk.refused
        assert (order_of(desk).funds, order_of(desk).escrow_minor) == ("UNPAID", 0)

    def test_a_payment_that_came_and_went_meanwhile_has_placed_it(self, desk: Desk) -> None:
        desk.hear(drafted(place_on="FIRST_PAYMENT"), day(3))
        desk.hear(cancellation(day(6)), day(6))
        desk.hear(paid(100_00), day(4))
        desk.hear(returned(100_00), day(5))
        desk.hear(dispatched(on=5), day(8))

        assert order_of(desk).life == "PLACED"

    def test_the_order_goes_on_to_its_end(self, desk: Desk) -> None:
        self.cancelled(desk)
        desk.hear(dispatched(on=5), day(8))
        desk.hear(delivered(), day(20))
        desk.hear(received(day(21)), day(21))

        assert order_of(desk).life == "COMPLETED"
        assert order_of(desk).payout_due_minor == 100_00

    def test_asked_after_the_goods_were_read_it_is_refused_as_if_they_had_been_read_first(
        self, desk: Desk
    ) -> None:
        funded(desk)
        desk.hear(dispatched(on=5), day(8))
        desk.hear(cancellation(day(6)), day(6))

        assert desk.told(CancellationRefused)[0].reason == "SHIPPED"

    def test_asked_before_goods_left_that_were_read_first_it_is_granted(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(dispatched(on=7), day(8))
        desk.hear(cancellation(day(6)), day(6))

        assert order_of(desk).life == "CANCELLED"
