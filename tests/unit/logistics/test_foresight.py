"""What is foreseen, as a dialogue: ETA, delays and silence."""

import datetime as dt

import pytest

from silkway.contracts import (
    EtaChanged,
    OrderLine,
    ShipmentDelayed,
    ShipmentHeard,
    ShipmentRecovered,
    ShipmentSilent,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.store import ORDER, SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import (
    booked,
    on_vessel,
    recorded,
    retracted,
    shipped,
    tracked,
)
from tests.unit.quotes import offers

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def desk() -> Desk:
    desk = Desk(SERVICE)
    desk.hear(recorded(deliver_by=day(30).date()), day(0))
    return desk


class TestEta:
    def test_it_follows_plan_and_estimate_and_tells_when_the_day_changes(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        desk.hear(tracked("DELIVERED", day(25.5), classifier="PLANNED", leg=1), day(1))
        desk.hear(tracked("DELIVERED", day(26.5), classifier="ESTIMATED", leg=1), day(5))
        desk.hear(tracked("DELIVERED", day(26.6), classifier="ESTIMATED", leg=1), day(6))

        assert [(told.eta, told.previous_eta, told.classifier) for told in desk.told(EtaChanged)] == [
            (day(25.5), None, "PLANNED"),
            (day(26.5), day(25.5), "ESTIMATED"),
        ]
        assert desk.state(SHIPMENT, "SH-1").eta_at == day(26.6), "kept exactly, told when it matters"
        assert [row.number for row in desk.rows["eta_history"]] == [1, 2]

    def test_from_an_arrival_it_goes_the_usual_way_on(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        desk.hear(tracked("ARRIVED", day(20), classifier="ESTIMATED", leg=1), day(2))
        (told,) = desk.told(EtaChanged)
        assert (told.eta, told.basis) == (day(25), "ARRIVED")

    def test_an_arrival_before_the_last_leg_says_nothing(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        desk.hear(tracked("ARRIVED", day(5), classifier="ESTIMATED", leg=0), day(2))
        assert desk.told(EtaChanged) == []

    def test_a_plan_is_put_off_by_what_came_later_than_planned(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        desk.hear(tracked("DEPARTED", day(5), classifier="PLANNED", leg=1), day(1))
        desk.hear(tracked("DELIVERED", day(28), classifier="PLANNED", leg=1), day(1))
        desk.hear(tracked("DEPARTED", day(9), leg=1), day(9))

        assert [told.eta for told in desk.told(EtaChanged)] == [day(28), day(32)]
        (delayed,) = desk.told(ShipmentDelayed)
        assert {line.days for line in delayed.lines} == {2}

    def test_what_has_left_early_is_not_expected_early(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        desk.hear(tracked("DEPARTED", day(9), classifier="PLANNED"), day(1))
        desk.hear(tracked("DELIVERED", day(28), classifier="PLANNED"), day(1))
        desk.hear(tracked("DEPARTED", day(5)), day(5))
        assert len(desk.told(EtaChanged)) == 1

    def test_when_delivered_nothing_is_expected_any_more(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        desk.hear(tracked("DELIVERED", day(40), classifier="ESTIMATED"), day(2))
        desk.hear(tracked("DELIVERED", day(25)), day(25))

        assert desk.state(SHIPMENT, "SH-1").eta_at is None
        assert not desk.state(ORDER, "PO-1").outlooks[0].delayed
        assert desk.told(ShipmentRecovered) == [], "it is delivered, which says more"

        desk.hear(retracted("DELIVERED", day(26)), day(26))
        assert desk.told(EtaChanged)[-1].previous_eta is None
        assert len(desk.told(ShipmentDelayed)) == 2


def test_a_roll_over_puts_off_what_was_booked() -> None:
    desk = Desk(SERVICE)
    blue = offers.option_of(offers.given(), "Blue Line")
    desk.hear(offers.given(), day(0))
    line = OrderLine(
        line_id="cups", description="cups", quantity=10, value_minor=1000, deliver_by=day(45).date()
    )
    desk.hear(offers.recorded(option_id=blue, lines=(line,)), day(1))
    desk.hear(offers.placed(option_id=blue), day(3))
    desk.hear(booked(carries=(("PO-1", "cups", 10),), booking_id="PO-1/1", legs=on_vessel()), day(4))
    desk.hear(offers.rolled(to=17), day(5))

    planned, told = desk.told(EtaChanged)
    assert told.cause_reference == desk.told(ShipmentDelayed)[0].cause_reference == "VOYAGE/MSC OSCAR/024W"
    assert (planned.eta, told.eta) == (day(45), day(52)), "30 days at sea and 5 from the port"
    assert (told.previous_eta, told.basis, told.classifier) == (day(45), "ARRIVED", "ESTIMATED")
    (delayed,) = desk.told(ShipmentDelayed)
    assert (delayed.cause, delayed.lines[0].days) == ("OVERBOOKED", 7)

    desk.hear(offers.rolled(to=11, at=4), day(6))
    assert len(desk.told(EtaChanged)) == 2, "decided before the other"


class TestDelays:
    def test_fifty_orders_on_one_vessel_share_one_cause(self) -> None:
        desk = Desk(SERVICE)
        for n in range(50):
            desk.hear(recorded(f"PO-{n}", deliver_by=day(30).date()), day(0))
            desk.hear(booked(f"SH-{n}", ((f"PO-{n}", "cups", 10),), legs=on_vessel()), day(1))
            late = tracked(
                "ARRIVED",
                day(33),
                classifier="ESTIMATED",
                leg=1,
                shipment_id=f"SH-{n}",
                cause="PORT_CONGESTION",
            )
            desk.hear(late, day(2))

        told = desk.told(ShipmentDelayed)
        assert len(told) == 50
        assert {(t.cause, t.cause_reference) for t in told} == {("PORT_CONGESTION", "VOYAGE/MSC OSCAR/024W")}

    def test_the_vessel_that_is_reported_stands_above_the_one_booked(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        late = tracked("DELIVERED", day(35), classifier="ESTIMATED", leg=1, vessel="EVER GIVEN", voyage="1E")
        desk.hear(late, day(2))
        assert desk.told(ShipmentDelayed)[0].cause_reference == "VOYAGE/EVER GIVEN/1E"

    def test_without_a_vessel_the_orders_of_the_shipment_share_it(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        desk.hear(tracked("DELIVERED", day(35), classifier="ESTIMATED"), day(2))
        assert desk.told(ShipmentDelayed)[0].cause_reference == "SHIPMENT/SH-1"

    def test_what_comes_in_time_again_has_recovered(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        for number, on in ((35, 2), (36, 3), (29, 4)):
            desk.hear(tracked("DELIVERED", day(number), classifier="ESTIMATED"), day(on))

        assert [told.lines[0].days for told in desk.told(ShipmentDelayed)] == [5, 6]
        (recovered,) = desk.told(ShipmentRecovered)
        assert len(recovered.lines) == 2

    def test_while_one_line_is_late_still_the_shipment_has_not_recovered(self) -> None:
        desk = Desk(SERVICE)
        cups, plates = recorded().lines
        lines = (
            cups.model_copy(update={"deliver_by": day(30).date()}),
            plates.model_copy(update={"deliver_by": day(33).date()}),
        )
        desk.hear(recorded().model_copy(update={"lines": lines}), day(0))
        desk.hear(booked(), day(1))
        for number, on in ((35, 2), (32, 3)):
            desk.hear(tracked("DELIVERED", day(number), classifier="ESTIMATED"), day(on))

        assert [[line.line_id for line in told.lines] for told in desk.told(ShipmentDelayed)] == [
            ["cups", "plates"],
            ["cups"],
        ]
        assert desk.told(ShipmentRecovered) == []

    def test_an_estimate_that_is_taken_back_is_no_delay(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        desk.hear(tracked("DELIVERED", day(35), classifier="ESTIMATED"), day(2))
        desk.hear(retracted("DELIVERED", day(3), classifier="ESTIMATED"), day(3))
        assert len(desk.told(ShipmentRecovered)) == 1
        assert desk.state(SHIPMENT, "SH-1").eta_at is None

    def test_a_delay_known_before_the_order_is_told_when_it_is_recorded(self) -> None:
        desk = Desk(SERVICE)
        desk.hear(booked(), day(1))
        desk.hear(tracked("DELIVERED", day(35), classifier="ESTIMATED"), day(2))
        desk.hear(recorded(deliver_by=day(30).date()), day(3))
        assert desk.when_told(ShipmentDelayed) == day(3)

    def test_the_day_of_the_promise_is_that_of_the_place(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        there = dt.timezone(dt.timedelta(hours=9))
        late = day(30).replace(tzinfo=there) + dt.timedelta(days=1)  # the 31st in Tokyo, the 30th in UTC
        desk.hear(tracked("DELIVERED", late, classifier="ESTIMATED"), day(2))
        assert len(desk.told(ShipmentDelayed)) == 1


class TestSilence:
    def test_who_is_not_heard_of_within_the_period_of_lane_and_mode_is_silent(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        desk.hear(tracked("DEPARTED", day(5), leg=1), day(5))
        desk.reach(day(14.9))
        assert desk.told(ShipmentSilent) == []

        desk.reach(day(60))
        (silent,) = desk.told(ShipmentSilent)
        assert (silent.last_kind, silent.since, silent.expected_within_hours) == ("DEPARTED", day(5), 240)
        assert silent.cause_reference == "VOYAGE/MSC OSCAR/024W"
        assert desk.when_told(ShipmentSilent) == day(15)
        assert desk.state(SHIPMENT, "SH-1").silent

        desk.hear(tracked("ARRIVED", day(30), leg=1), day(61))
        assert len(desk.told(ShipmentHeard)) == 1
        assert not desk.state(SHIPMENT, "SH-1").silent

    def test_before_its_planned_start_nobody_expects_to_hear(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        desk.hear(tracked("DEPARTED", day(20), classifier="PLANNED", leg=1), day(1))
        desk.reach(day(33))
        assert desk.told(ShipmentSilent) == []
        desk.reach(day(34))
        assert desk.when_told(ShipmentSilent) == day(34)

    def test_who_promised_no_tracking_and_gave_none_is_not_missed(self, desk: Desk) -> None:
        desk.hear(booked(), day(1))
        desk.hear(shipped(), day(5))
        desk.reach(day(300))
        assert desk.told(ShipmentSilent) == []

    def test_what_has_arrived_is_not_missed(self, desk: Desk) -> None:
        desk.hear(booked(legs=on_vessel()), day(1))
        desk.hear(tracked("DELIVERED", day(9), leg=1), day(9))
        desk.reach(day(300))
        assert desk.told(ShipmentSilent) == []
