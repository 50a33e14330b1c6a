"""Nothing orders quotes, orders and answers among themselves: however they interleave, the end is the same."""

import datetime as dt
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import Event
from silkway.logistics.consumer import SERVICE
from silkway.logistics.store import BOOKING
from tests.unit.desk import Desk, day
from tests.unit.quotes import offers

Channel = list[tuple[Event, dt.datetime]]
"""Events of one key of one topic: these stay in their order."""


@st.composite
def stories(draw: st.DrawFn, undone: bool = False) -> list[Channel]:
    """A quote, an order that names it, and a carrier that answers after it was asked; known as time goes on.

    `undone`: the order may be cancelled or amended. What is undone before its quote was read asks no carrier, and
    what is undone after it lets one go: nobody carries either way, but the words differ.
    """
    quoted_at = draw(st.sampled_from([0.0, 0.9, 1.0, 1.1]))
    hours = draw(st.sampled_from([1, 24, 72]))
    option_id = draw(st.sampled_from(["1", "2", "99"]))
    order: Channel = [(offers.recorded(option_id=option_id), day(1))]
    if draw(st.booleans()):
        order.append((offers.placed(option_id=option_id), day(draw(st.sampled_from([1.0, 3.0, 12.0])))))
    placed_on = 12.0
    if undone and draw(st.booleans()):
        order.append(draw(st.sampled_from([(offers.cancelled(), day(20)), (offers.amended(30), day(20))])))
    answers: Channel = []
    if len(order) > 1 and option_id != "99" and draw(st.booleans()):
        answers.append((offers.rolled(to=20, at=13), day(placed_on + 1)))
    if draw(st.booleans()):
        answers.append((offers.refused(), day(placed_on + draw(st.integers(2, 3)))))
    confirmed: Channel = []
    if draw(st.booleans()):
        confirmed.append((offers.confirmed(), day(placed_on + draw(st.integers(1, 4)))))
    return [[(offers.given(at=day(quoted_at), hours=hours), day(quoted_at))], order, answers, confirmed]


def tell(channels: list[Channel], turns: list[int]) -> Desk:
    desk, positions = Desk(SERVICE), [0] * len(channels)
    for published in offers.ALL_CARDS:
        desk.hear(published, day(0))
    for channel in turns:
        desk.hear(*channels[channel][positions[channel]])
        positions[channel] += 1
    desk.reach(day(60))
    return desk


def told(desk: Desk) -> Counter[tuple[str, dt.datetime]]:
    return Counter((said.event.type, said.known_at) for said in desk.said)


@settings(max_examples=400, deadline=None)
@given(stories(), st.data())
def test_any_interleaving_ends_the_same(channels: list[Channel], data: st.DataObject) -> None:
    turns = [channel for channel, events in enumerate(channels) for _ in events]
    one = tell(channels, data.draw(st.permutations(turns)))
    other = tell(channels, data.draw(st.permutations(turns)))

    assert one.states == other.states
    assert told(one) == told(other)
    assert one.waiting == other.waiting


@settings(max_examples=200, deadline=None)
@given(stories(undone=True), st.data())
def test_a_carrier_is_asked_at_most_once_and_let_go_at_most_once(
    channels: list[Channel], data: st.DataObject
) -> None:
    turns = [channel for channel, events in enumerate(channels) for _ in events]
    desk = tell(channels, data.draw(st.permutations(turns)))
    types = Counter(said.event.type for said in desk.said)
    asked = types["silkway.booking.requested.v1"]
    let_go = types["silkway.booking.cancellation_requested.v1"] + types["silkway.booking.declined.v1"]
    assert asked <= 1
    assert let_go <= asked
    assert types["silkway.quote.refused.v1"] + asked <= 1
    booking = desk.state(BOOKING, "PO-1")
    assert booking.decide_at is None
