"""Where a milestone can have happened, as a dialogue: a vessel at an inland airport is doubted, no truck is."""

import pytest

from silkway.contracts import MilestoneRecorded, ShipmentLeg
from silkway.contracts.fields import MilestoneKind
from silkway.logistics.consumer import SERVICE
from silkway.logistics.store import SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import booked, on_vessel, recorded, tracked

ROAD, SEA = 0, 1


@pytest.fixture
def desk() -> Desk:
    """Road from Yiwu to Ningbo, by sea to Hamburg."""
    desk = Desk(SERVICE)
    desk.hear(recorded(), day(0))
    desk.hear(booked(legs=on_vessel()), day(1))
    return desk


def last(desk: Desk) -> MilestoneRecorded:
    return desk.told(MilestoneRecorded)[-1]


def state(desk: Desk) -> str:
    return desk.state(SHIPMENT, "SH-1").state


def test_no_vessel_arrives_at_an_inland_airport(desk: Desk) -> None:
    desk.hear(tracked("ARRIVED", day(30), leg=SEA, location="DEMUC"), day(30))
    assert (last(desk).questioned, last(desk).doubt) == (True, "PLACE")
    assert state(desk) == "BOOKED", "it is shown and moves nothing"


def test_a_witness_at_the_port_takes_the_doubt_away(desk: Desk) -> None:
    desk.hear(tracked("ARRIVED", day(30), leg=SEA, location="DEMUC"), day(30))
    desk.hear(tracked("ARRIVED", day(30), leg=SEA, location="DEHAM"), day(31))
    assert (last(desk).questioned, last(desk).doubt, last(desk).location) == (False, None, "DEHAM")
    assert state(desk) == "IN_TRANSIT"


def test_whichever_is_heard_first(desk: Desk) -> None:
    desk.hear(tracked("ARRIVED", day(30), leg=SEA, location="DEHAM"), day(30))
    desk.hear(tracked("ARRIVED", day(29), leg=SEA, location="DEMUC"), day(31))
    assert (last(desk).questioned, last(desk).location, last(desk).occurred_at) == (False, "DEHAM", day(30))


def test_a_time_to_come_is_another_doubt(desk: Desk) -> None:
    desk.hear(tracked("ARRIVED", day(30), leg=SEA, location="DEHAM"), day(20))
    assert (last(desk).questioned, last(desk).doubt) == (True, "TIME")


@pytest.mark.parametrize(
    ("kind", "leg", "location", "why"),
    [
        ("DEPARTED", ROAD, "CNYIW", "a truck leaves from anywhere"),
        ("CUSTOMS_RELEASED", SEA, "DEMUC", "customs clear goods inland"),
        ("AVAILABLE", SEA, "DEMUC", "goods by sea are handed over inland"),
        ("ARRIVED", 7, "DEMUC", "nobody booked such a leg"),
        ("ARRIVED", SEA, "DEDUI", "barges reach Duisburg"),
        ("ARRIVED", SEA, "XXABC", "we do not know that place"),
        ("ARRIVED", SEA, None, "nobody says where"),
    ],
)
def test_only_what_is_certain_is_doubted(
    desk: Desk, kind: MilestoneKind, leg: int, location: str | None, why: str
) -> None:
    desk.hear(tracked(kind, day(5), leg=leg, location=location), day(5))
    assert not last(desk).questioned, why


def test_a_place_that_the_carrier_itself_booked_is_believed() -> None:
    desk = Desk(SERVICE)
    desk.hear(recorded(), day(0))
    through = ShipmentLeg(leg=0, mode="SEA", from_location="CNNGB", to_location="ESMAD")
    desk.hear(booked(legs=(through,)), day(1))
    desk.hear(tracked("ARRIVED", day(30), location="ESMAD"), day(30))
    assert not last(desk).questioned, "its dry port, on one bill with the train from Valencia"
