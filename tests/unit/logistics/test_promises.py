"""What carriers promise, as a dialogue: clocks that are seen before they break."""

import datetime as dt

import pytest

from silkway.contracts import (
    DeliveryRetracted,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    ShipmentDelayed,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.store import ORDER, SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import (
    answered,
    asked,
    booked,
    on_vessel,
    promising,
    recorded,
    retracted,
    shipped,
    tracked,
)

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def desk() -> Desk:
    desk = Desk(SERVICE)
    desk.hear(recorded(deliver_by=day(30).date()), day(0))
    return desk


class TestOnTime:
    def test_it_is_kept_by_a_delivery_in_time(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ON_TIME")), day(1))
        desk.hear(tracked("DELIVERED", day(20)), day(20))
        desk.reach(day(60))
        (kept,) = desk.told(PromiseKept)
        assert (kept.promise, kept.due_at) == ("ON_TIME", day(31.5)), "when the 30th has ended everywhere"
        assert desk.told(PromiseAtRisk) == []

    def test_it_is_seen_before_it_breaks_and_proof_that_comes_late_still_counts(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ON_TIME")), day(1))
        desk.hear(tracked("DEPARTED", day(25)), day(25))
        desk.reach(day(33))
        assert desk.when_told(PromiseAtRisk) == day(29.5)
        assert [told.cause_reference for told in desk.told(PromiseAtRisk)] == [None], "nobody says why"
        assert desk.when_told(PromiseBroken) == day(31.5)

        desk.hear(tracked("DELIVERED", day(29)), day(34))
        assert desk.when_told(PromiseKept) == day(34)

    def test_kept_it_stays_kept_where_the_goods_came_at_another_time_that_is_in_time_too(
        self, desk: Desk
    ) -> None:
        desk.hear(booked(service=promising("ON_TIME")), day(1))
        desk.hear(tracked("DELIVERED", day(20)), day(20))
        desk.hear(tracked("DELIVERED", day(21)), day(40))

        assert [told.told_anew for told in desk.told(DeliveryRetracted)] == [True]
        assert len(desk.told(PromiseKept)) == 1
        assert (desk.told(PromiseBroken), desk.told(PromiseAtRisk)) == ([], [])

    def test_a_delay_that_is_foreseen_puts_it_at_risk_at_once(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ON_TIME"), legs=on_vessel()), day(1))
        desk.hear(tracked("DELIVERED", day(35), classifier="ESTIMATED", leg=1), day(3))
        assert desk.when_told(PromiseAtRisk) == day(3)
        (delay,), (risk,) = desk.told(ShipmentDelayed), desk.told(PromiseAtRisk)
        assert delay.cause_reference == risk.cause_reference == "VOYAGE/MSC OSCAR/024W"

    def test_a_delivery_too_late_breaks_it_and_its_retraction_opens_it_again(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ON_TIME")), day(1))
        desk.hear(tracked("DELIVERED", day(20)), day(20))
        desk.hear(retracted("DELIVERED", day(21)), day(21))
        assert len(desk.told(PromiseAtRisk)) == 1, "it was said to be kept, and is open again"

        desk.hear(tracked("DELIVERED", day(31)), day(31))
        assert len(desk.told(PromiseBroken)) == 1

    def test_who_promised_nothing_has_no_clock(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        desk.hear(shipped(), day(5))
        desk.reach(day(60))
        assert desk.told(PromiseBroken) == []
        assert desk.state(ORDER, "PO-1").outlooks == ()


class TestFiveDayLine:
    def test_its_clock_starts_when_the_goods_leave(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("FIVE_DAY_LINE"), mode="EXPRESS"), day(1))
        desk.reach(day(4))
        desk.hear(shipped(at=day(4)), day(4))
        desk.hear(tracked("ARRIVED", day(7)), day(7))
        desk.reach(day(8.5))
        (risk,) = desk.told(PromiseAtRisk)
        assert (risk.promise, risk.due_at) == ("FIVE_DAY_LINE", day(9))
        desk.hear(tracked("DELIVERED", day(8.75)), day(8.75))
        assert len(desk.told(PromiseKept)) == 1

    def test_it_breaks_after_five_days_and_another_start_starts_it_anew(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("FIVE_DAY_LINE"), mode="EXPRESS"), day(1))
        desk.hear(shipped(at=day(2)), day(2), "/platform")
        desk.reach(day(7))
        assert desk.when_told(PromiseBroken) == day(7)

        desk.hear(shipped(at=day(5)), day(7.5), "/platform")  # corrected: it left on the 5th
        assert desk.told(PromiseAtRisk)[-1].due_at == day(10)
        desk.reach(day(10))
        assert len(desk.told(PromiseBroken)) == 2

    def test_an_estimate_beyond_it_puts_it_at_risk(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("FIVE_DAY_LINE"), mode="EXPRESS"), day(1))
        desk.hear(shipped(at=day(2)), day(2))
        desk.hear(tracked("DELIVERED", day(8), classifier="ESTIMATED"), day(3))
        assert desk.when_told(PromiseAtRisk) == day(3)


class TestAnswers:
    def test_an_answer_within_24_hours_keeps_the_promise(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ANSWER_24H")), day(1))
        desk.hear(asked("Q-1", day(3)), day(3))
        desk.hear(answered("Q-1", day(3.5)), day(3.5))
        (kept,) = desk.told(PromiseKept)
        assert (kept.inquiry_id, kept.due_at) == ("Q-1", day(4))

    def test_without_an_answer_it_is_at_risk_and_then_broken(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ANSWER_24H")), day(1))
        desk.hear(asked("Q-1", day(3)), day(3))
        desk.hear(asked("Q-2", day(3.1)), day(3.1))
        desk.hear(answered("Q-2", day(3.2)), day(3.2))
        desk.reach(day(5))
        assert desk.when_told(PromiseAtRisk) == day(3.75)
        assert desk.when_told(PromiseBroken) == day(4)
        assert {told.inquiry_id for told in desk.told(PromiseBroken)} == {"Q-1"}

    def test_an_answer_heard_before_its_question_counts(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ANSWER_24H")), day(1))
        desk.hear(answered("Q-1", day(3.5)), day(3.5))
        desk.hear(asked("Q-1", day(3)), day(4))
        assert len(desk.told(PromiseKept)) == 1

    def test_an_inquiry_is_asked_once(self, desk: Desk) -> None:
        desk.hear(booked(service=promising("ANSWER_24H")), day(1))
        desk.hear(asked("Q-1", day(3)), day(3))
        desk.hear(asked("Q-1", day(3)), day(3))
        assert desk.refused == []
        desk.hear(asked("Q-1", day(3), "And now?"), day(3))
        ((_, answer),) = desk.refused
        assert answer.field == "inquiry_id"

    def test_who_did_not_promise_answers_has_no_clock(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        desk.hear(asked("Q-1", day(3)), day(3))
        desk.reach(day(9))
        assert desk.told(PromiseBroken) == []
        assert desk.state(SHIPMENT, "SH-1").inquiries[0].question == "Where is it?"
