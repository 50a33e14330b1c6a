"""What was reported of goods that left is corrected, taken back or told anew, before or after a promise is judged."""

import datetime as dt

import pytest

from silkway.contracts import (
    ClaimOpened,
    ClaimWithdrawn,
    Event,
)
from tests.unit.credit.trade import (
    Credit,
    after,
    dispatched,
    linked,
    retracted,
    tracked,
    untracked,
)
from tests.unit.desk import day


class TestCorrections:
    def test_a_dispatch_that_is_retracted_opens_the_claim_after_all(self, desk: Credit) -> None:
        desk.hear(dispatched(day(3)), day(3))
        desk.reach(after(1))
        desk.hear(retracted(), after(2))
        desk.reach(after(3))

        (event,) = desk.told(ClaimOpened)
        assert event.opened_at == after(2)

    def test_a_dispatch_at_another_time_is_judged_by_that_time_alone(self, desk: Credit) -> None:
        # Given goods that left in time, as it was believed when their day was over
        desk.hear(dispatched(day(3)), day(3))
        desk.reach(after(1))
        again = retracted(told_anew=True)

        # When another time is believed that is in time too, then nothing follows
        desk.hear(again, after(2))
        desk.hear(dispatched(day(2)), after(2))
        desk.reach(after(2.5))
        assert not desk.told(ClaimOpened)

        # And when it is one that is too late, then the claim opens
        desk.hear(again, after(3))
        desk.hear(dispatched(after(0.5)), after(3))
        desk.reach(after(4))
        (event,) = desk.told(ClaimOpened)
        assert event.opened_at == after(3)

    @pytest.mark.parametrize("timer_first", [True, False])
    @pytest.mark.parametrize(("first", "then"), [(day(3), after(0.5)), (after(0.5), day(3)), (day(3), None)])
    def test_what_was_believed_when_its_day_was_over_counts_whenever_the_correction_is_read(
        self, desk: Credit, first: dt.datetime, then: dt.datetime | None, timer_first: bool
    ) -> None:
        gone = retracted(told_anew=then is not None)
        desk.hear(dispatched(first), day(3))
        if timer_first:
            desk.reach(after(1))
        desk.hear(gone, after(2))
        if then is not None:
            desk.hear(dispatched(then), after(2))
        desk.reach(after(2.5))

        opened = [event.opened_at for event in desk.told(ClaimOpened)]
        in_time = first < after(0)
        assert opened == [after(2) if in_time else after(0)]
        assert len(desk.told(ClaimWithdrawn)) == (0 if in_time else 1)

    def test_a_correction_makes_no_sign_timely_that_was_known_before_it(self, late: Credit) -> None:
        late.hear(dispatched(day(3)), after(2))
        late.hear(tracked(after(4)), after(4.1))
        late.hear(dispatched(day(3) + dt.timedelta(minutes=1)), after(7))
        assert late.claim().state == "OPEN"

    @pytest.mark.parametrize("timer_first", [True, False])
    def test_of_corrections_each_is_taken_at_its_time_whenever_they_are_read(
        self, desk: Credit, timer_first: bool
    ) -> None:
        # Given goods in two shipments, both reported to have left in time
        for shipment_id in ("SH-1", "SH-2"):
            desk.hear(linked(shipment_id, quantity=5), day(1))
            desk.hear(dispatched(day(3), shipment_id, 5), day(3))

        # When one is corrected to too late, then to in time, then taken back and told again
        gone = retracted(quantity=5)
        told: list[Event] = [
            dispatched(after(0.5), "SH-1", 5), dispatched(day(2), "SH-1", 5), gone, dispatched(day(4), "SH-1", 5)
        ]  # fmt: skip
        for number, fact in enumerate(told, start=1):
            if timer_first:
                desk.reach(after(number - 0.5))
            desk.hear(fact, after(number))
        desk.reach(after(10))

        # Then each has its say at its time
        said = [
            (said.event.type.split(".")[2], said.known_at)
            for said in desk.said
            if isinstance(said.event, ClaimOpened | ClaimWithdrawn)
        ]
        assert said == [("opened", after(1)), ("withdrawn", after(2)), ("opened", after(3))]

    def test_told_to_have_left_at_another_time_tracking_may_follow_that(self, late: Credit) -> None:
        gone = retracted(told_anew=True)
        late.hear(dispatched(after(0.5)), after(1))
        late.hear(gone, after(5))
        late.hear(dispatched(day(3)), after(5))
        late.hear(tracked(after(5.5)), after(6))
        late.reach(after(7))
        assert late.claim().state == "WITHDRAWN"

    def test_told_anew_that_it_carries_the_goods_a_shipment_carries_no_more(self, desk: Credit) -> None:
        # Given a shipment that carries half of them, as is told again once the order is amended
        desk.hear(linked(quantity=5), day(1))
        desk.hear(linked(quantity=5), day(2))
        desk.hear(dispatched(day(3), quantity=5), day(3))
        desk.reach(after(1))

        (event,) = desk.told(ClaimOpened)
        assert event.opened_at == after(0)

    def test_a_sign_that_is_corrected_to_too_late_opens_the_claim_after_all(self, desk: Credit) -> None:
        desk.hear(tracked(day(3)), day(3))
        desk.reach(after(1))
        desk.hear(tracked(after(0.5)), after(2))
        desk.reach(after(3))
        (event,) = desk.told(ClaimOpened)
        assert event.opened_at == after(2)

    def test_a_sign_told_twice_is_taken_back_at_once(self, desk: Credit) -> None:
        desk.hear(tracked(day(3)), day(3))
        desk.hear(tracked(day(3)), day(4))  # with another witness
        desk.hear(untracked(day(3)), after(2))
        desk.reach(after(3))
        assert len(desk.told(ClaimOpened)) == 1

    def test_a_proof_that_is_taken_back_opens_it_again(self, late: Credit) -> None:
        late.pass_by(tracked(day(3)), after(2))
        assert late.claim().state == "WITHDRAWN"
        late.hear(untracked(day(3)), after(3))
        late.reach(after(3.1))

        assert late.claim("PO-1|LATE|2").state == "OPEN"
