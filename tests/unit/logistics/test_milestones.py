"""Milestones, as a dialogue: who reports what, what is believed, and what is taken back."""

import datetime as dt

import pytest

from silkway.contracts import (
    CustomsCleared,
    DeliveryRetracted,
    DispatchRetracted,
    MilestoneRecorded,
    MilestoneTracked,
    MilestoneWithdrawn,
    ShipmentDelivered,
    ShipmentDispatched,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.way import Milestone, way
from silkway.logistics.store import ORDER, RULES, SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import booked, on_vessel, recorded, retracted, shipped, tracked

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def desk() -> Desk:
    desk = Desk(SERVICE)
    desk.hear(recorded(deliver_by=day(20).date()), day(0))
    desk.hear(booked(legs=on_vessel()), day(1))
    return desk


def milestones(desk: Desk) -> list[Milestone]:
    shipment = desk.state(SHIPMENT, "SH-1")
    return list(way(shipment.reports, RULES.tracking.modes[shipment.mode].contradiction).milestones.values())


def hear_all(desk: Desk, *said: tuple[str, MilestoneTracked], on: float = 30) -> Milestone:
    for source, report in said:
        desk.hear(report, day(on), source)
    (milestone,) = milestones(desk)
    return milestone


def test_one_fact_reported_by_two_feeds_is_one_milestone_with_two_witnesses(desk: Desk) -> None:
    here = tracked("DEPARTED", dt.datetime.fromisoformat("2026-01-07T08:00:00+08:00"), place="Ningbo")
    there = tracked("DEPARTED", dt.datetime.fromisoformat("2026-01-07T00:00:00+00:00"))
    desk.hear(here, day(6.5), "/carrier")
    desk.hear(there, day(7), "/forwarder")
    desk.hear(there, day(8), "/forwarder")

    (milestone,) = milestones(desk)
    assert milestone.sources == ("/carrier", "/forwarder")
    assert (milestone.place, milestone.known_at, milestone.contradicted) == ("Ningbo", day(6.5), False)
    assert len(desk.told(MilestoneRecorded)) == 1, "a further witness is no news"


def test_witnesses_that_differ_by_more_than_is_usual_contradict_each_other(desk: Desk) -> None:
    milestone = hear_all(
        desk,
        ("/carrier", tracked("DEPARTED", day(6))),
        ("/forwarder", tracked("DEPARTED", day(6) + 13 * HOUR)),
    )
    assert (milestone.contradicted, milestone.occurred_at) == (True, day(6)), "one each: the earliest"
    assert [told.contradicted for told in desk.told(MilestoneRecorded)] == [False, True]

    milestone = hear_all(desk, ("/port", tracked("DEPARTED", day(6) + 13 * HOUR)))
    assert milestone.occurred_at == day(6) + 13 * HOUR, "most say so"
    assert desk.told(MilestoneRecorded)[-1].occurred_at == day(6) + 13 * HOUR


def test_a_source_that_corrects_itself_is_one_witness(desk: Desk) -> None:
    milestone = hear_all(
        desk, ("/carrier", tracked("DEPARTED", day(6))), ("/carrier", tracked("DEPARTED", day(7)))
    )
    assert (milestone.occurred_at, milestone.sources, milestone.contradicted) == (
        day(7),
        ("/carrier",),
        False,
    )


def test_an_estimate_takes_the_place_of_the_one_before(desk: Desk) -> None:
    for number in (20, 22, 21):
        desk.hear(
            tracked("DELIVERED", day(number), classifier="ESTIMATED", leg=1), day(number - 15), "/carrier"
        )
    (milestone,) = milestones(desk)
    assert milestone.occurred_at == day(21)


def test_of_two_sources_the_newest_estimate_is_believed(desk: Desk) -> None:
    desk.hear(tracked("ARRIVED", day(20), classifier="ESTIMATED"), day(3), "/carrier")
    desk.hear(tracked("ARRIVED", day(25), classifier="ESTIMATED"), day(4), "/satellite")
    (milestone,) = milestones(desk)
    assert (milestone.occurred_at, milestone.contradicted) == (day(25), False), "who foretells may differ"


def test_what_may_happen_again_is_told_apart_by_its_time(desk: Desk) -> None:
    for number in (10, 11):
        desk.hear(tracked("OUT_FOR_DELIVERY", day(number), leg=2), day(number))
        desk.hear(tracked("ATTEMPT_FAILED", day(number) + HOUR, leg=2), day(number) + HOUR)
    assert len(milestones(desk)) == 4


def test_a_port_called_at_twice_in_a_leg_has_two_calls(desk: Desk) -> None:
    for call, number in ((0, 6), (1, 9), (2, 12)):
        desk.hear(tracked("DEPARTED", day(number), leg=1, call=call), day(number))
    assert [m.occurred_at for m in milestones(desk)] == [day(6), day(9), day(12)]


def test_what_one_of_two_witnesses_takes_back_still_stands(desk: Desk) -> None:
    hear_all(desk, ("/carrier", tracked("DEPARTED", day(6))), ("/port", tracked("DEPARTED", day(6))))
    desk.hear(retracted("DEPARTED", day(8)), day(31), "/carrier")

    (milestone,) = milestones(desk)
    assert milestone.sources == ("/port",)
    assert desk.told(MilestoneWithdrawn) == []


def test_a_report_that_its_source_has_replaced_is_gone_already(desk: Desk) -> None:
    desk.hear(tracked("DEPARTED", day(6)), day(6), "/carrier")
    desk.hear(tracked("DEPARTED", day(7)), day(8), "/carrier")

    desk.hear(retracted("DEPARTED", day(9), occurred_at=day(6)), day(9), "/carrier")

    (milestone,) = milestones(desk)
    assert milestone.occurred_at == day(7)
    assert desk.waiting == []


def test_what_operations_take_back_is_taken_back_for_all(desk: Desk) -> None:
    hear_all(desk, ("/carrier", tracked("DEPARTED", day(6))), ("/port", tracked("DEPARTED", day(6))))
    desk.hear(retracted("DEPARTED", day(8), by="Wang Fang"), day(31), "/console")

    assert milestones(desk) == []
    (withdrawn,) = desk.told(MilestoneWithdrawn)
    assert (withdrawn.kind, withdrawn.state, withdrawn.reason) == ("DEPARTED", "BOOKED", "Another parcel.")
    assert desk.state(SHIPMENT, "SH-1").state == "BOOKED"


def test_a_delivery_that_is_taken_back_is_retracted_for_its_orders(desk: Desk) -> None:
    desk.hear(shipped(at=day(5)), day(5))
    desk.hear(tracked("DELIVERED", day(21), leg=1), day(21))
    assert desk.state(ORDER, "PO-1").lines[0].late

    desk.hear(retracted("DELIVERED", day(22), leg=1), day(22))
    (gone,) = desk.told(DeliveryRetracted)
    assert (len(gone.lines), gone.reason, gone.told_anew) == (2, "Another parcel.", False)
    shipment, line = desk.state(SHIPMENT, "SH-1"), desk.state(ORDER, "PO-1").lines[0]
    assert (shipment.state, shipment.delivered_at) == ("IN_TRANSIT", None)
    assert (line.delivered_quantity, line.delivered_on, line.late) == (0, None, False)

    desk.hear(tracked("DELIVERED", day(24), leg=1), day(24))
    assert [told.delivered_at for told in desk.told(ShipmentDelivered)] == [day(21), day(24)]


def test_a_delivery_at_another_time_is_retracted_and_told_anew(desk: Desk) -> None:
    desk.hear(tracked("DELIVERED", day(21)), day(21), "/carrier")
    desk.hear(tracked("DELIVERED", day(19)), day(22), "/carrier")

    assert [told.told_anew for told in desk.told(DeliveryRetracted)] == [True]
    assert [told.delivered_at for told in desk.told(ShipmentDelivered)] == [day(21), day(19)]
    assert not desk.state(ORDER, "PO-1").lines[0].late


def test_a_dispatch_that_is_taken_back_is_retracted_too(desk: Desk) -> None:
    desk.hear(shipped(at=day(5)), day(5), "/platform")
    desk.hear(retracted("COLLECTED", day(6)), day(6), "/platform")
    desk.hear(shipped(at=day(7)), day(7), "/platform")

    assert [told.told_anew for told in desk.told(DispatchRetracted)] == [False]
    assert [told.shipped_at for told in desk.told(ShipmentDispatched)] == [day(5), day(7)]


def test_a_retraction_that_comes_before_what_it_takes_back_waits(desk: Desk) -> None:
    desk.hear(retracted("ARRIVED", day(6), occurred_at=day(5)), day(6), "/carrier")
    assert len(desk.waiting) == 1

    desk.hear(tracked("ARRIVED", day(5)), day(7), "/carrier")
    assert desk.waiting == []
    assert milestones(desk) == []


def test_what_is_reported_again_after_it_was_taken_back_counts(desk: Desk) -> None:
    desk.hear(tracked("ARRIVED", day(5)), day(6), "/carrier")
    desk.hear(retracted("ARRIVED", day(7)), day(7), "/carrier")
    desk.hear(retracted("ARRIVED", day(7)), day(7), "/carrier")
    desk.hear(tracked("ARRIVED", day(5)), day(8), "/carrier")

    assert len(milestones(desk)) == 1
    assert desk.state(SHIPMENT, "SH-1").state == "IN_TRANSIT"


def test_a_time_to_come_does_not_take_the_place_of_one_that_is_believed(desk: Desk) -> None:
    desk.hear(tracked("DEPARTED", day(5)), day(6), "/carrier")
    desk.hear(tracked("DEPARTED", day(9)), day(7), "/carrier")

    (milestone,) = milestones(desk)
    assert (milestone.occurred_at, milestone.questioned) == (day(5), False)
    assert desk.state(SHIPMENT, "SH-1").state == "IN_TRANSIT"


def test_an_exception_says_why_and_what_others_suffer_from_the_same(desk: Desk) -> None:
    desk.hear(tracked("EXCEPTION", day(8), leg=1, cause="WEATHER"), day(8))
    told = desk.told(MilestoneRecorded)[-1]
    assert (told.cause, told.cause_reference) == ("WEATHER", "VOYAGE/MSC OSCAR/024W")
    assert (told.vessel, told.voyage) == ("MSC OSCAR", "024W")


def test_customs_are_timed_from_holding_to_release(desk: Desk) -> None:
    desk.hear(tracked("CUSTOMS_RELEASED", day(15) + 3 * HOUR, leg=1, location="DEHAM"), day(16))
    assert desk.told(CustomsCleared) == []

    desk.hear(tracked("CUSTOMS_HOLD", day(15), leg=1), day(17))
    (cleared,) = desk.told(CustomsCleared)
    assert (cleared.minutes, cleared.country) == (180, "DE")

    desk.hear(tracked("CUSTOMS_RELEASED", day(15) + 4 * HOUR, leg=1, location="DEHAM"), day(18))
    assert [told.minutes for told in desk.told(CustomsCleared)] == [180, 240], "told anew: corrected"
