"""Orders change while their goods are under way, as a dialogue."""

import pytest

from silkway.contracts import (
    DeliveryRetracted,
    PromiseAtRisk,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
    ShipmentRecovered,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.store import ORDER
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import (
    ALL,
    CUPS,
    PLATES,
    amended,
    booked,
    promising,
    recorded,
    shipped,
    tracked,
)

FORKS = ("PO-1", "forks", 3)


@pytest.fixture
def desk() -> Desk:
    desk = Desk(SERVICE)
    desk.hear(recorded(deliver_by=day(20).date()), day(0))
    return desk


def test_another_promise_is_what_delays_are_measured_by(desk: Desk) -> None:
    desk.hear(booked(service=promising("ON_TIME")), day(1))
    desk.hear(tracked("DELIVERED", day(25), classifier="ESTIMATED"), day(2))
    assert len(desk.told(ShipmentDelayed)) == 1

    desk.hear(amended({CUPS: 10, PLATES: 5}, day(30).date()), day(3))
    assert len(desk.told(ShipmentRecovered)) == 1
    assert desk.state(ORDER, "PO-1").outlooks[0].due_at == day(31.5)

    desk.hear(amended({CUPS: 10, PLATES: 5}, day(22).date()), day(4))
    assert {line.days for line in desk.told(ShipmentDelayed)[-1].lines} == {3}
    assert len(desk.told(PromiseAtRisk)) == 2


def test_a_delivery_is_judged_anew_by_the_promise_that_holds(desk: Desk) -> None:
    desk.hear(booked(), day(1))
    desk.hear(tracked("DELIVERED", day(22)), day(22))
    desk.hear(amended({CUPS: 10, PLATES: 5}, day(30).date()), day(23))

    assert len(desk.told(DeliveryRetracted)) == 1
    assert [told.lines[0].late for told in desk.told(ShipmentDelivered)] == [True, False]


def test_it_does_not_matter_whether_the_amendment_or_the_delivery_is_heard_first(desk: Desk) -> None:
    desk.hear(booked(carries=(*ALL, FORKS)), day(1))
    other = Desk(SERVICE)
    other.hear(recorded(deliver_by=day(20).date()), day(0))
    other.hear(booked(carries=(*ALL, FORKS)), day(1))
    change, end = amended({CUPS: 10, "forks": 3}, day(30).date()), tracked("DELIVERED", day(22))
    desk.hear(change, day(5))
    desk.hear(end, day(22))
    other.hear(end, day(22))
    other.hear(change, day(5))

    assert desk.state(ORDER, "PO-1") == other.state(ORDER, "PO-1")
    assert desk.told(ShipmentDelivered)[-1] == other.told(ShipmentDelivered)[-1]


def test_a_line_that_is_new_to_the_order_is_told_of_the_shipments_that_carry_it(desk: Desk) -> None:
    desk.hear(booked(carries=(*ALL, FORKS)), day(1))
    desk.hear(shipped(at=day(5)), day(5))
    assert [line.line_id for line in desk.told(ShipmentLinked)[-1].lines] == [CUPS, PLATES]

    desk.hear(amended({CUPS: 10, PLATES: 5, "forks": 3}), day(6))
    for told in (desk.told(ShipmentLinked)[-1], desk.told(ShipmentDispatched)[-1]):
        assert [line.line_id for line in told.lines] == [CUPS, "forks", PLATES]


def test_a_line_that_is_taken_out_has_no_promise_any_more(desk: Desk) -> None:
    desk.hear(booked(), day(1))
    desk.hear(tracked("DELIVERED", day(25), classifier="ESTIMATED"), day(2))
    desk.hear(amended({CUPS: 10}, day(20).date()), day(3))
    assert [line.line_id for line in desk.told(ShipmentDelayed)[-1].lines] == [CUPS]
    assert [line.value_minor for line in desk.state(ORDER, "PO-1").lines] == [1000, 0]
