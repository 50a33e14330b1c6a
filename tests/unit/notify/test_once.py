"""What has one cause is told once; operations hear of what is out of the ordinary, and of nothing else."""

from collections import Counter

import pytest

from silkway.contracts import (
    Event,
    IncidentClosed,
    IncidentEscalated,
    IncidentNotified,
    IncidentOpened,
    NotificationSent,
    SupplierNotified,
)
from silkway.notify.consumer import SERVICE
from silkway.notify.store import INCIDENT, SUPPLIER
from tests.unit.desk import Desk, day
from tests.unit.notify import telling as tell
from tests.unit.notify import trouble

VOYAGE = "VOYAGE/MSC OSCAR/024W"


@pytest.fixture
def desk() -> Desk:
    desk = Desk(SERVICE)
    desk.hear(tell.recorded(), day(0))
    return desk


def the_desk_hears(desk: Desk, *events: Event, on: float = 1) -> None:
    for event in events:
        desk.hear(event, day(on))


def told(desk: Desk, audience: str) -> list[str]:
    return [n.kind for n in desk.told(NotificationSent) if n.audience == audience]


def opened(desk: Desk) -> list[tuple[str, str]]:
    return [(event.cause, event.cause_reference) for event in desk.told(IncidentOpened)]


# --- a vessel is late ----------------------------------------------------------------------------------------


def test_promises_that_a_late_vessel_breaks_are_part_of_its_incident_to_the_end(desk: Desk) -> None:
    orders = [(f"PO-{n}", f"SH-{n}") for n in range(20)]
    for order in orders:
        the_desk_hears(desk, tell.recorded(order[0], buyer_id=f"B-{order[0]}"))
        the_desk_hears(desk, trouble.delayed(*order), trouble.on_time_at_risk(*order, VOYAGE))
    for order in orders:
        the_desk_hears(desk, trouble.on_time_broken(*order), on=21)
    for order_id, shipment_id in orders:
        the_desk_hears(desk, tell.delivered(shipment_id, on=24, order_id=order_id), on=24)

    assert opened(desk) == [("DELAY", VOYAGE)]
    (closed,) = desk.told(IncidentClosed)
    assert closed.orders_at_most == 20
    assert told(desk, "OPERATIONS") == ["SHIPMENT_DELAYED", "DELIVERY_LATE"]
    assert Counter(told(desk, "BUYER")) == {"SHIPMENT_DELAYED": 20, "ON_TIME_BROKEN": 20}


def test_covers_that_end_before_a_late_vessel_arrives_are_one_incident(desk: Desk) -> None:
    orders = [f"PO-{n}" for n in range(20)]
    for order_id in orders:
        the_desk_hears(
            desk, tell.recorded(order_id, buyer_id=f"B-{order_id}"), trouble.cover_at_risk(order_id, VOYAGE)
        )
    for order_id in orders:
        the_desk_hears(desk, trouble.cover_safe(order_id), on=5)

    assert opened(desk) == [("COVER_AT_RISK", VOYAGE)]
    (closed,) = desk.told(IncidentClosed)
    assert closed.orders_at_most == 20
    assert told(desk, "OPERATIONS") == ["COVER_AT_RISK"]
    assert Counter(told(desk, "BUYER")) == {"COVER_AT_RISK": 20}


def test_where_nobody_says_why_a_cover_at_risk_is_the_orders_own(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), trouble.cover_at_risk())

    assert opened(desk) == [("COVER_AT_RISK", "ORDER/PO-1")]


def test_a_promise_whose_time_runs_out_is_a_delay_before_anybody_foretells_one(desk: Desk) -> None:
    the_desk_hears(desk, trouble.on_time_at_risk())
    assert (opened(desk), told(desk, "OPERATIONS")) == ([("DELAY", "SHIPMENT/SH-1")], ["ON_TIME_AT_RISK"])

    the_desk_hears(desk, trouble.delayed(), on=2)  # now the carrier says why
    assert opened(desk)[1:] == [("DELAY", VOYAGE)]
    assert [event.cause_reference for event in desk.told(IncidentClosed)] == ["SHIPMENT/SH-1"]

    the_desk_hears(desk, tell.delivered(on=19), on=19)
    assert len(desk.told(IncidentClosed)) == 2


def test_a_late_delivery_that_nobody_foretold_is_told(desk: Desk) -> None:
    the_desk_hears(desk, tell.delivered(on=22), on=22)
    assert told(desk, "OPERATIONS") == ["DELIVERY_LATE"]


# --- what is doubtful ----------------------------------------------------------------------------------------


def test_a_milestone_that_is_doubted_is_an_incident_until_it_is_not(desk: Desk) -> None:
    the_desk_hears(desk, tell.milestone("ARRIVED", 9, questioned=True))
    the_desk_hears(desk, tell.milestone("ARRIVED", 8, contradicted=True), on=2)
    assert opened(desk) == [("DOUBT", "SHIPMENT/SH-1")]
    assert told(desk, "OPERATIONS") == ["MILESTONE_QUESTIONED", "MILESTONE_CONTRADICTED"]

    the_desk_hears(desk, tell.milestone("DEPARTED", 3), on=3)  # another one clears nothing
    assert not desk.told(IncidentClosed)
    the_desk_hears(desk, tell.milestone("ARRIVED", 8), on=4)
    assert len(desk.told(IncidentClosed)) == 1


def test_goods_that_are_not_where_they_were_said_to_be_are_an_incident(desk: Desk) -> None:
    the_desk_hears(desk, tell.dispatched(), trouble.dispatch_retracted())
    assert opened(desk) == [("DOUBT", "SHIPMENT/SH-1")]
    the_desk_hears(desk, tell.dispatched(), on=2)

    the_desk_hears(desk, tell.delivered(on=19), trouble.delivery_retracted(), on=19)
    assert len(opened(desk)) == 2
    the_desk_hears(desk, tell.delivered(on=20), on=20)
    assert len(desk.told(IncidentClosed)) == 2
    assert told(desk, "OPERATIONS") == ["DISPATCH_RETRACTED", "DELIVERY_RETRACTED"]


def test_a_time_that_is_put_right_worries_nobody(desk: Desk) -> None:
    the_desk_hears(desk, tell.dispatched(), trouble.dispatch_retracted(told_anew=True), tell.dispatched())
    the_desk_hears(
        desk, tell.delivered(on=19), trouble.delivery_retracted(told_anew=True), trouble.undelivered()
    )
    the_desk_hears(desk, tell.delivered(on=18))
    assert opened(desk) == []
    assert set(told(desk, "BUYER")) == {"SHIPMENT_DISPATCHED"}


# --- what is as it should be ---------------------------------------------------------------------------------


def test_operations_hear_of_no_order_that_goes_as_it_should(desk: Desk) -> None:
    everyday = (
        tell.placed(), tell.matched(300_00, 300_00), tell.granted(400_00), tell.funded(), tell.linked(),
        tell.dispatched(), tell.delivered(on=19), tell.all_delivered(), tell.accepted(), tell.completed(),
        trouble.payout_made(1_000_00, 1_000_00, 0), tell.settled(),
    )  # fmt: skip
    the_desk_hears(desk, *everyday, on=20)
    assert told(desk, "OPERATIONS") == []
    assert told(desk, "SUPPLIER") == ["ORDER_PLACED", "PAYMENT_MATCHED", "PAYOUT_MADE"]
    assert told(desk, "BUYER") == ["HOLD_PARTIAL", "SHIPMENT_DISPATCHED", "ORDER_DELIVERED"]


def test_what_was_known_before_is_judged_by_the_rules_of_its_time(desk: Desk) -> None:
    the_desk_hears(desk, tell.completed(), on=-30)
    (notice,) = desk.rows["notices"]
    assert (notice.kind, notice.rules_version) == ("ORDER_COMPLETED", "V1")


# --- a limit that is short -----------------------------------------------------------------------------------


def test_a_shortfall_is_an_incident_of_its_supplier_until_it_is_over(desk: Desk) -> None:
    the_desk_hears(desk, tell.reassessed(5_000_00, 1_000_00), tell.reassessed(4_000_00, 2_000_00))
    (event,) = desk.told(IncidentOpened)
    assert (event.cause, event.cause_reference, event.suppliers) == ("SHORTFALL", "SUPPLIER/S1", 1)
    assert [(n.kind, n.audience) for n in desk.told(SupplierNotified)] == [
        ("LIMIT_SHORTFALL", "OPERATIONS"),
        ("LIMIT_SHORTFALL", "SUPPLIER"),
    ]

    desk.reach(day(2.5))
    (escalated,) = desk.told(IncidentEscalated)
    (word,) = desk.told(IncidentNotified)
    assert escalated.incident_id in word.text
    assert word.text.endswith("a limit exceeded (SUPPLIER/S1).")

    the_desk_hears(desk, tell.reassessed(9_000_00), on=3)
    assert (desk.state(SUPPLIER, "S1").number, desk.state(INCIDENT, event.incident_id).state) == (0, "CLOSED")
    the_desk_hears(desk, tell.reassessed(5_000_00, 1_00), on=4)
    assert [event.number for event in desk.told(IncidentOpened)] == [1, 2]
