"""Nothing orders shipments and orders among themselves: however they interleave, the facts are the same."""

import datetime as dt
from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import Event
from silkway.contracts.fields import MilestoneKind
from silkway.logistics.consumer import SERVICE
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import CUPS, PLATES, booked, recorded, shipped, tracked

Channel = list[tuple[Event, dt.datetime]]
"""Events of one key of one topic: these stay in their order."""

ORDERS, LINES = ("PO-1", "PO-2"), (CUPS, PLATES, "forks")
KINDS: tuple[MilestoneKind, ...] = ("DEPARTED", "ARRIVED", "EXCEPTION", "DELIVERED")


@st.composite
def shipments(draw: st.DrawFn, shipment_id: str) -> Channel:
    """A booking with milestones before and after it; known as time goes on."""
    goods = st.tuples(st.sampled_from(ORDERS), st.sampled_from(LINES), st.integers(1, 5))
    there = dt.timezone(dt.timedelta(hours=draw(st.integers(-11, 13))))
    events: list[Event] = [
        tracked(kind, day(at).astimezone(there), shipment_id=shipment_id)
        for kind, at in draw(
            st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 12)), min_size=1, max_size=5)
        )
    ]
    if draw(st.booleans()):
        events.insert(draw(st.integers(0, len(events))), shipped(shipment_id, day(2)))
    carries = draw(st.lists(goods, min_size=1, max_size=4))
    events.insert(draw(st.integers(0, len(events))), booked(shipment_id, tuple(carries)))
    days = sorted(draw(st.lists(st.integers(1, 12), min_size=len(events), max_size=len(events))))
    return list(zip(events, map(day, days), strict=True))


@st.composite
def stories(draw: st.DrawFn) -> list[Channel]:
    channels = [draw(shipments(f"SH-{n}")) for n in range(draw(st.integers(1, 3)))]
    for order_id in ORDERS:
        known_on = draw(st.integers(0, 14))
        channels.append([(recorded(order_id, deliver_by=day(7).date()), day(known_on))])
    return channels


def tell(channels: list[Channel], turns: list[int]) -> Desk:
    desk, positions = Desk(SERVICE), [0] * len(channels)
    for channel in turns:
        desk.hear(*channels[channel][positions[channel]])
        positions[channel] += 1
    return desk


def facts(desk: Desk) -> dict[tuple[str, str], list[tuple[Any, dt.datetime]]]:
    """What each order was told by each shipment, in order and with the times it was known."""
    told = defaultdict(list)
    for event, known_at in desk.said:
        told[event.order_id, event.shipment_id].append((event.model_dump_json(), known_at))  # type: ignore[attr-defined]
    return told


@settings(max_examples=300, deadline=None)
@given(stories(), st.data())
def test_any_interleaving_gives_the_same_facts(channels: list[Channel], data: st.DataObject) -> None:
    turns = [channel for channel, events in enumerate(channels) for _ in events]
    one = tell(channels, data.draw(st.permutations(turns)))
    other = tell(channels, data.draw(st.permutations(turns)))

    assert one.states == other.states
    assert facts(one) == facts(other)
    assert one.waiting == other.waiting == []
    assert {kind for kind, _ in facts(one)} <= set(ORDERS)
