"""However the three topics interleave, what comes of a claim and a hold is the same: time waits for the slowest.

Some is decided once, by what has been read, and compensated: whether a buyer's claim comes too late for its hold,
how much the buyer has paid beyond what was known when a claim was granted, and whether proof that comes after a word
about a claim withdraws it before or after it is paid. Here none of these comes so late.
"""

import datetime as dt
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import Event
from tests.unit.credit.trade import (
    Credit,
    answered,
    asked,
    claimed,
    decided,
    delivered,
    dispatched,
    escalation,
    linked,
    paid,
    rated,
    recorded,
    registered,
    repaid,
    tracked,
    undelivered,
)
from tests.unit.desk import day

TOTAL = 830_000
TOPICS = ("trade.credit", "order.events", "logistics.events")


class Told(NamedTuple):
    """An event, and the day on which it becomes known."""

    number: float
    event: Event


days = st.integers(3, 60).map(float)
early = st.integers(3, 5).map(float)
soon = st.integers(3, 6).map(float)
spoken = st.integers(7, 60).map(float)
currencies = st.sampled_from(("USD", "EUR"))


@st.composite
def lives(draw: st.DrawFn) -> list[Told]:
    """A covered order that is promised to be shipped by 6 January, and what may happen to it."""
    currency = draw(currencies)
    promised = dt.date(2026, 1, 6)
    cover = dt.date(2026, 1, 1) + dt.timedelta(days=draw(st.integers(62, 99)))
    told = [
        Told(1, registered(at=day(0))),
        Told(1, rated("EUR", "1.0842")),
        Told(2, recorded(currency=currency, ship_by=promised, cover_until=cover)),
        Told(2, asked("PO-1", TOTAL, currency)),
        Told(2, linked()),
    ]
    shipped = draw(st.integers(3, 6))
    told += [Told(n, dispatched(day(shipped))) for n in draw(st.lists(soon, max_size=1)) if n >= shipped]
    told += [Told(n, tracked(day(shipped))) for n in draw(st.lists(soon, max_size=1)) if n >= shipped]
    told += [Told(n, paid(draw(st.integers(1, TOTAL)))) for n in draw(st.lists(st.just(3.0), max_size=1))]
    for arrives in draw(st.lists(days, max_size=1)):
        told.append(Told(arrives, delivered("PO-1")))
        told += [Told(n, undelivered()) for n in draw(st.lists(days, max_size=1)) if n > arrives]
    told += [Told(n, rated("EUR", "3")) for n in draw(st.lists(days, max_size=1))]
    told += [Told(n, claimed(5_000, currency=currency)) for n in draw(st.lists(early, max_size=1))]
    proven_late = any(one.number == 6 for one in told)
    for claim_id in ("C1",) if proven_late else ("PO-1|LATE", "C1"):
        told += [Told(n, answered(draw(st.booleans()), claim_id)) for n in draw(st.lists(spoken, max_size=1))]
        told += [Told(n, escalation(claim_id)) for n in draw(st.lists(spoken, max_size=1))]
        told += [
            Told(n, decided(draw(st.booleans()), claim_id, 400)) for n in draw(st.lists(spoken, max_size=1))
        ]
        told += [
            Told(n, repaid(100, f"R{claim_id[:2]}", claim_id).model_copy(update={"currency": currency}))
            for n in draw(st.lists(spoken, max_size=1))
        ]
    return sorted(told, key=lambda one: one.number)


def played(told: list[Told], data: st.DataObject | None) -> Credit:
    """Each topic in its own order, the next one drawn; the service's time is the least of theirs.

    Without `data` each tick goes through all topics before the next, in which case nothing is ever early.
    """
    desk = Credit(drafts=False)
    ticks = [*sorted({one.number for one in told}), 100.0, 200.0]
    times = dict.fromkeys(TOPICS, 0)
    while behind := [topic for topic in TOPICS if times[topic] < len(ticks)]:
        slowest = min(TOPICS, key=lambda topic: (times[topic], TOPICS.index(topic)))
        topic = slowest if data is None else data.draw(st.sampled_from(behind))
        number = ticks[times[topic]]
        times[topic] += 1
        desk.reach(min(day(ticks[n - 1]) if n else day(0) for n in times.values()))
        for one in told:
            if one.number == number and one.event.topic == topic:
                desk.hear(one.event, day(number))
        desk.reach(min(day(ticks[n - 1]) if n else day(0) for n in times.values()))
    return desk


@given(lives(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_comes_of_it_is_the_same(told: list[Told], data: st.DataObject) -> None:
    quiet, wild = played(told, None), played(told, data)

    assert wild.order().state == quiet.order().state
    assert [(hold.hold_id, hold.granted_minor, hold.rate) for hold in wild.rows["holds"]] == [
        (hold.hold_id, hold.granted_minor, hold.rate) for hold in quiet.rows["holds"]
    ]
    outcome = {
        claim.claim_id: (claim.state, claim.paid_minor, claim.recovered_minor, claim.due_from)
        for claim in quiet.order().claims
    }
    assert {
        claim.claim_id: (claim.state, claim.paid_minor, claim.recovered_minor, claim.due_from)
        for claim in wild.order().claims
    } == outcome
    for figure in ("limit_minor", "free_minor", "held_minor", "unrecovered_minor", "claims_lost"):
        assert getattr(wild.supplier(), figure) == getattr(quiet.supplier(), figure)
    assert not wild.waiting or len(wild.waiting) == len(quiet.waiting)
