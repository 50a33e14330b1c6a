"""The three services tell of one order in any interleaving; people see the same."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import Event
from silkway.notify.consumer import SERVICE
from silkway.notify.store import ORDER
from tests.unit.desk import Desk, day
from tests.unit.notify import telling as tell

Channel = list[tuple[Event, dt.datetime]]
"""What one service tells, in its order."""

BY_ORDER: list[Event] = [
    tell.recorded(),
    tell.placed(),
    tell.requested(),
    tell.matched(300_00, 300_00),
    tell.shipped(),
    tell.matched(700_00, 1_000_00),
    tell.funded(),
    tell.all_delivered(),
    tell.accepted(),
    tell.completed(),
    tell.payout_due(),
    tell.settled(),
]
BY_LOGISTICS: list[Event] = [
    tell.linked("SH-1", 6),
    tell.linked("SH-2", 4),
    tell.milestone("COLLECTED", 5),
    tell.dispatched("SH-1", 5, 6),
    tell.milestone("EXCEPTION", 8),
    tell.milestone("LOADED", 6),
    tell.milestone("DELIVERED", 30, "IN_TRANSIT", questioned=True),
    tell.dispatched("SH-2", 4, 4),
    tell.milestone("DELIVERED", 19, "DELIVERED", shipment_id="SH-2"),
    tell.delivered("SH-2", 19, 4),
    tell.milestone("DELIVERED", 22, "DELIVERED"),
    tell.delivered("SH-1", 22, 6),
]
BY_CREDIT: list[Event] = [tell.granted(400_00), tell.reassessed(5_000_00), tell.released()]


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

    assert one.states == other.states
    for table in ("timeline", "notices"):
        assert sorted(map(repr, one.rows[table])) == sorted(map(repr, other.rows[table]))
    assert sorted(map(repr, one.said)) == sorted(map(repr, other.said))


@given(some(BY_ORDER))
def test_what_came_in_is_in_escrow_or_paid_out(channel: Channel) -> None:
    desk = Desk(SERVICE)
    for event, known_at in channel:
        desk.hear(event, known_at)
        view = desk.state(ORDER, tell.PO)
        assert view.received_minor == view.escrow_minor + view.paid_out_minor
        assert (view.total_minor or 0) == view.received_minor + (view.open_minor or 0)
