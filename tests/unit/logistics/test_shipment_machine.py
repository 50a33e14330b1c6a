"""A shipment under any reports: it goes back only by a retraction, and where it stands does not depend on who spoke
first.

Four sources report, correct themselves and take back; each one's words keep their order, all else is drawn.
"""

import datetime as dt
import random
from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from silkway.contracts import (
    DeliveryRetracted,
    DispatchRetracted,
    EtaChanged,
    Event,
    MilestoneRetracted,
    MilestoneTracked,
    PromiseBroken,
    PromiseKept,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentHeard,
    ShipmentRecovered,
    ShipmentSilent,
)
from silkway.contracts.fields import Classifier, MilestoneKind
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.doubts import FUTURE_TOLERANCE
from silkway.logistics.domain.state import Shipment
from silkway.logistics.domain.way import Way, rank, way
from silkway.logistics.store import ORDER, RULES, SHIPMENT
from tests.unit.desk import Desk, Heard, day
from tests.unit.logistics.freight import booked, on_vessel, promising, recorded, retracted, shipped, tracked

SOURCES = ("/carrier", "/forwarder", "/port", "/satellite")
kinds = st.sampled_from(get_args(MilestoneKind))
classifiers = st.sampled_from(get_args(Classifier))
sources = st.sampled_from(SOURCES)
ago = st.integers(-3, 30).map(lambda hours: dt.timedelta(hours=hours))
NOWHERE = (False, -2, 0, 0)


def the_way(shipment: Shipment) -> Way:
    return way(shipment.reports, RULES.tracking.modes[shipment.mode].contradiction)


class ShipmentMachine(RuleBasedStateMachine):
    """Reports of any kind, time and order about one shipment; time only moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(SERVICE)
        self.now = day(1)
        self.heard: list[Heard] = []
        self.reached = NOWHERE
        self.taken_back = False

    @initialize(known=st.booleans(), promise=st.booleans())
    def is_booked(self, known: bool, promise: bool) -> None:
        if known:
            self._hear(recorded(deliver_by=day(4).date()), "/order")
        service = promising("ON_TIME", "FIVE_DAY_LINE") if promise else None
        self._hear(booked(legs=on_vessel(), service=service, mode="EXPRESS"), "/carrier")

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)
        self.desk.reach(self.now)

    @rule(
        kind=kinds,
        classifier=classifiers,
        leg=st.integers(0, 2),
        call=st.integers(0, 1),
        ago=ago,
        source=sources,
    )
    def is_tracked(
        self, kind: MilestoneKind, classifier: Classifier, leg: int, call: int, ago: dt.timedelta, source: str
    ) -> None:
        self._hear(tracked(kind, self.now - ago, classifier=classifier, leg=leg, call=call), source)

    @rule(days=st.integers(0, 12), classifier=classifiers.filter(lambda c: c != "ACTUAL"), source=sources)
    def is_foretold(self, days: int, classifier: Classifier, source: str) -> None:
        self._hear(tracked("DELIVERED", day(days), classifier=classifier, leg=2), source)

    @precondition(lambda self: any(isinstance(h.event, MilestoneTracked) for h in self.heard))
    @rule(data=st.data(), source=sources, off=st.integers(0, 20).map(lambda hours: dt.timedelta(hours=hours)))
    def is_witnessed(self, data: st.DataObject, source: str, off: dt.timedelta) -> None:
        one = data.draw(
            st.sampled_from([h.event for h in self.heard if isinstance(h.event, MilestoneTracked)])
        )
        self._hear(one.model_copy(update={"occurred_at": one.occurred_at + off}), source)

    @precondition(lambda self: any(isinstance(h.event, MilestoneTracked) for h in self.heard))
    @rule(data=st.data(), all_of_them=st.booleans())
    def is_taken_back(self, data: st.DataObject, all_of_them: bool) -> None:
        said = data.draw(st.sampled_from([h for h in self.heard if isinstance(h.event, MilestoneTracked)]))
        one, by = said.event, "Wang Fang" if all_of_them else None
        assert isinstance(one, MilestoneTracked)
        self.taken_back = True
        self._hear(
            retracted(one.kind, self.now, classifier=one.classifier, leg=one.leg, call=one.call, by=by),
            said.source,
        )

    @rule(ago=ago, source=sources)
    def is_shipped(self, ago: dt.timedelta, source: str) -> None:
        self._hear(shipped(at=self.now - ago), source)

    def _hear(self, event: Event, source: str | None) -> None:
        self.heard.append(Heard(event, self.now, source))
        self.desk.hear(event, self.now, source)
        self.desk.reach(self.now)

    @property
    def shipment(self) -> Shipment:
        return self.desk.state(SHIPMENT, "SH-1")

    @invariant()
    def nothing_is_refused_and_nothing_waits(self) -> None:
        assert self.desk.refused == []
        assert self.desk.waiting == []

    @invariant()
    def it_goes_back_only_when_something_is_taken_back(self) -> None:
        if self.heard:
            furthest = the_way(self.shipment).furthest
            now = NOWHERE if furthest is None else rank(furthest)
            assert self.taken_back or now >= self.reached
            self.reached, self.taken_back = now, False

    @invariant()
    def only_what_has_happened_counts(self) -> None:
        if self.heard:
            for milestone in the_way(self.shipment).milestones.values():
                assert not milestone.counts or milestone.occurred_at <= self.now + FUTURE_TOLERANCE

    @invariant()
    def it_has_left_and_arrived_as_often_as_it_has_not_been_retracted(self) -> None:
        if not self._recorded:
            return
        left = len(self.desk.told(ShipmentDispatched)) - len(self.desk.told(DispatchRetracted))
        arrived = len(self.desk.told(ShipmentDelivered)) - len(self.desk.told(DeliveryRetracted))
        assert left == (self.shipment.dispatched_at is not None)
        assert arrived == (self.shipment.delivered_at is not None) == (self.shipment.state == "DELIVERED")
        if arrived:
            assert self.desk.told(ShipmentDelivered)[-1].delivered_at == self.shipment.delivered_at

    @invariant()
    def what_was_told_last_is_so(self) -> None:
        if not self._recorded:
            return
        silent = len(self.desk.told(ShipmentSilent)) - len(self.desk.told(ShipmentHeard))
        assert silent == self.shipment.silent
        etas = self.desk.told(EtaChanged)
        if self.shipment.told_eta_at is not None:
            assert etas[-1].eta == self.shipment.told_eta_at
        (outlook,) = self.desk.state(ORDER, "PO-1").outlooks or (None,)
        said = [s.event for s in self.desk.said if isinstance(s.event, ShipmentDelayed | ShipmentRecovered)]
        if outlook is not None and self.shipment.state != "DELIVERED":
            late = bool(said) and isinstance(said[-1], ShipmentDelayed)
            assert outlook.delayed == late or not self.shipment.told_eta_at

    @invariant()
    def a_promise_is_judged_by_what_is_known(self) -> None:
        if not self._recorded:
            return
        said = [
            s.event for s in self.desk.said
            if isinstance(s.event, PromiseBroken | PromiseKept) and s.event.promise == "FIVE_DAY_LINE"
        ]  # fmt: skip
        for clock in self.shipment.clocks:
            start, end = self.shipment.dispatched_at, self.shipment.delivered_at
            if start is None:
                assert clock.status == "OPEN"
            elif end is not None:
                assert clock.status == ("KEPT" if end <= start + dt.timedelta(days=5) else "BROKEN")
            else:
                assert (clock.status == "BROKEN") == (self.now >= start + dt.timedelta(days=5))
            if clock.status in ("KEPT", "BROKEN"):
                assert isinstance(said[-1], PromiseKept) == (clock.status == "KEPT")

    @property
    def _recorded(self) -> bool:
        return bool(self.heard) and self.heard[0].source == "/order"

    @invariant()
    def where_it_stands_does_not_depend_on_who_spoke_first(self) -> None:
        if not self.heard:
            return
        other, chance = Desk(SERVICE), random.Random(len(self.heard))
        for heard in self._interleaved(chance):
            other.hear(*heard)
        one, two = self.shipment, other.state(SHIPMENT, "SH-1")
        assert the_way(one) == the_way(two)
        same = (
            "state",
            "exception",
            "dispatched_at",
            "delivered_at",
            "eta_at",
            "heard_at",
            "watched",
            "reports",
        )
        assert [getattr(one, name) for name in same] == [getattr(two, name) for name in same]
        mine, theirs = self.desk.state(ORDER, "PO-1"), other.state(ORDER, "PO-1")
        assert (mine.lines, mine.cargo) == (theirs.lines, theirs.cargo)
        seen = [
            [(o.eta_on, o.delayed, o.due_at) for o in order.outlooks if o.eta_on or o.on_time]
            for order in (mine, theirs)
        ]
        assert seen[0] == seen[1]

    def _interleaved(self, chance: random.Random) -> list[Heard]:
        """The same words, each source's in their order. What operations take back stays where it is among all."""
        order: list[Heard] = []
        block: list[Heard] = []
        for heard in [*self.heard, None]:
            if heard is not None and not (isinstance(heard.event, MilestoneRetracted) and heard.event.by):
                block.append(heard)
                continue
            queues: dict[str, list[Heard]] = {}
            for one in block:
                queues.setdefault(str(one.source), []).append(one)
            while queues:
                source = chance.choice(sorted(queues))
                order.append(queues[source].pop(0))
                queues = {name: queue for name, queue in queues.items() if queue}
            block = []
            if heard is not None:
                order.append(heard)
        return order


TestShipment = ShipmentMachine.TestCase
TestShipment.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)
