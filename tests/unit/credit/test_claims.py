"""Claims: opened by themselves or by the buyer, their clocks, what is paid on them and how it comes back.

The supplier lives in Shanghai; the promise of 4 January is over at 16:00 UTC of that day.
"""

import datetime as dt

import pytest

from silkway.contracts import (
    CarriedLine,
    ClaimAgreed,
    ClaimClosed,
    ClaimContested,
    ClaimEscalated,
    ClaimOpened,
    ClaimPaid,
    ClaimRejected,
    ClaimUpheld,
    ClaimWithdrawn,
    DispatchRetracted,
    HoldPosted,
    HoldReleased,
    HoldVoided,
    MilestoneWithdrawn,
    OrderAmended,
    OrderLine,
    RecoveryDue,
    RecoveryRecorded,
)
from tests.unit.credit.trade import (
    USD,
    Credit,
    answered,
    asked,
    cancelled,
    claimed,
    decided,
    delivered,
    dispatched,
    escalation,
    linked,
    paid,
    proof,
    recorded,
    registered,
    repaid,
    tracked,
)
from tests.unit.desk import day

TOTAL = 8_300 * USD
PROMISED = dt.date(2026, 1, 4)
MISSED = dt.datetime(2026, 1, 4, 16, tzinfo=dt.UTC)
"""When the day after the promise begins in Shanghai."""


def after(days: float) -> dt.datetime:
    return MISSED + dt.timedelta(days=days)


@pytest.fixture
def desk() -> Credit:
    """An order of USD 8,300, paid and covered in full, booked, promised to be shipped by 4 January."""
    desk = Credit()
    desk.hear(registered(), day(0))
    desk.hear(recorded(ship_by=PROMISED), day(0))
    desk.hear(asked("PO-1", TOTAL), day(1))
    desk.hear(paid(TOTAL), day(1))
    desk.hear(linked(), day(1))
    return desk


@pytest.fixture
def late(desk: Credit) -> Credit:
    """The same, and the promise has been missed."""
    desk.reach(MISSED)
    return desk


class TestPromise:
    def test_a_missed_promise_opens_its_claim_when_the_next_day_begins_at_the_suppliers(
        self, desk: Credit
    ) -> None:
        desk.reach(MISSED - dt.timedelta(seconds=1))
        assert not desk.told(ClaimOpened)

        desk.reach(MISSED)
        (event,) = desk.told(ClaimOpened)
        assert (event.kind, event.by, event.amount_minor, event.opened_at) == (
            "LATE",
            "SYSTEM",
            TOTAL,
            MISSED,
        )
        assert (event.answer_by, event.escalate_from, event.escalates_at) == (after(4), after(4), after(8))

    def test_shipped_and_known_in_time_nothing_is_claimed(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.reach(day(60))

        assert not desk.told(ClaimOpened)

    def test_a_milestone_beyond_the_port_proves_that_it_left(self, desk: Credit) -> None:
        desk.hear(tracked(day(3.5)), day(3.6))
        desk.reach(day(60))

        assert not desk.told(ClaimOpened)

    def test_pieces_that_stayed_behind_are_late(self, desk: Credit) -> None:
        desk.hear(linked("SH-2", quantity=5), day(1))
        desk.hear(linked(quantity=5, shipment_id="SH-3"), day(1))
        desk.hear(dispatched(day(3), "SH-2"), day(3))
        desk.reach(MISSED)
        assert len(desk.told(ClaimOpened)) == 1

    def test_known_too_late_the_claim_opens_whichever_was_read_first(self, desk: Credit) -> None:
        # Given a report that came after the promise was over, read before time has moved
        desk.hear(dispatched(day(3)), after(1))
        desk.hear(tracked(day(3.5)), after(1))

        # When the day is judged
        desk.reach(MISSED)

        # Then by what was known in time it was late; the proof withdraws it
        assert len(desk.told(ClaimOpened)) == len(desk.told(ClaimWithdrawn)) == 1

    def test_export_customs_released_too_late_is_late(self, desk: Credit) -> None:
        desk.hear(dispatched(day(2)), day(2))
        released = tracked(day(3.8), "CUSTOMS_RELEASED", location="CNSHA")
        desk.hear(released, day(3.9).replace(hour=15, minute=59))
        desk.reach(MISSED)

        assert len(desk.told(ClaimOpened)) == 1

    def test_an_order_without_a_hold_is_not_claimed_on(self) -> None:
        desk = Credit()
        desk.hear(registered(), day(0))
        desk.hear(recorded(ship_by=PROMISED, coverage="NONE"), day(0))
        desk.reach(day(60))

        assert not desk.told(ClaimOpened)

    def test_two_missed_days_make_one_claim(self, desk: Credit) -> None:
        lines = tuple(
            OrderLine(
                line_id=str(n), description="Mugs", quantity=10, value_minor=100_000 * n, ship_by=PROMISED
            )
            for n in (1, 2)
        )
        later = lines[1].model_copy(update={"ship_by": PROMISED + dt.timedelta(days=2)})
        desk.hear(_amended((lines[0], later)), day(2))
        desk.reach(after(3))

        (event,) = desk.told(ClaimOpened)
        assert event.amount_minor == 100_000
        assert [promise.claim_id for promise in desk.order().promises] == ["PO-1|LATE", "PO-1|LATE"]


class TestProof:
    def test_shipped_in_time_and_tracked_within_48_hours_the_claim_is_withdrawn(self, late: Credit) -> None:
        late.hear(dispatched(day(3)), after(2))
        assert not late.told(ClaimWithdrawn)
        late.hear(tracked(day(5)), after(3.9))

        (event,) = late.told(ClaimWithdrawn)
        assert (event.reason, event.proof_at) == ("SHIPPED_IN_TIME", day(3))
        assert late.order().holds

    def test_without_tracking_the_time_of_the_report_counts(self, late: Credit) -> None:
        late.hear(dispatched(day(3)), after(2))
        late.hear(tracked(day(6)), after(4.1))

        assert late.claim().state != "WITHDRAWN"

    def test_proof_given_before_the_promise_ended_counts_without_tracking(self, desk: Credit) -> None:
        desk.hear(proof(day(3), day(3.5)), day(3.5))
        desk.reach(day(60))

        assert not desk.told(ClaimOpened)

    def test_proof_of_a_shipment_given_late_counts_once_it_is_tracked(self, late: Credit) -> None:
        late.hear(proof(day(3), after(1), "SH-1"), after(1))
        assert late.claim().state == "OPEN"
        late.hear(tracked(day(6)), after(2))

        assert late.claim().state == "WITHDRAWN"

    def test_paid_before_the_proof_was_known_it_is_due_from_the_buyer(self, late: Credit) -> None:
        # Given a claim that was agreed and paid, of which the supplier has repaid a part
        late.pass_by(answered(agreed=True, amount_minor=1000), after(1))
        late.hear(repaid(400), after(2))
        before = late.supplier()

        # When the goods prove to have left in time
        late.hear(tracked(day(3)), after(3))

        # Then all of it is due from the buyer, and the supplier gets its part back
        (event,) = late.told(ClaimWithdrawn)
        assert event.repaid_minor == 400
        due = late.told(RecoveryDue)[-1]
        assert (due.due_from, due.amount_minor) == ("BUYER", 1000)
        assert late.supplier().unrecovered_minor == before.unrecovered_minor + 400 == 1000
        assert late.supplier().claims_lost == 0

        # And with the last of it the claim is closed
        late.hear(repaid(1000, "R2"), after(9))
        assert late.claim().state == "CLOSED"
        assert late.supplier().unrecovered_minor == 0

    def test_a_dispatch_that_is_retracted_opens_the_claim_after_all(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.reach(after(1))
        retracted = DispatchRetracted(
            order_id="PO-1",
            shipment_id="SH-1",
            lines=(CarriedLine(line_id="1", quantity=10),),
            reason="wrong box",
        )
        desk.hear(retracted, after(2))

        (event,) = desk.told(ClaimOpened)
        assert event.opened_at == after(2)

    def test_a_proof_that_is_taken_back_opens_it_again(self, late: Credit) -> None:
        late.hear(tracked(day(3)), after(2))
        assert late.claim().state == "WITHDRAWN"
        gone = MilestoneWithdrawn(
            order_id="PO-1", shipment_id="SH-1", kind="DEPARTED", classifier="ACTUAL", leg=0, call=0,
            occurred_at=day(3), state="BOOKED", reason="another ship",
        )  # fmt: skip
        late.hear(gone, after(3))

        assert late.claim("PO-1|LATE|2").state == "OPEN"

    def test_split_on_its_way_a_shipment_takes_its_proof_along(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.hear(linked("SH-1/A", quantity=6, split_from="SH-1"), after(2))
        desk.hear(dispatched(day(3), "SH-1/A", 6), after(2))
        desk.reach(day(60))

        assert not desk.told(ClaimOpened)
        assert [(part.shipment_id, part.quantity) for part in desk.order().parts] == [
            ("SH-1", 4),
            ("SH-1/A", 6),
        ]

    def test_a_new_promise_withdraws_the_claim_on_the_old_one(self, late: Credit) -> None:
        line = OrderLine(
            line_id="1", description="Mugs", quantity=10, value_minor=TOTAL, ship_by=dt.date(2026, 2, 1)
        )
        late.hear(_amended((line,)), after(1))

        assert [event.reason for event in late.told(ClaimWithdrawn)] == ["AMENDED"]
        late.reach(day(40))
        assert late.claim("PO-1|LATE|2").opened_at == dt.datetime(2026, 2, 1, 16, tzinfo=dt.UTC)


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


class TestBuyersClaim:
    def test_it_opens_while_a_hold_is_there(self, desk: Credit) -> None:
        desk.hear(claimed(5000), day(2))

        (event,) = desk.told(ClaimOpened)
        assert (event.by, event.amount_minor) == ("BUYER", 5000)

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("claim_id", {"claim_id": "C0", "kind": "NOT_RECEIVED"}),
            ("kind", {}),
            ("currency", {"kind": "NOT_RECEIVED", "currency": "EUR"}),
            ("amount_minor", {"kind": "NOT_RECEIVED", "amount_minor": TOTAL + 1}),
        ],
    )
    def test_what_cannot_be_claimed_is_refused(
        self, desk: Credit, field: str, changes: dict[str, object]
    ) -> None:
        desk.hear(claimed(5000, "C0"), day(2))
        values = {"amount_minor": 5000, **changes}
        desk.hear(claimed(**values), day(3))  # type: ignore[arg-type]

        assert [refusal.field for _, refusal in desk.refused] == [field]

    def test_after_the_window_it_is_too_late_though_nothing_was_released_yet(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.hear(delivered("PO-1"), day(20))
        desk.hear(claimed(5000), day(50))

        assert [refusal.field for _, refusal in desk.refused] == ["order_id"]

    def test_an_open_claim_keeps_the_hold_until_it_is_decided(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.hear(delivered("PO-1"), day(20))
        desk.hear(claimed(5000), day(49))
        desk.reach(day(65))
        assert not desk.told(HoldReleased)

        desk.hear(decided(False, "C1"), day(66))
        desk.reach(day(66))
        assert desk.when_told(HoldReleased) == day(66)

    def test_before_the_answer_about_cover_it_waits(self) -> None:
        desk = Credit()
        desk.hear(registered(), day(0))
        desk.hear(claimed(100), day(1))
        assert len(desk.waiting) == 1
        desk.hear(asked("PO-1", 1000), day(2))

        assert not desk.waiting

    def test_several_claims_of_one_order_share_one_hold(self, desk: Credit) -> None:
        desk.hear(claimed(5000, "C1"), day(2))
        desk.hear(claimed(6000, "C2", kind="NOT_RECEIVED"), day(2))
        desk.pass_by(answered(agreed=True, claim_id="C1"), day(3))
        desk.pass_by(answered(agreed=True, claim_id="C2"), day(3))

        assert desk.claim("C1").paid_minor == 5000
        assert (desk.claim("C2").state, desk.claim("C2").paid_minor) == ("CLOSED", 0)


def _amended(lines: tuple[OrderLine, ...]) -> OrderAmended:
    total = sum(line.value_minor for line in lines)
    return OrderAmended(
        order_id="PO-1", amendment_id="A1", lines=lines, total_minor=total, deposit_minor=0, received_minor=TOTAL,
        open_minor=0, refund_due_minor=0,
    )  # fmt: skip
