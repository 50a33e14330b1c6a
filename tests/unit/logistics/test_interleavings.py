"""Nothing orders shipments and orders among themselves: however they interleave, the facts are the same."""

import datetime as dt
from collections import defaultdict
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from silkway.contracts import (
    DeliveryRetracted,
    DispatchRetracted,
    Event,
    MilestoneRetracted,
    MilestoneTracked,
    OrderAmended,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
    ShipmentSilent,
    ShipmentSplit,
)
from silkway.contracts.fields import Classifier, MilestoneKind, Promise
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.state import Order
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import (
    CUPS,
    PLATES,
    amended,
    booked,
    on_vessel,
    promising,
    recorded,
    retracted,
    shipped,
    split,
    tracked,
)

Channel = list[tuple[Event, dt.datetime]]
"""Events of one key of one topic: these stay in their order."""

ORDERS, LINES = ("PO-1", "PO-2"), (CUPS, PLATES, "forks")
KINDS: tuple[MilestoneKind, ...] = ("COLLECTED", "DEPARTED", "ARRIVED", "EXCEPTION", "DELIVERED")
CLASSIFIERS: tuple[Classifier, ...] = ("ACTUAL", "ACTUAL", "ESTIMATED", "PLANNED")
END = day(90)


MILESTONES = st.tuples(st.sampled_from(KINDS), st.sampled_from(CLASSIFIERS), st.integers(1, 12))


@st.composite
def shipments(draw: st.DrawFn, shipment_id: str) -> Channel:
    """A booking with milestones before and after it, some taken back, perhaps a split; known as time goes on."""
    goods = st.tuples(st.sampled_from(ORDERS), st.sampled_from(LINES), st.integers(1, 5))
    there = dt.timezone(dt.timedelta(hours=draw(st.integers(-11, 13))))
    events: list[Event] = [
        tracked(kind, day(at).astimezone(there), shipment_id=shipment_id, classifier=classifier)
        for kind, classifier, at in draw(st.lists(MILESTONES, min_size=1, max_size=5))
    ]
    for event in list(events):
        if draw(st.integers(0, 4)) == 0:
            assert isinstance(event, MilestoneTracked)
            back = retracted(event.kind, day(12), classifier=event.classifier, shipment_id=shipment_id)
            events.insert(draw(st.integers(0, len(events))), back)
    if draw(st.booleans()):
        events.insert(draw(st.integers(0, len(events))), shipped(shipment_id, day(2)))
    carries = draw(st.lists(goods, min_size=1, max_size=4))
    service = promising(*draw(st.sets(st.sampled_from(get_args(Promise))))) if draw(st.booleans()) else None
    legs = on_vessel() if draw(st.booleans()) else ()
    on_board = booked(shipment_id, tuple(carries), service=service, legs=legs)
    events.insert(draw(st.integers(0, len(events))), on_board)
    if draw(st.booleans()):
        parting = split({f"{shipment_id}-A": (carries[0],)}, day(8), shipment_id)
        events.insert(draw(st.integers(0, len(events))), parting)
    days = sorted(draw(st.lists(st.integers(1, 12), min_size=len(events), max_size=len(events))))
    return list(zip(events, map(day, days), strict=True))


@st.composite
def stories(draw: st.DrawFn) -> list[Channel]:
    channels = [draw(shipments(f"SH-{n}")) for n in range(draw(st.integers(1, 3)))]
    for order_id in ORDERS:
        known_on = draw(st.integers(0, 14))
        channels.append([(recorded(order_id, deliver_by=day(7).date()), day(known_on))])
        if draw(st.booleans()):
            lines = dict.fromkeys(draw(st.sets(st.sampled_from(LINES), min_size=1)), 10)
            change = amended(lines, day(draw(st.integers(5, 12))).date(), order_id)
            channels[-1].append((change, day(known_on + draw(st.integers(0, 3)))))
    return channels


def tell(channels: list[Channel], turns: list[int]) -> Desk:
    desk, positions = Desk(SERVICE), [0] * len(channels)
    for channel in turns:
        desk.hear(*channels[channel][positions[channel]])
        positions[channel] += 1
    desk.reach(END)
    return desk


def standing(desk: Desk) -> dict[Any, Any]:
    """What the rules have made of it all, but for when each promise was looked at last."""
    found = {}
    for key, state in desk.states.items():
        if isinstance(state, Order):
            state = replace(state, outlooks=tuple(replace(o, judged_at=None) for o in state.outlooks))
        found[key] = state
    return found


Piece = tuple[str, str, str]
"""Order, shipment, line."""


def ends(desk: Desk) -> dict[Piece, Any]:
    """What each order knows in the end of each piece: how many, when they left and arrived, and whether late.

    How often that was corrected on the way may differ where an amendment, a split and the facts cross.
    """
    carried: dict[Piece, int] = {}
    left: dict[Piece, dt.datetime] = {}
    arrived: dict[Piece, tuple[dt.datetime, bool]] = {}
    for event, _ in desk.said:
        match event:
            case ShipmentLinked():
                for line in event.lines:
                    carried[event.order_id, event.shipment_id, line.line_id] = line.quantity
                    if event.split_from is not None:
                        carried[event.order_id, event.split_from, line.line_id] -= line.quantity
            case ShipmentDispatched():
                for line in event.lines:
                    left[event.order_id, event.shipment_id, line.line_id] = event.shipped_at
            case ShipmentDelivered():
                for part in event.lines:
                    arrived[event.order_id, event.shipment_id, part.line_id] = event.delivered_at, part.late
            case DispatchRetracted():
                for line in event.lines:
                    left.pop((event.order_id, event.shipment_id, line.line_id))
            case DeliveryRetracted():
                for line in event.lines:
                    arrived.pop((event.order_id, event.shipment_id, line.line_id), None)
    return {piece: (count, left.get(piece), arrived.get(piece)) for piece, count in carried.items() if count}


@settings(max_examples=200, deadline=None)
@given(stories(), st.data())
def test_any_interleaving_gives_the_same_facts(channels: list[Channel], data: st.DataObject) -> None:
    turns = [channel for channel, events in enumerate(channels) for _ in events]
    one = tell(channels, data.draw(st.permutations(turns)))
    other = tell(channels, data.draw(st.permutations(turns)))

    assert standing(one) == standing(other)
    assert ends(one) == ends(other)
    assert one.waiting == other.waiting
    assert {type(event) for event in one.waiting} <= {MilestoneRetracted}
    assert [answer.field for _, answer in one.refused] == [answer.field for _, answer in other.refused]


@settings(max_examples=120, deadline=None)
@given(stories(), st.data())
def test_without_amendments_and_splits_each_order_hears_the_same_in_the_same_order(
    channels: list[Channel], data: st.DataObject
) -> None:
    channels = [
        [heard for heard in channel if not isinstance(heard[0], OrderAmended | ShipmentSplit)]
        for channel in channels
    ]
    turns = [channel for channel, events in enumerate(channels) for _ in events]
    one = tell(channels, data.draw(st.permutations(turns)))
    other = tell(channels, data.draw(st.permutations(turns)))
    assert facts(one) == facts(other)


def facts(desk: Desk) -> dict[tuple[str, str], list[tuple[Any, dt.datetime]]]:
    """What each order was told of each shipment, in order and with the times it was known; clocks aside, whose
    time has passed long before what is heard last is heard."""
    told = defaultdict(list)
    for event, known_at in desk.said:
        if not isinstance(event, PromiseAtRisk | PromiseBroken | PromiseKept | ShipmentSilent):
            told[event.order_id, event.shipment_id].append((event.model_dump_json(), known_at))  # type: ignore[attr-defined]
    return told
