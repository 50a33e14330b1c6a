"""Money that finds its order, and money that finds none."""

from typing import Any

import pytest

from silkway.contracts import (
    PaymentMatched,
    PaymentReversed,
    PaymentUnmatched,
    ReturnDue,
    UnmatchedReturned,
)
from silkway.order.domain.matching import MOST_OPEN, MOST_WAITING
from silkway.order.store import ACCOUNT, PAYMENT, REFERENCE
from tests.unit.desk import Desk, day
from tests.unit.order.tales import completed, funded, order_of, placed
from tests.unit.order.trade import (
    another,
    assigned,
    cancellation,
    drafted,
    paid,
    paid_out,
    returned,
    sent_back,
)


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

        assert not desk.told(UnmatchedReturned), "that it goes back was told before"

    def test_its_bank_takes_it_back_before_anybody_decides(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(100_00, payment_reference="PO 1"), day(2))
        desk.hear(returned(40_00, of_minor=100_00), day(3))
        assert not desk.told(UnmatchedReturned)

        desk.hear(returned(60_00, of_minor=100_00, return_reference="B-2"), day(4))
        (gone,) = desk.told(UnmatchedReturned)
        assert (gone.subject, gone.payment_id, gone.amount_minor) == (
            "account/VA-1",
            "VA-1|E-1|10000",
            100_00,
        )

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
