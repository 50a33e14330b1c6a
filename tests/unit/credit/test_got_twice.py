"""A claim is paid, and then the buyer gets its money back as well: what it has got twice is its own to bring back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import ClaimClosed, ClaimWithdrawn, RecoveryDue, RecoveryRecorded
from tests.unit.credit.trade import (
    TOTAL,
    Credit,
    after,
    answered,
    cancelled,
    missed,
    paid,
    refunded,
    repaid,
    tracked,
)
from tests.unit.desk import day

PAID = 1000


@pytest.fixture
def owed(late: Credit) -> Credit:
    """USD 10 were paid on the late claim of an order for which the buyer has paid all."""
    late.pass_by(answered(agreed=True, amount_minor=PAID), after(1))
    return late


def asked_back(desk: Credit) -> list[tuple[str, str | None, int, int | None, int | None, int]]:
    """Every time that something was asked back: from whom, why, how much, what is open from both, what goes back."""
    return [
        (due.due_from, due.reason, due.amount_minor, due.buyer_minor, due.supplier_minor, due.back_minor)
        for due in desk.told(RecoveryDue)
    ]


class TestGotTwice:
    def test_refunded_in_full_it_is_due_from_the_buyer(self, owed: Credit) -> None:
        owed.hear(cancelled(), after(2))
        owed.hear(refunded(TOTAL), after(4))

        assert asked_back(owed) == [
            ("SUPPLIER", "PAID", PAID, 0, PAID, 0),
            ("BUYER", "PAID_TWICE", PAID, PAID, 0, 0),
        ]
        assert (owed.claim().state, owed.claim().due_from) == ("PAID", "BUYER")
        # It was a just claim, and its money is still out
        assert (owed.supplier().claims_lost, owed.supplier().unrecovered_minor) == (1, PAID)

    def test_with_the_last_of_it_from_the_buyer_the_claim_is_closed(self, owed: Credit) -> None:
        owed.hear(refunded(TOTAL), after(4))
        owed.hear(repaid(PAID, by="BUYER"), after(6))

        assert [event.received_from for event in owed.told(RecoveryRecorded)] == ["BUYER"]
        assert len(owed.told(ClaimClosed)) == 1
        assert owed.supplier().unrecovered_minor == 0

    def test_as_long_as_it_has_no_more_than_it_paid_nothing_is_due_from_it(self, owed: Credit) -> None:
        owed.hear(refunded(TOTAL - PAID), after(4))

        assert [due.due_from for due in owed.told(RecoveryDue)] == ["SUPPLIER"]

    def test_in_part_each_owes_its_own(self, owed: Credit) -> None:
        owed.hear(refunded(TOTAL - 400), after(4))
        assert asked_back(owed)[-1] == ("BUYER", "PAID_TWICE", 600, 600, 400, 0)

        owed.hear(repaid(500, "R1", by="SUPPLIER"), after(5))
        ((_, refusal),) = owed.refused
        assert (refusal.field, refusal.reason) == (
            "amount_minor",
            "only 400 is still to come back from the supplier",
        )
        owed.hear(repaid(400, "R2", by="SUPPLIER"), after(5))
        assert owed.claim().state == "PAID"
        owed.hear(repaid(600, "R3"), after(6))  # nobody says who: only the buyer owes any

        assert [(e.received_from, e.open_minor) for e in owed.told(RecoveryRecorded)] == [
            ("SUPPLIER", 600),
            ("BUYER", 0),
        ]
        assert owed.claim().state == "CLOSED"

    def test_what_the_supplier_had_repaid_goes_back_to_it(self, owed: Credit) -> None:
        owed.hear(repaid(PAID), after(2))
        assert owed.claim().state == "CLOSED"
        owed.hear(refunded(TOTAL), after(4))

        assert asked_back(owed)[-1] == ("BUYER", "PAID_TWICE", PAID, PAID, 0, PAID)
        assert (owed.claim().state, owed.supplier().unrecovered_minor) == ("PAID", PAID)

    def test_taken_back_by_its_bank_it_has_been_got_twice_until_it_is_paid_again(self, owed: Credit) -> None:
        owed.hear(paid(300), after(2))  # of 8,300 there are 3 left
        assert asked_back(owed)[-1] == ("BUYER", "PAID_TWICE", 700, 700, 300, 0)
        owed.hear(repaid(600, by="BUYER"), after(3))

        owed.hear(paid(TOTAL), after(4))

        assert asked_back(owed)[-1] == ("SUPPLIER", "PAID_AGAIN", PAID, 0, PAID, 600)
        assert owed.supplier().unrecovered_minor == PAID

    def test_proven_wrong_afterwards_the_rest_is_due_from_the_buyer_as_well(self, owed: Credit) -> None:
        owed.hear(repaid(300, by="SUPPLIER"), after(2))
        owed.hear(refunded(TOTAL - 400), after(3))
        owed.hear(repaid(600, "R2", by="BUYER"), after(4))
        owed.pass_by(tracked(day(3)), after(5))

        (event,) = owed.told(ClaimWithdrawn)
        assert event.repaid_minor == 300
        assert asked_back(owed)[-1] == ("BUYER", "NO_GROUND", 400, 400, 0, 300)
        assert owed.supplier().claims_lost == 0


@given(st.permutations(range(3)), st.integers(1, TOTAL), st.integers(1, TOTAL), st.integers(1, 2 * PAID))
@settings(max_examples=200, deadline=None)
def test_whether_the_claim_or_the_refund_is_read_first_the_buyer_keeps_the_same(
    order: list[int], left: int, back: int, granted: int
) -> None:
    desk = missed()

    def agree() -> None:
        desk.pass_by(answered(agreed=True, amount_minor=granted), after(1))

    happens = (
        agree,
        lambda: desk.hear(paid(left), after(1)),  # its bank took the rest back
        lambda: desk.hear(refunded(back), after(1)),
    )
    for number in order:
        happens[number]()

    claim = desk.claim()
    assert claim.paid_minor - claim.buyer_minor == min(granted, max(left - back, 0))
    assert claim.open_from("BUYER") == claim.buyer_minor
