"""A shipment's way: what it carries, its milestones, and how far it has come.

Where it stands is computed from the whole set of its milestones, so that the order in which they arrive does
not matter: a late one takes its place in history and never takes the shipment back.
"""

import datetime as dt
from collections import Counter
from typing import Literal

import msgspec

from silkway.contracts import MilestoneTracked, ShipmentBooked, ShipmentShipped
from silkway.contracts.fields import Classifier, MilestoneKind, ShipmentState
from silkway.logistics.domain.state import Milestone, Shipment, ShipmentLine

FUTURE_TOLERANCE = dt.timedelta(minutes=5)
"""How far a reporter's clock may run ahead of ours before an "actual" time is questioned."""

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

_RANKS = {kind: rank for rank, kind in enumerate(PROGRESS)}


class Report(msgspec.Struct, frozen=True):
    """What a shipment has to tell each order it carries goods of: a milestone, and what became of it.

    `occurred_at` has the offset of the place; `state` is the shipment's after it.
    """

    fact: Literal["LINKED", "DISPATCHED", "MILESTONE", "DELIVERED"]
    kind: MilestoneKind
    classifier: Classifier
    occurred_at: dt.datetime
    leg: int
    place: str | None
    questioned: bool
    state: ShipmentState
    known_at: dt.datetime


Told = tuple[Shipment, list[Report]]


def book(tenant: str, booked: ShipmentBooked, known_at: dt.datetime) -> Told:
    """A new shipment, linked to its orders. Lines named twice are added up."""
    pieces: Counter[tuple[str, str]] = Counter()
    for line in booked.lines:
        pieces[line.order_id, line.line_id] += line.quantity
    at, _ = _utc(booked.booked_at)
    shipment = Shipment(
        tenant=tenant,
        shipment_id=booked.shipment_id,
        mode=booked.mode,
        carrier=booked.carrier,
        state="BOOKED",
        exception=False,
        booked_at=at,
        known_at=known_at,
        lines=tuple(
            ShipmentLine(tenant, booked.shipment_id, order_id, line_id, quantity)
            for (order_id, line_id), quantity in sorted(pieces.items())
        ),
    )
    linked = Report("LINKED", "BOOKED", "ACTUAL", booked.booked_at, 0, None, False, "BOOKED", known_at)
    return shipment, [linked]


def same_booking(shipment: Shipment, booked: ShipmentBooked) -> bool:
    """Whether a second booking says what the first one said."""
    again, _ = book(shipment.tenant, booked, shipment.known_at)
    return (again.mode, again.carrier, again.booked_at, again.lines) == (
        shipment.mode,
        shipment.carrier,
        shipment.booked_at,
        shipment.lines,
    )


def ship(shipment: Shipment, shipped: ShipmentShipped, source: str, known_at: dt.datetime) -> Told:
    """The supplier's word that the goods have left counts as much as a carrier's that it collected them."""
    collected = MilestoneTracked(
        shipment_id=shipped.shipment_id, kind="COLLECTED", classifier="ACTUAL", occurred_at=shipped.shipped_at
    )
    return track(shipment, collected, source, known_at)


def track(shipment: Shipment, tracked: MilestoneTracked, source: str, known_at: dt.datetime) -> Told:
    """Take a milestone into the shipment's history; `known_at` is when this report of it became known.

    A further witness changes nothing for the orders, unless it takes away the doubt about a questioned one.
    """
    reported = _milestone(shipment, tracked, source, known_at)
    before = next((m for m in shipment.milestones if m.identity == reported.identity), None)
    milestone = reported if before is None else _join(before, reported)
    others = [m for m in shipment.milestones if m is not before]
    moved = _stand(shipment, [*others, milestone])
    if before is not None and before.questioned == milestone.questioned:
        return moved, []
    told_at = max(known_at, shipment.known_at)  # what came before its booking could be told only after it
    reports = [_report("MILESTONE", moved, milestone, told_at)]
    if milestone.counts and milestone.kind == "COLLECTED" and shipment.dispatched_at is None:
        moved = msgspec.structs.replace(moved, dispatched_at=milestone.occurred_at)
        reports.append(_report("DISPATCHED", moved, milestone, told_at))
    if milestone.counts and milestone.kind == "DELIVERED" and shipment.delivered_at is None:
        moved = msgspec.structs.replace(moved, delivered_at=milestone.occurred_at)
        reports.append(_report("DELIVERED", moved, milestone, told_at))
    return moved, reports


def rank(milestone: Milestone) -> tuple[bool, int, int]:
    """How far a milestone is along the way: by leg, then by kind; nothing is beyond the delivery."""
    return milestone.kind == "DELIVERED", milestone.leg, _RANKS[milestone.kind]


def _stand(shipment: Shipment, milestones: list[Milestone]) -> Shipment:
    """The shipment with these milestones: its state is that of the furthest that counts.

    It is in exception while the last thing that happened to it is one.
    """
    counting = [m for m in milestones if m.counts]
    progress = [m for m in counting if m.kind in PROGRESS]
    last = max(counting, key=lambda m: (m.occurred_at, m.kind == "EXCEPTION"), default=None)
    return msgspec.structs.replace(
        shipment,
        state=PROGRESS[max(progress, key=rank).kind] if progress else "BOOKED",
        exception=last is not None and last.kind == "EXCEPTION",
        milestones=tuple(sorted(milestones, key=lambda m: m.identity)),
    )


def _milestone(
    shipment: Shipment, tracked: MilestoneTracked, source: str, known_at: dt.datetime
) -> Milestone:
    at, offset = _utc(tracked.occurred_at)
    return Milestone(
        tenant=shipment.tenant,
        shipment_id=shipment.shipment_id,
        leg=tracked.leg,
        kind=tracked.kind,
        classifier=tracked.classifier,
        occurred_at=at,
        utc_offset_minutes=offset,
        known_at=known_at,
        questioned=tracked.classifier == "ACTUAL" and at > known_at + FUTURE_TOLERANCE,
        witnesses=1,
        sources=source,
        place=tracked.place,
        note=tracked.note,
    )


def _join(one: Milestone, other: Milestone) -> Milestone:
    """Two reports of one fact, the same whichever came first. One report that is not in doubt is enough."""
    sources = sorted({*one.sources.split(" "), *other.sources.split(" ")})
    return msgspec.structs.replace(
        one,
        utc_offset_minutes=min(one.utc_offset_minutes, other.utc_offset_minutes),
        known_at=min(one.known_at, other.known_at),
        questioned=one.questioned and other.questioned,
        witnesses=len(sources),
        sources=" ".join(sources),
        place=min(filter(None, (one.place, other.place)), default=None),
        note=min(filter(None, (one.note, other.note)), default=None),
    )


def _report(
    fact: Literal["DISPATCHED", "MILESTONE", "DELIVERED"],
    shipment: Shipment,
    milestone: Milestone,
    known_at: dt.datetime,
) -> Report:
    return Report(
        fact=fact,
        kind=milestone.kind,
        classifier=milestone.classifier,
        occurred_at=milestone.local,
        leg=milestone.leg,
        place=milestone.place,
        questioned=milestone.questioned,
        state=shipment.state,
        known_at=known_at,
    )


def _utc(moment: dt.datetime) -> tuple[dt.datetime, int]:
    """The moment in UTC, and the offset it was told with, in minutes."""
    offset = moment.utcoffset() or dt.timedelta()
    return moment.astimezone(dt.UTC), int(offset.total_seconds() // 60)
