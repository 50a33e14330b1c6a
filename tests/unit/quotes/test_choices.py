"""Quotes that are chosen, as a dialogue: which are booked, and which are refused and why."""

import datetime as dt
from typing import Any

import pytest

from silkway.contracts import (
    BookingRequested,
    OrderLine,
    QuoteRefused,
)
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.choice import GRACE
from silkway.logistics.domain.quote import read_options
from silkway.logistics.store import QUOTE
from tests.unit.desk import Desk, day
from tests.unit.quotes.bookings import BLUE, informed, state
from tests.unit.quotes.offers import (
    card,
    chosen,
    given,
    need,
    placed,
    recorded,
)


@pytest.fixture
def desk() -> Desk:
    return informed()


# --- quotes that cannot be booked -----------------------------------------------------------------------


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


# --- quotes that are published --------------------------------------------------------------------------


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
