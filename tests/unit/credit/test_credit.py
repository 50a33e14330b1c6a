"""Limits and holds, as a dialogue: what credit hears, and what it answers."""

import pytest

from silkway.contracts import HoldGranted, HoldRefused, HoldReleased, LimitReassessed
from silkway.credit.domain import Supplier, next_due
from silkway.credit.store import ORDER, RULES, SUPPLIER
from tests.unit.credit.trade import (
    USD,
    Credit,
    after,
    answered,
    asked,
    cancelled,
    completed,
    delivered,
    registered,
    repaid,
    tracked,
)
from tests.unit.desk import Desk, day

STARTING = 50_000 * USD


@pytest.fixture
def desk() -> Desk:
    return Credit()


def supplier_of(desk: Desk) -> Supplier:
    return desk.state(SUPPLIER, "S1")


def short_of(desk: Desk, shortfall_minor: int, orders: int) -> None:
    """A supplier with the starting limit that has so much more in holds, of as many orders."""
    desk.hear(registered(), day(0))
    desk.hear(completed("PO-0", 4 * shortfall_minor), day(30))
    for number in range(1, orders + 1):
        desk.hear(asked(f"PO-{number}", (STARTING + shortfall_minor) // orders), day(31))
    desk.hear(completed("PO-X", 0, lines=100, late=100), day(32))
    assert supplier_of(desk).shortfall_minor == shortfall_minor


class TestSupplier:
    def test_a_new_supplier_has_the_starting_limit_with_the_reason(self, desk: Desk) -> None:
        desk.hear(registered(), day(1))

        (event,) = desk.told(LimitReassessed)
        assert (event.limit_minor, event.currency, event.rules_version) == (STARTING, "USD", "LIMIT_V2")
        assert [reason.rule for reason in event.reasons] == ["STARTING"]
        assert supplier_of(desk).free_minor == STARTING

    def test_registered_again_its_name_is_brought_up_to_date(self, desk: Desk) -> None:
        desk.hear(registered(), day(1))
        desk.hear(registered(name="Mills & Sons", at=day(9)), day(9))

        assert (supplier_of(desk).name, supplier_of(desk).registered_at) == ("Mills & Sons", day(0))
        assert len(desk.told(LimitReassessed)) == 1


class TestHold:
    def test_what_is_free_is_granted_in_full(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(asked("PO-1", 20_000 * USD), day(1))

        (event,) = desk.told(HoldGranted)
        assert (event.granted_minor, event.full) == (20_000 * USD, True)
        assert (supplier_of(desk).free_minor, supplier_of(desk).held_minor) == (30_000 * USD, 20_000 * USD)

    def test_less_than_asked_is_granted_in_part(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(asked("PO-1", 60_000 * USD), day(1))

        (event,) = desk.told(HoldGranted)
        assert (event.granted_minor, event.full) == (STARTING, False)
        assert desk.state(ORDER, "PO-1").state == "PARTIAL"

    def test_with_nothing_free_it_is_refused_and_stays_so(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(asked("PO-1", STARTING), day(1))
        desk.hear(asked("PO-2", 1), day(2))
        desk.hear(delivered("PO-1"), day(3))
        desk.reach(day(40))

        (event,) = desk.told(HoldRefused)
        assert (event.order_id, event.reason) == ("PO-2", "NO_FREE_LIMIT")
        assert desk.state(ORDER, "PO-2").state == "REFUSED"
        assert supplier_of(desk).free_minor == STARTING

    def test_another_currency_has_no_rate_yet(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(asked("PO-1", 1, currency="EUR"), day(1))
        desk.reach(day(2))

        (event,) = desk.told(HoldRefused)
        assert event.reason == "NO_RATE"

    def test_an_unknown_supplier_is_waited_for_and_what_follows_keeps_its_order(self, desk: Desk) -> None:
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(delivered("PO-1"), day(2))
        assert len(desk.waiting) == 2

        desk.hear(registered(), day(5))
        assert desk.when_told(HoldGranted) == day(5)
        assert next_due(desk.state(ORDER, "PO-1")) == day(32)
        assert not desk.waiting

    def test_every_answer_is_a_row_of_its_own(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(asked("PO-1", STARTING), day(1))
        desk.hear(asked("PO-2", 500), day(2))

        rows = [
            (row.hold_id, row.requested_minor, row.granted_minor, row.reason) for row in desk.rows["holds"]
        ]
        assert rows == [("PO-1|1", STARTING, STARTING, None), ("PO-2|1", 500, 0, "NO_FREE_LIMIT")]


class TestClaimWindow:
    def test_the_hold_is_released_thirty_days_after_the_delivery_was_known(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(delivered("PO-1", whole=False), day(5))
        desk.hear(delivered("PO-1"), day(20))
        desk.reach(day(49))
        assert not desk.told(HoldReleased)

        desk.reach(day(50))
        (event,) = desk.told(HoldReleased)
        assert (event.released_minor, event.released_at) == (1000, day(50))
        assert supplier_of(desk).free_minor == STARTING
        (row,) = desk.rows["hold_resolutions"]
        assert (row.hold_id, row.resolution, row.amount_minor) == ("PO-1|1", "RELEASED", 1000)

    def test_completion_alone_releases_nothing(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(asked("PO-1", 1000), day(1))
        desk.hear(completed("PO-1", 1000), day(2))
        desk.reach(day(300))

        assert supplier_of(desk).held_minor == 1000

    def test_a_hold_granted_after_the_delivery_ends_with_the_same_window(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(delivered("PO-1"), day(10))
        desk.hear(asked("PO-1", 1000), day(15))

        assert next_due(desk.state(ORDER, "PO-1")) == day(40)

    def test_no_hold_is_released_before_it_was_granted(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(delivered("PO-1"), day(10))
        desk.hear(asked("PO-1", 1000), day(100))

        assert next_due(desk.state(ORDER, "PO-1")) == day(100)

    def test_an_order_without_a_hold_has_no_window(self, desk: Desk) -> None:
        desk.hear(delivered("PO-1"), day(10))
        desk.reach(day(100))

        assert desk.state(ORDER, "PO-1").state == "NONE"


class TestLimit:
    def test_completed_trade_raises_it(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 100_000 * USD), day(30))

        event = desk.told(LimitReassessed)[-1]
        assert event.limit_minor == STARTING + 25_000 * USD
        assert [reason.rule for reason in event.reasons] == ["STARTING", "VOLUME"]

    @pytest.mark.parametrize(("late", "kept"), [(5, 25_000), (6, 17_500), (16, 10_000), (31, 0), (100, 0)])
    def test_late_lines_take_from_what_volume_gave(self, desk: Desk, late: int, kept: int) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 100_000 * USD, lines=100, late=late), day(30))

        assert supplier_of(desk).limit_minor == STARTING + kept * USD

    @pytest.mark.parametrize(("days", "years"), [(364, 0), (365, 1), (365 * 5, 5), (365 * 20, 5)])
    def test_age_adds_up_to_five_years(self, desk: Desk, days: int, years: int) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 0), day(days))

        assert supplier_of(desk).limit_minor == STARTING + years * 10_000 * USD

    def test_nobody_has_more_than_a_million(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 2**63 - 1), day(30))
        desk.hear(completed("PO-2", 2**63 - 1), day(31))

        assert supplier_of(desk).limit_minor == RULES.limits[-1].cap_minor == 1_000_000 * USD
        assert desk.told(LimitReassessed)[-1].reasons[-1].rule == "CAP"

    def test_trade_in_another_currency_counts_by_its_lines_only(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 100_000 * USD, currency="EUR", lines=3, late=1), day(30))

        supplier = supplier_of(desk)
        assert (supplier.limit_minor, supplier.completed_lines, supplier.late_lines) == (STARTING, 3, 1)

    def test_a_limit_that_stays_is_not_told_again(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 0), day(30))

        assert len(desk.told(LimitReassessed)) == 1

    def test_a_limit_that_falls_below_its_use_makes_a_shortfall(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 100_000 * USD), day(30))
        desk.hear(asked("PO-2", 75_000 * USD), day(31))
        desk.hear(completed("PO-3", 0, lines=100, late=100), day(32))

        supplier = supplier_of(desk)
        assert (supplier.limit_minor, supplier.free_minor) == (STARTING, 0)
        assert supplier.shortfall_minor == desk.told(LimitReassessed)[-1].shortfall_minor == 25_000 * USD

    def test_a_shortfall_that_is_over_is_told_with_the_same_limit(self, desk: Desk) -> None:
        short_of(desk, 25_000 * USD, orders=1)
        desk.hear(delivered("PO-1"), day(40))
        desk.reach(day(70))

        before, after = desk.told(LimitReassessed)[-2:]
        assert (before.shortfall_minor, after.shortfall_minor) == (25_000 * USD, 0)
        assert (after.limit_minor, after.reasons) == (STARTING, before.reasons)
        assert len(desk.rows["limit_assessments"]) == 3  # no limit was computed anew

    def test_thousands_of_holds_that_end_one_by_one_are_some_events(self, desk: Desk) -> None:
        # Given a supplier that is short of USD 25,000, in 300 holds of USD 250
        short_of(desk, 25_000 * USD, orders=300)
        before = len(desk.told(LimitReassessed))

        # When one hold after the other ends
        for number in range(1, 301):
            desk.hear(cancelled(f"PO-{number}"), day(40))

        # Then it is told whenever half of it is left, and when it is over
        told = [event.shortfall_minor for event in desk.told(LimitReassessed)[before:]]
        assert told == [minor * USD for minor in (12_500, 6_250, 3_000, 1_500, 750, 250, 0)]
        assert supplier_of(desk).shortfall_told_minor == 0

    def test_money_that_goes_back_to_the_supplier_can_make_one(self, late: Credit) -> None:
        # Given a claim that the supplier has repaid, and all that is free taken by another order since
        late.pass_by(answered(agreed=True, amount_minor=1000), after(1))
        late.hear(repaid(1000), after(2))
        late.hear(asked("PO-2", STARTING), after(2))
        assert late.supplier().free_minor == 0

        # When the claim proves to have had no ground, so that its money is still out
        late.pass_by(tracked(day(3)), after(3))

        assert [event.shortfall_minor for event in late.told(LimitReassessed)][-1] == 1000

    def test_the_reasons_of_every_assessment_are_kept_and_add_up(self, desk: Desk) -> None:
        desk.hear(registered(), day(0))
        desk.hear(completed("PO-1", 100_000 * USD, lines=10, late=1), day(400))

        for number, event in enumerate(desk.told(LimitReassessed), start=1):
            rows = [row for row in desk.rows["limit_reasons"] if row.assessment == number]
            assert [(row.rule, row.amount_minor) for row in rows] == [
                (reason.rule, reason.amount_minor) for reason in event.reasons
            ]
            assert sum(row.amount_minor for row in rows) == event.limit_minor
