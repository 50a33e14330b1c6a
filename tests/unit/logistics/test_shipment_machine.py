"""A shipment under any reports: it never goes back, and where it stands does not depend on who spoke first."""

import datetime as dt
import random
from typing import get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from silkway.contracts import MilestoneRecorded, MilestoneTracked, ShipmentDelivered, ShipmentDispatched
from silkway.contracts.fields import Classifier, MilestoneKind
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.shipment import FUTURE_TOLERANCE, book, rank, track
from silkway.logistics.domain.state import Shipment
from silkway.logistics.store import SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import booked, recorded, shipped, tracked

kinds = st.sampled_from(get_args(MilestoneKind))
classifiers = st.sampled_from(get_args(Classifier))
ago = st.integers(-2, 6).map(lambda hours: dt.timedelta(hours=hours))


def furthest(shipment: Shipment) -> tuple[bool, int, int]:
    progress = [rank(m) for m in shipment.milestones if m.counts and m.kind != "EXCEPTION"]
    return max(progress, default=(False, 0, 0))


class ShipmentMachine(RuleBasedStateMachine):
    """Reports of any kind, time and order about one shipment; time only moves on."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(SERVICE)
        self.now = day(1)
        self.reports: list[tuple[MilestoneTracked, dt.datetime]] = []
        self.booked_at: dt.datetime | None = None
        self.reached = (False, 0, 0)

    @initialize(known=st.booleans())
    def order(self, known: bool) -> None:
        if known:
            self.desk.hear(recorded(), self.now)

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours: int) -> None:
        self.now += dt.timedelta(hours=hours)

    @precondition(lambda self: self.booked_at is None)
    @rule()
    def is_booked(self) -> None:
        self.booked_at = self.now
        self.desk.hear(booked(), self.now)

    @rule(kind=kinds, classifier=classifiers, leg=st.integers(0, 2), ago=ago)
    def is_tracked(self, kind: MilestoneKind, classifier: Classifier, leg: int, ago: dt.timedelta) -> None:
        self._report(tracked(kind, self.now - ago, classifier=classifier, leg=leg))

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def is_witnessed(self, data: st.DataObject) -> None:
        self._report(data.draw(st.sampled_from(self.reports))[0])

    @rule(ago=ago)
    def is_shipped(self, ago: dt.timedelta) -> None:
        self.reports.append((tracked("COLLECTED", self.now - ago), self.now))
        self.desk.hear(shipped(at=self.now - ago), self.now)

    def _report(self, report: MilestoneTracked) -> None:
        self.reports.append((report, self.now))
        self.desk.hear(report, self.now)

    @property
    def shipment(self) -> Shipment | None:
        return None if self.booked_at is None else self.desk.state(SHIPMENT, "SH-1")

    @invariant()
    def reports_wait_only_for_the_booking(self) -> None:
        assert self.desk.refused == []
        assert len(self.desk.waiting) == (len(self.reports) if self.booked_at is None else 0)

    @invariant()
    def every_fact_is_kept_once(self) -> None:
        if self.shipment is not None:
            facts = {(r.leg, r.kind, r.classifier, r.occurred_at) for r, _ in self.reports}
            assert [m.identity for m in self.shipment.milestones] == sorted(facts)

    @invariant()
    def it_never_goes_back(self) -> None:
        if self.shipment is not None:
            assert furthest(self.shipment) >= self.reached
            self.reached = furthest(self.shipment)

    @invariant()
    def only_what_has_happened_counts(self) -> None:
        if self.shipment is not None:
            for milestone in self.shipment.milestones:
                if milestone.counts:
                    assert milestone.occurred_at <= self.now + FUTURE_TOLERANCE

    @invariant()
    def it_leaves_and_arrives_at_most_once(self) -> None:
        if self.shipment is not None:
            assert (self.shipment.state == "DELIVERED") == (self.shipment.delivered_at is not None)
            assert len(self.desk.told(ShipmentDispatched)) <= 1
            assert len(self.desk.told(ShipmentDelivered)) <= 1
            assert len(self.desk.told(MilestoneRecorded)) <= 2 * len(self.shipment.milestones)

    @invariant()
    def where_it_stands_does_not_depend_on_who_spoke_first(self) -> None:
        if self.shipment is None or self.booked_at is None:
            return
        other, _ = book("acme", booked(), self.booked_at)
        for report, known_at in random.Random(len(self.reports)).sample(self.reports, len(self.reports)):
            other, _ = track(other, report, "/test", known_at)
        # Which of several departures or deliveries was known first is all that may differ.
        mine = self.shipment
        assert replace(other, dispatched_at=mine.dispatched_at, delivered_at=mine.delivered_at) == mine


TestShipment = ShipmentMachine.TestCase
TestShipment.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
