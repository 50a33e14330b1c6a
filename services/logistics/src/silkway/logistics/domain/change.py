"""A shipment with another set of reports: how it stands, and what its orders must hear.

What there is to tell is the difference between the way before and the way after. So whatever arrives, in whatever
order, ends in the same state, and nothing is told that has not changed.
"""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts.fields import MilestoneDoubt
from silkway.logistics.domain import news
from silkway.logistics.domain.clocks import keep_watch, look_at_promises
from silkway.logistics.domain.doubts import doubt
from silkway.logistics.domain.eta import Eta, foresee
from silkway.logistics.domain.rules import ModeRules, Rules
from silkway.logistics.domain.state import Shipment
from silkway.logistics.domain.way import Milestone, Way, at_place, way

CORRECTED = "Another time is believed now."
"""Why something is withdrawn that nobody took back: a source corrected itself, or more witnesses say otherwise."""

AMENDED = "The order was amended."

Told = tuple[Shipment, list[news.Anything]]


def move(rules: Rules, before: Shipment, after: Shipment, known_at: dt.datetime, why: str) -> Told:
    """The shipment with another set of reports or lines, and all that differs. It was heard of just now.

    What came before its booking can be told only after it.
    """
    mode = rules.tracking.modes[after.mode]
    old = way(before.reports, mode.contradiction)
    new = way(after.reports, mode.contradiction)
    now = max(known_at, after.known_at)
    moved = stand(after, new)
    told = _milestones_told(moved, old, new, now, why) + _ends_told(old, new, now, why)
    moved, expected = expect(mode, moved, new, now)
    moved = replace(moved, heard_at=max(moved.heard_at, now))
    moved, watched = keep_watch(rules, moved, new, now)
    moved, promised = look_at_promises(rules, moved, now)
    return moved, [*told, *expected, *watched, *promised]


def again(shipment: Shipment, known_at: dt.datetime, *, new: bool) -> list[news.Anything]:
    """What an amended order must hear anew of a shipment: its delivery, which is judged otherwise; if some lines are
    `new` to the order, that it carries them and that they have left as well."""
    now = way(shipment.reports, dt.timedelta())  # contradictions do not matter here
    told: list[news.Anything] = []
    if now.delivered is not None:
        told.append(news.DeliveryWithdrawn(known_at, AMENDED, anew=True))
    if new:
        on_time = "ON_TIME" in shipment.promises.split()
        told.append(news.Linked(known_at, shipment.state, on_time, shipment.booking_id, None))
        if now.dispatched is not None:
            told.append(news.Dispatched(known_at, now.dispatched.local))
    if now.delivered is not None:
        told.append(news.Delivered(known_at, now.delivered.local))
    return told


def stand(shipment: Shipment, now: Way) -> Shipment:
    """The shipment with the state that its way has reached. All goods moved on to others: closed."""
    closed = shipment.empty and now.delivered is None
    return replace(
        shipment,
        state="CLOSED" if closed else now.state,
        exception=now.exception is not None,
        dispatched_at=now.dispatched and now.dispatched.occurred_at,
        delivered_at=now.delivered and now.delivered.occurred_at,
    )


def expect(mode: ModeRules, shipment: Shipment, now: Way, known_at: dt.datetime) -> Told:
    """The ETA anew. It is told if its day changes, or if it moves by more than is usual for the mode."""
    eta = None if shipment.empty else foresee(mode, shipment.legs, now)
    told_at = shipment.told_eta_at
    shipment = replace(shipment, eta_at=eta and eta.at)
    if eta is None:
        gone = news.Expected(known_at, None, None, "DELIVERED", "ESTIMATED", "-", None, None, None, None)
        told: list[news.Anything] = [gone] if told_at is not None and now.delivered is None else []
        return replace(shipment, told_eta_at=None), told
    previous = told_at and at_place(told_at, shipment.eta_utc_offset_minutes)
    usual = dt.timedelta(hours=mode.eta_hours)
    if previous is not None and previous.date() == eta.local.date() and abs(eta.at - previous) < usual:
        return shipment, []
    shipment = replace(
        shipment,
        eta_utc_offset_minutes=eta.utc_offset_minutes,
        told_eta_at=eta.at,
        eta_changes=shipment.eta_changes + 1,
    )
    return shipment, [_expected(shipment, now, eta, previous, known_at)]


def _expected(
    shipment: Shipment, now: Way, eta: Eta, previous: dt.datetime | None, known_at: dt.datetime
) -> news.Expected:
    vessel, voyage = carrier_of(shipment, eta.reason)
    exception = now.exception
    return news.Expected(
        known_at=known_at,
        eta=eta.local,
        previous_eta=previous,
        basis=eta.basis,
        classifier=eta.classifier,
        source=eta.source,
        cause=eta.reason.cause or (exception.cause if exception else None),
        cause_reference=cause_reference(shipment, vessel, voyage),
        vessel=vessel,
        voyage=voyage,
    )


def carrier_of(shipment: Shipment, milestone: Milestone | None) -> tuple[str | None, str | None]:
    """Vessel and voyage of a milestone as reported, else as booked for its leg (without one: for the first)."""
    if milestone is not None and (milestone.vessel or milestone.voyage):
        return milestone.vessel, milestone.voyage
    number = 0 if milestone is None else milestone.leg
    leg = next((leg for leg in shipment.legs if leg.leg == number), None)
    return (leg.vessel, leg.voyage) if leg is not None else (None, None)


def cause_reference(shipment: Shipment, vessel: str | None, voyage: str | None) -> str:
    """What all share that suffer from the same: the voyage, else the shipment alone."""
    if vessel is not None and voyage is not None:
        return f"VOYAGE/{vessel}/{voyage}"
    return f"SHIPMENT/{shipment.shipment_id}"


def _milestones_told(
    shipment: Shipment, old: Way, new: Way, now: dt.datetime, why: str
) -> list[news.Anything]:
    """Milestones that are new, or have another time or another standing, and those that are gone."""
    told: list[news.Anything] = []
    for identity, milestone in new.milestones.items():
        before = old.milestones.get(identity)
        if before is None or _standing(before) != _standing(milestone):
            told.append(_recorded(shipment, milestone, now))
    for identity, milestone in old.milestones.items():
        if identity not in new.milestones:
            told.append(
                news.Withdrawn(
                    now,
                    milestone.kind,
                    milestone.classifier,
                    milestone.local,
                    milestone.leg,
                    milestone.call,
                    shipment.state,
                    why,
                )
            )
    cleared = old.clearances()
    for place, clearance in new.clearances().items():
        before_it = cleared.get(place)
        held, released = clearance.held, clearance.released
        times = (held.occurred_at, released.occurred_at)
        if before_it is None or (before_it.held.occurred_at, before_it.released.occurred_at) != times:
            told.append(
                news.Cleared(now, *place, held.local, released.local, clearance.minutes, clearance.country)
            )
    return told


def _standing(milestone: Milestone) -> tuple[dt.datetime, bool, bool]:
    return milestone.occurred_at, milestone.questioned, milestone.contradicted


def _recorded(shipment: Shipment, milestone: Milestone, now: dt.datetime) -> news.Recorded:
    vessel, voyage = carrier_of(shipment, milestone)
    share = milestone.kind == "EXCEPTION"
    return news.Recorded(
        known_at=now,
        kind=milestone.kind,
        classifier=milestone.classifier,
        occurred_at=milestone.local,
        leg=milestone.leg,
        call=milestone.call,
        questioned=milestone.questioned,
        doubt=_doubt(shipment, milestone),
        contradicted=milestone.contradicted,
        witnesses=len(milestone.sources),
        state=shipment.state,
        place=milestone.place,
        location=milestone.location,
        vessel=vessel,
        voyage=voyage,
        cause=milestone.cause,
        cause_reference=cause_reference(shipment, vessel, voyage) if share else None,
    )


def _doubt(shipment: Shipment, one: Milestone) -> MilestoneDoubt | None:
    if not one.questioned:
        return None
    return doubt(shipment.legs, one.leg, one.kind, one.location, one.occurred_at, one.known_at)


def _ends_told(old: Way, new: Way, now: dt.datetime, why: str) -> list[news.Anything]:
    """Dispatch and delivery: what had been told and is not so is withdrawn, what is so is told."""
    told: list[news.Anything] = []
    if _at(old.delivered) != _at(new.delivered) and old.delivered is not None:
        told.append(news.DeliveryWithdrawn(now, why, anew=new.delivered is not None))
    if _at(old.dispatched) != _at(new.dispatched):
        if old.dispatched is not None:
            told.append(news.DispatchWithdrawn(now, why, anew=new.dispatched is not None))
        if new.dispatched is not None:
            told.append(news.Dispatched(now, new.dispatched.local))
    if _at(old.delivered) != _at(new.delivered) and new.delivered is not None:
        told.append(news.Delivered(now, new.delivered.local))
    return told


def _at(milestone: Milestone | None) -> dt.datetime | None:
    return None if milestone is None else milestone.occurred_at
