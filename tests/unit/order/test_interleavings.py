"""Topics interleave as they like: with the same known times, the same order and the same events come out."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import Event, HoldRequested, OrderCompleted, PaymentUnmatched
from silkway.contracts.order import Terms
from silkway.order.consumer import SERVICE
from silkway.order.store import ORDER
from tests.unit.desk import Desk, Heard, day
from tests.unit.order.trade import (
    CUPS,
    ORDER_ID,
    PLATES,
    confirmed,
    delivered,
    dispatched,
    drafted,
    granted,
    linked,
    paid,
    paid_out,
    received,
    released,
    worthless,
)

Stories = dict[str, list[Heard]]
END = day(1000)


def known(draw: st.DrawFn, events: Iterable[Event]) -> list[Heard]:
    """A topic's events, each known some time after the one before."""
    at, heard = day(0), []
    for event in events:
        at += dt.timedelta(hours=draw(st.integers(0, 100)))
        heard.append(Heard(event, at))
    return heard


def parts(draw: st.DrawFn, total: int) -> list[int]:
    """The total in one to three positive parts."""
    cuts = sorted(draw(st.sets(st.integers(1, total - 1), max_size=2)) | {0, total})
    return [right - left for left, right in pairwise(cuts)]


@st.composite
def stories(draw: st.DrawFn) -> Stories:
    """All that the world says about one order, topic by topic, in one of its many ways."""
    place_on: Literal["BOTH_CONFIRMED", "FIRST_PAYMENT"]
    place_on = draw(st.sampled_from(("BOTH_CONFIRMED", "FIRST_PAYMENT")))
    worth = draw(st.booleans()) or place_on == "FIRST_PAYMENT"
    terms = {"terms": Terms(deposit_minor=30_00, balance_due="AFTER_DELIVERY")} if worth else worthless()
    orders: list[Event] = [drafted(place_on=place_on, **terms), confirmed("BUYER"), confirmed("SUPPLIER")]
    if draw(st.booleans()):
        orders.append(received(day(draw(st.integers(0, 30)))))
    payments: list[Event] = []
    for number, amount in enumerate(parts(draw, 100_00 + draw(st.sampled_from((0, 5_00))))):
        at = day(draw(st.integers(0, 30)))
        payments += [paid(amount, f"E-{number}", received_at=at)] * draw(st.integers(1, 2))
    payments.append(paid(1, "E-9", currency="EUR"))
    for number, amount in enumerate(parts(draw, 100_00)):
        at = day(draw(st.integers(0, 30)))
        payments += [paid_out(amount, f"X-{number}", paid_at=at)] * draw(st.integers(1, 2))
    goods: list[Event] = []
    for number, cups in enumerate(parts(draw, 10)):
        carried = {CUPS: cups, PLATES: 5}
        late = draw(st.booleans())
        shipment = f"SH-{number}"
        goods += [linked(shipment, carried), dispatched(shipment, carried)]
        goods.append(delivered(shipment, carried, draw(st.integers(0, 30)), late))
    return {
        "trade.orders": known(draw, draw(st.permutations(orders))),
        "trade.payments": known(draw, payments),
        "logistics.events": known(draw, draw(st.permutations(goods))),
        "credit.events": known(draw, [granted(), released()] if worth else []),
    }


def told(stories: Stories, choose: st.DataObject | None) -> Desk:
    """The service after hearing all topics, the next one chosen at will (by known time without a choice).

    Credit answers only what was asked. A deadline fires once every topic has been read up to it: at once, or
    any time later.
    """
    desk = Desk(SERVICE)
    rest = {topic: list(heard) for topic, heard in stories.items()}
    while ready := sorted(
        topic
        for topic, heard in rest.items()
        if heard and (topic != "credit.events" or desk.told(HoldRequested))
    ):
        in_time = min(ready, key=lambda topic: rest[topic][0].known_at)
        topic = choose.draw(st.sampled_from(ready)) if choose else in_time
        desk.hear(*rest[topic].pop(0))
        if choose is None or choose.draw(st.booleans()):
            desk.reach(min((heard[0].known_at for heard in rest.values() if heard), default=END))
    desk.reach(END)
    return desk


def outcome(desk: Desk) -> tuple[object, ...]:
    """State, events, and what is refused or waits: everything but the order of the events.

    Early money is told to be unmatched only where it was read before its order; and how far the order is paid is
    told as it was then.
    """
    said = Counter(
        (said.event.type, said.event.model_dump_json(exclude={"funds"}), said.known_at)
        for said in desk.said
        if not isinstance(said.event, PaymentUnmatched)
    )
    refused = Counter((event.model_dump_json(), answer.field) for event, answer in desk.refused)
    return desk.states, said, refused, Counter(event.model_dump_json() for event in desk.waiting)


@given(stories(), st.data())
@settings(max_examples=200, deadline=None)
def test_any_interleaving_of_the_topics_ends_the_same(stories: Stories, choose: st.DataObject) -> None:
    assert outcome(told(stories, choose)) == outcome(told(stories, None))


@given(stories(), st.data())
@settings(max_examples=100, deadline=None)
def test_every_story_ends_settled_with_nothing_waiting(stories: Stories, choose: st.DataObject) -> None:
    desk = told(stories, choose)
    order = desk.state(ORDER, ORDER_ID)

    assert (order.life, order.funds, order.logistics) == ("SETTLED", "FUNDED", "DELIVERED")
    assert order.assurance in ("NONE", "RELEASED")
    assert len(desk.told(OrderCompleted)) == 1
    assert not desk.waiting
    if order.total_minor:
        assert not desk.refused
        assert order.escrow_minor == order.refund_due_minor


@given(stories())
@settings(max_examples=100, deadline=None)
def test_no_event_is_known_before_the_event_it_follows_from(stories: Stories) -> None:
    desk = told(stories, None)
    chain = defaultdict(list)
    for said in desk.said:
        chain[type(said.event).__name__].append(said.known_at)

    (recorded,), (placed,), (accepted,) = chain["OrderRecorded"], chain["OrderPlaced"], chain["OrderAccepted"]
    (funded,), (completed,), (settled,) = chain["OrderFunded"], chain["OrderCompleted"], chain["OrderSettled"]
    assert recorded <= placed <= completed <= settled
    assert max(accepted, funded) <= completed
    assert max(chain["OrderDelivered"]) <= accepted
