"""A payout leaves when two people have agreed to it: one approves, another countersigns."""

from __future__ import annotations

import pytest

from silkway.contracts import PayoutApproved, PayoutCountersigned, PayoutReleased
from silkway.order.store import COUNTERSIGNATURES, RELEASE
from tests.unit.desk import Desk, day
from tests.unit.order.tales import completed, order_of
from tests.unit.order.trade import ORDER_ID, disputed, paid_out, resolved


def approved(by: str, amount_minor: int) -> PayoutApproved:
    return PayoutApproved(
        account_id="VA-1", order_id=ORDER_ID, amount_minor=amount_minor, by=by, approved_at=day(39)
    )


def countersigned(by: str, amount_minor: int, account_id: str = "VA-1") -> PayoutCountersigned:
    return PayoutCountersigned(
        account_id=account_id, order_id=ORDER_ID, amount_minor=amount_minor, by=by, countersigned_at=day(40)
    )


def refusals(desk: Desk) -> list[str]:
    return [answer.field for _, answer in desk.refused]


def test_the_second_releases_what_the_first_approved(desk: Desk) -> None:
    completed(desk)
    desk.hear(approved("ana", 60_00), day(39))
    assert not desk.told(PayoutReleased)
    desk.hear(countersigned("bob", 60_00), day(40))

    (told,) = desk.told(PayoutReleased)
    assert (told.amount_minor, told.released_minor, told.account_id, told.supplier_id) == (
        60_00, 60_00, "VA-1", order_of(desk).supplier_id,
    )  # fmt: skip
    assert (told.approved_by, told.countersigned_by) == (("ana",), "bob")
    assert [row.countersigned_by for row in desk.rows[COUNTERSIGNATURES.name]] == ["bob"]


def test_nobody_countersigns_what_they_approved_themselves(desk: Desk) -> None:
    completed(desk)
    desk.hear(approved("ana", 60_00), day(39))
    desk.hear(countersigned("ana", 60_00), day(40))
    assert refusals(desk) == ["by"]
    assert not desk.told(PayoutReleased)

    # Also not by adding what another approved to it
    desk.hear(approved("bob", 10_00), day(41))
    desk.hear(countersigned("ana", 11_00), day(41))
    assert refusals(desk) == ["by", "by"]
    desk.hear(countersigned("ana", 10_00), day(41))
    assert [told.approved_by for told in desk.told(PayoutReleased)] == [("bob",)]


def test_approvals_of_several_are_used_up_once(desk: Desk) -> None:
    completed(desk)
    desk.hear(approved("ana", 60_00), day(39))
    desk.hear(approved("bob", 40_00), day(39))
    desk.hear(countersigned("eve", 70_00), day(40))
    desk.hear(countersigned("eve", 30_01), day(40))
    desk.hear(countersigned("ana", 30_00), day(40))

    assert refusals(desk) == ["amount_minor"]
    assert [
        (told.amount_minor, told.released_minor, told.approved_by) for told in desk.told(PayoutReleased)
    ] == [
        (70_00, 70_00, ("ana", "bob")),
        (30_00, 100_00, ("bob",)),
    ]
    assert desk.state(RELEASE, ORDER_ID).released_minor == 100_00


def test_the_second_before_the_first_waits(desk: Desk) -> None:
    completed(desk)
    desk.hear(countersigned("bob", 60_00), day(39))
    assert len(desk.waiting) == 1
    desk.hear(approved("ana", 60_00), day(40))
    assert [told.countersigned_by for told in desk.told(PayoutReleased)] == ["bob"]


def test_what_is_due_no_more_is_not_released(desk: Desk) -> None:
    completed(desk)
    desk.hear(approved("ana", 100_00), day(39))
    desk.hear(paid_out(70_00), day(40))
    desk.hear(countersigned("bob", 30_01), day(41))
    assert refusals(desk) == ["amount_minor"]
    desk.hear(disputed(day(20)), day(42))
    desk.hear(countersigned("bob", 10_00), day(43))
    assert refusals(desk) == ["amount_minor", "amount_minor"]
    assert not desk.told(PayoutReleased)


def test_what_was_released_before_counts_against_what_is_due_now(desk: Desk) -> None:
    # Given that 60 of 100 were released, and not paid yet, when a dispute takes half of the price away
    completed(desk)
    desk.hear(approved("ana", 100_00), day(22))
    desk.hear(countersigned("bob", 60_00), day(23))
    desk.hear(disputed(day(24)), day(24))
    desk.hear(resolved(day(26), 50_00), day(26))
    assert order_of(desk).payout_due_minor == 50_00

    # Then the rest that ana approved is not released as well: 100 would leave, where 50 are due
    desk.hear(countersigned("bob", 40_00), day(27))
    assert refusals(desk) == ["amount_minor"]
    assert [told.released_minor for told in desk.told(PayoutReleased)] == [60_00]


@pytest.mark.parametrize("account_id", ["VA-9"])
def test_of_another_account(desk: Desk, account_id: str) -> None:
    completed(desk)
    desk.hear(approved("ana", 100_00), day(39))
    desk.hear(countersigned("bob", 100_00, account_id), day(41))
    assert refusals(desk) == ["account_id"]


def test_a_bank_that_paid_without_asking_is_believed(desk: Desk) -> None:
    """The money has left, whoever agreed: a fact is not refused for what people have not done."""
    completed(desk)
    desk.hear(paid_out(100_00), day(40))
    assert order_of(desk).life == "SETTLED"
