"""A log that is in order gives no finding, and each kind of breach exactly its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from silkway.auditor.domain import judge
from silkway.contracts import (
    ClaimAgreed,
    ClaimAnswered,
    ClaimOpened,
    ClaimPaid,
    Event,
    HoldGranted,
    HoldPosted,
    HoldReleased,
    HoldRequested,
    LimitReassessed,
    OrderAccepted,
    OrderConfirmed,
    OrderDelivered,
    OrderDrafted,
    OrderPlaced,
    OrderRecorded,
    OrderSettled,
    PaymentMatched,
    PaymentReceived,
    PayoutDue,
    PayoutMade,
    PayoutPaid,
    ReceiptConfirmed,
    RecoveryDue,
    ShipmentDelivered,
    SupplierRegistered,
)
from tests.simulation.town import PARTITIONS
from tests.unit.auditor.story import (
    Say,
    beginning,
    claim,
    found_in,
    place_of,
    settlement,
    twice,
    with_other,
    without,
    written,
)
from tests.unit.desk import day

SETTLED, CLAIMED = beginning() + settlement(), beginning() + claim()


@pytest.mark.parametrize("story", [beginning(), SETTLED, CLAIMED])
def test_a_story_that_is_in_order_gives_no_finding(story: list[Say]) -> None:
    assert found_in(story) == []


# --- what is told does not add up, or stands on nothing ---------------------------------------------------


@pytest.mark.parametrize(
    ("story", "event", "fields", "invariant"),
    [
        (SETTLED, PaymentMatched, {"received_minor": 90_00}, "MONEY_ADDS_UP"),
        (SETTLED, PaymentMatched, {"open_minor": 1}, "MONEY_ADDS_UP"),
        (SETTLED, PayoutDue, {"amount_minor": 110_00}, "MONEY_ADDS_UP"),
        (SETTLED, PayoutMade, {"paid_out_minor": 100_01, "escrow_minor": -1}, "MONEY_ADDS_UP"),
        (SETTLED, PayoutMade, {"escrow_minor": 5}, "MONEY_ADDS_UP"),
        (SETTLED, OrderSettled, {"paid_out_minor": 90_00}, "MONEY_ADDS_UP"),
        (SETTLED, HoldGranted, {"limit_minor": 90_00}, "HOLD_ENDS_ONCE"),
        (SETTLED, HoldReleased, {"released_minor": 90_00}, "HOLD_ENDS_ONCE"),
        (SETTLED, HoldReleased, {"hold_id": "PO-1|7"}, "HOLD_ENDS_ONCE"),
        (SETTLED, LimitReassessed, {"limit_minor": 99_99}, "LIMIT_KEPT"),
        (CLAIMED, ClaimPaid, {"paid_minor": 19_00}, "CLAIM_IN_ORDER"),
        (CLAIMED, HoldPosted, {"freed_minor": 100_00}, "HOLD_ENDS_ONCE"),
        (CLAIMED, RecoveryDue, {"supplier_minor": 10_00}, "CLAIM_IN_ORDER"),
        (CLAIMED, ClaimAgreed, {"claim_id": "CL-9"}, "CLAIM_IN_ORDER"),
        (SETTLED, OrderAccepted, {"by": "PERIOD", "accepted_at": day(21)}, "DEADLINE_KEPT"),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", None),
)
def test_a_changed_figure_is_found(
    story: list[Say], event: type[Event], fields: dict[str, Any], invariant: str
) -> None:
    found = found_in(with_other(story, event, **fields))
    assert found[0].invariant == invariant


@pytest.mark.parametrize(
    ("story", "event", "subject"),
    [
        (SETTLED, OrderDrafted, "order/PO-1"),
        (SETTLED, PayoutPaid, "order/PO-1"),
        (SETTLED, ReceiptConfirmed, "order/PO-1"),
        (SETTLED, HoldRequested, "order/PO-1"),
        (SETTLED, PaymentReceived, "entry/VA-1|E-1|10000"),
        (SETTLED, SupplierRegistered, "supplier/S-1"),
        (SETTLED, ShipmentDelivered, "order/PO-1"),
        (CLAIMED, ClaimAnswered, "order/PO-1"),
    ],
    ids=lambda value: value if isinstance(value, str) else getattr(value, "__name__", None),
)
def test_a_decision_without_its_cause_is_found(story: list[Say], event: type[Event], subject: str) -> None:
    found = found_in(without(story, event))
    assert {(one.invariant, one.subject) for one in found} == {("CAUSE_KNOWN", subject)}


def test_both_words_that_place_an_order_may_be_missed_only_together() -> None:
    assert found_in(without(SETTLED, OrderConfirmed)) == []
    found = found_in(without(without(SETTLED, OrderConfirmed), OrderConfirmed))
    assert {one.invariant for one in found} == set()  # its payment could have placed it
    early = [said for said in beginning()[:7] if not isinstance(said.event, OrderConfirmed)]
    assert [one.invariant for one in found_in(early)] == ["CAUSE_KNOWN"]


@pytest.mark.parametrize(
    ("change", "invariant"),
    [
        (lambda: twice(SETTLED, HoldReleased), "HOLD_ENDS_ONCE"),
        (lambda: twice(CLAIMED, HoldPosted), "HOLD_ENDS_ONCE"),
        (lambda: twice(SETTLED, HoldGranted, hold_id="PO-1|2", request=2), "HOLD_ENDS_ONCE"),
        (lambda: twice(SETTLED, OrderAccepted), "LIFE_IN_ORDER"),
        (lambda: twice(SETTLED, OrderPlaced), "LIFE_IN_ORDER"),
        (lambda: twice(SETTLED, OrderSettled), "LIFE_IN_ORDER"),
        (lambda: twice(CLAIMED, ClaimOpened), "CLAIM_IN_ORDER"),
        (lambda: twice(CLAIMED, ClaimPaid), "CLAIM_IN_ORDER"),
        (lambda: without(SETTLED, OrderRecorded), "LIFE_IN_ORDER"),
        (lambda: without(SETTLED, OrderDelivered), "LIFE_IN_ORDER"),
        (lambda: without(SETTLED, OrderAccepted), "LIFE_IN_ORDER"),
        (lambda: without(SETTLED, HoldGranted), "HOLD_ENDS_ONCE"),
        (lambda: without(SETTLED, PayoutDue), "NEVER_BEYOND_DUE"),
        (
            lambda: twice(SETTLED, PayoutMade, paid_out_minor=200_00, escrow_minor=-100_00),
            "NEVER_BEYOND_DUE",
        ),
        (lambda: twice(SETTLED, PaymentMatched, received_minor=200_00, open_minor=0), "MONEY_ADDS_UP"),
    ],
)
def test_what_happens_twice_or_out_of_turn_is_found(change: Callable[[], list[Say]], invariant: str) -> None:
    assert invariant in {finding.invariant for finding in found_in(change())}


def test_one_entry_of_a_bank_that_two_orders_have_is_found() -> None:
    place = place_of(SETTLED, PaymentMatched)
    other = SETTLED[place].but(order_id="PO-2")
    found = found_in([*SETTLED, other._replace(at=60)])
    assert "of an entry of 10000 is given: PO-1 10000, PO-2 10000" in {finding.text for finding in found}


def test_a_request_for_cover_that_nobody_answers_is_found_at_rest() -> None:
    (found,) = found_in(beginning()[:8])
    assert (found.invariant, found.subject) == ("ANSWERED", "order/PO-1")


# --- the log itself ----------------------------------------------------------------------------------------


def test_an_event_that_is_lost_is_one_finding_whatever_it_said() -> None:
    for event in (OrderPlaced, PaymentMatched, OrderDelivered, PayoutDue, HoldRequested):
        place = place_of(SETTLED, event)
        lines = written(SETTLED)
        lost = next(i for i, line in enumerate(lines) if line.value == _body(SETTLED[place].event))
        found = judge([*lines[:lost], *lines[lost + 1 :]], partitions=PARTITIONS)
        assert [(one.invariant, one.subject) for one in found] == [("VERSIONS_DENSE", "order/PO-1")], event


def test_two_events_that_changed_places_are_found() -> None:
    lines = written(SETTLED)
    one, other = (
        next(
            i for i, line in enumerate(lines) if line.value == _body(SETTLED[place_of(SETTLED, event)].event)
        )
        for event in (OrderPlaced, HoldRequested)
    )
    lines[one], lines[other] = lines[other], lines[one]
    (found,) = judge(lines, partitions=PARTITIONS)
    assert (found.invariant, found.subject) == ("VERSIONS_DENSE", "order/PO-1")


def test_a_repetition_is_none_but_another_word_under_the_same_number_is() -> None:
    lines = written(SETTLED)
    assert judge([line for line in lines for _ in range(2)], partitions=PARTITIONS) == []

    other = written(with_other(SETTLED, PayoutDue, amount_minor=99_00))
    place = next(i for i, (one, two) in enumerate(zip(lines, other, strict=True)) if one.value != two.value)
    (found,) = judge([*lines, other[place]], partitions=PARTITIONS)
    assert (found.invariant, found.subject) == ("SAID_ONCE", "order/PO-1")


def test_what_a_service_wrote_and_nobody_can_read_is_found() -> None:
    lines = written(SETTLED)
    place = next(i for i, line in enumerate(lines) if line.topic == "order.events")
    lines[place] = lines[place]._replace(value=b'{"order_id": 7}')
    assert "READABLE" in {finding.invariant for finding in judge(lines, partitions=PARTITIONS)}


def test_the_same_breach_has_the_same_id_however_often_it_is_read() -> None:
    story = with_other(SETTLED, PaymentMatched, open_minor=1)
    (one,), (other,) = found_in(story), found_in(story)
    assert one.finding_id == other.finding_id


def test_a_limit_that_two_partitions_break_is_one_finding_whichever_is_read_first() -> None:
    granted = SETTLED[place_of(SETTLED, HoldGranted)].event
    story = list(beginning()[:9])
    for number in (2, 3):  # two more orders, in other partitions, each within the limit
        order_id = f"PO-{number}"
        event = granted.model_copy(update={
            "order_id": order_id, "hold_id": f"{order_id}|1", "requested_minor": 300_00, "granted_minor": 300_00,
            "limit_minor": 300_00,
        })  # fmt: skip
        story.append(Say("credit.events", event, 2))
    lines = written(story)
    places = sorted({(line.topic, line.partition) for line in lines}, reverse=True)
    other = [line for place in places for line in lines if (line.topic, line.partition) == place]

    broken = [
        [one.finding_id for one in judge(read, partitions=PARTITIONS) if one.invariant == "LIMIT_KEPT"]
        for read in (lines, other)
    ]

    assert len(broken[0]) == 1
    assert broken[0] == broken[1]


def _body(event: Event) -> bytes:
    return event.__pydantic_serializer__.to_json(event, exclude_none=True)
