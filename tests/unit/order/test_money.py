"""Money that does not simply come and go: unmatched, assigned, returned, refunded, paid out in spite of."""

from typing import Any

import pytest

from silkway.contracts import (
    OrderCompleted,
    OrderFunded,
    OrderRefunded,
    PaymentMatched,
    PaymentReversed,
    PaymentUnmatched,
    PayoutDue,
    PayoutMade,
    PayoutWithdrawn,
    RefundDue,
    RefundWithdrawn,
    ReturnDue,
)
from silkway.order.consumer import SERVICE
from silkway.order.domain.matching import MOST_OPEN, MOST_WAITING
from silkway.order.store import ACCOUNT, APPROVALS, ORDER, PAYMENT, REFERENCE, REFUND
from tests.unit.desk import Desk, day
from tests.unit.order.tales import completed, conserved, funded, order_of, placed
from tests.unit.order.trade import (
    approved,
    assigned,
    cancellation,
    delivered,
    drafted,
    line,
    paid,
    paid_out,
    received,
    refunded,
    returned,
    sent_back,
)


@pytest.fixture
def desk() -> Desk:
    return Desk(SERVICE)


def another(order_id: str, minor: int, **but: Any) -> Any:
    """Another order on the same account."""
    from silkway.contracts.order import Terms

    return drafted(
        order_id=order_id, payment_reference=f"REF-{order_id}", lines=(line("1", 1, minor),),
        terms=Terms(deposit_minor=0, balance_due="AFTER_DELIVERY"), **but,
    )  # fmt: skip


def reasons(desk: Desk) -> list[str]:
    return [told.reason for told in desk.told(PaymentUnmatched)]


class TestMatching:
    def test_money_before_its_order_is_seen_at_once_and_matches_when_it_is_drafted(self, desk: Desk) -> None:
        desk.hear(paid(30_00), day(1))
        (told,) = desk.told(PaymentUnmatched)
        assert (told.subject, told.reason, told.payment_reference) == (
            "account/VA-1",
            "UNKNOWN_ACCOUNT",
            "REF-1",
        )

        desk.hear(another("PO-2", 50_00), day(2))
        desk.hear(paid(20_00, "E-2"), day(2))
        assert reasons(desk) == ["UNKNOWN_ACCOUNT", "UNKNOWN_REFERENCE"]

        desk.hear(drafted(), day(3))
        assert order_of(desk).received_minor == 50_00
        assert [(m.amount_minor, m.by) for m in desk.told(PaymentMatched)] == [
            (30_00, "REFERENCE"),
            (20_00, "REFERENCE"),
        ]
        assert desk.state(REFERENCE, "VA-1|REF-1").waiting == ""

    def test_early_money_of_another_currency_stays_in_the_queue(self, desk: Desk) -> None:
        desk.hear(paid(30_00, currency="EUR"), day(1))
        desk.hear(drafted(), day(3))

        assert reasons(desk) == ["UNKNOWN_ACCOUNT", "WRONG_CURRENCY"]
        assert desk.told(PaymentUnmatched)[-1].order_ids == ("PO-1",)

    def test_early_money_that_was_sent_back_meanwhile_stays_away(self, desk: Desk) -> None:
        desk.hear(paid(30_00), day(1))
        desk.hear(sent_back(30_00), day(2))
        desk.hear(drafted(), day(3))

        assert order_of(desk).received_minor == 0
        assert desk.state(PAYMENT, "VA-1|E-1|3000").state == "RETURN_DUE"

    def test_only_so_much_waits_at_a_reference(self, desk: Desk) -> None:
        for number in range(MOST_WAITING + 1):
            desk.hear(paid(1_00, f"E-{number:03}"), day(1))
        desk.hear(drafted(), day(3))

        assert order_of(desk).received_minor == MOST_WAITING * 1_00
        assert desk.state(PAYMENT, f"VA-1|E-{MOST_WAITING:03}|100").state == "UNMATCHED"

    def test_two_entries_of_one_amount_are_two(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(paid(30_00, "E-1"), day(2))
        desk.hear(paid(30_00, "E-2"), day(2))

        assert order_of(desk).received_minor == 60_00

    def test_without_a_reference_the_one_order_that_lacks_the_amount_gets_it(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(another("PO-2", 50_00), day(0))
        desk.hear(paid(30_00, "E-1"), day(2))
        desk.hear(paid(70_00, "E-2", payment_reference=None), day(3))

        assert [(m.order_id, m.by) for m in desk.told(PaymentMatched)] == [
            ("PO-1", "REFERENCE"),
            ("PO-1", "AMOUNT"),
        ]
        assert order_of(desk).funds == "FUNDED"

    def test_more_than_one_that_fits_are_shown(self, desk: Desk) -> None:
        desk.hear(another("PO-2", 50_00), day(0))
        desk.hear(another("PO-3", 50_00), day(0))
        desk.hear(paid(50_00, payment_reference=None), day(3))

        (told,) = desk.told(PaymentUnmatched)
        assert (told.reason, told.order_ids) == ("AMBIGUOUS", ("PO-2", "PO-3"))

    @pytest.mark.parametrize("but", [{"amount_minor": 50_01}, {"currency": "EUR"}])
    def test_none_that_fits(self, desk: Desk, but: dict[str, Any]) -> None:
        desk.hear(another("PO-2", 50_00), day(0))
        desk.hear(paid(**{"amount_minor": 50_00, "payment_reference": None, **but}), day(3))

        assert reasons(desk) == ["NO_FIT"]

    def test_a_cancelled_order_fits_nothing(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(cancellation(day(3)), day(3))
        desk.hear(paid(100_00, payment_reference=None), day(4))

        assert reasons(desk) == ["NO_FIT"]

    def test_an_account_that_nobody_knows(self, desk: Desk) -> None:
        desk.hear(paid(100_00, payment_reference=None), day(4))

        assert reasons(desk) == ["UNKNOWN_ACCOUNT"]

    def test_a_settled_order_is_not_looked_at_any_more(self, desk: Desk) -> None:
        completed(desk)
        assert desk.state(ACCOUNT, "VA-1").open_orders == "PO-1"
        desk.hear(paid_out(100_00), day(40))

        assert desk.state(ACCOUNT, "VA-1").open_orders == ""

    def test_an_account_lists_its_newest_orders(self, desk: Desk) -> None:
        for number in range(MOST_OPEN + 1):
            desk.hear(another(f"PO-{number:04}", 50_00), day(0))

        listed = desk.state(ACCOUNT, "VA-1").open_orders.split()
        assert (len(listed), listed[0], listed[-1]) == (MOST_OPEN, "PO-0001", f"PO-{MOST_OPEN:04}")


class TestQueue:
    def test_somebody_assigns_money_to_its_order(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(100_00, payment_reference="PO 1"), day(2))
        desk.hear(assigned(100_00), day(3))

        (matched,) = desk.told(PaymentMatched)
        assert (matched.by, matched.funds) == ("ASSIGNMENT", "FUNDED")
        assert desk.when_told(PaymentMatched) == day(3)
        payment = desk.state(PAYMENT, "VA-1|E-1|10000")
        assert (payment.state, payment.decided_by, payment.decided_reason) == (
            "MATCHED",
            "Treasury",
            "The payer said so.",
        )

    def test_somebody_sends_it_back_and_the_bank_does(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(100_00, payment_reference="PO 1"), day(2))
        desk.hear(sent_back(100_00), day(3))
        desk.hear(sent_back(100_00), day(3))

        (due,) = desk.told(ReturnDue)
        assert (due.subject, due.amount_minor, due.by) == ("account/VA-1", 100_00, "Treasury")

        desk.hear(returned(100_00), day(4))
        assert desk.state(PAYMENT, "VA-1|E-1|10000").state == "RETURNED"
        assert not desk.told(PaymentReversed)

    def test_a_decision_to_send_it_back_can_be_changed_until_the_bank_has(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(100_00, payment_reference="PO 1"), day(2))
        desk.hear(sent_back(100_00), day(3))
        desk.hear(assigned(100_00), day(3))
        assert order_of(desk).funds == "FUNDED"

    def test_a_decision_before_the_money_is_known_waits(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(assigned(100_00), day(1))
        assert len(desk.waiting) == 1

        desk.hear(paid(100_00, payment_reference="PO 1"), day(2))
        assert order_of(desk).funds == "FUNDED"

    def test_what_is_matched_or_returned_is_not_assigned(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(assigned(100_00), day(3))
        desk.hear(paid(5_00, "E-2", payment_reference="PO 1"), day(2))
        desk.hear(returned(5_00, bank_reference="E-2"), day(3))
        desk.hear(assigned(5_00, "E-2"), day(4))

        assert [answer.field for _, answer in desk.refused] == ["bank_reference", "bank_reference"]

    def test_an_order_that_cannot_take_it_is_refused(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(drafted(order_id="PO-2", account_id="VA-2"), day(1))
        desk.hear(paid(100_00, payment_reference="PO 1"), day(2))
        desk.hear(assigned(100_00, order_id="PO-2"), day(3))
        desk.hear(cancellation(day(3)), day(3))
        desk.hear(assigned(100_00), day(4))

        assert [answer.field for _, answer in desk.refused] == ["order_id", "order_id"]
        assert desk.state(PAYMENT, "VA-1|E-1|10000").state == "UNMATCHED"


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
        assert order_of(desk).refund_due_minor == 0

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
