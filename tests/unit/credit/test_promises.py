"""Promises to ship: judged when their day is over, by what was known; what becomes known later."""

import datetime as dt

import pytest

from silkway.contracts import (
    ClaimAnswered,
    ClaimOpened,
    ClaimWithdrawn,
    Event,
    OrderLine,
    RecoveryDue,
)
from tests.unit.credit.trade import (
    MISSED,
    PROMISED,
    TOTAL,
    Credit,
    after,
    amended,
    answered,
    cancelled,
    dispatched,
    linked,
    proof,
    recorded,
    registered,
    repaid,
    tracked,
)
from tests.unit.desk import day

AGREED_LATER = OrderLine(
    line_id="1", description="Mugs", quantity=10, value_minor=TOTAL, ship_by=dt.date(2026, 2, 1)
)


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

        # When the day is judged, then by what was known in time it was late
        desk.reach(MISSED)
        assert len(desk.told(ClaimOpened)) == 1

        # And the proof withdraws it, when it was known
        assert not desk.told(ClaimWithdrawn)
        desk.reach(after(1.1))
        assert len(desk.told(ClaimWithdrawn)) == 1

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
        desk.hear(amended((lines[0], later)), day(2))
        desk.reach(after(3))

        (event,) = desk.told(ClaimOpened)
        assert event.amount_minor == 100_000
        assert [promise.claim_id for promise in desk.order().promises] == ["PO-1|LATE", "PO-1|LATE"]


class TestProof:
    def test_shipped_in_time_and_tracked_within_48_hours_the_claim_is_withdrawn(self, late: Credit) -> None:
        late.hear(dispatched(day(3)), after(2))
        assert not late.told(ClaimWithdrawn)
        late.pass_by(tracked(day(5)), after(3.9))

        (event,) = late.told(ClaimWithdrawn)
        assert (event.reason, event.proof_at) == ("SHIPPED_IN_TIME", day(3))
        assert late.order().holds

    def test_without_tracking_the_time_of_the_report_counts(self, late: Credit) -> None:
        late.hear(dispatched(day(3)), after(2))
        late.pass_by(tracked(day(6)), after(4.1))

        assert late.claim().state != "WITHDRAWN"

    def test_proof_given_before_the_promise_ended_counts_without_tracking(self, desk: Credit) -> None:
        desk.hear(proof(day(3), day(3.5)), day(3.5))
        desk.reach(day(60))

        assert not desk.told(ClaimOpened)

    def test_proof_of_a_shipment_given_late_counts_once_it_is_tracked(self, late: Credit) -> None:
        late.hear(proof(day(3), after(1), "SH-1"), after(1))
        assert late.claim().state == "OPEN"
        late.pass_by(tracked(day(6)), after(2))

        assert late.claim().state == "WITHDRAWN"

    def test_paid_before_the_proof_was_known_it_is_due_from_the_buyer(self, late: Credit) -> None:
        # Given a claim that was agreed and paid, of which the supplier has repaid a part
        late.pass_by(answered(agreed=True, amount_minor=1000), after(1))
        late.hear(repaid(400), after(2))
        before = late.supplier()

        # When the goods prove to have left in time
        late.pass_by(tracked(day(3)), after(3))

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
        late.pass_by(amended((AGREED_LATER,)), after(1))

        assert [event.reason for event in late.told(ClaimWithdrawn)] == ["AMENDED"]
        late.reach(day(40))
        assert late.claim("PO-1|LATE|2").opened_at == dt.datetime(2026, 2, 1, 16, tzinfo=dt.UTC)

    @pytest.mark.parametrize("paid_first", [True, False], ids=["read after the payment", "read before it"])
    def test_what_was_granted_before_another_promise_is_paid_and_stays_paid(
        self, late: Credit, paid_first: bool
    ) -> None:
        late.hear(answered(agreed=True, amount_minor=1000), after(1))
        if paid_first:
            late.reach(after(1.2))
        late.hear(amended((AGREED_LATER,)), after(1.5))
        late.reach(after(2))

        assert late.told(ClaimWithdrawn) == []
        assert [(due.due_from, due.reason) for due in late.told(RecoveryDue)] == [("SUPPLIER", "PAID")]
        assert (late.claim().state, late.supplier().claims_lost) == ("PAID", 1)

    def test_a_cancellation_read_before_the_promise_is_judged_or_after_it_leaves_no_claim(
        self, desk: Credit, late: Credit
    ) -> None:
        # Given two desks that hear of it on the day after the promise; one of them has not come so far
        desk.hear(cancelled(), after(1))
        late.hear(cancelled(), after(1))
        desk.reach(after(2))
        late.reach(after(2))

        # Then one has never opened the claim, the other has withdrawn it, and the rest is the same
        assert (len(desk.told(ClaimOpened)), len(late.told(ClaimOpened))) == (0, 1)
        assert len(late.told(ClaimWithdrawn)) == 1
        assert not desk.order().contested
        assert not late.order().contested
        assert (desk.order().state, desk.supplier().held_minor) == (
            late.order().state,
            late.supplier().held_minor,
        )
        assert (desk.supplier().limit_minor, desk.supplier().score) == (
            late.supplier().limit_minor,
            late.supplier().score,
        )


def said_of_claims(desk: Credit) -> list[Event]:
    return [
        said.event for said in desk.said if said.event.type.startswith(("silkway.claim", "silkway.recovery"))
    ]


class TestAmendedTooLate:
    """An amendment that became known when the promised day was over leaves that day as it was."""

    @pytest.mark.parametrize("agrees_after", [None, 0.5], ids=["silent", "agreed before"])
    def test_read_before_the_promise_is_judged_or_after_it_all_comes_to_the_same(
        self, desk: Credit, late: Credit, agrees_after: float | None
    ) -> None:
        # Given one desk that has not judged the promise yet, and another that has
        for one in (desk, late):
            one.hear(amended((AGREED_LATER,)), after(1))
            if agrees_after is not None:
                one.hear(answered(agreed=True, amount_minor=1000), after(agrees_after))
        assert desk.told(ClaimOpened) == []

        # When time passes, also the later day
        desk.reach(day(40))
        late.reach(day(40))

        # Then both have said the same of its claims
        assert desk.told(ClaimOpened)[0].claim_id == "PO-1|LATE"
        assert said_of_claims(desk) == said_of_claims(late)
        assert desk.order().amendments == "[]"

    def test_what_was_agreed_after_it_is_not_paid(self, late: Credit) -> None:
        late.hear(amended((AGREED_LATER,)), after(1))
        late.hear(answered(agreed=True), after(1.5))
        late.reach(after(2))

        assert (late.claim().state, late.claim().paid_minor) == ("WITHDRAWN", 0)

    def test_what_was_agreed_before_it_is_paid(self, desk: Credit) -> None:
        desk.hear(amended((AGREED_LATER,)), after(1))
        desk.hear(answered(agreed=True, amount_minor=1000), after(0.5))
        assert [type(event) for event in desk.waiting] == [ClaimAnswered]

        desk.reach(after(2))

        assert not desk.waiting
        assert (desk.claim().state, desk.claim().paid_minor) == ("PAID", 1000)
        assert desk.told(ClaimWithdrawn) == []

    def test_of_two_amendments_each_counts_in_its_turn(self, desk: Credit, late: Credit) -> None:
        again = AGREED_LATER.model_copy(update={"ship_by": dt.date(2026, 3, 1)})
        for one in (desk, late):
            one.hear(amended((AGREED_LATER,)), after(1))
            one.hear(amended((again,)), day(33))  # the first of both days was over on 2 February
        desk.reach(day(70))
        late.reach(day(70))

        assert [event.opened_at.date() for event in desk.told(ClaimOpened)] == [
            dt.date(2026, 1, 4), dt.date(2026, 2, 1), dt.date(2026, 3, 1),
        ]  # fmt: skip
        assert [event.reason for event in desk.told(ClaimWithdrawn)] == ["AMENDED", "AMENDED"]
