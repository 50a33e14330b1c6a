"""From quote to carrier, as a dialogue: what orders and carriers say, and what logistics answers."""

import datetime as dt
from typing import Any

import pytest

from silkway.contracts import (
    BookingCancellationRequested,
    BookingChanged,
    BookingDeclined,
    BookingRequested,
    CarriedLine,
    OrderLine,
    OrderReinstated,
    QuoteRefused,
    ShipmentLinked,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.booking import Booking
from silkway.logistics.domain.choice import GRACE
from silkway.logistics.domain.quote import read_options
from silkway.logistics.store import BOOKING, QUOTE
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import CUPS
from tests.unit.quotes.offers import (
    ALL_CARDS,
    amended,
    cancelled,
    card,
    chosen,
    confirmed,
    given,
    need,
    option_of,
    placed,
    recorded,
    refused,
    rolled,
)

BLUE = option_of(given(), "Blue Line")


@pytest.fixture
def desk() -> Desk:
    """Rates of three carriers are known."""
    found = Desk(SERVICE)
    for published in ALL_CARDS:
        found.hear(published, day(0))
    return found


def booking(desk: Desk) -> Booking:
    return desk.state(BOOKING, "PO-1")


def state(desk: Desk) -> str:
    current = booking(desk).current
    assert current is not None
    return current.state


def requested(desk: Desk) -> None:
    """Quoted on day 0, drafted on day 1, placed on day 3."""
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(placed(option_id=BLUE), day(3))


# --- the good way -----------------------------------------------------------------------------------------


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


# --- quotes that cannot be booked -------------------------------------------------------------------------


def test_a_quote_that_is_read_after_the_order_is_taken_all_the_same(desk: Desk) -> None:
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(placed(option_id=BLUE), day(1))
    desk.hear(given(), day(0))
    desk.reach(day(1) + GRACE)
    assert state(desk) == "REQUESTED"
    assert desk.told(QuoteRefused) == []


def test_an_unknown_quote_is_refused_when_time_is_up(desk: Desk) -> None:
    desk.hear(recorded(quote_id="Q-none"), day(1))
    desk.reach(day(1))
    assert desk.said == []
    desk.reach(day(2))
    (answer,) = desk.told(QuoteRefused)
    assert (answer.reason, answer.new_quote_id) == ("UNKNOWN", None)
    assert desk.when_told(QuoteRefused) == day(1) + GRACE


def test_a_quote_that_became_known_too_late_is_unknown_even_if_it_was_read_in_time(desk: Desk) -> None:
    desk.hear(given(), day(2))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.reach(day(2))
    (answer,) = desk.told(QuoteRefused)
    assert answer.reason == "UNKNOWN"


def test_an_expired_quote_is_refused_with_a_new_one(desk: Desk) -> None:
    desk.hear(given(hours=23), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.reach(day(2))
    (answer,) = desk.told(QuoteRefused)
    assert (answer.quote_id, answer.reason) == ("Q-1", "EXPIRED")

    # And the new one can be chosen from
    assert answer.new_quote_id is not None
    new = desk.state(QUOTE, answer.new_quote_id)
    assert new.given_at == day(1) + GRACE
    assert {option.carrier for option in read_options(new.options)} == {"Blue Line", "Crane Air", "Iron Road"}
    desk.hear(placed(option_id=BLUE), day(3))
    assert desk.told(BookingRequested) == []
    desk.hear(chosen(answer.new_quote_id, BLUE), day(4))
    (asked,) = desk.told(BookingRequested)
    assert (asked.booking_id, asked.quote_id) == ("PO-1/2", answer.new_quote_id)


@pytest.mark.parametrize(("hours", "in_time"), [(24, True), (23, False)])
def test_a_quote_holds_up_to_its_last_moment(desk: Desk, hours: int, in_time: bool) -> None:
    desk.hear(given(hours=hours), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    assert (state(desk) == "ACCEPTED") is in_time


def test_an_option_that_is_not_in_the_quote_is_refused(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id="99"), day(1))
    desk.reach(day(2))
    (answer,) = desk.told(QuoteRefused)
    assert answer.reason == "MISMATCH"
    assert answer.new_quote_id is not None


def test_a_quote_serves_one_order(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(recorded("PO-1", option_id=BLUE), day(1))
    desk.hear(recorded("PO-2", option_id=BLUE), day(1))
    desk.reach(day(2))
    (answer,) = desk.told(QuoteRefused)
    assert (answer.order_id, answer.reason) == ("PO-2", "MISMATCH")


def test_a_quote_for_another_country_is_refused(desk: Desk) -> None:
    desk.hear(given(), day(0))
    line = OrderLine(line_id="1", description="cups", quantity=1, value_minor=1, destination_country="US")
    desk.hear(recorded(option_id=BLUE, lines=(line,)), day(1))
    desk.reach(day(2))
    assert desk.told(QuoteRefused)[0].reason == "MISMATCH"


def test_a_departure_that_left_before_the_order_was_placed_is_refused(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(placed(option_id=BLUE), day(11))
    desk.reach(day(12))
    (answer,) = desk.told(QuoteRefused)
    assert answer.reason == "EXPIRED"
    assert answer.new_quote_id is not None
    new = desk.state(QUOTE, answer.new_quote_id)
    assert all(option.departs_on >= day(11).date() for option in read_options(new.options))


def test_where_no_rate_holds_any_more_there_is_no_new_quote() -> None:
    desk = Desk(SERVICE)
    desk.hear(card(valid_until=day(3).date()), day(0))
    desk.hear(given(hours=1), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.reach(day(2))
    assert desk.told(QuoteRefused)[0].new_quote_id is None


# --- what carriers answer ---------------------------------------------------------------------------------


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


# --- what becomes of the order ----------------------------------------------------------------------------


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


# --- quotes that are published ----------------------------------------------------------------------------


def test_a_quote_said_twice_is_one_and_another_under_its_id_is_refused(desk: Desk) -> None:
    desk.hear(given(), day(0))
    desk.hear(given(), day(1))
    assert desk.refused == []
    desk.hear(given(wanted=need(gross_g=1)), day(1))
    assert [why.field for _, why in desk.refused] == ["quote_id"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"price_minor": 1}, "options[0].price_minor"),
        ({"arrives_on": dt.date(2026, 1, 1)}, "options[0].arrives_on"),
    ],
)
def test_a_quote_that_contradicts_itself_is_refused(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    quote = given()
    option = quote.options[0].model_copy(update=wrong)
    desk.hear(quote.model_copy(update={"options": (option, *quote.options[1:])}), day(0))
    assert [why.field for _, why in desk.refused] == [field]
