"""An order is drafted, placed and covered."""

import pytest

from silkway.contracts import (
    HoldGranted,
    HoldRefused,
    HoldRequested,
    OrderPlaced,
    OrderRecorded,
)
from silkway.contracts.order import Terms
from silkway.order.store import ORDER
from tests.unit.desk import Desk, day
from tests.unit.order.tales import completed, order_of, placed
from tests.unit.order.trade import (
    CUPS,
    ORDER_ID,
    PLATES,
    confirmed,
    drafted,
    granted,
    line,
    paid,
    released,
    worthless,
)


class TestDraft:
    def test_a_draft_is_recorded_with_the_promises_of_its_lines(self, desk: Desk) -> None:
        own = day(9).date()
        lines = (line("b", 1, 70, deliver_by=own), line("a", 1, 30))
        terms = Terms(deposit_minor=0, balance_due="AFTER_DELIVERY")
        desk.hear(
            drafted(lines=lines, terms=terms, deliver_by=day(8).date(), destination_country="ZA"), day(0)
        )

        (recorded,) = desk.told(OrderRecorded)
        assert recorded.total_minor == 100
        assert [(li.line_id, li.deliver_by, li.destination_country) for li in recorded.lines] == [
            ("a", day(8).date(), "ZA"),
            ("b", own, "ZA"),
        ]
        assert order_of(desk).life == "DRAFTED"

    def test_the_same_draft_again_changes_nothing(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(drafted(), day(3))

        assert len(desk.told(OrderRecorded)) == 1
        assert not desk.refused

    def test_another_draft_of_the_same_order_is_refused_by_what_differs(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(drafted(buyer_id="B2"), day(1))

        ((_, answer),) = desk.refused
        assert answer.field == "buyer_id"
        assert order_of(desk).buyer_id == "B1"

    def test_other_lines_of_the_same_order_are_refused(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(drafted(lines=(line(CUPS, 11, 60_00), line(PLATES, 5, 40_00))), day(1))

        ((_, answer),) = desk.refused
        assert answer.field == "lines"

    def test_a_payment_reference_belongs_to_one_order_of_an_account(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(drafted(order_id="PO-2"), day(1))
        desk.hear(drafted(order_id="PO-3", account_id="VA-2"), day(1))

        ((event, answer),) = desk.refused
        assert event.subject_id == "PO-2"
        assert answer.field == "payment_reference"
        assert desk.state(ORDER, "PO-3").life == "DRAFTED"

    def test_an_order_of_nothing_cannot_wait_for_its_first_payment(self, desk: Desk) -> None:
        desk.hear(drafted(place_on="FIRST_PAYMENT", **worthless()), day(0))

        ((_, answer),) = desk.refused
        assert answer.field == "place_on"


class TestPlacing:
    def test_one_party_alone_places_nothing(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(confirmed("BUYER", day(1)), day(1))
        desk.hear(confirmed("BUYER", day(2)), day(2))

        assert order_of(desk).life == "DRAFTED"
        assert order_of(desk).buyer_confirmed_at == day(1)

    def test_both_parties_place_it_when_the_later_of_them_said_so(self, desk: Desk) -> None:
        desk.hear(drafted(), day(0))
        desk.hear(confirmed("SUPPLIER", day(2)), day(2))
        desk.hear(confirmed("BUYER", day(1)), day(3))

        (event,) = desk.told(OrderPlaced)
        assert event.placed_at == day(2)
        assert desk.when_told(OrderPlaced) == day(3)

    def test_a_confirmation_before_its_draft_waits(self, desk: Desk) -> None:
        desk.hear(confirmed("BUYER"), day(1))
        desk.hear(confirmed("SUPPLIER"), day(1))
        assert len(desk.waiting) == 2

        desk.hear(drafted(), day(4))
        assert order_of(desk).life == "PLACED"
        assert desk.when_told(OrderPlaced) == day(4)
        assert not desk.waiting

    def test_the_first_payment_places_it_if_the_terms_say_so(self, desk: Desk) -> None:
        desk.hear(drafted(place_on="FIRST_PAYMENT"), day(0))
        desk.hear(confirmed("BUYER"), day(1))
        desk.hear(confirmed("SUPPLIER"), day(1))
        assert order_of(desk).life == "DRAFTED"

        desk.hear(paid(1), day(3))
        (event,) = desk.told(OrderPlaced)
        assert event.placed_at == day(2)
        assert desk.when_told(OrderPlaced) == day(3)


class TestAssurance:
    @pytest.mark.parametrize(
        ("coverage", "asked"), [("BEFORE_SHIPMENT", [30_00]), ("AFTER_DELIVERY", [100_00]), ("NONE", [])]
    )
    def test_placing_asks_for_what_the_coverage_agreed(
        self, desk: Desk, coverage: str, asked: list[int]
    ) -> None:
        placed(desk, coverage=coverage)

        assert [request.amount_minor for request in desk.told(HoldRequested)] == asked
        assert order_of(desk).assurance == ("REQUESTED" if asked else "NONE")

    def test_no_deposit_needs_no_cover_before_shipment(self, desk: Desk) -> None:
        terms = Terms(deposit_minor=0, balance_due="AFTER_DELIVERY")
        placed(desk, coverage="BEFORE_SHIPMENT", terms=terms)

        assert order_of(desk).assurance == "NONE"

    @pytest.mark.parametrize(("answer", "state"), [(granted(), "HELD"), (granted(60_00, False), "PARTIAL")])
    def test_a_granted_hold_is_kept_until_it_is_released(
        self, desk: Desk, answer: HoldGranted, state: str
    ) -> None:
        placed(desk)
        desk.hear(answer, day(1))
        assert order_of(desk).assurance == state
        assert order_of(desk).held_minor > 0

        desk.hear(released(), day(50))
        assert order_of(desk).assurance == "RELEASED"
        assert order_of(desk).held_minor == 0

    def test_a_refused_hold_does_not_stop_the_order(self, desk: Desk) -> None:
        completed(desk)
        refused = HoldRefused(
            order_id=ORDER_ID, supplier_id="S1", reason="NO_RATE", requested_minor=100_00, currency="USD"
        )
        desk.hear(refused, day(22))

        assert (order_of(desk).assurance, order_of(desk).life) == ("REFUSED", "COMPLETED")
