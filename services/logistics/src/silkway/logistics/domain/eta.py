"""When a shipment is expected to be delivered, and why then."""

import datetime as dt

import msgspec

from silkway.contracts.fields import Classifier, MilestoneKind
from silkway.logistics.domain.rules import ModeRules
from silkway.logistics.domain.state import Leg
from silkway.logistics.domain.way import Milestone, Way, at_place, rank


class Eta(msgspec.Struct, frozen=True):
    """The expected delivery (UTC, with the offset of the place), the milestone it is computed from, and the cause.

    `reason` is the milestone that moved it: the basis itself, or one on the way that came later than planned.
    """

    at: dt.datetime
    utc_offset_minutes: int
    basis: MilestoneKind
    classifier: Classifier
    source: str
    reason: Milestone

    @property
    def local(self) -> dt.datetime:
        return at_place(self.at, self.utc_offset_minutes)


def foresee(rules: ModeRules, legs: tuple[Leg, ...], way: Way) -> Eta | None:
    """The expected delivery, by the newest estimate, else by the plan and how late it runs. None if nobody says.

    Where only an earlier step of the last leg is foretold, the usual way onward from it is added. What is already
    past can only put it off.
    """
    if way.delivered is not None:
        return None
    last_leg = max([leg.leg for leg in legs] + [m.leg for m in way.milestones.values()], default=0)
    foretold = [
        m
        for m in way.milestones.values()
        if m.classifier != "ACTUAL"
        and (m.kind == "DELIVERED" or (m.leg == last_leg and m.kind in rules.onward_hours))
    ]
    basis = max(foretold, key=_weight, default=None)
    if basis is None:
        return None
    at, reason = basis.occurred_at, basis
    if basis.classifier == "PLANNED":
        slip, behind = _slip(way)
        if behind is not None:
            at, reason = at + slip, behind
    at += dt.timedelta(hours=rules.onward_hours.get(basis.kind, 0))
    if way.last is not None:
        at = max(at, way.last.occurred_at)
    return Eta(at, basis.utc_offset_minutes, basis.kind, basis.classifier, basis.sources[0], reason)


def _weight(milestone: Milestone) -> tuple[bool, dt.datetime, tuple[bool, int, int, int]]:
    """Which of several foretold milestones to believe: an estimate, the newest, the furthest."""
    estimated = milestone.classifier == "ESTIMATED"
    return estimated, milestone.known_at, rank(milestone)


def _slip(way: Way) -> tuple[dt.timedelta, Milestone | None]:
    """How far the furthest milestone that has a plan is behind it, and which one; nothing if it is not behind."""
    furthest, slip = None, dt.timedelta()
    for planned in way.milestones.values():
        if planned.classifier != "PLANNED" or planned.kind == "EXCEPTION":
            continue
        leg, call, kind, _, _ = planned.identity
        found = [way.milestones.get((leg, call, kind, c, planned.occasion)) for c in ("ACTUAL", "ESTIMATED")]
        for real in found:
            if real is None or (real.classifier == "ACTUAL" and real.questioned):
                continue
            if furthest is None or rank(real) > rank(furthest):
                furthest, slip = real, real.occurred_at - planned.occurred_at
            break
    return (slip, furthest) if slip > dt.timedelta() else (dt.timedelta(), None)
