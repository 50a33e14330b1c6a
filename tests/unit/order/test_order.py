"""The main line of an order: paid, carried, accepted, paid out."""

from typing import Any

import pytest

from silkway.contracts import (
    HoldRequested,
    OrderAccepted,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderSettled,
    OrderShipped,
    PaymentMatched,
    PayoutDue,
)
from silkway.order.store import PAYMENT, PAYOUT
from tests.unit.desk import Desk, day
from tests.unit.order.tales import completed, order_of, placed
from tests.unit.order.trade import (
    CUPS,
    PLATES,
    delivered,
    dispatched,
    drafted,
    linked,
    paid,
    paid_out,
    received,
    worthless,
)


class TestMoney:
    def test_deposit_and_balance_fund_the_order(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(paid(30_00, "E-1"), day(2))
        assert order_of(desk).funds == "PART_PAID"

        desk.hear(paid(70_00, "E-2", received_at=day(5)), day(6))
        assert order_of(desk).funds == "FUNDED"
        (funded,) = desk.told(OrderFunded)
        assert (funded.funded_at, desk.when_told(OrderFunded)) == (day(5), day(6))
        assert [m.open_minor for m in desk.told(PaymentMatched)] == [70_00, 0]

    def test_money_before_its_order_waits_and_then_matches(self, desk: Desk) -> None:
        desk.hear(paid(30_00), day(1))
        assert not desk.told(PaymentMatched)

        desk.hear(drafted(), day(3))
        assert order_of(desk).received_minor == 30_00
        assert desk.when_told(PaymentMatched) == day(3)

    def test_one_bank_entry_on_two_statements_is_one_payment(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(paid(30_00), day(2))
        desk.hear(paid(30_00, received_at=day(3)), day(3))

        assert order_of(desk).received_minor == 30_00
        assert desk.state(PAYMENT, "VA-1|E-1|3000").witnesses == 2

    def test_another_currency_is_kept_unmatched_and_never_refused(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(paid(30_00, currency="EUR"), day(2))

        payment = desk.state(PAYMENT, "VA-1|E-1|3000")
        assert (payment.state, payment.reason) == ("UNMATCHED", "WRONG_CURRENCY")
        assert order_of(desk).received_minor == 0
        assert not desk.refused
        assert not desk.told(PaymentMatched)

    def test_more_money_than_can_be_counted_is_kept_unmatched(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(paid(2**63 - 1, "E-1"), day(2))
        desk.hear(paid(1, "E-2"), day(2))

        assert desk.state(PAYMENT, "VA-1|E-2|1").reason == "BEYOND_LIMIT"

    def test_too_much_stays_in_escrow_as_refund_due(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(paid(130_00), day(2))

        order = order_of(desk)
        assert (order.funds, order.escrow_minor, order.refund_due_minor) == ("FUNDED", 130_00, 30_00)

    def test_an_order_of_nothing_is_funded_when_placed_and_settled_when_completed(self, desk: Desk) -> None:
        placed(desk, **worthless())
        assert order_of(desk).funds == "FUNDED"

        desk.hear(delivered(), day(20))
        desk.hear(received(day(21)), day(21))
        assert order_of(desk).life == "SETTLED"
        assert not desk.told(HoldRequested)
        assert not desk.told(PayoutDue)


class TestGoods:
    def test_the_axis_follows_the_quantities_of_all_lines(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        said = []
        for event in (
            linked("SH-1", {CUPS: 10}),
            linked("SH-2", {PLATES: 5}),
            dispatched("SH-1", {CUPS: 10}),
            dispatched("SH-2", {PLATES: 5}),
            delivered("SH-1", {CUPS: 10}),
            delivered("SH-2", {PLATES: 5}),
        ):
            desk.hear(event, day(5))
            said.append(order_of(desk).logistics)

        assert said == ["BOOKED", "BOOKED", "PART_SHIPPED", "SHIPPED", "PART_DELIVERED", "DELIVERED"]
        assert [e.state for e in desk.told(OrderShipped)] == ["BOOKED", "PART_SHIPPED", "SHIPPED"]
        assert [e.state for e in desk.told(OrderDelivered)] == ["PART_DELIVERED", "DELIVERED"]

    def test_too_much_of_one_line_does_not_deliver_the_other(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(delivered(carried={CUPS: 1000}), day(5))

        assert order_of(desk).logistics == "PART_DELIVERED"

    def test_a_line_is_late_if_any_part_of_it_was(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(delivered("SH-1", {CUPS: 4, PLATES: 5}, on=18), day(18))
        desk.hear(delivered("SH-2", {CUPS: 6}, on=20, late=True), day(20))

        event = desk.told(OrderDelivered)[-1]
        assert (event.state, event.lines_late, event.delivered_at) == ("DELIVERED", 1, day(20))
        cups, plates = order_of(desk).lines
        assert (cups.late, cups.delivered_on) == (True, day(20).date())
        assert (plates.late, plates.delivered_on) == (False, day(18).date())

    def test_delivered_is_known_when_the_last_known_part_was(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(delivered("SH-1", {CUPS: 10}, on=18), day(25))
        desk.hear(delivered("SH-2", {PLATES: 5}, on=20), day(22))

        assert order_of(desk).delivered_known_at == day(25)
        assert order_of(desk).due_at == day(32)

    def test_a_line_that_was_never_ordered_passes_by(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(linked("SH-1", {"spoons": 1}), day(4))

        assert order_of(desk).logistics == "NONE"


class TestAcceptance:
    def test_the_buyers_word_completes_it(self, desk: Desk) -> None:
        completed(desk)

        (event,) = desk.told(OrderAccepted)
        assert (event.by, event.accepted_at) == ("RECEIPT", day(21))
        assert order_of(desk).life == "COMPLETED"
        assert [due.amount_minor for due in desk.told(PayoutDue)] == [100_00]

    def test_silence_for_the_whole_period_accepts(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(100_00), day(2))
        desk.hear(delivered(on=20), day(22))
        desk.reach(day(28))
        assert order_of(desk).accepted_at is None

        desk.reach(day(29))
        (event,) = desk.told(OrderAccepted)
        assert (event.by, event.accepted_at) == ("PERIOD", day(29))
        assert desk.when_told(OrderCompleted) == day(29)

    def test_a_word_before_delivery_counts_once_it_is_delivered(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(received(day(10)), day(10))
        assert order_of(desk).accepted_at is None

        desk.hear(delivered(on=20), day(22))
        (event,) = desk.told(OrderAccepted)
        assert (event.by, event.accepted_at) == ("RECEIPT", day(20))
        assert desk.when_told(OrderAccepted) == day(22)

    def test_a_word_known_after_the_period_is_too_late_even_if_read_before_its_end(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(delivered(on=20), day(20))
        desk.hear(received(day(21)), day(27))
        desk.reach(day(27))

        (event,) = desk.told(OrderAccepted)
        assert event.by == "PERIOD"

    def test_without_all_the_money_it_is_accepted_but_not_completed(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(99_99, "E-1"), day(2))
        desk.hear(delivered(), day(20))
        desk.hear(received(day(21)), day(21))
        assert order_of(desk).life == "PLACED"

        desk.hear(paid(1, "E-2"), day(30))
        assert order_of(desk).life == "COMPLETED"
        assert desk.when_told(OrderCompleted) == day(30)


class TestPayout:
    def test_a_payout_before_it_is_due_waits(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid_out(100_00), day(3))
        assert len(desk.waiting) == 1

        desk.hear(paid(100_00), day(4))
        desk.hear(delivered(), day(20))
        desk.hear(received(day(21)), day(21))
        assert order_of(desk).life == "SETTLED"
        assert desk.when_told(OrderSettled) == day(21)

    def test_parts_settle_it_when_all_is_out(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(paid_out(60_00, "X-1"), day(40))
        assert order_of(desk).life == "COMPLETED"

        desk.hear(paid_out(40_00, "X-2", paid_at=day(41)), day(41))
        (settled,) = desk.told(OrderSettled)
        assert (settled.settled_at, settled.paid_out_minor) == (day(41), 100_00)
        assert desk.when_told(OrderSettled) == day(41)
        assert order_of(desk).escrow_minor == 0

    def test_one_payout_reported_twice_is_paid_once(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(paid_out(50_00), day(40))
        desk.hear(paid_out(50_00), day(41))

        assert order_of(desk).paid_out_minor == 50_00
        assert desk.state(PAYOUT, "VA-1|X-1|5000|PO-1").witnesses == 2

    @pytest.mark.parametrize(
        ("but", "field"),
        [
            ({"amount_minor": 100_01}, "amount_minor"),
            ({"currency": "EUR"}, "currency"),
            ({"account_id": "VA-9"}, "account_id"),
        ],
    )
    def test_what_was_never_due_is_refused(self, desk: Desk, but: dict[str, Any], field: str) -> None:
        completed(desk)
        desk.hear(paid_out(**{"amount_minor": 100_00, **but}), day(40))

        ((_, answer),) = desk.refused
        assert answer.field == field
        assert order_of(desk).escrow_minor == 100_00

    def test_the_surplus_is_never_paid_to_the_supplier(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(paid(5_00, "E-9"), day(22))
        desk.hear(paid_out(100_00), day(40))

        order = order_of(desk)
        assert (order.life, order.escrow_minor, order.refund_due_minor) == ("SETTLED", 5_00, 5_00)
