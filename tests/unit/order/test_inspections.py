"""Inspections as gates, and deliveries and dispatches that are taken back or split."""

from typing import Any

from silkway.contracts import (
    AcceptanceReversed,
    InspectionBooked,
    InspectionRecorded,
    OrderAccepted,
    OrderDelivered,
    OrderShipped,
    OrderUndelivered,
    PayoutWithdrawn,
)
from silkway.contracts.order import Inspection, Terms
from silkway.order.store import INSPECTIONS
from tests.unit.desk import Desk, day
from tests.unit.order.tales import arrived, completed, funded, order_of, placed, shipped
from tests.unit.order.trade import (
    CUPS,
    PLATES,
    delivered,
    dispatched,
    failed,
    linked,
    paid,
    passed,
    undelivered,
    undispatched,
)


class TestInspection:
    def gate(self, gate: Any, **but: Any) -> dict[str, Any]:
        return {"inspection": Inspection(gate=gate), **but}

    def test_it_is_booked_when_the_order_is_placed_and_again_after_each_failure(self, desk: Desk) -> None:
        placed(desk, **self.gate("BEFORE_SHIPMENT"))
        desk.hear(failed(day(3)), day(3))
        desk.hear(passed(day(5)), day(5))
        desk.hear(failed(day(6)), day(6))

        assert [b.inspection_id for b in desk.told(InspectionBooked)] == [
            "PO-1/inspection/1",
            "PO-1/inspection/2",
        ]
        assert [(r.inspection_id, r.passed) for r in desk.told(InspectionRecorded)][:2] == [
            ("PO-1/inspection/1", False),
            ("PO-1/inspection/2", True),
        ]
        assert order_of(desk).inspection_passed_at == day(5)
        assert len(desk.rows[INSPECTIONS.name]) == 3

    def test_goods_that_leave_before_it_are_told_and_not_refused(self, desk: Desk) -> None:
        placed(desk, **self.gate("BEFORE_SHIPMENT"))
        desk.hear(linked(), day(3))
        desk.hear(dispatched(), day(5))

        assert [(e.state, e.uninspected) for e in desk.told(OrderShipped)] == [
            ("BOOKED", None),
            ("SHIPPED", True),
        ]

    def test_goods_that_leave_after_it_are_told_plainly(self, desk: Desk) -> None:
        placed(desk, **self.gate("BEFORE_SHIPMENT"))
        desk.hear(passed(day(4)), day(4))
        desk.hear(dispatched(), day(5))

        assert [e.uninspected for e in desk.told(OrderShipped)] == [None]

    def test_the_balance_is_not_due_before_it(self, desk: Desk) -> None:
        placed(desk, **self.gate("BEFORE_BALANCE"))
        assert order_of(desk).due_minor == 30_00
        desk.hear(paid(30_00), day(2))
        assert order_of(desk).due_minor == 0
        desk.hear(passed(day(4)), day(4))

        assert order_of(desk).due_minor == 70_00

    def test_without_one_the_balance_is_due_by_the_terms(self, desk: Desk) -> None:
        placed(desk, terms=Terms(deposit_minor=30_00, balance_due="AFTER_DELIVERY"))
        desk.hear(paid(30_00), day(2))
        assert order_of(desk).due_minor == 0
        desk.hear(delivered(), day(20))

        assert order_of(desk).due_minor == 70_00

    def test_an_inspection_nobody_asked_for_is_kept(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(passed(day(4)), day(4))

        assert len(desk.told(InspectionRecorded)) == 1
        assert not desk.told(InspectionBooked)


class TestTakenBack:
    def test_a_delivery_taken_back_stops_the_clock(self, desk: Desk) -> None:
        arrived(desk)
        assert order_of(desk).due_at == day(27)
        desk.hear(undelivered(), day(22))
        desk.reach(day(100))

        (told,) = desk.told(OrderUndelivered)
        assert (told.state, told.shipment_id) == ("SHIPPED", "SH-1")
        order = order_of(desk)
        assert (order.logistics, order.due_at, order.accepted_at) == ("SHIPPED", None, None)
        assert [(li.delivered_quantity, li.delivered_on) for li in order.lines] == [(0, None), (0, None)]

    def test_delivered_again_the_clock_begins_anew(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(undelivered(), day(22))
        desk.hear(delivered(on=30), day(30))

        assert [e.state for e in desk.told(OrderDelivered)] == ["DELIVERED", "DELIVERED"]
        assert order_of(desk).due_at == day(37)

    def test_one_of_two_deliveries_taken_back_leaves_the_other(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(delivered("SH-1", {CUPS: 10}, late=True), day(20))
        desk.hear(delivered("SH-2", {PLATES: 5}, on=21), day(21))
        desk.hear(undelivered("SH-1", {CUPS: 10}), day(22))

        assert desk.told(OrderUndelivered)[0].state == "PART_DELIVERED"
        assert [(li.delivered_quantity, li.late) for li in order_of(desk).lines] == [(0, False), (5, False)]

    def test_known_in_time_and_read_late_it_reverses_the_acceptance(self, desk: Desk) -> None:
        arrived(desk)
        desk.reach(day(28))
        desk.hear(undelivered(), day(26))

        (reversal,) = desk.told(AcceptanceReversed)
        assert reversal.dispute_id is None
        assert len(desk.told(PayoutWithdrawn)) == 1
        assert (order_of(desk).life, order_of(desk).logistics) == ("PLACED", "SHIPPED")

    def test_known_later_the_acceptance_counts_again_once_it_is_delivered(self, desk: Desk) -> None:
        completed(desk)
        desk.hear(undelivered(), day(30))
        assert (order_of(desk).life, order_of(desk).payout_due_minor) == ("PLACED", 0)
        desk.hear(delivered(on=31), day(31))

        assert [(a.by, a.accepted_at) for a in desk.told(OrderAccepted)] == [
            ("RECEIPT", day(21)),
            ("RECEIPT", day(31)),
        ]
        assert (order_of(desk).life, order_of(desk).payout_due_minor) == ("COMPLETED", 100_00)

    def test_a_dispatch_taken_back_lets_the_axis_fall(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(undispatched(), day(6))

        assert order_of(desk).logistics == "BOOKED"
        assert [e.state for e in desk.told(OrderShipped)] == ["BOOKED", "SHIPPED", "BOOKED"]

    def test_of_more_than_was_ordered_taken_back_only_the_time_is_told(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(delivered("SH-2", {CUPS: 3}, on=25, late=True), day(25))
        desk.hear(undelivered("SH-2", {CUPS: 3}), day(26))

        assert not desk.told(OrderUndelivered)
        assert [e.lines_late for e in desk.told(OrderDelivered)] == [0, 1, 0]


class TestAnotherTime:
    """Another witness, or the same one, gives another time: the goods have come and gone all the same."""

    def test_of_a_delivery_leaves_the_acceptance_period_running(self, desk: Desk) -> None:
        arrived(desk)
        desk.hear(undelivered(told_anew=True), day(22))
        desk.hear(delivered(on=19), day(22))

        assert not desk.told(OrderUndelivered)
        assert order_of(desk).due_at == day(27)  # since the first word of it, on day 20
        # And the time that is believed now is told.
        assert [e.delivered_at for e in desk.told(OrderDelivered)] == [day(20), day(19)]

    def test_of_a_delivery_leaves_accepted_what_was_accepted(self, desk: Desk) -> None:
        arrived(desk)
        desk.reach(day(28))
        desk.hear(undelivered(told_anew=True), day(30))
        desk.hear(delivered(on=19, late=True), day(30))

        assert not desk.told(AcceptanceReversed)
        order = order_of(desk)
        assert (order.accepted_by, order.accepted_at, order.lines_late) == ("PERIOD", day(27), 2)

    def test_of_a_delivery_judges_lateness_by_it_alone(self, desk: Desk) -> None:
        funded(desk)
        desk.hear(delivered(late=True), day(20))
        desk.hear(undelivered(told_anew=True), day(22))
        desk.hear(delivered(on=19), day(22))

        assert [e.lines_late for e in desk.told(OrderDelivered)] == [2, 0]

    def test_of_a_dispatch_leaves_the_axis_where_it_is(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(undispatched(told_anew=True), day(6))
        desk.hear(dispatched(on=4), day(6))

        assert [e.state for e in desk.told(OrderShipped)] == ["BOOKED", "SHIPPED"]
        assert {part.shipped_known_at for part in order_of(desk).parts} == {day(5)}


class TestSplit:
    def test_lines_that_move_to_another_shipment_count_once(self, desk: Desk) -> None:
        shipped(desk)
        desk.hear(linked("SH-2", {CUPS: 4}, split_from="SH-1"), day(18))

        cups, plates = order_of(desk).lines
        assert (cups.booked_quantity, cups.shipped_quantity) == (10, 10)
        assert (plates.booked_quantity, plates.shipped_quantity) == (5, 5)
        assert order_of(desk).logistics == "SHIPPED"

        desk.hear(dispatched("SH-2", {CUPS: 4}), day(18))
        assert order_of(desk).lines[0].shipped_quantity == 10
        desk.hear(delivered("SH-2", {CUPS: 4}), day(20))
        assert order_of(desk).logistics == "PART_DELIVERED"
        desk.hear(delivered("SH-1", {CUPS: 6, PLATES: 5}), day(21))
        assert order_of(desk).logistics == "DELIVERED"
        assert len(desk.told(OrderShipped)) == 2

    def test_the_same_link_told_again_moves_nothing_twice(self, desk: Desk) -> None:
        shipped(desk)
        for _ in range(2):
            desk.hear(linked("SH-2", {CUPS: 4}, split_from="SH-1"), day(18))

        assert order_of(desk).lines[0].booked_quantity == 10
