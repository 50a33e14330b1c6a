"""Amendments as requests that are answered."""

from typing import Any

import pytest

from silkway.contracts import (
    AmendmentRefused,
    OrderAccepted,
    OrderAmended,
    OrderFunded,
    RefundDue,
    RefundWithdrawn,
)
from silkway.contracts.order import Terms
from silkway.order.store import REQUEST
from tests.unit.desk import Desk, day
from tests.unit.order.tales import arrived, completed, funded, order_of, placed, shipped
from tests.unit.order.trade import (
    CUPS,
    PLATES,
    amendment,
    cancellation,
    delivered,
    dispatched,
    disputed,
    drafted,
    line,
    linked,
    paid,
)


def lines(cups: int, cups_minor: int, plates: int = 5, plates_minor: int = 40_00) -> dict[str, Any]:
    return {"lines": (line(CUPS, cups, cups_minor), line(PLATES, plates, plates_minor))}


class TestAmendment:
    def test_more_is_open_again(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(amendment(day(3), **lines(12, 72_00)), day(3))

        (told,) = desk.told(OrderAmended)
        assert (told.total_minor, told.open_minor, told.refund_due_minor) == (112_00, 12_00, 0)
        assert [(li.line_id, li.quantity) for li in told.lines] == [(CUPS, 12), (PLATES, 5)]
        assert (order_of(desk).funds, order_of(desk).funded_at) == ("PART_PAID", None)

        desk.hear(paid(12_00, "E-2", received_at=day(4)), day(4))
        assert order_of(desk).funds == "FUNDED"
        assert len(desk.told(OrderFunded)) == 2

    def test_less_is_due_as_refund(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(amendment(day(3), **lines(8, 48_00)), day(3))

        (due,) = desk.told(RefundDue)
        assert (due.amount_minor, due.reason) == (12_00, "AMENDED")
        assert desk.told(OrderAmended)[0].refund_due_minor == 12_00
        assert order_of(desk).refund_due_minor == 12_00

    def test_more_after_less_takes_the_refund_back(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(amendment(day(3), "A-1", **lines(8, 48_00)), day(3))
        desk.hear(amendment(day(4), "A-2", **lines(9, 54_00)), day(4))
        desk.hear(amendment(day(5), "A-3", **lines(10, 60_00)), day(5))

        assert [(w.amount_minor, w.reason) for w in desk.told(RefundWithdrawn)] == [
            (6_00, "AMENDED"),
            (6_00, "AMENDED"),
        ]
        assert order_of(desk).refund_due_minor == 0

    def test_less_may_fund_it(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(paid(88_00), day(2))
        desk.hear(amendment(day(3), **lines(8, 48_00)), day(3))

        assert order_of(desk).funds == "FUNDED"
        assert desk.when_told(OrderFunded) == day(3)

    def test_promises_alone_hold_for_all_lines(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(amendment(day(3), ship_by=day(30).date()), day(3))

        (told,) = desk.told(OrderAmended)
        assert told.ship_by == day(30).date()
        assert {li.ship_by for li in told.lines} == {day(30).date()}
        assert told.total_minor == 100_00

    def test_a_line_left_out_is_dropped_and_not_awaited(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(amendment(day(3), lines=(line(CUPS, 10, 60_00),)), day(3))
        desk.hear(linked(carried={CUPS: 10}), day(4))
        desk.hear(delivered(carried={CUPS: 10}), day(20))

        assert order_of(desk).logistics == "DELIVERED"
        assert [li.removed for li in order_of(desk).lines] == [False, True]
        assert order_of(desk).refund_due_minor == 40_00

    def test_the_deposit_falls_with_the_total(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(amendment(day(3), **lines(1, 10_00, 1, 10_00)), day(3))

        assert desk.told(OrderAmended)[0].deposit_minor == 20_00

    @pytest.mark.parametrize(
        ("tale", "but", "reason"),
        [
            (funded, {}, "NOTHING_CHANGED"),
            (funded, {"deposit_minor": 100_01}, "DEPOSIT_BEYOND_TOTAL"),
            (shipped, lines(9, 54_00), "LINE_SHIPPED"),
            (shipped, {"lines": (line(CUPS, 10, 60_00),)}, "LINE_SHIPPED"),
            (arrived, lines(12, 72_00), "DELIVERED"),
            (completed, lines(12, 72_00), "COMPLETED"),
        ],
    )
    def test_what_cannot_be_is_answered_with_the_reason(
        self, desk: Desk, tale: Any, but: dict[str, Any], reason: str
    ) -> None:
        tale(desk)
        before = order_of(desk)
        desk.hear(amendment(day(22), **but), day(22))

        (answer,) = desk.told(AmendmentRefused)
        assert (answer.amendment_id, answer.reason) == ("A-1", reason)
        assert order_of(desk) == before
        assert desk.state(REQUEST, "PO-1|AMENDMENT|A-1").answer == reason

    def test_a_cancelled_order_is_not_amended(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(cancellation(day(3)), day(3))
        desk.hear(amendment(day(4), **lines(12, 72_00)), day(4))

        assert desk.told(AmendmentRefused)[0].reason == "CANCELLED"

    def test_the_first_payment_cannot_place_an_order_of_nothing(self, desk: Desk) -> None:
        desk.hear(drafted(place_on="FIRST_PAYMENT"), day(0))
        desk.hear(amendment(day(1), **lines(10, 0, 5, 0)), day(1))

        assert desk.told(AmendmentRefused)[0].reason == "NEVER_PAYABLE"

    def test_one_request_is_answered_once(self, desk: Desk) -> None:
        funded(desk)
        for _ in range(2):
            desk.hear(amendment(day(3), **lines(12, 72_00)), day(3))

        assert len(desk.told(OrderAmended)) == 1

    def test_the_draft_said_again_after_an_amendment_changes_nothing(self, desk: Desk) -> None:
        placed(desk)
        desk.hear(amendment(day(3), **lines(12, 72_00)), day(3))
        desk.hear(drafted(), day(4))

        assert not desk.refused
        assert order_of(desk).total_minor == 112_00


def test_where_nothing_is_booked_of_what_is_left_the_amendment_says_so(desk: Desk) -> None:
    funded(desk)
    desk.hear(linked(carried={CUPS: 10}), day(2))
    desk.hear(amendment(day(3), lines=(line(PLATES, 5, 100_00),)), day(3))

    (amended,) = desk.told(OrderAmended)
    assert amended.logistics == order_of(desk).logistics == "NONE"


def test_where_nothing_more_is_awaited_the_acceptance_period_begins_with_the_amendment(desk: Desk) -> None:
    # Given a part that arrived long ago, and another that never will
    funded(desk)
    desk.hear(linked(carried={CUPS: 10}), day(4))
    desk.hear(dispatched(carried={CUPS: 10}), day(5))
    desk.hear(delivered(carried={CUPS: 10}, on=6), day(6))
    assert order_of(desk).due_at is None

    # When the other is dropped, then all of it is delivered, and the buyer has the whole period to object
    desk.hear(amendment(day(31), lines=(line(CUPS, 10, 60_00),)), day(31))
    assert order_of(desk).logistics == "DELIVERED"
    assert order_of(desk).due_at == day(38)
    desk.reach(day(37))
    assert not desk.told(OrderAccepted)
    desk.hear(disputed(day(37)), day(37))
    desk.reach(day(60))
    assert not desk.told(OrderAccepted)


def test_an_order_of_nothing_can_be_made_one_of_something(desk: Desk) -> None:
    nothing = {
        "lines": (line(CUPS, 10, 0), line(PLATES, 5, 0)),
        "terms": Terms(deposit_minor=0, balance_due="AFTER_DELIVERY"),
    }
    placed(desk, **nothing)
    assert order_of(desk).funds == "FUNDED"
    desk.hear(amendment(day(3), **lines(10, 60_00)), day(3))

    assert (order_of(desk).funds, order_of(desk).total_minor) == ("UNPAID", 100_00)
