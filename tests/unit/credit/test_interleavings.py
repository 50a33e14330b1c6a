"""However the three topics interleave, what comes of a claim and a hold is the same: time waits for the slowest.

Some is decided once, by what has been read, and compensated: how much the buyer has paid beyond what was known when
a claim was granted, and whether proof that comes after a word about a claim withdraws it before or after it is paid.
Here none of these comes so late.
"""

import datetime as dt
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from silkway.contracts import ClaimOpened, ClaimRefused, ClaimWithdrawn, Event, OrderLine
from tests.unit.credit.trade import (
    Credit,
    amended,
    answered,
    asked,
    cancelled,
    claimed,
    decided,
    delivered,
    dispatched,
    escalation,
    given_up,
    linked,
    paid,
    rated,
    recorded,
    registered,
    repaid,
    retracted,
    tracked,
    undelivered,
    untracked,
)
from tests.unit.desk import day

TOTAL = 830_000
TOPICS = ("trade.credit", "order.events", "logistics.events")


class Told(NamedTuple):
    """An event, the day on which it becomes known, and by how much its shipment's run ahead of others' in its topic."""

    number: float
    event: Event
    ahead: float = 0


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


@st.composite
def wishes(draw: st.DrawFn) -> list[Told]:
    """An order that may be cancelled, reinstated, amended and delivered, while its buyer claims and gives up.

    A promise that goes with its order before it was judged opens no claim, else one that is withdrawn: so nobody
    claims for lateness here where the order is cancelled.
    """
    promised = dt.date(2026, 1, 6)
    told = [
        Told(1, registered(at=day(0))),
        Told(2, recorded(ship_by=promised, cover_until=dt.date(2026, 2, 20))),
        Told(2, asked("PO-1", TOTAL)),
        Told(2, linked()),
        Told(3, paid(TOTAL)),
    ]
    told += [Told(n, dispatched(day(5))) for n in draw(st.lists(days, max_size=1)) if n >= 5]
    told += [Told(n, delivered("PO-1")) for n in draw(st.lists(days, max_size=1))]
    kinds = ["QUALITY", "NOT_RECEIVED", "LATE"]
    for fell in draw(st.lists(days, max_size=1)):
        kinds.remove("LATE")
        told.append(Told(fell, cancelled()))
        told += [Told(n, asked("PO-1", TOTAL)) for n in draw(st.lists(days, max_size=1)) if n > fell]
    line = OrderLine(line_id="1", description="Mugs", quantity=10, value_minor=4_000, ship_by=promised)
    told += [Told(n, amended((line,), TOTAL)) for n in draw(st.lists(days, max_size=1))]
    for claim_id in ("C1", "C2", "C3"):
        kind = draw(st.sampled_from(kinds))
        for n in draw(st.lists(days, max_size=1)):
            told.append(Told(n, claimed(5_000, claim_id, kind=kind)))
            told += [Told(m, given_up(claim_id)) for m in draw(st.lists(days, max_size=1)) if m > n]
    return sorted(told, key=lambda one: one.number)


@st.composite
def corrections(draw: st.DrawFn) -> list[Told]:
    """A covered order in one or two shipments, of which it is said again and again when they left, or that not."""
    told = [
        Told(1, registered(at=day(0))),
        Told(2, recorded(ship_by=dt.date(2026, 1, 6), cover_until=dt.date(2026, 2, 20))),
        Told(2, asked("PO-1", TOTAL)),
        Told(3, paid(TOTAL)),
    ]
    shipments = draw(st.sampled_from((("SH-1",), ("SH-1", "SH-2"))))
    ahead = draw(st.sampled_from((0.0, 3.0, 50.0)))
    for shipment_id in shipments:
        told.append(Told(2, linked(shipment_id, 10 // len(shipments))))
    for number in draw(st.lists(st.integers(4, 12), max_size=1)):
        told.append(Told(number, linked("SH-1/A", 4, split_from="SH-1")))
        shipments = (*shipments, "SH-1/A")
    for shipment_id in shipments:
        first = max(one.number for one in told if getattr(one.event, "shipment_id", "") == shipment_id) + 0.1
        for number in draw(st.lists(st.integers(0, 12), max_size=5)):
            at = first + number
            left = day(draw(st.integers(2, 2 + number)))
            saying = (
                dispatched(left, shipment_id),
                retracted(shipment_id),
                tracked(left, shipment_id=shipment_id),
            )
            fact = draw(st.sampled_from((*saying, untracked(left, shipment_id))))
            told.append(Told(at, fact, ahead if shipment_id == "SH-2" else 0))
    told += [
        Told(n, delivered("PO-1").model_copy(update={"delivered_at": day(draw(st.integers(5, int(n))))}))
        for n in draw(st.lists(days.filter(lambda n: n >= 5), max_size=3))
    ]
    return sorted(told, key=lambda one: one.number)


def played(told: list[Told], data: st.DataObject | None) -> Credit:
    """Each topic in its own order, the next one drawn; the service's time is the least of theirs.

    Without `data` each tick goes through all topics before the next, in which case nothing is ever early.
    """
    desk = Credit(drafts=False)
    ticks = [*sorted({one.number for one in told}), 100.0, 200.0]
    times = dict.fromkeys(TOPICS, 0)
    log = sorted(((max(one.number - one.ahead, 2.0), one) for one in told), key=lambda both: both[0])
    while behind := [topic for topic in TOPICS if times[topic] < len(ticks)]:
        slowest = min(TOPICS, key=lambda topic: (times[topic], TOPICS.index(topic)))
        topic = slowest if data is None else data.draw(st.sampled_from(behind))
        number = ticks[times[topic]]
        times[topic] += 1
        desk.reach(min(day(ticks[n - 1]) if n else day(0) for n in times.values()))
        before = ticks[times[topic] - 2] if times[topic] > 1 else 0.0
        for heard, one in log if data is not None else [(one.number, one) for one in told]:
            if before < heard <= number and one.event.topic == topic:
                desk.hear(one.event, day(one.number))
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


@given(wishes(), st.data())
@settings(max_examples=300, deadline=None)
def test_what_the_buyer_asks_for_is_answered_the_same(told: list[Told], data: st.DataObject) -> None:
    quiet, wild = played(told, None), played(told, data)

    assert answers(wild) == answers(quiet)
    assert ended(wild) == ended(quiet)
    assert outcomes(wild) == outcomes(quiet)


@given(corrections(), st.data())
@settings(max_examples=300, deadline=None)
def test_a_correction_is_taken_at_its_time_however_it_is_read(told: list[Told], data: st.DataObject) -> None:
    quiet, wild = played(told, None), played(told, data)

    def claimed(desk: Credit) -> list[tuple[str, dt.datetime, int]]:
        return [
            (said.event.claim_id, said.known_at, getattr(said.event, "amount_minor", 0))
            for said in desk.said
            if isinstance(said.event, ClaimOpened | ClaimWithdrawn)
        ]

    assert claimed(wild) == claimed(quiet)
    assert wild.order().state == quiet.order().state
    assert wild.supplier().held_minor == quiet.supplier().held_minor


def ended(desk: Credit) -> str:
    """How it stands; of a cancelled order whose hold is free whether it was void or had ended makes no difference."""
    order = desk.order()
    return "FREE" if order.cancelled and order.state in ("VOIDED", "RELEASED", "EXPIRED") else order.state


def outcomes(desk: Credit) -> dict[str, str]:
    """What became of the buyer's claims."""
    return {claim.claim_id: claim.state for claim in desk.order().claims if claim.opened_by == "BUYER"}


def answers(desk: Credit) -> set[tuple[str, str, dt.datetime]]:
    """Which of the buyer's claims were opened and refused, why, and when that was known."""
    return {
        (said.event.claim_id, getattr(said.event, "reason", "OPENED"), said.known_at)
        for said in desk.said
        if isinstance(said.event, ClaimOpened | ClaimRefused) and said.event.claim_id.startswith("C")
    }
