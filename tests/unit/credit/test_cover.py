"""Holds from the request to one of their four ends: rates, cancellation, expiry, renewal, forecast."""

import datetime as dt

import pytest

from silkway.contracts import (
    CoverAtRisk,
    CoverSafe,
    Event,
    HoldExpired,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldVoided,
    OrderDelivered,
)
from tests.unit.credit.trade import (
    USD,
    Credit,
    asked,
    cancelled,
    completed,
    delivered,
    expected,
    linked,
    rated,
    recorded,
    registered,
    shipped,
    undelivered,
)
from tests.unit.desk import day

STARTING = 50_000 * USD


@pytest.fixture
def desk() -> Credit:
    desk = Credit()
    desk.hear(registered(), day(0))
    return desk


class TestRates:
    def test_a_hold_is_valued_by_the_rate_that_was_known_and_keeps_it(self, desk: Credit) -> None:
        # Given a rate, an order asking for cover, and a later rate that is read before time moves on
        desk.hear(rated("EUR", "1.0842"), day(1))
        desk.hear(asked("PO-1", 10_000_00, currency="EUR"), day(2))
        desk.hear(rated("EUR", "2"), day(3))
        assert not desk.told(HoldGranted)

        # When time passes the request
        desk.reach(day(3))

        # Then the rate of then counts, and what it takes is rounded up
        (event,) = desk.told(HoldGranted)
        assert (event.granted_minor, event.limit_minor, event.rate) == (10_000_00, 1_084_200, "1.0842")
        assert desk.supplier().held_minor == 1_084_200
        assert desk.when_told(HoldGranted) == day(2)

    def test_a_rate_published_after_the_request_does_not_count(self, desk: Credit) -> None:
        desk.hear(asked("PO-1", 1, currency="EUR"), day(2))
        desk.hear(rated("EUR", "1.1"), day(3))
        desk.reach(day(3))

        (event,) = desk.told(HoldRefused)
        assert event.reason == "NO_RATE"

    def test_what_a_limit_covers_is_rounded_down_and_never_overdraws(self, desk: Credit) -> None:
        desk.hear(rated("EUR", "1.3"), day(1))
        desk.hear(asked("PO-1", 9_000_000, currency="EUR"), day(2))
        desk.reach(day(3))

        (event,) = desk.told(HoldGranted)
        assert (event.granted_minor, event.limit_minor, event.full) == (3_846_153, 4_999_999, False)
        assert desk.supplier().free_minor == 1

    def test_currencies_have_their_own_digits(self, desk: Credit) -> None:
        desk.hear(rated("JPY", "0.0067"), day(1))
        desk.hear(rated("KWD", "3.25"), day(1))
        desk.hear(asked("PO-1", 100_000, currency="JPY"), day(2))  # 100,000 yen
        desk.hear(asked("PO-2", 100_000, currency="KWD"), day(2))  # 100 dinars
        desk.reach(day(3))

        assert [event.limit_minor for event in desk.told(HoldGranted)] == [670_00, 325_00]

    def test_the_value_of_completed_trade_counts_at_the_rate_of_its_hold(self, desk: Credit) -> None:
        desk.hear(rated("EUR", "1.25"), day(1))
        desk.hear(asked("PO-1", 1000, currency="EUR"), day(2))
        desk.reach(day(3))
        desk.hear(completed("PO-1", 100_000 * USD, currency="EUR"), day(30))

        assert desk.supplier().completed_minor == 125_000 * USD


class TestCancellation:
    def test_a_cancelled_order_holds_nothing(self, desk: Credit) -> None:
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(cancelled(), day(2))

        (event,) = desk.told(HoldVoided)
        assert (event.hold_id, event.voided_minor) == ("PO-1|1", 1000)
        assert desk.supplier().free_minor == STARTING

    def test_cancelled_before_the_rate_was_looked_up_it_is_refused(self, desk: Credit) -> None:
        desk.hear(rated("EUR", "1"), day(1))
        desk.hear(asked("PO-1", 1000, currency="EUR"), day(2))
        desk.hear(cancelled(), day(2))
        desk.reach(day(9))

        assert [event.reason for event in desk.told(HoldRefused)] == ["CANCELLED"]

    def test_cancelled_after_it_would_have_been_decided_it_is_decided_first(self, desk: Credit) -> None:
        desk.hear(rated("EUR", "1"), day(1))
        desk.hear(asked("PO-1", 1000, currency="EUR"), day(2))
        desk.hear(cancelled(), day(5))
        desk.reach(day(9))

        assert [event.granted_minor for event in desk.told(HoldGranted)] == [1000]
        assert desk.when_told(HoldVoided) == day(5)
        assert desk.supplier().free_minor == STARTING

    def test_asked_again_before_the_first_request_was_decided_that_is_refused(self, desk: Credit) -> None:
        desk.hear(rated("EUR", "1"), day(1))
        desk.hear(asked("PO-1", 1000, currency="EUR"), day(2))
        desk.hear(cancelled(), day(5))
        desk.hear(asked("PO-1", 1000, currency="EUR").model_copy(update={"request": 2}), day(6))
        desk.reach(day(9))

        assert [event.request for event in desk.told(HoldRefused)] == [1]
        assert [event.request for event in desk.told(HoldGranted)] == [2]

    def test_reinstated_it_needs_a_new_hold(self, desk: Credit) -> None:
        # Given a hold that became void, and another order that took the limit meanwhile
        desk.hear(asked("PO-1", STARTING), day(1))
        desk.hear(cancelled(), day(2))
        desk.hear(asked("PO-2", STARTING - 700), day(3))

        # When the order goes on and asks again
        desk.hear(asked("PO-1", STARTING).model_copy(update={"request": 2}), day(4))

        # Then it gets what is free now, as a hold of its own
        event = desk.told(HoldGranted)[-1]
        assert (event.hold_id, event.request, event.granted_minor) == ("PO-1|2", 2, 700)
        assert [row.hold_id for row in desk.rows["holds"]] == ["PO-1|1", "PO-2|1", "PO-1|2"]


class TestExpiry:
    def test_a_hold_ends_with_the_day_that_the_draft_names_at_the_suppliers(self, desk: Credit) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 3, 1)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        end = dt.datetime(2026, 3, 1, 16, tzinfo=dt.UTC)  # midnight in Shanghai
        desk.reach(end - dt.timedelta(seconds=1))
        assert not desk.told(HoldExpired)

        desk.reach(end)
        (event,) = desk.told(HoldExpired)
        assert (event.expired_minor, event.expired_at) == (1000, end)
        assert desk.supplier().free_minor == STARTING

    def test_without_one_it_ends_so_many_days_after_the_promise(self, desk: Credit) -> None:
        desk.hear(recorded(deliver_by=dt.date(2026, 3, 1)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))

        assert desk.order().expires_at == dt.datetime(2026, 4, 30, 16, tzinfo=dt.UTC)

    def test_no_end_lies_beyond_what_events_can_tell(self, desk: Credit) -> None:
        desk.hear(registered().model_copy(update={"time_zone": "America/Lima"}), day(0))
        desk.hear(recorded(cover_until=dt.date(2199, 12, 31)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))

        assert desk.order().expires_at == dt.datetime(2199, 12, 31, tzinfo=dt.UTC)

    def test_delivered_in_time_it_stays_for_the_claim_window(self, desk: Credit) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 1, 20)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(delivered("PO-1"), day(10))
        desk.reach(day(100))

        assert not desk.told(HoldExpired)
        assert desk.when_told(HoldReleased) == day(40)

    def test_delivered_before_the_end_but_known_after_it_cover_is_taken_anew(self, desk: Credit) -> None:
        # Given a hold that ended while nobody knew of a delivery
        desk.hear(recorded(cover_until=dt.date(2026, 1, 25)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.reach(day(26))
        assert desk.told(HoldExpired)

        # When it becomes known that the goods had been delivered on day 20
        desk.hear(delivered("PO-1"), day(30))

        # Then a second hold is there, for the claim window
        event = desk.told(HoldGranted)[-1]
        assert (event.hold_id, event.request, event.granted_minor) == ("PO-1|2", 2, 1000)
        desk.reach(day(60))
        assert desk.when_told(HoldReleased) == day(60)

    def test_so_it_is_where_only_another_time_puts_the_delivery_before_the_end(self, desk: Credit) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 1, 25)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.reach(day(26))
        desk.hear(delivered("PO-1").model_copy(update={"delivered_at": day(30)}), day(30))
        assert [event.request for event in desk.told(HoldGranted)] == [1]
        desk.hear(delivered("PO-1"), day(35))

        assert [event.request for event in desk.told(HoldGranted)] == [1, 2]
        assert desk.said[-1].known_at >= day(35), "not before its cause was known"

    def test_the_same_whichever_was_read_first(self, desk: Credit) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 1, 25)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(delivered("PO-1"), day(30))
        desk.reach(day(60))

        assert [event.request for event in desk.told(HoldGranted)] == [1, 2]
        assert len(desk.told(HoldExpired)) == len(desk.told(HoldReleased)) == 1

    def test_with_nothing_free_it_is_refused(self, desk: Credit) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 1, 25)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.reach(day(26))
        desk.hear(asked("PO-2", STARTING), day(27))
        desk.hear(delivered("PO-1"), day(30))

        (event,) = desk.told(HoldRefused)
        assert (event.order_id, event.request, event.reason) == ("PO-1", 2, "NO_FREE_LIMIT")

    def test_delivered_after_the_end_it_stays_expired(self, desk: Credit) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 1, 10)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.reach(day(26))
        desk.hear(delivered("PO-1"), day(30))

        assert desk.order().state == "EXPIRED"

    @pytest.mark.parametrize(
        "told",
        [undelivered(), delivered("PO-1", whole=False), shipped()],
        ids=["the carrier was wrong", "a split moved some pieces", "a split moved all pieces"],
    )
    def test_a_delivery_that_is_taken_back_stops_the_window(self, desk: Credit, told: Event) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 12, 31)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(delivered("PO-1"), day(20))
        desk.hear(told, day(45))
        desk.reach(day(60))
        assert not desk.told(HoldReleased)

        desk.hear(delivered("PO-1"), day(70))
        desk.reach(day(100))
        assert desk.when_told(HoldReleased) == day(100)


class TestForecast:
    @pytest.fixture
    def at_sea(self, desk: Credit) -> Credit:
        desk.hear(recorded(cover_until=dt.date(2026, 1, 30)), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(linked(), day(2))
        return desk

    def test_a_hold_that_ends_before_the_revised_arrival_is_at_risk(self, at_sea: Credit) -> None:
        at_sea.hear(expected(day(20)), day(3))
        assert not at_sea.told(CoverAtRisk)
        at_sea.hear(expected(day(31)), day(4))
        at_sea.hear(expected(day(35)), day(5))

        (event,) = at_sea.told(CoverAtRisk)
        assert (event.eta, event.held_minor) == (day(31), 1000)

    def test_it_names_what_makes_the_last_of_the_goods_late(self, at_sea: Credit) -> None:
        at_sea.hear(linked("SH-2"), day(2))
        at_sea.hear(expected(day(20), "SH-2", "SHIPMENT/SH-2"), day(3))
        at_sea.hear(expected(day(31), "SH-1", "VOYAGE/BLUE/7"), day(4))

        assert [event.cause_reference for event in at_sea.told(CoverAtRisk)] == ["VOYAGE/BLUE/7"]

    def test_it_is_safe_again_when_the_goods_are_expected_earlier(self, at_sea: Credit) -> None:
        at_sea.hear(expected(day(31)), day(4))
        at_sea.hear(expected(day(25)), day(5))

        assert len(at_sea.told(CoverSafe)) == 1
        assert not at_sea.order().at_risk

    def test_or_when_they_have_arrived(self, at_sea: Credit) -> None:
        at_sea.hear(expected(day(31)), day(4))
        at_sea.hear(delivered("PO-1"), day(29))

        assert len(at_sea.told(CoverSafe)) == 1

    def test_or_when_another_shipment_carries_them_that_comes_in_time(self, at_sea: Credit) -> None:
        at_sea.hear(expected(day(31)), day(4))
        at_sea.hear(linked("SH-1/A", split_from="SH-1"), day(5))
        assert not at_sea.told(CoverSafe), "it is expected when the one was from which it is split"
        at_sea.hear(expected(day(25), "SH-1/A"), day(5))

        assert len(at_sea.told(CoverSafe)) == 1

    def test_what_was_expected_before_the_hold_is_there_counts(self, desk: Credit) -> None:
        desk.hear(recorded(cover_until=dt.date(2026, 1, 30)), day(0))
        desk.hear(linked(), day(1))
        desk.hear(expected(day(40)), day(1))
        desk.hear(asked("PO-1", 1000), day(2))

        assert len(desk.told(CoverAtRisk)) == 1


def test_a_delivery_without_its_time_counts_from_when_it_was_known(desk: Credit) -> None:
    desk.hear(asked("PO-1", 1000), day(1))
    told = OrderDelivered(order_id="PO-1", supplier_id="S1", state="DELIVERED", lines_late=0)
    desk.hear(told, day(10))

    assert desk.order().delivered_at == day(10)
