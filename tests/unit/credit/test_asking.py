"""The buyer claims, and takes its claim back."""

import datetime as dt

import pytest

from silkway.contracts import (
    ClaimOpened,
    ClaimRefused,
    ClaimWithdrawn,
    HoldReleased,
    OrderCompleted,
    OrderLine,
)
from tests.unit.credit.trade import (
    MISSED,
    TOTAL,
    Credit,
    after,
    amended,
    answered,
    asked,
    cancelled,
    claimed,
    completed,
    decided,
    delivered,
    dispatched,
    given_up,
    rated,
    recorded,
    registered,
)
from tests.unit.desk import day

A_MOMENT = dt.timedelta(microseconds=1)


class TestClaim:
    def test_it_opens_once_time_has_passed_it(self, desk: Credit) -> None:
        desk.hear(claimed(5000), day(2))
        assert desk.claim("C1").state == "REQUESTED"
        assert not desk.told(ClaimOpened)

        desk.reach(day(2) + A_MOMENT)
        (event,) = desk.told(ClaimOpened)
        assert (event.by, event.amount_minor) == ("BUYER", 5000)
        assert desk.when_told(ClaimOpened) == day(2)

    def test_its_clocks_run_from_when_it_was_known(self, desk: Credit) -> None:
        desk.pass_by(claimed(5000), day(2))

        (event,) = desk.told(ClaimOpened)
        assert event.answer_by == dt.datetime(2026, 1, 6, 16, tzinfo=dt.UTC)

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("claim_id", {"claim_id": "C0", "kind": "NOT_RECEIVED"}),
            ("currency", {"kind": "NOT_RECEIVED", "currency": "EUR"}),
        ],
    )
    def test_what_can_never_be_claimed_is_refused_at_once(
        self, desk: Credit, field: str, changes: dict[str, object]
    ) -> None:
        desk.pass_by(claimed(5000, "C0"), day(2))
        values = {"amount_minor": 5000, **changes}
        desk.hear(claimed(**values), day(3))  # type: ignore[arg-type]  # changes of any field

        assert [refusal.field for _, refusal in desk.refused] == [field]

    @pytest.mark.parametrize(
        ("reason", "changes"),
        [
            ("SAME_KIND_OPEN", {}),
            ("BEYOND_TOTAL", {"kind": "NOT_RECEIVED", "amount_minor": TOTAL + 1}),
        ],
    )
    def test_what_cannot_be_claimed_now_is_answered(
        self, desk: Credit, reason: str, changes: dict[str, object]
    ) -> None:
        desk.pass_by(claimed(5000, "C0"), day(2))
        desk.pass_by(claimed(**{"amount_minor": 5000, **changes}), day(3))  # type: ignore[arg-type]  # the same

        (event,) = desk.told(ClaimRefused)
        assert (event.claim_id, event.reason) == ("C1", reason)
        assert desk.claim("C1").state == "REFUSED"

    def test_nothing_can_be_said_about_it_any_more(self, desk: Credit) -> None:
        desk.pass_by(claimed(TOTAL + 1), day(2))
        desk.hear(answered(agreed=True, claim_id="C1"), day(3))

        assert [refusal.field for _, refusal in desk.refused] == ["claim_id"]

    def test_after_the_window_it_is_too_late(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.hear(delivered("PO-1"), day(20))
        desk.pass_by(claimed(5000), day(50))

        assert [event.reason for event in desk.told(ClaimRefused)] == ["COVER_ENDED"]

    def test_before_the_window_ends_it_keeps_the_hold(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.hear(delivered("PO-1"), day(20))
        desk.hear(claimed(5000), day(50) - A_MOMENT)
        desk.reach(day(65))
        assert not desk.told(HoldReleased)

        desk.hear(decided(False, "C1"), day(66))
        desk.reach(day(66))
        assert desk.when_told(HoldReleased) == day(66)

    def test_where_nothing_is_held_there_is_nothing_to_claim_on(self) -> None:
        desk = Credit()
        desk.hear(registered(), day(0))
        desk.hear(recorded(currency="EUR"), day(0))
        desk.pass_by(asked("PO-1", 1000, "EUR"), day(1))  # nobody has published a rate
        desk.pass_by(claimed(100, currency="EUR"), day(2))

        assert [event.reason for event in desk.told(ClaimRefused)] == ["NO_COVER"]

    def test_before_the_answer_about_cover_it_waits(self) -> None:
        desk = Credit()
        desk.hear(registered(), day(0))
        desk.hear(claimed(100), day(1))
        assert len(desk.waiting) == 1
        desk.hear(asked("PO-1", 1000), day(2))
        desk.reach(day(2))

        assert not desk.waiting
        assert [event.claim_id for event in desk.told(ClaimOpened)] == ["C1"]

    def test_several_claims_of_one_order_share_one_hold(self, desk: Credit) -> None:
        desk.hear(claimed(5000, "C1"), day(2))
        desk.pass_by(claimed(6000, "C2", kind="NOT_RECEIVED"), day(2))
        desk.pass_by(answered(agreed=True, claim_id="C1"), day(3))
        desk.pass_by(answered(agreed=True, claim_id="C2"), day(3))

        assert desk.claim("C1").paid_minor == 5000
        assert (desk.claim("C2").state, desk.claim("C2").paid_minor) == ("CLOSED", 0)


class TestWhateverIsReadFirst:
    def test_a_cancellation_that_was_known_later_lets_it_open_and_fall(self, desk: Credit) -> None:
        desk.hear(cancelled(), day(3))
        desk.hear(claimed(5000), day(2))
        desk.reach(day(3))

        assert [event.claim_id for event in desk.told(ClaimOpened)] == ["C1"]
        assert [event.reason for event in desk.told(ClaimWithdrawn)] == ["CANCELLED"]
        assert desk.when_told(ClaimWithdrawn) == day(3)

    def test_even_where_the_order_has_been_reinstated_since(self, desk: Credit) -> None:
        desk.hear(cancelled(), day(3))
        desk.hear(asked("PO-1", TOTAL), day(4))
        desk.hear(claimed(5000), day(2))
        desk.reach(day(4))

        assert [event.reason for event in desk.told(ClaimWithdrawn)] == ["CANCELLED"]

    def test_a_cancellation_that_was_known_before_refuses_it(self, desk: Credit) -> None:
        desk.hear(claimed(5000), day(3))
        desk.hear(cancelled(), day(2))
        desk.reach(day(3) + A_MOMENT)

        assert [event.reason for event in desk.told(ClaimRefused)] == ["COVER_ENDED"]

    def test_cover_that_came_later_does_not_count(self, desk: Credit) -> None:
        desk.hear(cancelled(), day(2))
        desk.hear(claimed(5000), day(3))
        desk.hear(asked("PO-1", TOTAL), day(4))
        desk.reach(day(4))

        assert [event.reason for event in desk.told(ClaimRefused)] == ["COVER_ENDED"]

    def test_the_total_is_the_one_of_then(self, desk: Credit) -> None:
        less = OrderLine(line_id="1", description="Mugs", quantity=10, value_minor=4000)
        desk.hear(amended((less,)), day(3))
        desk.hear(claimed(5000, "C1"), day(2))
        desk.hear(claimed(5000, "C2", kind="NOT_RECEIVED"), day(3))
        desk.reach(day(3) + A_MOMENT)

        assert [event.claim_id for event in desk.told(ClaimOpened)] == ["C1"]
        assert [event.claim_id for event in desk.told(ClaimRefused)] == ["C2"]

    def test_a_promise_that_was_missed_before_has_the_claim(self, desk: Credit) -> None:
        desk.hear(claimed(5000, kind="LATE"), after(1))
        desk.reach(after(2))

        assert [event.by for event in desk.told(ClaimOpened)] == ["SYSTEM"]
        assert [event.reason for event in desk.told(ClaimRefused)] == ["SAME_KIND_OPEN"]

    def test_a_claim_of_its_kind_that_fell_later_was_there_then(self, desk: Credit) -> None:
        desk.reach(MISSED)
        desk.hear(claimed(5000, kind="LATE"), after(1))
        desk.hear(given_up(), after(2))
        desk.reach(after(2))

        assert [event.reason for event in desk.told(ClaimRefused)] == ["SAME_KIND_OPEN"]


class TestGivenUp:
    def test_the_buyer_takes_it_back(self, desk: Credit) -> None:
        desk.pass_by(claimed(5000), day(2))
        desk.hear(given_up("C1", "new ones have come"), day(3))

        (event,) = desk.told(ClaimWithdrawn)
        assert (event.claim_id, event.reason) == ("C1", "GIVEN_UP")
        step = desk.rows["claim_steps"][-1]
        assert (step.step, step.taken_by, step.text) == ("WITHDRAWN", "BUYER", "new ones have come")

    def test_one_that_opened_by_itself_does_not_open_again(self, late: Credit) -> None:
        late.hear(given_up(), after(1))
        late.reach(after(60))

        assert late.claim().state == "WITHDRAWN"
        assert len(late.told(ClaimOpened)) == 1

    def test_said_before_it_was_opened_it_waits(self, desk: Credit) -> None:
        desk.hear(claimed(5000), day(2))
        desk.hear(given_up("C1"), day(2))
        assert len(desk.waiting) == 1
        desk.reach(day(3))

        assert desk.claim("C1").state == "WITHDRAWN"

    def test_what_was_agreed_is_paid(self, late: Credit) -> None:
        late.hear(answered(agreed=True, amount_minor=1000), after(1))
        late.hear(given_up(), after(1))
        late.reach(after(2))

        assert [refusal.field for _, refusal in late.refused] == ["claim_id"]
        assert late.claim().paid_minor == 1000

    def test_again_it_changes_nothing(self, late: Credit) -> None:
        late.hear(given_up(), after(1))
        late.hear(given_up(), after(2))

        assert not late.refused
        assert len(late.told(ClaimWithdrawn)) == 1


def test_a_completed_order_counts_at_the_rate_of_its_hold_even_if_it_is_read_before_that_is_decided() -> None:
    desk = Credit()
    desk.hear(registered(), day(0))
    desk.hear(rated("EUR", "2"), day(0))
    desk.hear(recorded(currency="EUR"), day(0))
    desk.hear(asked("PO-1", 1000, "EUR"), day(1))
    done: OrderCompleted = completed("PO-1", 1000, currency="EUR")
    desk.hear(done, day(30))
    assert desk.waiting == [done]
    desk.reach(day(30))

    assert desk.supplier().completed_minor == 2000
