"""The main line of logistics, as a dialogue: what carriers say, and what logistics answers."""

import datetime as dt

import pytest

from silkway.contracts import (
    CarriedLine,
    DeliveredLine,
    MilestoneRecorded,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.doubts import FUTURE_TOLERANCE
from silkway.logistics.store import ORDER, SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import CUPS, PLATES, booked, recorded, shipped, tracked


@pytest.fixture
def desk() -> Desk:
    return Desk(SERVICE)


def the_shipment_has_sailed(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(booked(), day(1))
    desk.hear(tracked("COLLECTED", day(5)), day(5))
    desk.hear(tracked("DEPARTED", day(6)), day(6))


def test_a_booking_links_the_shipment_to_its_order(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(booked(), day(1))

    (linked,) = desk.told(ShipmentLinked)
    assert (linked.order_id, linked.shipment_id, linked.mode) == ("PO-1", "SH-1", "SEA")
    assert linked.lines == (
        CarriedLine(line_id=CUPS, quantity=10),
        CarriedLine(line_id=PLATES, quantity=5),
    )
    assert desk.state(SHIPMENT, "SH-1").state == "BOOKED"
    assert [row.value for row in desk.rows["shipment_references"]] == ["BLUU1234567"]


def test_a_shipment_booked_before_its_order_is_recorded_is_linked_when_it_is(desk: Desk) -> None:
    desk.hear(booked(), day(1))
    assert desk.said == []

    desk.hear(recorded(), day(3))
    assert len(desk.told(ShipmentLinked)) == 1
    assert desk.when_told(ShipmentLinked) == day(3)


def test_all_that_happened_before_the_order_was_recorded_is_told_in_its_order(desk: Desk) -> None:
    desk.hear(booked(), day(1))
    desk.hear(shipped(), day(5))
    desk.hear(tracked("DELIVERED", day(9)), day(9))
    desk.hear(recorded(deliver_by=day(8).date()), day(10))

    assert [type(said.event) for said in desk.said] == [
        ShipmentLinked,
        MilestoneRecorded,
        ShipmentDispatched,
        MilestoneRecorded,
        ShipmentDelivered,
    ]
    assert {said.known_at for said in desk.said} == {day(10)}
    assert all(line.late for line in desk.state(ORDER, "PO-1").lines)


def test_a_line_that_the_order_does_not_have_is_kept_and_not_counted(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(booked(carries=(("PO-1", CUPS, 10), ("PO-1", "forks", 7))), day(1))
    desk.hear(tracked("DELIVERED", day(9)), day(9))

    (linked,), (delivered,) = desk.told(ShipmentLinked), desk.told(ShipmentDelivered)
    assert [line.line_id for line in linked.lines] == [CUPS]
    assert [line.line_id for line in delivered.lines] == [CUPS]
    cargo = {c.line_id: c.counted for c in desk.state(ORDER, "PO-1").cargo}
    assert cargo == {CUPS: True, "forks": False}


def test_an_order_none_of_whose_lines_is_carried_hears_nothing(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(booked(carries=(("PO-1", "forks", 7),)), day(1))
    desk.hear(tracked("DELIVERED", day(9)), day(9))

    assert desk.said == []
    assert desk.state(SHIPMENT, "SH-1").state == "DELIVERED"


def test_the_same_booking_again_changes_nothing_and_another_one_is_refused(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(booked(), day(1))
    desk.hear(booked(), day(2))
    assert (len(desk.said), desk.refused) == (1, [])

    desk.hear(booked(carries=(("PO-1", CUPS, 1),)), day(3))
    ((_, answer),) = desk.refused
    assert answer.field == "shipment_id"
    assert desk.state(SHIPMENT, "SH-1").lines[0].quantity == 10


def test_lines_named_twice_in_a_booking_are_added_up(desk: Desk) -> None:
    desk.hear(booked(carries=(("PO-1", CUPS, 4), ("PO-1", CUPS, 6))), day(1))
    assert [line.quantity for line in desk.state(SHIPMENT, "SH-1").lines] == [10]


def test_an_early_milestone_waits_for_its_shipment(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(tracked("DEPARTED", day(4)), day(4))
    assert len(desk.waiting) == 1

    desk.hear(booked(), day(5))
    assert desk.waiting == []
    assert desk.state(SHIPMENT, "SH-1").state == "IN_TRANSIT"
    assert desk.state(SHIPMENT, "SH-1").reports[0].known_at == day(4)
    assert desk.when_told(MilestoneRecorded) == day(5)


def test_what_left_the_supplier_counts_as_collected(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(booked(), day(1))
    desk.hear(shipped(at=day(5)), day(6))

    (dispatched,) = desk.told(ShipmentDispatched)
    assert (dispatched.shipped_at, len(dispatched.lines)) == (day(5), 2)
    assert desk.told(MilestoneRecorded)[0].kind == "COLLECTED"
    assert desk.state(SHIPMENT, "SH-1").dispatched_at == day(5)

    desk.hear(tracked("COLLECTED", day(5) + dt.timedelta(hours=2)), day(7), "/carrier")
    assert len(desk.told(ShipmentDispatched)) == 1


def test_a_late_milestone_takes_its_place_and_never_takes_the_shipment_back(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("AVAILABLE", day(20)), day(20))
    desk.hear(tracked("LOADED", day(6)), day(21))

    assert desk.told(MilestoneRecorded)[-1].kind == "LOADED"
    assert desk.told(MilestoneRecorded)[-1].state == "AVAILABLE"
    assert desk.state(SHIPMENT, "SH-1").state == "AVAILABLE"


def test_departing_again_on_the_next_leg_is_progress(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("AVAILABLE", day(12), leg=0), day(12))
    desk.hear(tracked("DEPARTED", day(13), leg=1), day(13))
    assert desk.state(SHIPMENT, "SH-1").state == "IN_TRANSIT"


def test_that_the_next_leg_is_booked_does_not_take_the_shipment_back(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("BOOKED", day(12), leg=1), day(12))
    assert desk.state(SHIPMENT, "SH-1").state == "IN_TRANSIT"


def test_nothing_is_beyond_the_delivery(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("DELIVERED", day(20), leg=1), day(20))
    desk.hear(tracked("OUT_FOR_DELIVERY", day(19), leg=2), day(21))
    assert desk.state(SHIPMENT, "SH-1").state == "DELIVERED"


def test_plans_and_estimates_are_kept_and_move_nothing(desk: Desk) -> None:
    desk.hear(recorded(), day(0))
    desk.hear(booked(), day(1))
    desk.hear(tracked("DELIVERED", day(20), classifier="PLANNED"), day(2))
    desk.hear(tracked("DELIVERED", day(22), classifier="ESTIMATED"), day(3))

    assert desk.state(SHIPMENT, "SH-1").state == "BOOKED"
    assert [m.questioned for m in desk.told(MilestoneRecorded)] == [False, False]
    assert desk.told(ShipmentDelivered) == []


def test_an_actual_time_still_to_come_is_questioned_and_does_not_count(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("DELIVERED", day(10)), day(9))

    assert desk.told(MilestoneRecorded)[-1].questioned
    assert desk.told(ShipmentDelivered) == []
    assert desk.state(SHIPMENT, "SH-1").state == "IN_TRANSIT"


def test_a_reporter_whose_clock_runs_a_little_ahead_is_believed(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("DELIVERED", day(9) + FUTURE_TOLERANCE), day(9))
    assert len(desk.told(ShipmentDelivered)) == 1


def test_a_report_after_the_time_takes_the_doubt_away(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("DELIVERED", day(10)), day(9))
    desk.hear(tracked("DELIVERED", day(10)), day(11))

    assert [m.questioned for m in desk.told(MilestoneRecorded)[-2:]] == [True, False]
    assert desk.when_told(ShipmentDelivered) == day(11)
    assert desk.state(SHIPMENT, "SH-1").state == "DELIVERED"


def test_an_exception_is_laid_over_and_lifted_by_what_happens_next(desk: Desk) -> None:
    the_shipment_has_sailed(desk)
    desk.hear(tracked("EXCEPTION", day(8)), day(8))
    shipment = desk.state(SHIPMENT, "SH-1")
    assert (shipment.state, shipment.exception) == ("IN_TRANSIT", True)

    desk.hear(tracked("LOADED", day(5.5)), day(9))
    assert desk.state(SHIPMENT, "SH-1").exception, "what happened before it does not lift it"

    desk.hear(tracked("ARRIVED", day(10)), day(10))
    assert not desk.state(SHIPMENT, "SH-1").exception


@pytest.mark.parametrize(
    ("delivered_at", "late"),
    [
        ("2026-01-20T23:59:00+08:00", False),
        ("2026-01-21T00:01:00+08:00", True),  # still the 20th in UTC
        ("2026-01-20T23:59:00-10:00", False),  # already the 21st in UTC
    ],
)
def test_late_is_judged_by_the_date_where_the_goods_arrive(desk: Desk, delivered_at: str, late: bool) -> None:
    desk.hear(recorded(deliver_by=dt.date(2026, 1, 20)), day(0))
    desk.hear(booked(), day(1))
    desk.hear(tracked("DELIVERED", dt.datetime.fromisoformat(delivered_at)), day(25))

    (delivered,) = desk.told(ShipmentDelivered)
    on = dt.date.fromisoformat(delivered_at[:10])
    assert delivered.delivered_at.isoformat() == delivered_at
    assert delivered.lines[0] == DeliveredLine(
        line_id=CUPS, quantity=10, deliver_by=dt.date(2026, 1, 20), delivered_on=on, late=late, mode="SEA",
        destination_country="DE",
    )  # fmt: skip
    line = desk.state(ORDER, "PO-1").lines[0]
    assert (line.delivered_quantity, line.delivered_on, line.late, line.mode) == (10, on, late, "SEA")


def test_one_shipment_carries_two_orders_and_each_hears_of_its_own_lines(desk: Desk) -> None:
    desk.hear(recorded("PO-1"), day(0))
    desk.hear(recorded("PO-2", {"lamps": 3}), day(0))
    desk.hear(booked(carries=(("PO-2", "lamps", 3), ("PO-1", CUPS, 10))), day(1))
    desk.hear(tracked("DELIVERED", day(9)), day(9))

    heard = {told.order_id: [line.line_id for line in told.lines] for told in desk.told(ShipmentDelivered)}
    assert heard == {"PO-1": [CUPS], "PO-2": ["lamps"]}


def test_a_line_in_two_shipments_is_delivered_twice_and_late_if_either_was(desk: Desk) -> None:
    desk.hear(recorded(deliver_by=day(10).date()), day(0))
    desk.hear(booked("SH-1", (("PO-1", CUPS, 6),), mode="AIR"), day(1))
    desk.hear(booked("SH-2", (("PO-1", CUPS, 4),), mode="SEA"), day(1))
    desk.hear(tracked("DELIVERED", day(12), shipment_id="SH-2"), day(12))
    desk.hear(tracked("DELIVERED", day(9), shipment_id="SH-1"), day(13))

    line = desk.state(ORDER, "PO-1").lines[0]
    assert (line.delivered_quantity, line.delivered_on, line.late) == (10, day(12).date(), True)
    assert line.mode == "SEA", "that of the shipment delivered last"
