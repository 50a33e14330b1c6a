"""From quote to carrier, as a dialogue: what orders and carriers say, and what logistics answers."""

import pytest

from silkway.contracts import (
    BookingCancellationRequested,
    BookingChanged,
    BookingDeclined,
    BookingRequested,
    CarriedLine,
    OrderReinstated,
    ShipmentLinked,
)
from silkway.logistics.domain.quote import read_options
from silkway.logistics.store import QUOTE
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import CUPS
from tests.unit.quotes.bookings import BLUE, booking, informed, requested, state
from tests.unit.quotes.offers import (
    amended,
    cancelled,
    chosen,
    confirmed,
    given,
    placed,
    recorded,
    refused,
    rolled,
)


@pytest.fixture
def desk() -> Desk:
    return informed()


# --- the good way ---------------------------------------------------------------------------------------


def test_placing_an_order_books_what_was_quoted(desk: Desk) -> None:
    requested(desk)
    (asked,) = desk.told(BookingRequested)
    assert (asked.order_id, asked.booking_id, asked.quote_id) == ("PO-1", "PO-1/1", "Q-1")
    assert (asked.carrier, asked.mode, asked.price_minor, asked.currency) == (
        "Blue Line",
        "SEA",
        10_000,
        "USD",
    )
    assert asked.lines == (CarriedLine(line_id=CUPS, quantity=10),)
    assert (asked.gross_g, asked.departs_on) == (100_000, day(10).date())
    assert desk.when_told(BookingRequested) == day(3)
    assert state(desk) == "REQUESTED"


def test_nothing_is_booked_before_the_order_is_placed(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    assert state(desk) == "ACCEPTED"
    assert desk.said == []


def test_an_order_without_a_quote_books_nothing(desk: Desk) -> None:
    desk.hear(recorded(quote_id=None, option_id=None), day(1))
    desk.hear(placed(quote_id=None, option_id=None), day(3))
    assert desk.told(BookingRequested) == []


def test_the_shipment_that_answers_confirms_the_booking(desk: Desk) -> None:
    requested(desk)
    desk.hear(confirmed(), day(4))
    assert state(desk) == "CONFIRMED"
    assert len(desk.told(ShipmentLinked)) == 1


def test_a_confirmation_that_is_read_first_confirms_once_it_is_asked(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(confirmed(), day(4))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(placed(option_id=BLUE), day(3))
    assert state(desk) == "CONFIRMED"
    assert len(desk.told(BookingRequested)) == 1


# --- what carriers answer -------------------------------------------------------------------------------


def test_a_refused_booking_is_declined_with_a_quote_of_the_others(desk: Desk) -> None:
    requested(desk)
    desk.hear(refused(), day(4))
    desk.reach(day(4))
    (answer,) = desk.told(BookingDeclined)
    assert (answer.booking_id, answer.carrier, answer.reason) == ("PO-1/1", "Blue Line", "NO_SPACE")
    assert answer.new_quote_id is not None
    others = read_options(desk.state(QUOTE, answer.new_quote_id).options)
    assert {option.carrier for option in others} == {"Crane Air", "Iron Road"}

    # When the second choice is refused as well, the third remains
    desk.hear(chosen(answer.new_quote_id, others[0].option_id), day(5))
    desk.hear(refused("PO-1/2"), day(6))
    desk.reach(day(6))
    last = desk.told(BookingDeclined)[-1].new_quote_id
    assert last is not None
    assert {option.carrier for option in read_options(desk.state(QUOTE, last).options)} == {
        others[-1].carrier
    }


def test_an_answer_that_is_read_before_its_request_waits(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(refused(), day(4))
    assert desk.waiting == [refused()]
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(placed(option_id=BLUE), day(3))
    desk.reach(day(4))
    assert desk.waiting == []
    assert state(desk) == "DECLINED"


def test_a_refusal_holds_whichever_way_it_meets_the_confirmation(desk: Desk) -> None:
    requested(desk)
    desk.hear(confirmed(), day(4))
    desk.hear(refused(), day(5))
    desk.reach(day(5))
    assert state(desk) == "DECLINED"
    assert len(desk.told(BookingDeclined)) == 1


def test_a_roll_over_is_told_with_its_shipment(desk: Desk) -> None:
    requested(desk)
    desk.hear(confirmed(), day(4))
    desk.hear(rolled(), day(5))
    (changed,) = desk.told(BookingChanged)
    assert (changed.booking_id, changed.shipment_id, changed.departs_at) == ("PO-1/1", "SH-1", day(17))
    assert state(desk) == "CONFIRMED"


def test_of_two_roll_overs_the_later_decided_holds(desk: Desk) -> None:
    requested(desk)
    desk.hear(rolled(to=24, at=6), day(6))
    desk.hear(rolled(to=17, at=5), day(7))
    current = booking(desk).current
    assert current is not None
    assert current.departs_at == day(24)
    assert len(desk.told(BookingChanged)) == 1


def test_an_answer_to_no_booking_of_ours_is_refused(desk: Desk) -> None:
    desk.hear(refused("nonsense"), day(4))
    assert [why.field for _, why in desk.refused] == ["booking_id"]


# --- what becomes of the order --------------------------------------------------------------------------


def test_cancelling_the_order_asks_the_carrier_to_cancel(desk: Desk) -> None:
    requested(desk)
    desk.hear(confirmed(), day(4))
    desk.hear(cancelled(), day(6))
    (asked,) = desk.told(BookingCancellationRequested)
    assert (asked.booking_id, asked.shipment_id, asked.cause) == ("PO-1/1", "SH-1", "CANCELLED")
    assert state(desk) == "CANCELLED"


def test_cancelling_before_anything_was_asked_asks_nobody(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(cancelled(), day(2))
    assert desk.said == []
    desk.hear(chosen("Q-1", BLUE), day(3))
    assert [why.field for _, why in desk.refused] == ["order_id"]


def test_an_order_that_goes_on_after_all_can_choose_again(desk: Desk) -> None:
    requested(desk)
    desk.hear(cancelled(), day(6))
    reinstated = OrderReinstated(order_id="PO-1", shipment_id="SH-1", supplier_id="S1", reinstated_at=day(7))
    desk.hear(reinstated, day(7))
    desk.hear(given("Q-2", at=day(7)), day(7))
    desk.hear(chosen("Q-2", BLUE), day(8))
    assert desk.refused == []
    assert len(desk.told(BookingRequested)) == 2


def test_other_goods_need_another_booking(desk: Desk) -> None:
    requested(desk)
    desk.hear(amended(10), day(5))
    assert desk.told(BookingCancellationRequested) == []
    desk.hear(amended(20), day(5))
    assert desk.told(BookingCancellationRequested)[0].cause == "AMENDED"
    desk.hear(given("Q-2", at=day(5)), day(5))
    desk.hear(chosen("Q-2", BLUE), day(6))
    assert desk.told(BookingRequested)[-1].lines == (CarriedLine(line_id=CUPS, quantity=20),)


def test_goods_that_are_amended_before_the_order_is_placed_are_booked_as_they_are_then(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(amended(20), day(2))
    desk.hear(placed(option_id=BLUE), day(3))
    assert desk.told(BookingRequested)[0].lines == (CarriedLine(line_id=CUPS, quantity=20),)


def test_what_the_carrier_was_asked_cannot_be_chosen_anew(desk: Desk) -> None:
    requested(desk)
    desk.hear(given("Q-2", at=day(3)), day(3))
    desk.hear(chosen("Q-2", BLUE), day(4))
    assert [why.field for _, why in desk.refused] == ["order_id"]


def test_before_it_is_placed_another_option_can_be_chosen(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(chosen("Q-1", "2"), day(2))
    desk.hear(placed(option_id=BLUE), day(3))
    (asked,) = desk.told(BookingRequested)
    assert (asked.booking_id, asked.option_id) == ("PO-1/2", "2")


def test_a_choice_for_an_order_that_is_not_known_yet_waits(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(chosen("Q-1", "2"), day(1))
    assert len(desk.waiting) == 1
