"""Small orders travel together and part again, as a dialogue."""

import pytest

from silkway.contracts import (
    DispatchRetracted,
    MilestoneRecorded,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentHeard,
    ShipmentLinked,
    ShipmentRecovered,
    ShipmentSilent,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.store import ORDER, SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import (
    CUPS,
    PLATES,
    booked,
    on_vessel,
    recorded,
    retracted,
    shipped,
    split,
    tracked,
)

TOGETHER = (("PO-1", CUPS, 10), ("PO-1", PLATES, 5), ("PO-2", "lamps", 3))


@pytest.fixture
def desk() -> Desk:
    desk = Desk(SERVICE)
    desk.hear(recorded("PO-1"), day(0))
    desk.hear(recorded("PO-2", {"lamps": 3}), day(0))
    desk.hear(booked(carries=TOGETHER, legs=on_vessel()), day(1))
    desk.hear(shipped(at=day(5)), day(5))
    desk.hear(tracked("ARRIVED", day(20), leg=1), day(20))
    return desk


def the_lamps_part(desk: Desk) -> None:
    desk.hear(split({"SH-1-A": (("PO-2", "lamps", 3),)}, day(21)), day(21))


def test_a_shipment_split_off_takes_its_lines_and_their_history(desk: Desk) -> None:
    the_lamps_part(desk)

    child, rest = desk.state(SHIPMENT, "SH-1-A"), desk.state(SHIPMENT, "SH-1")
    assert (child.state, child.dispatched_at, child.split_from) == ("IN_TRANSIT", day(5), "SH-1")
    assert [line.quantity for line in rest.lines] == [10, 5, 0]
    linked = desk.told(ShipmentLinked)[-1]
    assert (linked.order_id, linked.shipment_id, linked.split_from, linked.state) == (
        "PO-2", "SH-1-A", "SH-1", "IN_TRANSIT",
    )  # fmt: skip
    assert desk.told(ShipmentDispatched)[-1].shipment_id == "SH-1-A"


def test_each_part_is_delivered_by_itself(desk: Desk) -> None:
    the_lamps_part(desk)
    desk.hear(tracked("DELIVERED", day(25), leg=2, shipment_id="SH-1-A"), day(25))

    assert [(told.order_id, told.shipment_id) for told in desk.told(ShipmentDelivered)] == [
        ("PO-2", "SH-1-A")
    ]
    assert desk.state(SHIPMENT, "SH-1").state == "IN_TRANSIT"
    assert desk.state(ORDER, "PO-2").lines[0].delivered_quantity == 3

    desk.hear(tracked("DELIVERED", day(26), leg=2), day(26))
    assert {told.order_id for told in desk.told(ShipmentDelivered)} == {"PO-1", "PO-2"}
    assert desk.state(ORDER, "PO-2").lines[0].delivered_quantity == 3


def test_a_line_may_part_in_two(desk: Desk) -> None:
    desk.hear(split({"SH-1-A": (("PO-1", CUPS, 4),), "SH-1-B": (("PO-1", CUPS, 6),)}, day(21)), day(21))
    desk.hear(tracked("DELIVERED", day(24), leg=2, shipment_id="SH-1-B"), day(24))
    cups = desk.state(ORDER, "PO-1").lines[0]
    assert (cups.line_id, cups.delivered_quantity) == (CUPS, 6)


def test_an_order_that_has_goods_left_in_the_shipment_hears_that(desk: Desk) -> None:
    desk.hear(split({"SH-1-A": (("PO-1", CUPS, 10),)}, day(21)), day(21))
    desk.hear(split({"SH-1-B": (("PO-1", PLATES, 5),)}, day(22)), day(22))
    assert [told.split_whole for told in desk.told(ShipmentLinked)[-2:]] == [None, True]


def test_a_shipment_that_all_has_left_is_closed(desk: Desk) -> None:
    desk.hear(split({"SH-1-A": TOGETHER}, day(21)), day(21))
    assert desk.state(SHIPMENT, "SH-1").state == "CLOSED"
    said = len(desk.said)
    desk.hear(tracked("DELIVERED", day(30), leg=2), day(30))
    assert len(desk.said) == said, "nobody's goods"


@pytest.mark.parametrize("gone", [(("PO-2", "lamps", 3),), TOGETHER], ids=["lamps", "all"])
def test_nobody_is_left_waiting_for_a_shipment_that_carries_its_goods_no_more(
    gone: tuple[tuple[str, str, int], ...],
) -> None:
    # Given a shipment that is late for the lamps, and of which nothing is heard
    desk = Desk(SERVICE)
    desk.hear(recorded("PO-1"), day(0))
    desk.hear(recorded("PO-2", {"lamps": 3}, deliver_by=day(30).date()), day(0))
    desk.hear(booked(carries=TOGETHER, legs=on_vessel()), day(1))
    desk.hear(tracked("DEPARTED", day(5), leg=1), day(5))
    desk.hear(tracked("DELIVERED", day(35), classifier="ESTIMATED", leg=2), day(6))
    desk.reach(day(20))
    assert {(s.order_id, s.shipment_id) for s in desk.told(ShipmentSilent)} == {
        ("PO-1", "SH-1"),
        ("PO-2", "SH-1"),
    }

    # When the lamps part, or all goods do
    desk.hear(split({"SH-1-A": gone}, day(21)), day(21))

    # Then the lamps' order hears that it need not wait for the old one any more, and is waited for with the new one
    assert ("PO-2", "SH-1") in [(told.order_id, told.shipment_id) for told in desk.told(ShipmentHeard)]
    assert [(r.order_id, r.shipment_id) for r in desk.told(ShipmentRecovered)] == [("PO-2", "SH-1")]
    assert desk.told(ShipmentDelayed)[-1].shipment_id == "SH-1-A"
    assert {told.split_whole for told in desk.told(ShipmentLinked) if told.split_from is not None} == {True}


def test_what_happened_before_the_split_and_is_heard_later_is_handed_down(desk: Desk) -> None:
    the_lamps_part(desk)
    desk.hear(split({"SH-1-A-1": (("PO-2", "lamps", 1),)}, day(22), "SH-1-A"), day(22))
    desk.hear(tracked("AVAILABLE", day(20.5), leg=1), day(23))

    assert [told.shipment_id for told in desk.told(MilestoneRecorded)[-3:]] == ["SH-1", "SH-1-A", "SH-1-A-1"]
    assert desk.state(SHIPMENT, "SH-1-A-1").state == "AVAILABLE"

    desk.hear(retracted("COLLECTED", day(24)), day(24))
    assert [told.shipment_id for told in desk.told(DispatchRetracted)] == ["SH-1", "SH-1-A", "SH-1-A-1"]


def test_what_happens_to_the_rest_after_the_split_is_its_own(desk: Desk) -> None:
    the_lamps_part(desk)
    desk.hear(tracked("AVAILABLE", day(22), leg=1), day(22))
    assert desk.state(SHIPMENT, "SH-1-A").state == "IN_TRANSIT"


def test_a_milestone_of_a_part_waits_for_the_split(desk: Desk) -> None:
    desk.hear(tracked("DELIVERED", day(25), leg=2, shipment_id="SH-1-A"), day(20))
    assert len(desk.waiting) == 1
    the_lamps_part(desk)
    assert desk.waiting == []


def test_the_same_split_again_changes_nothing(desk: Desk) -> None:
    the_lamps_part(desk)
    said = len(desk.said)
    the_lamps_part(desk)
    assert (len(desk.said), desk.refused) == (said, [])


@pytest.mark.parametrize(
    ("into", "field"),
    [
        ({"SH-1-A": (("PO-2", "lamps", 4),)}, "into[0].lines"),
        ({"SH-1-A": (("PO-1", CUPS, 6),), "SH-1-B": (("PO-1", CUPS, 5),)}, "into[1].lines"),
        ({"SH-1-A": (("PO-9", "lamps", 1),)}, "into[0].lines"),
        ({"SH-1": (("PO-2", "lamps", 1),)}, "into[0].shipment_id"),
    ],
)
def test_no_more_can_part_than_is_there(
    desk: Desk, into: dict[str, tuple[tuple[str, str, int], ...]], field: str
) -> None:
    desk.hear(split(into, day(21)), day(21))
    ((_, answer),) = desk.refused
    assert answer.field == field
    assert desk.state(SHIPMENT, "SH-1").children == ()


def test_orders_that_are_recorded_later_hear_it_all_in_its_order() -> None:
    desk = Desk(SERVICE)
    desk.hear(booked("SH-2", carries=TOGETHER), day(1))
    desk.hear(shipped("SH-2", day(5)), day(5))
    desk.hear(split({"SH-1": (("PO-2", "lamps", 2),)}, day(21), "SH-2"), day(21))
    desk.hear(recorded("PO-2", {"lamps": 3}), day(22))

    linked = desk.told(ShipmentLinked)
    assert [(told.shipment_id, told.split_from, told.lines[0].quantity) for told in linked] == [
        ("SH-2", None, 3),
        ("SH-1", "SH-2", 2),
    ]
