"""What was quoted is what is planned, as a dialogue: orders and carriers on one side, what is foreseen on the other."""

from typing import Any

import pytest

from silkway.contracts import (
    EtaChanged,
    MilestoneRecorded,
    OrderLine,
    ShipmentDelayed,
    ShipmentHeard,
    ShipmentService,
    ShipmentSilent,
)
from silkway.contracts.fields import Promise
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.state import Shipment
from silkway.logistics.store import BOOKING, SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import CUPS, booked, on_vessel, tracked
from tests.unit.quotes import offers
from tests.unit.quotes.bookings import BLUE, informed

AT_HOME = day(45)
"""30 days at sea from the 10th day on, and 5 from the port."""


@pytest.fixture
def desk() -> Desk:
    return informed()


def asked(desk: Desk, *, deliver_by: float | None = None, option_id: str = BLUE) -> None:
    """Quoted on day 0, drafted on day 1, placed on day 3, to depart on day 10."""
    by = None if deliver_by is None else day(deliver_by).date()
    line = OrderLine(line_id=CUPS, description="cups", quantity=10, value_minor=1000, deliver_by=by)
    desk.hear(offers.given(), day(0))
    desk.hear(offers.recorded(option_id=option_id, lines=(line,)), day(1))
    desk.hear(offers.placed(option_id=option_id), day(3))


def taken(**but: Any) -> Any:
    return booked(carries=(("PO-1", CUPS, 10),), **{"booking_id": "PO-1/1", "legs": on_vessel(), **but})


def shipment(desk: Desk) -> Shipment:
    return desk.state(SHIPMENT, "SH-1")


class TestEta:
    def test_the_quote_tells_when_the_goods_are_expected(self, desk: Desk) -> None:
        asked(desk)
        desk.hear(taken(), day(4))

        (told,) = desk.told(EtaChanged)
        assert (told.eta, told.basis, told.classifier) == (AT_HOME, "ARRIVED", "PLANNED")
        assert told.source == "/quotes/Q-1", "whoever asks finds out who says so"
        assert [(m.kind, m.classifier, m.occurred_at.date()) for m in desk.told(MilestoneRecorded)] == [
            ("ARRIVED", "PLANNED", day(40).date()),
            ("DEPARTED", "PLANNED", day(11).date()),
        ], "the day of departure has ended everywhere at noon of the next one"

    def test_a_shipment_that_answers_no_booking_has_no_plan(self, desk: Desk) -> None:
        asked(desk)
        desk.hear(taken(booking_id=None), day(4))
        assert desk.told(EtaChanged) == []

    def test_a_promise_that_the_plan_breaks_is_foreseen_at_once(self, desk: Desk) -> None:
        asked(desk, deliver_by=43)
        desk.hear(taken(), day(4))

        (delayed,) = desk.told(ShipmentDelayed)
        assert [(line.line_id, line.days) for line in delayed.lines] == [(CUPS, 2)]

    def test_a_late_departure_puts_off_what_was_planned(self, desk: Desk) -> None:
        asked(desk, deliver_by=45)
        desk.hear(taken(), day(4))
        desk.hear(tracked("DEPARTED", day(11.4), leg=1), day(12))
        assert desk.told(ShipmentDelayed) == [], "it was still the 10th day somewhere"

        desk.hear(tracked("DEPARTED", day(13.5), leg=1), day(14))
        assert desk.told(EtaChanged)[-1].eta == day(47)
        assert desk.told(ShipmentDelayed)[-1].lines[0].days == 2

    @pytest.mark.parametrize("classifier", ["PLANNED", "ESTIMATED"])
    @pytest.mark.parametrize("request_read_last", [False, True])
    def test_what_the_carrier_says_itself_stands_above_it(
        self, desk: Desk, classifier: Any, request_read_last: bool
    ) -> None:
        said = [taken(), tracked("ARRIVED", day(38), classifier=classifier, leg=1)]
        if not request_read_last:
            asked(desk)
        for event in said:
            desk.hear(event, day(4))
        if request_read_last:
            asked(desk)

        assert shipment(desk).eta_at == day(43)

    def test_a_five_day_line_goes_to_the_door(self) -> None:
        desk = Desk(SERVICE)
        promises: tuple[Promise, ...] = ("FIVE_DAY_LINE",)
        wanted = offers.given()
        options = tuple(o.model_copy(update={"promises": promises}) for o in wanted.options)
        crane = offers.option_of(wanted, "Crane Air")
        desk.hear(wanted.model_copy(update={"options": options}), day(0))
        desk.hear(offers.recorded(option_id=crane), day(1))
        desk.hear(offers.placed(option_id=crane), day(3))
        desk.hear(taken(mode="AIR", legs=(), service=ShipmentService(promises=promises)), day(4))
        desk.hear(tracked("COLLECTED", day(10.3)), day(10.5))

        (told,) = desk.told(EtaChanged)
        assert (told.eta, told.basis) == (day(15), "DELIVERED"), "in five days, so nothing is at risk"
        assert [said.event.type for said in desk.said if "promise" in said.event.type] == []


class TestConvergence:
    def test_a_carrier_that_is_read_before_its_request_has_the_same_plan(self, desk: Desk) -> None:
        other = informed()
        asked(desk)
        desk.hear(taken(), day(4))

        other.hear(taken(), day(4))
        asked(other)

        assert shipment(other) == shipment(desk)
        assert other.told(EtaChanged) == desk.told(EtaChanged)
        assert other.when_told(EtaChanged) == desk.when_told(EtaChanged) == day(4)

    def test_all_orders_of_the_shipment_hear_of_it(self, desk: Desk) -> None:
        desk.hear(offers.recorded("PO-2", quote_id=None, option_id=None), day(1))
        both = booked(carries=(("PO-1", CUPS, 10), ("PO-2", CUPS, 10)), booking_id="PO-1/1")
        desk.hear(both, day(4))
        assert desk.told(EtaChanged) == []
        asked(desk)
        assert [told.order_id for told in desk.told(EtaChanged)] == ["PO-1", "PO-2"]

    def test_a_choice_that_is_accepted_late_plans_as_well(self, desk: Desk) -> None:
        desk.hear(offers.recorded(option_id=BLUE), day(1))
        desk.hear(offers.placed(option_id=BLUE), day(1))
        desk.hear(taken(), day(4))
        desk.hear(offers.given(), day(0))
        assert desk.told(EtaChanged) == []

        desk.reach(day(2))
        assert desk.state(BOOKING, "PO-1").attempts[-1].state == "CONFIRMED"
        assert desk.told(EtaChanged)[-1].eta == AT_HOME

    def test_a_second_choice_has_a_plan_of_its_own(self, desk: Desk) -> None:
        asked(desk)
        desk.hear(offers.refused(), day(4))
        desk.reach(day(5))
        desk.hear(offers.given("Q-2", at=day(5)), day(5))
        desk.hear(taken(booking_id="PO-1/2"), day(7))
        desk.hear(offers.chosen("Q-2", "2"), day(6))

        assert desk.told(EtaChanged)[-1].source == "/quotes/Q-2"


class TestSilence:
    def test_nobody_misses_a_shipment_before_its_planned_departure(self, desk: Desk) -> None:
        asked(desk)
        desk.hear(taken(legs=()), day(4))
        desk.reach(day(11.5 + 13.9))
        assert desk.told(ShipmentSilent) == []

        desk.reach(day(11.5 + 14))
        assert len(desk.told(ShipmentSilent)) == 1, "14 days after it was to leave by sea"

        desk.hear(tracked("DEPARTED", day(11)), day(26))
        assert len(desk.told(ShipmentHeard)) == 1

    def test_a_departure_that_was_moved_is_the_one_to_wait_for(self, desk: Desk) -> None:
        asked(desk)
        desk.hear(taken(), day(4))
        desk.hear(offers.rolled(to=17), day(5))
        desk.reach(day(30.9))
        assert desk.told(ShipmentSilent) == [], "the plan was for the 10th day, but it leaves on the 17th"

        desk.reach(day(31))
        assert len(desk.told(ShipmentSilent)) == 1
