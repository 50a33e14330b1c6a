"""Claims that are open: their clocks, what is decided, paid and comes back."""

import datetime as dt

import pytest

from silkway.contracts import (
    ClaimAgreed,
    ClaimClosed,
    ClaimContested,
    ClaimEscalated,
    ClaimOpened,
    ClaimPaid,
    ClaimRejected,
    ClaimUpheld,
    ClaimWithdrawn,
    HoldPosted,
    HoldVoided,
    RecoveryDue,
    RecoveryRecorded,
)
from tests.unit.credit.trade import (
    MISSED,
    PROMISED,
    TOTAL,
    Credit,
    after,
    answered,
    asked,
    cancelled,
    decided,
    dispatched,
    escalation,
    linked,
    paid,
    recorded,
    registered,
    repaid,
    tracked,
)
from tests.unit.desk import day


class TestClocks:
    def test_day_by_day(self, late: Credit) -> None:
        assert late.claim().state == "OPEN"
        late.reach(after(1))
        assert late.claim().state == "SUPPLIER_REVIEW"
        late.reach(after(4))
        assert late.claim().answer == "MISSED"
        late.reach(after(8) - dt.timedelta(seconds=1))
        assert late.claim().state == "SUPPLIER_REVIEW"
        late.reach(after(8))
        assert late.claim().state == "ESCALATED"
        assert [event.by for event in late.told(ClaimEscalated)] == ["SYSTEM"]
        late.reach(after(9))
        assert late.claim().state == "INSPECTION"

    def test_the_buyer_may_escalate_from_the_fourth_day_on(self, late: Credit) -> None:
        late.hear(escalation(), after(3.9))
        (refusal,) = late.refused
        assert refusal[1].field == "requested_at"

        late.hear(escalation(), after(4))
        assert late.claim().state == "ESCALATED"
        late.hear(escalation(), after(5))
        assert len(late.told(ClaimEscalated)) == 1

    def test_what_is_known_after_a_clock_fell_is_judged_after_it(self, late: Credit) -> None:
        # Read before the service's own time has come so far
        late.pass_by(answered(agreed=True), after(9))
        late.pass_by(decided(upheld=True, amount_minor=10), after(9))

        assert [refusal.field for _, refusal in late.refused] == ["claim_id"]
        assert late.claim().paid_minor == 10

    def test_in_another_zone_days_begin_at_other_times(self) -> None:
        desk = Credit()
        desk.hear(registered().model_copy(update={"time_zone": "America/New_York"}), day(0))
        desk.hear(recorded(ship_by=dt.date(2026, 3, 4)), day(0))
        desk.hear(asked("PO-1", TOTAL), day(1))
        desk.reach(day(80))

        (event,) = desk.told(ClaimOpened)
        assert event.opened_at == dt.datetime(2026, 3, 5, 5, tzinfo=dt.UTC)
        assert event.answer_by == dt.datetime(2026, 3, 9, 4, tzinfo=dt.UTC)  # the clocks went forward between


class TestDecision:
    def test_agreed_it_is_paid_and_due_from_the_supplier(self, late: Credit) -> None:
        late.pass_by(answered(agreed=True, amount_minor=3000), after(1))

        assert [event.amount_minor for event in late.told(ClaimAgreed)] == [3000]
        (posted,) = late.told(HoldPosted)
        assert (posted.paid_minor, posted.freed_minor) == (3000, TOTAL - 3000)
        assert [event.paid_minor for event in late.told(ClaimPaid)] == [3000]
        assert [(event.amount_minor, event.due_from) for event in late.told(RecoveryDue)] == [
            (3000, "SUPPLIER")
        ]
        assert (late.supplier().held_minor, late.supplier().unrecovered_minor) == (0, 3000)

    def test_contested_it_waits_for_the_buyer(self, late: Credit) -> None:
        late.hear(answered(agreed=False), after(1))
        late.reach(after(7))

        assert len(late.told(ClaimContested)) == 1
        assert late.claim().answer == "CONTESTED"
        assert late.supplier().answers_missed == 0

    def test_upheld_in_part(self, late: Credit) -> None:
        late.reach(after(9))
        late.pass_by(decided(upheld=True, amount_minor=500), after(10))

        assert [event.amount_minor for event in late.told(ClaimUpheld)] == [500]
        assert late.claim().state == "PAID"

    def test_rejected_the_hold_stays(self, late: Credit) -> None:
        late.reach(after(9))
        late.hear(decided(upheld=False), after(10))

        assert len(late.told(ClaimRejected)) == 1
        assert late.order().holds

    def test_while_it_is_open_the_hold_outlives_its_end(self, late: Credit) -> None:
        # When nobody decides until long after the cover has ended, then the hold is there to pay from
        expires_at = late.order().expires_at
        assert expires_at is not None
        late.reach(expires_at + dt.timedelta(days=100))
        assert late.order().holds
        late.pass_by(decided(upheld=True, amount_minor=500), expires_at + dt.timedelta(days=101))
        assert late.claim().paid_minor == 500

    def test_nothing_is_decided_before_it_is_escalated(self, late: Credit) -> None:
        late.pass_by(decided(upheld=True), after(2))

        assert late.refused[0][1].field == "claim_id"

    def test_no_more_is_paid_than_the_buyer_has_paid(self) -> None:
        desk = Credit()
        desk.hear(registered(), day(0))
        desk.hear(recorded(ship_by=PROMISED), day(0))
        desk.hear(asked("PO-1", TOTAL), day(1))
        desk.hear(paid(700), day(1))
        desk.reach(MISSED)
        desk.pass_by(answered(agreed=True), after(1))

        assert desk.claim().paid_minor == 700

    def test_where_nothing_was_paid_the_claim_is_closed_and_the_hold_stays(self) -> None:
        desk = Credit()
        desk.hear(registered(), day(0))
        desk.hear(recorded(ship_by=PROMISED), day(0))
        desk.hear(asked("PO-1", TOTAL), day(1))
        desk.reach(MISSED)
        desk.pass_by(answered(agreed=True), after(1))

        assert [event.paid_minor for event in desk.told(ClaimClosed)] == [0]
        assert desk.order().holds

    def test_cancelled_its_claims_fall(self, late: Credit) -> None:
        late.hear(cancelled(), after(1))

        assert [event.reason for event in late.told(ClaimWithdrawn)] == ["CANCELLED"]
        assert len(late.told(HoldVoided)) == 1

    def test_reinstated_its_promise_is_judged_again(self, late: Credit) -> None:
        late.hear(cancelled(), after(1))
        late.hear(asked("PO-1", TOTAL).model_copy(update={"request": 2}), after(2))
        late.reach(after(2))

        assert late.claim("PO-1|LATE|2").opened_known_at == after(2)

    def test_covered_after_the_promise_was_over_it_is_judged_by_what_is_known_then(self) -> None:
        desk = Credit()
        desk.hear(registered(), day(0))
        desk.hear(recorded(ship_by=PROMISED), day(0))
        desk.hear(linked(), day(1))
        desk.hear(dispatched(day(3)), after(1))
        desk.hear(tracked(day(3)), after(1))
        desk.hear(asked("PO-1", TOTAL), after(2))
        desk.reach(after(9))

        assert not desk.told(ClaimOpened)


class TestRecovery:
    @pytest.fixture
    def owed(self, late: Credit) -> Credit:
        late.pass_by(answered(agreed=True, amount_minor=1000), after(1))
        return late

    def test_with_the_last_of_it_the_claim_is_closed(self, owed: Credit) -> None:
        owed.hear(repaid(300), after(2))
        owed.hear(repaid(300), after(2))  # the same receipt
        owed.hear(repaid(700, "R2"), after(3))

        assert [event.open_minor for event in owed.told(RecoveryRecorded)] == [700, 0]
        (event,) = owed.told(ClaimClosed)
        assert (event.paid_minor, event.recovered_minor) == (1000, 1000)
        assert owed.supplier().unrecovered_minor == 0

    def test_more_than_is_open_is_refused(self, owed: Credit) -> None:
        owed.hear(repaid(1001), after(2))

        assert owed.refused[0][1].field == "amount_minor"

    def test_what_comes_before_the_payment_waits_for_it(self, late: Credit) -> None:
        late.hear(repaid(1000), after(1))
        assert len(late.waiting) == 1
        late.pass_by(answered(agreed=True, amount_minor=1000), after(2))

        assert late.claim().state == "CLOSED"
