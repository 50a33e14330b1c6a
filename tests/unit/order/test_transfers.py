"""Money that its bank takes back, refunds and payouts."""

from typing import Any

import pytest

from silkway.contracts import (
    OrderAmended,
    OrderCompleted,
    OrderFunded,
    OrderRefunded,
    PaymentReversed,
    PayoutDue,
    PayoutMade,
    PayoutWithdrawn,
    RefundDue,
    RefundWithdrawn,
)
from silkway.order.store import ACCOUNT, APPROVALS, ORDER, PAYMENT, REFUND
from tests.unit.desk import Desk, day
from tests.unit.order.tales import completed, conserved, funded, order_of, placed
from tests.unit.order.trade import (
    CUPS,
    PLATES,
    amendment,
    another,
    approved,
    cancellation,
    delivered,
    drafted,
    line,
    paid,
    paid_out,
    received,
    refunded,
    returned,
)


class TestReturned:
    def test_a_returned_payment_takes_back_what_it_gave(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(returned(100_00), day(4))

        (told,) = desk.told(PaymentReversed)
        assert (told.received_minor, told.open_minor, told.funds) == (0, 100_00, "UNPAID")
        assert (order_of(desk).escrow_minor, order_of(desk).returned_minor) == (0, 100_00)

        desk.hear(paid(100_00, "E-2"), day(5))
        assert len(desk.told(OrderFunded)) == 2

    def test_part_of_it(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(returned(40_00, 100_00), day(4))

        assert (order_of(desk).received_minor, order_of(desk).funds) == (60_00, "PART_PAID")
        assert desk.state(PAYMENT, "VA-1|E-1|10000").state == "MATCHED"

    def test_told_twice_it_is_one_return(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(returned(40_00, 100_00), day(4))
        desk.hear(returned(40_00, 100_00), day(5))

        assert order_of(desk).received_minor == 60_00
        (entry,) = desk.state(PAYMENT, "VA-1|E-1|10000").returns
        assert entry.witnesses == 2

    @pytest.mark.parametrize(
        ("but", "field"),
        [
            ({"return_reference": "B-2", "amount_minor": 60_01}, "amount_minor"),
            ({"return_reference": "B-2", "currency": "EUR"}, "currency"),
            ({"return_reference": "B-1", "amount_minor": 1}, "return_reference"),
        ],
    )
    def test_what_cannot_be_is_refused(self, desk: Desk, but: dict[str, Any], field: str) -> None:
        funded(desk)
        desk.hear(returned(40_00, 100_00), day(4))
        desk.hear(returned(**{"amount_minor": 40_00, "of_minor": 100_00, **but}), day(5))

        assert [answer.field for _, answer in desk.refused] == [field]
        assert order_of(desk).received_minor == 60_00

    def test_before_the_payment_is_known_it_waits(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(returned(100_00), day(2))
        assert len(desk.waiting) == 1

        desk.hear(paid(100_00), day(3))
        assert (order_of(desk).received_minor, order_of(desk).returned_minor) == (0, 100_00)

    def test_before_the_order_is_known_there_is_nothing_left_to_match(self, desk: Desk) -> None:
        desk.hear(paid(100_00), day(1))
        desk.hear(returned(40_00, 100_00), day(2))
        desk.hear(drafted(), day(3))
        assert order_of(desk).received_minor == 60_00

        desk.hear(paid(5_00, "E-9", payment_reference="REF-9"), day(4))
        desk.hear(returned(5_00, bank_reference="E-9"), day(4))
        desk.hear(another("PO-9", 5_00).model_copy(update={"payment_reference": "REF-9"}), day(5))
        assert desk.state(ORDER, "PO-9").received_minor == 0

    def test_a_refund_that_was_due_is_withdrawn(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(100_00, "E-1"), day(2))
        desk.hear(paid(30_00, "E-2"), day(2))
        desk.hear(returned(30_00, bank_reference="E-2"), day(3))

        (withdrawn,) = desk.told(RefundWithdrawn)
        assert (withdrawn.amount_minor, withdrawn.reason) == (30_00, "RETURNED")
        assert order_of(desk).refund_due_minor == withdrawn.refund_due_minor == 0

    def test_what_is_due_is_told_as_a_sum_so_that_nobody_subtracts_twice(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(100_00, "E-1"), day(2))
        desk.hear(paid(30_00, "E-2"), day(2))
        desk.hear(amendment(day(3), lines=(line(CUPS, 10, 70_00), line(PLATES, 5, 40_00))), day(3))

        (amended,), (withdrawn,) = desk.told(OrderAmended), desk.told(RefundWithdrawn)
        assert amended.refund_due_minor == withdrawn.refund_due_minor == 20_00
        assert withdrawn.amount_minor == 10_00

    def test_a_cancelled_orders_refund_is_withdrawn(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(cancellation(day(3)), day(3))
        desk.hear(returned(100_00), day(4))

        assert [w.amount_minor for w in desk.told(RefundWithdrawn)] == [100_00]
        assert order_of(desk).escrow_minor == 0

    def test_after_completion_the_payout_is_withdrawn_until_it_is_paid_again(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(returned(100_00), day(22))
        assert (order_of(desk).life, order_of(desk).payout_due_minor) == ("PLACED", 0)
        assert [w.amount_minor for w in desk.told(PayoutWithdrawn)] == [100_00]

        desk.hear(paid(100_00, "E-2"), day(25))
        assert [c.again for c in desk.told(OrderCompleted)] == [None, True]
        assert [due.amount_minor for due in desk.told(PayoutDue)] == [100_00, 100_00]

    def test_after_settlement_escrow_is_short_and_all_adds_up(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(paid_out(100_00), day(40))
        desk.hear(returned(100_00), day(50))

        order = order_of(desk)
        assert (order.life, order.escrow_minor, order.due_minor) == ("SETTLED", -100_00, 100_00)
        assert conserved(desk)
        assert desk.state(ACCOUNT, "VA-1").open_orders == "PO-1"


class TestRefund:
    def test_what_was_too_much_goes_back(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(130_00), day(2))
        (due,) = desk.told(RefundDue)
        assert (due.amount_minor, due.account_id, due.reason) == (30_00, "VA-1", "OVERPAID")

        desk.hear(refunded(20_00), day(3))
        (told,) = desk.told(OrderRefunded)
        assert (told.refunded_minor, told.escrow_minor, told.refund_due_minor) == (20_00, 110_00, 10_00)
        assert order_of(desk).funds == "FUNDED"

    def test_told_twice_it_is_one_refund(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(130_00), day(2))
        desk.hear(refunded(20_00), day(3))
        desk.hear(refunded(20_00), day(4))

        assert order_of(desk).refunded_minor == 20_00
        assert desk.state(REFUND, "VA-1|R-1|2000|PO-1").witnesses == 2

    def test_before_it_is_due_it_waits(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(refunded(30_00), day(1))
        assert len(desk.waiting) == 1

        desk.hear(paid(130_00), day(2))
        assert order_of(desk).refunded_minor == 30_00

    @pytest.mark.parametrize(
        ("but", "field"),
        [
            ({"amount_minor": 30_01}, "amount_minor"),
            ({"currency": "EUR"}, "currency"),
            ({"account_id": "VA-9"}, "account_id"),
        ],
    )
    def test_what_was_never_due_is_refused(self, desk: Desk, but: dict[str, Any], field: str) -> None:
        placed(desk)
        desk.hear(paid(130_00), day(2))
        desk.hear(refunded(**{"amount_minor": 30_00, **but}), day(3))

        assert [answer.field for _, answer in desk.refused] == [field]


class TestPayout:
    def test_each_payout_is_told(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(paid_out(60_00, "X-1"), day(40))
        desk.hear(paid_out(40_00, "X-2"), day(41))

        assert [(m.amount_minor, m.paid_out_minor, m.escrow_minor) for m in desk.told(PayoutMade)] == [
            (60_00, 60_00, 40_00),
            (40_00, 100_00, 0),
        ]
        assert len(desk.told(PayoutDue)) == 1

    def test_somebody_releases_it(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(approved(60_00), day(3))
        assert len(desk.waiting) == 1
        desk.hear(paid(100_00), day(4))
        desk.hear(delivered(), day(20))
        desk.hear(received(day(21)), day(21))

        assert order_of(desk).approved_minor == 60_00
        assert [row.approved_by for row in desk.rows[APPROVALS.name]] == ["Treasury"]

        desk.hear(approved(40_01), day(40))
        assert [answer.field for _, answer in desk.refused] == ["amount_minor"]
