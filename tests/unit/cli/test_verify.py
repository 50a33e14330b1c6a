"""The comparison with what is expected: nothing slips through, nothing is made up."""

from __future__ import annotations

from typing import Any

import pytest

from silkway.cli.demo.expect import Expected
from silkway.cli.demo.seen import Seen
from silkway.cli.demo.verify import Verdict, compare


def expected() -> Expected:
    """A settled order with a claim that was withdrawn."""
    order = Expected(
        "PO-1", "late_but_proven", frozenset({"RELEASED"}), life="SETTLED", funds="FUNDED", logistics="DELIVERED",
        total_minor=900, received_minor=900, paid_out_minor=900,
    )  # fmt: skip
    order.must_say("hold.granted", "hold.released", "claim.opened", "claim.withdrawn")
    order.claims["LATE", "WITHDRAWN"] = 1
    order.rows[2] = 1
    return order


def seen(**state: Any) -> Seen:
    """The same as the services tell it."""
    found = Seen(
        state={
            "life": "SETTLED", "funds": "FUNDED", "logistics": "DELIVERED", "assurance": "RELEASED", "issue": "NONE",
            "total_minor": 900, "received_minor": 900, "escrow_minor": 0, "paid_out_minor": 900,
            "refunded_minor": 0, "refund_due_minor": 0, "lines_late": 0,
        } | state
    )  # fmt: skip
    found.hear("hold.granted", {})
    found.hear("claim.opened", {"claim_id": "C", "kind": "LATE"})
    found.hear("claim.withdrawn", {"claim_id": "C", "reason": "SHIPPED_IN_TIME"})
    found.hear("hold.released", {})
    return found


def verdict(order: Expected, found: Seen) -> Verdict:
    return compare([order], {"PO-1": found}, {}, {})


def test_what_is_as_expected_is_no_difference() -> None:
    found = verdict(expected(), seen())
    assert (list(found.differences), found.expected_rows, found.found_rows) == ([], {2: 1}, {2: 1})
    assert found.claims == {"LATE WITHDRAWN": 1}


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("life", "COMPLETED"), ("funds", "PART_PAID"), ("logistics", "SHIPPED"), ("issue", "DISPUTED"),
        ("assurance", "EXPIRED"), ("received_minor", 899), ("escrow_minor", 1), ("paid_out_minor", 899),
        ("refunded_minor", 1), ("refund_due_minor", 1), ("total_minor", 901), ("lines_late", 1),
    ],
)  # fmt: skip
def test_every_field_is_compared(what: str, value: Any) -> None:
    (difference,) = verdict(expected(), seen(**{what: value})).differences
    assert str(value) in str(difference)


def test_what_was_said_once_more_or_not_at_all_is_a_difference() -> None:
    found = seen()
    found.hear("order.cancelled", {})
    (difference,) = verdict(expected(), found).differences
    assert str(difference) == "PO-1 (late_but_proven): order.cancelled is 1 times, expected 0 times"
    order = expected()
    order.must_say("claim.closed")
    assert [difference.what for difference in verdict(order, seen()).differences] == ["claim.closed"]


def test_a_missing_order_and_one_that_nobody_expected_are_differences() -> None:
    found = compare([expected()], {"PO-2": seen()}, {}, {})
    assert [str(difference) for difference in found.differences] == [
        "PO-1 (late_but_proven): the order is nothing, expected there",
        "PO-2 (none): the order is there, expected nothing",
    ]


def test_holds_are_not_counted_where_limits_are_contended() -> None:
    order = expected()
    order.assurance = frozenset({"RELEASED", "REFUSED"})
    order.events["hold.granted"] = order.events["hold.released"] = 0
    assert not verdict(order, seen()).differences
    assert not verdict(order, seen(assurance="REFUSED")).differences


def test_counts_are_compared_with_what_must_be_there() -> None:
    queues = {"parked": 0, "unmatched": 3}
    assert compare([], {}, queues, {"unmatched": 3}).counts == {}
    assert compare([], {}, queues, {"unmatched": 2}).counts == {"unmatched": (2, 3)}


@pytest.mark.parametrize(
    ("said", "row"),
    [
        (["order.cancelled", "order.reinstated"], 1),
        (["claim.withdrawn"], 2),
        (["acceptance.reversed"], 3),
        (["order.undelivered"], 4),
        (["refund.due", "payment.reversed", "refund.withdrawn"], 5),
        (["hold.granted", "hold.expired", "hold.granted"], 6),
    ],
)
def test_each_compensation_is_told_by_what_was_said(said: list[str], row: int) -> None:
    found = Seen()
    for name in said:
        found.hear(name, {"claim_id": "C", "reason": "SHIPPED_IN_TIME"})
    assert found.rows == {row: 1}
    once_granted = Seen()
    once_granted.hear("hold.granted", {})
    once_granted.hear("refund.withdrawn", {})
    assert not once_granted.rows
