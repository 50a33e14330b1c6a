"""A shipment's way: its milestones, made of what all sources report, and what follows from them together.

Everything here is a function of the whole set of reports, so that the order in which they arrive does not matter:
a late milestone takes its place in history and never takes the shipment back.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec

from silkway.contracts.fields import Classifier, MilestoneKind, ShipmentState
from silkway.logistics.domain.state import Report

PROGRESS: dict[MilestoneKind, ShipmentState] = {
    "BOOKED": "BOOKED",
    "COLLECTED": "IN_TRANSIT",
    "ORIGIN_IN": "IN_TRANSIT",
    "CUSTOMS_HOLD": "IN_TRANSIT",
    "CUSTOMS_RELEASED": "IN_TRANSIT",
    "LOADED": "IN_TRANSIT",
    "DEPARTED": "IN_TRANSIT",
    "TRANSSHIPPED": "IN_TRANSIT",
    "ARRIVED": "IN_TRANSIT",
    "DISCHARGED": "IN_TRANSIT",
    "AVAILABLE": "AVAILABLE",
    "OUT_FOR_DELIVERY": "OUT_FOR_DELIVERY",
    "ATTEMPT_FAILED": "OUT_FOR_DELIVERY",
    "DELIVERED": "DELIVERED",
}
"""The milestones of a leg in their order, and the state each one brings. EXCEPTION is laid over, no progress."""

REPEATABLE: frozenset[MilestoneKind] = frozenset({"OUT_FOR_DELIVERY", "ATTEMPT_FAILED", "EXCEPTION"})
"""What may happen again in the same leg and call: here the time tells one from the other."""

_RANKS = {kind: rank for rank, kind in enumerate(PROGRESS)}

Identity = tuple[int, int, str, str, dt.datetime]


class Milestone(msgspec.Struct, frozen=True):
    """One fact of a shipment's way, however many have reported it. `known_at` is when the first of them did.

    `questioned`: all who report it give an actual time that was still to come, or a place that cannot be.
    `contradicted`: their times differ by more than is usual for the mode. The other fields are those of reports with
    the time that was taken.
    """

    leg: int
    call: int
    kind: MilestoneKind
    classifier: Classifier
    occasion: dt.datetime
    occurred_at: dt.datetime
    utc_offset_minutes: int
    known_at: dt.datetime
    questioned: bool
    contradicted: bool
    sources: tuple[str, ...]
    place: str | None
    location: str | None
    vessel: str | None
    voyage: str | None
    cause: str | None
    note: str | None

    @property
    def identity(self) -> Identity:
        return self.leg, self.call, self.kind, self.classifier, self.occasion

    @property
    def local(self) -> dt.datetime:
        """When it happened, with the offset of the place."""
        return at_place(self.occurred_at, self.utc_offset_minutes)

    @property
    def counts(self) -> bool:
        """Whether it moves the shipment: it has happened, and is not questioned."""
        return self.classifier == "ACTUAL" and not self.questioned


class Clearance(msgspec.Struct, frozen=True):
    """Customs took a shipment on and let it go."""

    held: Milestone
    released: Milestone

    @property
    def minutes(self) -> int:
        return int((self.released.occurred_at - self.held.occurred_at).total_seconds() // 60)

    @property
    def country(self) -> str | None:
        """Whose customs, by the UN/LOCODE of either."""
        location = self.released.location or self.held.location
        return location and location[:2]


class Way(msgspec.Struct, frozen=True):
    """All milestones by identity, and what they say together. `furthest` is the progress that counts most."""

    milestones: dict[Identity, Milestone]
    furthest: Milestone | None
    last: Milestone | None
    dispatched: Milestone | None
    delivered: Milestone | None

    @property
    def state(self) -> ShipmentState:
        return "BOOKED" if self.furthest is None else PROGRESS[self.furthest.kind]

    @property
    def exception(self) -> Milestone | None:
        """The exception that the shipment is in: the last thing that happened to it."""
        return self.last if self.last is not None and self.last.kind == "EXCEPTION" else None

    def clearances(self) -> dict[tuple[int, int], Clearance]:
        """Customs cleared, by leg and call."""
        found = {}
        for milestone in self.milestones.values():
            if milestone.kind == "CUSTOMS_RELEASED" and milestone.counts:
                held = self.milestones.get(
                    (milestone.leg, milestone.call, "CUSTOMS_HOLD", *milestone.identity[3:])
                )
                if held is not None and held.counts and held.occurred_at <= milestone.occurred_at:
                    found[milestone.leg, milestone.call] = Clearance(held, milestone)
        return found


NOWHERE = Way({}, None, None, None, None)
"""Where a shipment is before anything is reported of it."""


def rank(milestone: Milestone) -> tuple[bool, int, int, int]:
    """How far a milestone is along the way: by leg, kind and call; nothing is beyond the delivery.

    That a later leg is booked is no step of the way.
    """
    leg = -1 if milestone.kind == "BOOKED" else milestone.leg
    return milestone.kind == "DELIVERED", leg, _RANKS[milestone.kind], milestone.call


def way(reports: Sequence[Report], contradiction: dt.timedelta) -> Way:
    """The way that these reports tell; witnesses may differ by `contradiction`."""
    if not reports:
        return NOWHERE
    told: dict[Identity, list[Report]] = {}
    for report in reports:
        if report.retracted is None:
            told.setdefault(report.identity, []).append(report)
    milestones = {identity: _milestone(group, contradiction) for identity, group in told.items()}
    counting = [milestone for milestone in milestones.values() if milestone.counts]
    progress = [milestone for milestone in counting if milestone.kind in PROGRESS]
    return Way(
        milestones,
        max(progress, key=rank, default=None),
        max(counting, key=lambda m: (m.occurred_at, m.kind == "EXCEPTION", m.identity), default=None),
        min(
            (m for m in counting if m.kind == "COLLECTED"),
            key=lambda m: (m.occurred_at, m.identity),
            default=None,
        ),
        max((m for m in counting if m.kind == "DELIVERED"), key=rank, default=None),
    )


def _milestone(reports: list[Report], contradiction: dt.timedelta) -> Milestone:
    """One milestone of all reports about it. Those that are in doubt speak only where no other does."""
    if len(reports) > 1:
        reports = [report for report in reports if not report.questioned] or reports
    taken = reports[0].occurred_at if len(reports) == 1 else _taken(reports)
    with_it = [report for report in reports if report.occurred_at == taken]
    one = with_it[0]
    if len(with_it) > 1:
        one = msgspec.structs.replace(
            one,
            utc_offset_minutes=min(report.utc_offset_minutes for report in with_it),
            **{name: _least(with_it, name) for name in _SAID},
        )
    times = [report.occurred_at for report in reports]
    return Milestone(
        leg=one.leg,
        call=one.call,
        kind=one.kind,
        classifier=one.classifier,
        occasion=one.occasion,
        occurred_at=taken,
        utc_offset_minutes=one.utc_offset_minutes,
        known_at=min(report.known_at for report in reports),
        questioned=one.questioned,
        contradicted=one.classifier == "ACTUAL" and max(times) - min(times) > contradiction,
        sources=tuple(sorted({report.source for report in reports})),
        place=one.place,
        location=one.location,
        vessel=one.vessel,
        voyage=one.voyage,
        cause=one.cause,
        note=one.note,
    )


_SAID = ("place", "location", "vessel", "voyage", "cause", "note")


def _least(reports: list[Report], name: str) -> str | None:
    """One of several texts, the same whichever came first."""
    return min(filter(None, (getattr(report, name) for report in reports)), default=None)


def _taken(reports: list[Report]) -> dt.datetime:
    """The time that is believed: of what has happened, what most say, then the earliest; of what is to come, the
    newest word, then the latest time."""
    if reports[0].classifier == "ACTUAL":
        votes = Counter(report.occurred_at for report in reports)
        return min(votes, key=lambda at: (-votes[at], at))
    return max(reports, key=lambda report: (report.known_at, report.occurred_at)).occurred_at


def at_place(at: dt.datetime, utc_offset_minutes: int) -> dt.datetime:
    """The moment with the offset of its place."""
    return at.astimezone(dt.timezone(dt.timedelta(minutes=utc_offset_minutes)))
