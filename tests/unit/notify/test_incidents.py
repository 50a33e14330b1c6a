"""What has one cause is one incident: it opens, grows, shrinks, is acknowledged or escalated, and closes."""

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import (
    Event,
    IncidentAcknowledged,
    IncidentChanged,
    IncidentClosed,
    IncidentEscalated,
    IncidentNotified,
    IncidentOpened,
    NotificationSent,
    SubscriptionRegistered,
)
from silkway.notify.consumer import SERVICE
from silkway.notify.domain.incident import Incident
from silkway.notify.store import INCIDENT, ORDER, PAYMENT
from tests.unit.desk import Desk, day
from tests.unit.notify import telling as tell
from tests.unit.notify import trouble

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def desk() -> Desk:
    return Desk(SERVICE)


def the_desk_hears(desk: Desk, *events: Event, on: float = 1) -> None:
    for event in events:
        desk.hear(event, day(on))


def the_incident(desk: Desk) -> Incident:
    (opened,) = {event.incident_id for event in desk.told(IncidentOpened)}
    return desk.state(INCIDENT, opened)


# --- one cause ----------------------------------------------------------------------------------------------


def test_fifty_orders_on_one_delayed_vessel_are_one_incident_and_one_notice_a_person(desk: Desk) -> None:
    for number in range(50):
        order_id, buyer_id = f"PO-{number}", f"B{number % 5}"
        the_desk_hears(desk, tell.recorded(order_id, buyer_id), trouble.delayed(order_id, f"SH-{number}"))

    incident = the_incident(desk)
    assert (incident.cause, incident.cause_reference) == ("DELAY", "VOYAGE/MSC OSCAR/024W")
    assert (incident.number, incident.state, incident.orders, incident.at_most) == (1, "OPEN", 50, 50)
    assert len(desk.told(IncidentOpened)) == 1
    assert [event.orders for event in desk.told(IncidentChanged)] == list(range(2, 51))

    told = [(n.audience, n.recipient) for n in desk.told(NotificationSent)]
    assert sorted(told, key=str) == sorted(
        [("OPERATIONS", None), ("SUPPLIER", "S1"), *(("BUYER", f"B{n}") for n in range(5))], key=str
    )
    assert {n.incident_id for n in desk.told(NotificationSent)} == {incident.incident_id}


def test_the_same_shipment_delayed_anew_for_the_same_cause_is_told_once(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), trouble.delayed(days=3), trouble.delayed(days=9))
    assert [n.audience for n in desk.told(NotificationSent)] == ["OPERATIONS", "BUYER", "SUPPLIER"]
    assert desk.state(ORDER, tell.PO).delayed_days == 9


def test_an_order_leaves_one_incident_for_another_when_the_cause_is_another(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), trouble.delayed(), trouble.delayed(reference=None))
    first, second = desk.told(IncidentOpened)
    (closed,) = desk.told(IncidentClosed)
    assert closed.incident_id == first.incident_id
    assert second.cause_reference == "SHIPMENT/SH-1"


def test_two_shipments_of_an_order_on_one_vessel_count_once(desk: Desk) -> None:
    the_desk_hears(
        desk, tell.recorded(), trouble.delayed(shipment_id="SH-1"), trouble.delayed(shipment_id="SH-2")
    )
    assert the_incident(desk).orders == 1

    the_desk_hears(desk, trouble.recovered(shipment_id="SH-1"))
    assert the_incident(desk).orders == 1

    the_desk_hears(desk, trouble.recovered(shipment_id="SH-2"))
    assert the_incident(desk).state == "CLOSED"


# --- its end, and its next time ------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [trouble.recovered(), tell.delivered(on=19)])
def test_an_incident_closes_when_nothing_is_left(desk: Desk, end: Event) -> None:
    the_desk_hears(desk, tell.recorded(), trouble.delayed())
    the_desk_hears(desk, end, on=2)

    (closed,) = desk.told(IncidentClosed)
    assert (closed.opened_at, closed.closed_at, closed.orders_at_most) == (day(1), day(2), 1)
    assert the_incident(desk).escalate_at is None


def test_it_opens_again_under_its_next_number_and_is_told_again(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), trouble.delayed(), trouble.recovered(), trouble.delayed())

    assert [event.number for event in desk.told(IncidentOpened)] == [1, 2]
    (past,) = desk.rows["past_incidents"]
    assert (past.number, past.at_most) == (1, 1)
    buyer = [(n.kind, n.incident_number) for n in desk.told(NotificationSent) if n.audience == "BUYER"]
    assert buyer == [("SHIPMENT_DELAYED", 1), ("SHIPMENT_RECOVERED", 1), ("SHIPMENT_DELAYED", 2)]


def test_an_order_that_is_over_leaves_and_comes_back_when_it_is_reinstated(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), tell.placed(), trouble.delayed(), trouble.cancelled())
    delay = desk.told(IncidentOpened)[0].incident_id
    assert desk.state(INCIDENT, delay).state == "CLOSED"

    the_desk_hears(desk, trouble.reinstated())
    assert desk.state(INCIDENT, delay).state == "OPEN"
    assert {event.cause for event in desk.told(IncidentOpened)} == {"DELAY", "REINSTATED"}


def test_nobody_hears_that_an_order_that_is_over_is_late(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), tell.placed(), trouble.cancelled())
    before = len(desk.said)
    the_desk_hears(desk, trouble.delayed())
    assert len(desk.said) == before


# --- people -------------------------------------------------------------------------------------------------


def test_whoever_acknowledges_ends_the_escalation(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), trouble.delayed())
    incident = the_incident(desk)
    the_desk_hears(desk, trouble.acknowledged(incident.incident_id))

    (event,) = desk.told(IncidentAcknowledged)
    assert (event.by, event.note, event.orders) == ("ana@ops", "Asked the carrier.", 1)
    incident = the_incident(desk)
    assert (incident.state, incident.acknowledged_by, incident.escalate_at) == (
        "ACKNOWLEDGED",
        "ana@ops",
        None,
    )
    the_desk_hears(desk, trouble.acknowledged(incident.incident_id))  # again: the first stands
    assert len(desk.told(IncidentAcknowledged)) == 1


def test_what_nobody_acknowledges_is_escalated_step_by_step(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), trouble.delayed())
    desk.reach(day(1) + 479 * MINUTE)
    assert not desk.told(IncidentEscalated)

    desk.reach(day(9))
    assert [(e.step, e.escalated_at) for e in desk.told(IncidentEscalated)] == [
        (1, day(1) + 480 * MINUTE),
        (2, day(1) + 1440 * MINUTE),
    ]
    told = desk.told(IncidentNotified)
    assert [(n.kind, n.audience, n.severity) for n in told] == [
        ("INCIDENT_ESCALATED", "OPERATIONS", "CRITICAL")
    ] * 2
    assert the_incident(desk).incident_id in told[0].text
    assert "1 order." in told[0].text


@pytest.mark.parametrize("number", [None, 1, 7])
def test_only_an_open_incident_can_be_acknowledged(desk: Desk, number: int | None) -> None:
    the_desk_hears(desk, trouble.acknowledged("DELAY-none-00000000", number))
    the_desk_hears(desk, tell.recorded(), trouble.delayed(), trouble.recovered())
    the_desk_hears(desk, trouble.acknowledged(the_incident(desk).incident_id, number))
    assert [answer.field for _, answer in desk.refused] == ["incident_id", "number"]


def test_an_order_whose_goods_have_left_a_shipment_leaves_what_is_wrong_with_it(desk: Desk) -> None:
    # Given a shipment of which nothing is heard, and another that was split from it before and is late
    child = tell.linked(f"{tell.SH}/A", 4).model_copy(update={"split_from": tell.SH})
    the_desk_hears(desk, tell.recorded(), tell.linked(), trouble.silent(), child)
    the_desk_hears(desk, trouble.delayed(shipment_id=f"{tell.SH}/A"))
    assert sorted(c.cause for c in desk.state(ORDER, tell.PO).concerns if c.raised) == ["DELAY", "SILENCE"]

    # When the rest of the goods leave it too
    rest = tell.linked(f"{tell.SH}/B", 6)
    the_desk_hears(desk, rest.model_copy(update={"split_from": tell.SH, "split_whole": True}))

    # Then only what is wrong with the other is left
    assert [(c.cause, c.scope) for c in desk.state(ORDER, tell.PO).concerns if c.raised] == [
        ("DELAY", f"{tell.SH}/A")
    ]
    (closed,) = desk.told(IncidentClosed)
    assert closed.incident_id.startswith("SILENCE")


# --- money without an order ----------------------------------------------------------------------------------


def test_money_that_finds_no_order_is_an_incident_of_its_account(desk: Desk) -> None:
    the_desk_hears(desk, trouble.unmatched("P/1"), trouble.unmatched("P/2"))
    incident = the_incident(desk)
    assert (incident.cause_reference, incident.payments, incident.orders) == ("ACCOUNT/VA-1", 2, 0)
    assert len(desk.told(IncidentNotified)) == 2  # each amount is a task of its own

    the_desk_hears(desk, tell.recorded(), tell.matched(300_00, 300_00, "P/1"), trouble.return_due("P/2"))
    assert the_incident(desk).state == "CLOSED"


def test_money_that_its_bank_took_back_is_waited_for_no_more(desk: Desk) -> None:
    the_desk_hears(desk, trouble.unmatched("P/1"), trouble.unmatched_returned("P/1"))
    assert the_incident(desk).state == "CLOSED"


def test_money_that_found_its_order_before_is_no_incident(desk: Desk) -> None:
    the_desk_hears(desk, tell.recorded(), tell.matched(300_00, 300_00, "P/1"), trouble.unmatched("P/1"))
    assert not desk.told(IncidentOpened)
    assert desk.state(PAYMENT, "P/1").settled


# --- in any order --------------------------------------------------------------------------------------------

ORDERS = ("PO-1", "PO-2", "PO-3")
TROUBLES: list[tuple[Callable[[str, str], Event], Callable[[str, str], Event]]] = [
    (trouble.delayed, trouble.recovered),
    (trouble.silent, trouble.heard),
]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_incidents_grow_and_shrink_to_nothing_in_any_order(data: st.DataObject) -> None:
    desk = Desk(SERVICE)
    stories: list[list[Event]] = []
    for order_id in ORDERS:
        desk.hear(tell.recorded(order_id), day(0))
        by_logistics: list[Event] = []
        for shipment_id in ("A", "B"):
            for begin, end in TROUBLES:
                rounds = data.draw(st.integers(0, 2))
                by_logistics += [
                    event(order_id, f"{order_id}/{shipment_id}")
                    for _ in range(rounds)
                    for event in (begin, end)
                ]
        stories.append(by_logistics)
        by_order: list[Event] = [trouble.cancelled(order_id=order_id), trouble.reinstated(order_id)]
        stories.append(by_order[: data.draw(st.integers(0, 2))])
    turns = data.draw(st.permutations([n for n, story in enumerate(stories) for _ in story]))
    for number, turn in enumerate(turns):
        desk.hear(stories[turn].pop(0), day(1 + number))
        _agree(desk)

    incidents = [state for state in desk.states.values() if isinstance(state, Incident)]
    left = [i for i in incidents if i.state != "CLOSED"]
    assert all(i.cause == "REINSTATED" for i in left), "all troubles have ended"
    opened, closed = desk.told(IncidentOpened), desk.told(IncidentClosed)
    assert len(opened) - len(closed) == len(left)
    assert len(desk.rows["past_incidents"]) == len(opened) - len(incidents)


def _agree(desk: Desk) -> None:
    """What the incidents count is what the orders say."""
    members = {
        (concern.incident_id, concern.number, order_id)
        for order_id in ORDERS
        for concern in desk.state(ORDER, order_id).concerns
        if concern.number
    }
    for incident in [state for state in desk.states.values() if isinstance(state, Incident)]:
        count = sum(member[:2] == (incident.incident_id, incident.number) for member in members)
        assert incident.orders == count
        assert (incident.state == "CLOSED") == (count == 0)
        assert incident.at_most >= count


def test_who_asked_for_it_hears_of_incidents_in_their_order(desk: Desk) -> None:
    asked = ("silkway.incident.opened.v1", "silkway.incident.changed.v1", "silkway.incident.acknowledged.v1")
    shop = SubscriptionRegistered(
        subscription_id="ops", party="OPERATIONS", channel="WEBHOOK", address="https://ops.example/hook",
        events=asked, registered_at=day(0),
    )  # fmt: skip
    the_desk_hears(
        desk, shop, tell.recorded(), tell.recorded("PO-2"), trouble.delayed(), trouble.delayed("PO-2")
    )
    the_desk_hears(desk, trouble.acknowledged(the_incident(desk).incident_id))

    assert [message.type for message in desk.rows["messages"]] == list(asked)
    positions = [delivery.position for delivery in desk.rows["deliveries"]]
    assert positions == sorted(set(positions))
