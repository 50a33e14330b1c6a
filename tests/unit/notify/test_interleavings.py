"""The three services tell of one order in any interleaving; people see the same."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from silkway.contracts import Event
from silkway.messaging.work import Key
from silkway.notify.consumer import SERVICE
from silkway.notify.domain.state import OrderView
from silkway.notify.store import INCIDENT, ORDER
from tests.unit.desk import Desk, day
from tests.unit.notify import telling as tell
from tests.unit.notify import trouble

Channel = list[tuple[Event, dt.datetime]]
"""What one service tells, in its order."""

BY_ORDER: list[Event] = [
    tell.recorded(),
    tell.placed(),
    tell.requested(),
    tell.matched(300_00, 300_00),
    trouble.cancelled(300_00),
    trouble.refund_due(300_00),
    trouble.reinstated(),
    trouble.refund_withdrawn(300_00),
    tell.requested(2),
    tell.shipped(),
    tell.matched(700_00, 1_000_00),
    tell.funded(),
    trouble.reversed_payment(100_00, 900_00),
    tell.matched(100_00, 1_000_00),
    tell.funded(),
    tell.all_delivered(),
    tell.accepted(),
    tell.completed(),
    tell.payout_due(),
    trouble.acceptance_reversed(),
    trouble.dispute_opened(),
    trouble.dispute_closed(),
    trouble.refund_due(100_00),
    trouble.refunded(100_00, 100_00, 900_00),
    trouble.payout_made(900_00, 900_00, 0),
]
BY_LOGISTICS: list[Event] = [
    tell.linked("SH-1", 6),
    tell.linked("SH-2", 4),
    tell.milestone("COLLECTED", 5),
    tell.dispatched("SH-1", 5, 6),
    trouble.delayed(shipment_id="SH-1"),
    tell.milestone("EXCEPTION", 8),
    tell.milestone("LOADED", 6),
    trouble.silent(shipment_id="SH-1"),
    tell.milestone("DELIVERED", 30, "IN_TRANSIT", questioned=True),
    trouble.heard(shipment_id="SH-1"),
    tell.dispatched("SH-2", 4, 4),
    trouble.recovered(shipment_id="SH-1"),
    tell.milestone("DELIVERED", 19, "DELIVERED", shipment_id="SH-2"),
    tell.delivered("SH-2", 19, 4),
    trouble.delivery_retracted("SH-2", 4),
    tell.milestone("DELIVERED", 22, "DELIVERED"),
    tell.delivered("SH-1", 22, 6),
    tell.delivered("SH-2", 23, 4),
]
BY_CREDIT: list[Event] = [
    tell.granted(400_00),
    trouble.voided(),
    tell.granted(1_000_00, request=2),
    tell.reassessed(5_000_00),
    trouble.claim_opened(),
    trouble.claim_paid(),
    trouble.scored(70),
    tell.released(),
]


def some(events: list[Event]) -> st.SearchStrategy[Channel]:
    """A beginning of what a service tells, each event known some days after the one before."""
    days = st.lists(st.integers(0, 40), min_size=len(events), max_size=len(events)).map(sorted)
    told = days.map(lambda numbers: list(zip(events, map(day, numbers), strict=True)))
    return st.tuples(told, st.integers(0, len(events))).map(lambda pair: pair[0][: pair[1]])


def see(channels: list[Channel], turns: list[int]) -> Desk:
    desk, positions = Desk(SERVICE), [0] * len(channels)
    for channel in turns:
        desk.hear(*channels[channel][positions[channel]])
        positions[channel] += 1
    return desk


@settings(max_examples=300, deadline=None)
@given(st.tuples(some(BY_ORDER), some(BY_LOGISTICS), some(BY_CREDIT)).map(list), st.data())
def test_any_interleaving_gives_the_same_view(channels: list[Channel], data: st.DataObject) -> None:
    turns = [channel for channel, events in enumerate(channels) for _ in events]
    one = see(channels, data.draw(st.permutations(turns)))
    other = see(channels, data.draw(st.permutations(turns)))

    assert seen(one) == seen(other)
    assert sorted(map(repr, one.rows["timeline"])) == sorted(map(repr, other.rows["timeline"]))


def seen(desk: Desk) -> dict[Key, object]:
    """What is seen of orders and suppliers. Which incident had which order when is a decision of its moment."""
    return {
        key: replace(state, concerns=tuple(replace(c, number=0) for c in state.concerns))
        if isinstance(state, OrderView)
        else state
        for key, state in desk.states.items()
        if key[0] != INCIDENT.rank
    }


@given(some(BY_ORDER))
def test_what_came_in_is_in_escrow_or_paid_out_or_refunded(channel: Channel) -> None:
    desk = Desk(SERVICE)
    for event, known_at in channel:
        desk.hear(event, known_at)
        view = desk.state(ORDER, tell.PO)
        assert view.received_minor == view.escrow_minor + view.paid_out_minor + view.refunded_minor
        if view.life != "CANCELLED":
            assert view.total_minor == view.received_minor + (view.open_minor or 0)
