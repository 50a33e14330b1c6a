"""Disputes: what they stop, what their resolutions give back."""

import pytest

from silkway.contracts import (
    AcceptanceReversed,
    DisputeClosed,
    DisputeOpened,
    OrderAccepted,
    OrderCancelled,
    OrderCompleted,
    OrderSettled,
    PayoutDue,
    PayoutWithdrawn,
    RefundDue,
)
from silkway.order.store import DISPUTE
from tests.unit.desk import Desk, day
from tests.unit.order.tales import arrived, completed, conserved, order_of, placed, shipped
from tests.unit.order.trade import (
    delivered,
    dispute_withdrawn,
    disputed,
    paid,
    paid_out,
    refunded,
    resolved,
)


class TestWithdrawal:
    """Who raised a dispute takes it back."""

    def test_the_goods_are_accepted_and_paid_for(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22)), day(22))
        desk.hear(dispute_withdrawn(day(24)), day(25))

        (closed,) = desk.told(DisputeClosed)
        assert (closed.outcome, closed.refund_minor, closed.text) == ("WITHDRAWN", 0, "New ones came.")
        assert desk.when_told(DisputeClosed) == day(25)
        (accepted,) = desk.told(OrderAccepted)
        assert (accepted.by, accepted.accepted_at) == ("RESOLUTION", day(24))
        assert [due.amount_minor for due in desk.told(PayoutDue)] == [100_00]
        assert desk.state(DISPUTE, "PO-1|D-1").resolved_by == "BUYER"

    def test_before_the_goods_have_come_the_period_runs_as_ever(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(disputed(day(10)), day(10))
        desk.hear(dispute_withdrawn(day(12)), day(12))
        desk.hear(delivered(), day(20))
        desk.reach(day(27))

        assert [a.by for a in desk.told(OrderAccepted)] == ["PERIOD"]

    def test_another_one_goes_on(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22), "D-1"), day(22))
        desk.hear(disputed(day(23), "D-2"), day(23))
        desk.hear(dispute_withdrawn(day(24), "D-1"), day(24))
        assert (order_of(desk).issue, order_of(desk).accepted_at) == ("DISPUTED", None)

        desk.hear(resolved(day(30), 5_00, "D-2"), day(30))
        assert (order_of(desk).issue, order_of(desk).awarded_minor) == ("NONE", 5_00)

    def test_before_its_dispute_it_waits(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(dispute_withdrawn(day(24)), day(24))
        assert len(desk.waiting) == 1
        desk.hear(disputed(day(22)), day(24))

        assert [closed.outcome for closed in desk.told(DisputeClosed)] == ["WITHDRAWN"]

    def test_said_twice_it_is_one_and_what_came_first_stands(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22), "D-1"), day(22))
        for _ in range(2):
            desk.hear(dispute_withdrawn(day(24), "D-1"), day(24))
        desk.hear(resolved(day(30), 10_00, "D-1"), day(30))
        desk.hear(disputed(day(31), "D-2"), day(31))
        desk.hear(resolved(day(40), 10_00, "D-2"), day(40))
        desk.hear(dispute_withdrawn(day(41), "D-2"), day(41))

        assert [closed.outcome for closed in desk.told(DisputeClosed)] == ["WITHDRAWN", "SPLIT"]
        assert [answer.reason for _, answer in desk.refused] == [
            "it was taken back before",
            "it was decided SPLIT before",
        ]


class TestDispute:
    def test_silence_accepts_nothing_while_it_is_open(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22)), day(22))
        desk.reach(day(100))

        (opened,) = desk.told(DisputeOpened)
        assert (opened.dispute_id, opened.party, opened.kind) == ("D-1", "BUYER", "QUALITY")
        assert (order_of(desk).issue, order_of(desk).accepted_at) == ("DISPUTED", None)

    def test_decided_for_the_supplier_the_order_is_accepted_and_paid_out(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22)), day(22))
        desk.hear(resolved(day(30)), day(31))

        (accepted,) = desk.told(OrderAccepted)
        assert (accepted.by, accepted.accepted_at) == ("RESOLUTION", day(30))
        assert desk.when_told(OrderAccepted) == day(31)
        assert [due.amount_minor for due in desk.told(PayoutDue)] == [100_00]
        assert (order_of(desk).issue, order_of(desk).life) == ("NONE", "COMPLETED")

    def test_a_split_refunds_part_and_pays_out_the_rest(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22)), day(22))
        desk.hear(resolved(day(30), 25_00), day(30))

        assert [(due.amount_minor, due.reason) for due in desk.told(RefundDue)] == [(25_00, "DISPUTE")]
        assert [due.amount_minor for due in desk.told(PayoutDue)] == [75_00]

        desk.hear(refunded(25_00), day(31))
        desk.hear(paid_out(75_00), day(31))
        assert (order_of(desk).life, order_of(desk).escrow_minor) == ("SETTLED", 0)
        assert conserved(desk)

    def test_the_balance_that_is_still_open_falls_with_the_price(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(30_00), day(2))
        desk.hear(delivered(), day(20))
        desk.hear(disputed(day(22)), day(22))
        desk.hear(resolved(day(30), 70_00), day(30))

        assert (order_of(desk).funds, order_of(desk).life) == ("FUNDED", "COMPLETED")
        assert [due.amount_minor for due in desk.told(PayoutDue)] == [30_00]
        assert not desk.told(RefundDue)

    def test_all_given_back_for_goods_that_came_settles_it(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22)), day(22))
        desk.hear(resolved(day(30), 100_00), day(30))

        assert not desk.told(PayoutDue)
        assert len(desk.told(OrderSettled)) == 1
        assert order_of(desk).refund_due_minor == 100_00

    def test_all_given_back_before_the_goods_came_undoes_it(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(disputed(day(22)), day(22))
        desk.hear(resolved(day(30), 100_00), day(30))

        (cancelled,) = desk.told(OrderCancelled)
        assert (cancelled.by, cancelled.cancellation_id, cancelled.refund_due_minor) == (
            "RESOLUTION",
            "D-1",
            100_00,
        )
        desk.hear(delivered(), day(40))
        assert order_of(desk).life == "CANCELLED"

    def test_decided_before_delivery_the_period_runs_as_ever(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(disputed(day(10)), day(10))
        desk.hear(resolved(day(12)), day(12))
        desk.hear(delivered(), day(20))
        desk.reach(day(27))

        assert [a.by for a in desk.told(OrderAccepted)] == ["PERIOD"]

    @pytest.mark.parametrize("read_late", [False, True])
    def test_of_several_the_one_that_met_the_delivery_decides(self, desk: Desk, read_late: bool) -> None:
        shipped(desk)
        if not read_late:
            desk.hear(delivered(), day(20))
        desk.hear(disputed(day(22), "D-1"), day(22))
        desk.hear(resolved(day(23), dispute_id="D-1"), day(23))
        desk.hear(disputed(day(40), "D-2"), day(40))
        if read_late:
            desk.hear(delivered(), day(20))

        assert [(a.by, a.accepted_at) for a in desk.told(OrderAccepted)] == [("RESOLUTION", day(23))]
        assert (order_of(desk).life, order_of(desk).issue) == ("COMPLETED", "DISPUTED")
        assert order_of(desk).payout_due_minor == 0

    def test_known_in_time_and_read_late_it_reverses_the_acceptance(self, desk: Desk) -> None:
        arrived(desk)
        desk.reach(day(28))
        assert order_of(desk).life == "COMPLETED"
        desk.hear(disputed(day(26)), day(26))

        (reversal,) = desk.told(AcceptanceReversed)
        assert (reversal.dispute_id, reversal.reversed_at) == ("D-1", day(27))
        assert [w.amount_minor for w in desk.told(PayoutWithdrawn)] == [100_00]
        order = order_of(desk)
        assert (order.life, order.issue, order.accepted_at) == ("PLACED", "DISPUTED", None)

        desk.hear(resolved(day(40), 10_00), day(40))
        assert [a.by for a in desk.told(OrderAccepted)] == ["PERIOD", "RESOLUTION"]
        assert [c.again for c in desk.told(OrderCompleted)] == [None, True]
        assert order_of(desk).payout_due_minor == 90_00

    def test_raised_in_time_and_heard_of_late_it_reverses_the_acceptance(self, desk: Desk) -> None:
        arrived(desk)
        desk.reach(day(28))
        desk.hear(disputed(day(26)), day(29))

        (reversal,) = desk.told(AcceptanceReversed)
        assert (reversal.dispute_id, reversal.reversed_at) == ("D-1", day(29))
        assert desk.when_told(DisputeOpened) == day(29)
        assert (order_of(desk).life, order_of(desk).issue) == ("PLACED", "DISPUTED")

        desk.hear(resolved(day(40)), day(40))
        assert [a.by for a in desk.told(OrderAccepted)] == ["PERIOD", "RESOLUTION"]
        assert order_of(desk).payout_due_minor == 100_00

    def test_raised_in_time_and_read_before_the_end_it_keeps_silence_from_accepting(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(26)), day(29))
        desk.reach(day(40))

        assert not desk.told(OrderAccepted)
        assert not desk.told(AcceptanceReversed)

    def test_nobody_objects_later_than_we_know_it(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(35)), day(26))  # a clock that runs ahead
        desk.reach(day(40))

        assert not desk.told(OrderAccepted)

    def test_reversed_after_the_payout_was_made_there_is_nothing_left_to_refund(self, desk: Desk) -> None:
        arrived(desk)
        desk.reach(day(28))
        desk.hear(paid_out(100_00), day(29))
        desk.hear(disputed(day(26)), day(26))
        assert order_of(desk).life == "PLACED"
        desk.hear(resolved(day(40), 10_00), day(40))

        assert (order_of(desk).life, order_of(desk).refund_due_minor) == ("SETTLED", 0)
        assert conserved(desk)

    @pytest.mark.parametrize("at", [27, 30])
    def test_known_after_the_period_it_freezes_the_payout_and_leaves_the_acceptance(
        self, desk: Desk, at: int
    ) -> None:
        arrived(desk)
        desk.reach(day(27))
        desk.hear(disputed(day(at)), day(at))

        assert not desk.told(AcceptanceReversed)
        assert len(desk.told(PayoutWithdrawn)) == 1
        assert (order_of(desk).life, order_of(desk).issue) == ("COMPLETED", "DISPUTED")

        desk.hear(resolved(day(40)), day(40))
        assert order_of(desk).payout_due_minor == 100_00

    def test_read_before_the_end_but_known_after_it_silence_still_accepts(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(28)), day(28))
        desk.reach(day(27))

        assert [a.by for a in desk.told(OrderAccepted)] == ["PERIOD"]

    def test_the_buyers_word_stands_and_the_payout_waits(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(disputed(day(22)), day(22))

        assert not desk.told(AcceptanceReversed)
        assert (order_of(desk).life, order_of(desk).payout_due_minor) == ("COMPLETED", 0)

    def test_a_transfer_under_way_when_the_payout_was_withdrawn_counts(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(disputed(day(22)), day(22))
        desk.hear(paid_out(100_00), day(23))

        assert not desk.refused
        assert (order_of(desk).escrow_minor, order_of(desk).life) == (0, "COMPLETED")
        desk.hear(resolved(day(40)), day(40))
        assert order_of(desk).life == "SETTLED"

    def test_two_disputes_are_closed_by_two_resolutions(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(disputed(day(22), "D-1"), day(22))
        desk.hear(disputed(day(23), "D-2"), day(23))
        desk.hear(resolved(day(30), 10_00, "D-1"), day(30))
        assert order_of(desk).issue == "DISPUTED"

        desk.hear(resolved(day(31), 5_00, "D-2"), day(31))
        assert (order_of(desk).issue, order_of(desk).awarded_minor) == ("NONE", 15_00)
        assert len(desk.told(DisputeClosed)) == 2

    def test_a_resolution_before_its_dispute_waits(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(resolved(day(24)), day(23))
        assert len(desk.waiting) == 1
        desk.hear(disputed(day(22)), day(23))

        assert order_of(desk).issue == "NONE"
        assert desk.state(DISPUTE, "PO-1|D-1").resolved_by == "Desk"

    def test_said_twice_it_is_one_and_changed_it_is_refused(self, desk: Desk) -> None:
        arrived(desk)
        for _ in range(2):
            desk.hear(disputed(day(22)), day(22))
        desk.hear(disputed(day(22)).model_copy(update={"text": "Late too."}), day(22))
        desk.hear(resolved(day(30), 100_01), day(30))
        for _ in range(2):
            desk.hear(resolved(day(30), 10_00), day(30))
        desk.hear(resolved(day(30), 11_00), day(30))

        assert (len(desk.told(DisputeOpened)), len(desk.told(DisputeClosed))) == (1, 1)
        assert [answer.field for _, answer in desk.refused] == ["dispute_id", "refund_minor", "dispute_id"]
