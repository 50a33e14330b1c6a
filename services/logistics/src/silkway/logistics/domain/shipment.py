"""A shipment and what the world says of it: booked, shipped, tracked, taken back, asked about."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from msgspec.structs import replace

from silkway.contracts import (
    InquiryAnswered,
    InquiryRaised,
    MilestoneRetracted,
    MilestoneTracked,
    ShipmentBooked,
    ShipmentShipped,
)
from silkway.contracts import (
    ShipmentLine as CarriedLine,
)
from silkway.contracts.fields import MilestoneKind
from silkway.logistics.domain import news
from silkway.logistics.domain.booking import Plan, Roll
from silkway.logistics.domain.change import CORRECTED, Told, carrier_of, cause_reference, move
from silkway.logistics.domain.clocks import fall_due as clocks_fall_due
from silkway.logistics.domain.clocks import keep_watch, look_at_promises
from silkway.logistics.domain.doubts import doubt
from silkway.logistics.domain.promise import end_of_day
from silkway.logistics.domain.rules import Rules
from silkway.logistics.domain.state import EVER, Inquiry, Leg, Report, Shipment, ShipmentLine
from silkway.logistics.domain.way import NOWHERE, REPEATABLE, way


def book(rules: Rules, tenant: str, booked: ShipmentBooked, known_at: dt.datetime) -> Told:
    """A new shipment, linked to its orders. Lines named twice are added up."""
    at, _ = _utc(booked.booked_at)
    service = booked.service
    legs = tuple(
        Leg(tenant, booked.shipment_id, *(getattr(leg, name) for name in Leg.__struct_fields__[2:]))
        for leg in sorted({leg.leg: leg for leg in booked.legs}.values(), key=lambda leg: leg.leg)
    )
    shipment = Shipment(
        tenant=tenant,
        shipment_id=booked.shipment_id,
        mode=booked.mode,
        carrier=booked.carrier,
        state="BOOKED",
        exception=False,
        booked_at=at,
        known_at=known_at,
        dispatched_at=None,
        delivered_at=None,
        booking_id=booked.booking_id,
        promises=" ".join(sorted(set(service.promises))) if service else "",
        insured=service is not None and service.insured,
        lane=_lane(legs),
        split_from=None,
        split_at=None,
        origin=booked.shipment_id,
        watched=service is not None or bool(legs),
        heard_at=known_at,
        hear_by=None,
        silent=False,
        eta_at=None,
        eta_utc_offset_minutes=0,
        told_eta_at=None,
        eta_changes=0,
        lines=carried(tenant, booked.shipment_id, booked.lines),
        legs=legs,
    )
    on_time = "ON_TIME" in shipment.promises.split()
    linked = news.Linked(known_at, "BOOKED", on_time, shipment.booking_id, None)
    shipment, told = keep_watch(rules, shipment, NOWHERE, known_at)
    shipment, promised = look_at_promises(rules, shipment, known_at)
    return shipment, [linked, *told, *promised]


def carried(tenant: str, shipment_id: str, lines: Iterable[CarriedLine]) -> tuple[ShipmentLine, ...]:
    """The lines of a booking, each once, in order."""
    pieces: Counter[tuple[str, str]] = Counter()
    for line in lines:
        pieces[line.order_id, line.line_id] += line.quantity
    return tuple(
        ShipmentLine(tenant, shipment_id, order_id, line_id, quantity)
        for (order_id, line_id), quantity in sorted(pieces.items())
    )


def same_booking(rules: Rules, shipment: Shipment, booked: ShipmentBooked) -> bool:
    """Whether a second booking says what the first one said, before anything was split off."""
    again, _ = book(rules, shipment.tenant, booked, shipment.known_at)
    said = ("mode", "carrier", "booked_at", "booking_id", "promises", "insured")
    if any(getattr(again, name) != getattr(shipment, name) for name in said):
        return False
    return shipment.split_from is None and (bool(shipment.children) or again.lines == shipment.lines)


def ship(
    rules: Rules, shipment: Shipment, shipped: ShipmentShipped, source: str, known_at: dt.datetime
) -> Told:
    """The supplier's word that the goods have left counts as much as a carrier's that it collected them."""
    collected = MilestoneTracked(
        shipment_id=shipped.shipment_id, kind="COLLECTED", classifier="ACTUAL", occurred_at=shipped.shipped_at
    )
    return move(rules, shipment, _with(shipment, collected, source, known_at), known_at, CORRECTED)


def track(
    rules: Rules, shipment: Shipment, tracked: MilestoneTracked, source: str, known_at: dt.datetime
) -> Told:
    """Take what a source says of a milestone; `known_at` is when we heard it. Who tracks, is missed when silent."""
    told = _with(replace(shipment, watched=True), tracked, source, known_at)
    return move(rules, shipment, told, known_at, CORRECTED)


def plan(rules: Rules, shipment: Shipment, quoted: Plan) -> Told:
    """What was quoted is the plan, until the carrier names times of its own. Who has a plan, is missed when silent.

    A day tells no hour. So the departure is late when its day has ended everywhere, and the goods are expected from
    the beginning of the day of arrival: an hour more or less puts off no date.
    """
    main = _main_leg(shipment)
    times: tuple[tuple[int, MilestoneKind, dt.datetime], ...] = (
        (0 if main is None else main.leg, "DEPARTED", end_of_day(quoted.departs_on)),
        (
            max((leg.leg for leg in shipment.legs), default=0),
            "DELIVERED" if quoted.to_the_door else "ARRIVED",
            dt.datetime.combine(quoted.arrives_on, dt.time(), tzinfo=dt.UTC),
        ),
    )
    after = replace(shipment, watched=True)
    for leg, kind, at in times:
        planned = MilestoneTracked(
            shipment_id=shipment.shipment_id, kind=kind, classifier="PLANNED", occurred_at=at, leg=leg
        )
        after = _with(after, planned, quoted.source, quoted.known_at)
    return move(rules, shipment, after, quoted.asked_at, CORRECTED)


def roll(rules: Rules, shipment: Shipment, rolled: Roll) -> Told:
    """The carrier takes another departure: that is what is expected now of its main leg."""
    main = _main_leg(shipment)
    after = replace(
        shipment,
        legs=tuple(
            replace(leg, vessel=rolled.vessel or leg.vessel, voyage=rolled.voyage or leg.voyage)
            if leg is main
            else leg
            for leg in shipment.legs
        ),
    )
    times: tuple[tuple[MilestoneKind, dt.datetime], ...] = (
        ("DEPARTED", rolled.departs_at),
        ("ARRIVED", rolled.arrives_at),
    )
    for kind, at in times:
        expected = MilestoneTracked(
            shipment_id=shipment.shipment_id,
            kind=kind,
            classifier="ESTIMATED",
            occurred_at=at,
            leg=0 if main is None else main.leg,
            vessel=rolled.vessel,
            voyage=rolled.voyage,
            cause=rolled.reason,
            note=rolled.note,
        )
        after = _with(after, expected, rolled.source, rolled.known_at)
    return move(rules, shipment, after, rolled.known_at, CORRECTED)


def _main_leg(shipment: Shipment) -> Leg | None:
    return next((leg for leg in shipment.legs if leg.mode == shipment.mode), None)


def _with(shipment: Shipment, tracked: MilestoneTracked, source: str, known_at: dt.datetime) -> Shipment:
    """The shipment with one more report, in the place of what the source said before."""
    report = _report_of(shipment, tracked, source, known_at)
    before = next((r for r in shipment.reports if r.key == report.key), None)
    if before is not None and before.retracted is None and before.occurred_at == report.occurred_at:
        said = {name: getattr(report, name) or getattr(before, name) for name in _SAID}
        report = replace(before, **said)  # the same again, perhaps with more words
    others = [r for r in shipment.reports if r is not before]
    return replace(shipment, reports=tuple(sorted((*others, report), key=lambda r: r.key)))


_SAID = ("place", "location", "vessel", "voyage", "cause", "note")


def retract(
    rules: Rules,
    shipment: Shipment,
    retracted: MilestoneRetracted,
    source: str,
    known_at: dt.datetime,
    until: dt.datetime | None = None,
) -> Told | None:
    """Take back what the source had reported, or all sources where operations say so; of times up to `until`.

    None if there is no such report (yet). A report that its source has replaced by one of another time is gone
    already.
    """
    of_kind = [
        r
        for r in shipment.reports
        if (r.leg, r.call, r.kind, r.classifier)
        == (retracted.leg, retracted.call, retracted.kind, retracted.classifier)
        and (retracted.by is not None or r.source == source)
        and (until is None or r.occurred_at <= until)
    ]
    if not of_kind:
        return None
    fitting = [r for r in of_kind if retracted.occurred_at in (None, r.occurred_at)]
    gone = {r.key: replace(r, retracted=retracted.reason) for r in fitting if r.retracted is None}
    reports = tuple(gone.get(r.key, r) for r in shipment.reports)
    return move(rules, shipment, replace(shipment, reports=reports), known_at, retracted.reason)


def inquire(
    rules: Rules, shipment: Shipment, told: InquiryRaised | InquiryAnswered, known_at: dt.datetime
) -> Told | None:
    """Keep a question or its answer. None if another of this id is known; the same again changes nothing."""
    known = next((i for i in shipment.inquiries if i.inquiry_id == told.inquiry_id), None)
    inquiry = known or Inquiry(shipment.tenant, shipment.shipment_id, told.inquiry_id)
    if isinstance(told, InquiryRaised):
        at, _ = _utc(told.raised_at)
        inquiry = replace(inquiry, raised_at=at, raised_by=told.by, question=told.text)
        another = known is not None and known.raised_at is not None and known != inquiry
    else:
        at, _ = _utc(told.answered_at)
        inquiry = replace(inquiry, answered_at=at, answered_by=told.by, answer=told.text)
        another = known is not None and known.answered_at is not None and known != inquiry
    if another:
        return None
    others = [i for i in shipment.inquiries if i.inquiry_id != inquiry.inquiry_id]
    inquiries = tuple(sorted([*others, inquiry], key=lambda i: i.inquiry_id))
    return look_at_promises(rules, replace(shipment, inquiries=inquiries), known_at)


def fall_due(rules: Rules, shipment: Shipment, at: dt.datetime) -> Told:
    """The clocks of the shipment that have come due by `at`: it is silent, or a promise is at risk or broken."""
    now = way(shipment.reports, rules.tracking.modes[shipment.mode].contradiction)
    reference = cause_reference(shipment, *carrier_of(shipment, now.furthest))
    return clocks_fall_due(rules, shipment, now, reference, at)


def _report_of(shipment: Shipment, tracked: MilestoneTracked, source: str, known_at: dt.datetime) -> Report:
    at, offset = _utc(tracked.occurred_at)
    return Report(
        tenant=shipment.tenant,
        shipment_id=shipment.shipment_id,
        leg=tracked.leg,
        call=tracked.call,
        kind=tracked.kind,
        classifier=tracked.classifier,
        occasion=at if tracked.kind in REPEATABLE else EVER,
        source=source,
        questioned=tracked.classifier == "ACTUAL"
        and doubt(shipment.legs, tracked.leg, tracked.kind, tracked.location, at, known_at) is not None,
        occurred_at=at,
        utc_offset_minutes=offset,
        known_at=known_at,
        retracted=None,
        place=tracked.place,
        location=tracked.location,
        vessel=tracked.vessel,
        voyage=tracked.voyage,
        cause=tracked.cause,
        note=tracked.note,
    )


def _lane(legs: tuple[Leg, ...]) -> str | None:
    """Countries of origin and destination, if the legs tell both."""
    if not legs or legs[0].from_location is None or legs[-1].to_location is None:
        return None
    return f"{legs[0].from_location[:2]}-{legs[-1].to_location[:2]}"


def _utc(moment: dt.datetime) -> tuple[dt.datetime, int]:
    """The moment in UTC, and the offset it was told with, in minutes."""
    offset = moment.utcoffset() or dt.timedelta()
    return moment.astimezone(dt.UTC), int(offset.total_seconds() // 60)
