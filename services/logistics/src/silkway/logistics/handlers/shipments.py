"""What logistics does about what carriers and forwarders report of shipments."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from silkway.contracts import (
    BookingRolled,
    InquiryAnswered,
    InquiryRaised,
    MilestoneRetracted,
    MilestoneTracked,
    ShipmentBooked,
    ShipmentReference,
    ShipmentShipped,
    ShipmentSplit,
)
from silkway.logistics.domain import booking as bookings
from silkway.logistics.domain import news, split
from silkway.logistics.domain import order as orders
from silkway.logistics.domain import shipment as shipments
from silkway.logistics.domain.change import Told
from silkway.logistics.domain.state import EtaChange, Reference, Shipment
from silkway.logistics.handlers.orders import order_of
from silkway.logistics.store import BOOKING, ETA_HISTORY, ORDER, REFERENCES, RULES, SHIPMENT
from silkway.messaging import Due, Fact, Look, Name, NotYet, Refused, Router, Work

router = Router()

Reported = ShipmentShipped | MilestoneTracked | MilestoneRetracted | InquiryRaised | InquiryAnswered
Change = Callable[[Shipment], Told | None]


def _orders_carried(lines: Iterable[str]) -> list[Name]:
    return [ORDER[order_id] for order_id in sorted(set(lines))]


def _names_of_booking(booked: ShipmentBooked) -> list[Name]:
    return [SHIPMENT[booked.shipment_id], *_orders_carried(line.order_id for line in booked.lines)]


def _names_of_split(parted: ShipmentSplit) -> list[Name]:
    return [SHIPMENT[parted.shipment_id], *(SHIPMENT[part.shipment_id] for part in parted.into)]


def _home(reported: Reported) -> list[Name]:
    return [SHIPMENT[reported.shipment_id]]


def _orders_of_shipment(reported: Reported | ShipmentSplit, look: Look) -> list[Name]:
    """Its orders, and the shipments that were split from it, to which what happened before is handed down."""
    shipment: Shipment | None = look(SHIPMENT, reported.shipment_id)
    if shipment is None:
        return []
    return [*_descendants(shipment, look), *_orders_carried(shipment.order_ids)]


def _descendants(shipment: Shipment, look: Look) -> list[Name]:
    names = []
    for part in shipment.children:
        names.append(SHIPMENT[part.child_id])
        with suppress(KeyError):  # not locked yet: asked again when it is
            names += _descendants(look(SHIPMENT, part.child_id), look)
    return names


@router.on(ShipmentBooked, names=_names_of_booking)
def shipment_booked(work: Work, fact: Fact[ShipmentBooked]) -> None:
    booked = fact.data
    existing = work.get(SHIPMENT, booked.shipment_id)
    if existing is not None:
        if shipments.same_booking(RULES, existing, booked):
            return
        raise Refused(
            "shipment_id", "this shipment is already booked with other data", "book under an id of its own"
        )
    shipment, told = shipments.book(RULES, fact.tenant, booked, fact.known_at)
    _name(work, shipment, booked.references)
    _load(work, shipment)
    take(work, shipment, told)
    _take_over(work, shipment, booked.booking_id)


def _take_over(work: Work, shipment: Shipment, booking_id: str | None) -> None:
    """The plan of the booking that it confirms, and the departure to which that had been moved before."""
    found = None if booking_id is None else bookings.order_of(booking_id)
    booking = None if found is None else work.get(BOOKING, found[0])
    if found is None or booking is None:
        return
    planned, rolled = bookings.plan_of(booking, found[1]), bookings.roll_of(booking, found[1])
    if planned is not None:
        shipment, told = shipments.plan(RULES, shipment, planned)
        take(work, shipment, told)
    if rolled is not None:
        take(work, *shipments.roll(RULES, shipment, rolled))


@router.on(ShipmentShipped, names=_home, more=_orders_of_shipment)
def shipment_shipped(work: Work, fact: Fact[ShipmentShipped]) -> None:
    shipped = fact.data
    shipment = _booked_shipment(work, shipped.shipment_id)
    at = shipped.shipped_at

    def change(one: Shipment) -> Told | None:
        if one is not shipment and (one.split_at is None or at > one.split_at):
            return None
        return shipments.ship(RULES, one, shipped, fact.source, fact.known_at)

    _hand_down(work, shipment, change)


@router.on(MilestoneTracked, names=_home, more=_orders_of_shipment)
def milestone_tracked(work: Work, fact: Fact[MilestoneTracked]) -> None:
    tracked = fact.data
    shipment = _booked_shipment(work, tracked.shipment_id)

    def change(one: Shipment) -> Told | None:
        theirs = one is shipment or (
            tracked.classifier == "ACTUAL"
            and one.split_at is not None
            and tracked.occurred_at <= one.split_at
        )
        return shipments.track(RULES, one, tracked, fact.source, fact.known_at) if theirs else None

    _hand_down(work, shipment, change)


@router.on(MilestoneRetracted, names=_home, more=_orders_of_shipment)
def milestone_retracted(work: Work, fact: Fact[MilestoneRetracted]) -> None:
    shipment = _booked_shipment(work, fact.data.shipment_id)

    def change(one: Shipment) -> Told | None:
        until = None if one is shipment else one.split_at
        told = shipments.retract(RULES, one, fact.data, fact.source, fact.known_at, until)
        if told is None and one is shipment:
            raise NotYet(SHIPMENT[shipment.shipment_id], "milestone.tracked")
        return told

    _hand_down(work, shipment, change)


@router.on(InquiryRaised, names=_home, more=_orders_of_shipment)
def inquiry_raised(work: Work, fact: Fact[InquiryRaised]) -> None:
    _inquire(work, fact)


@router.on(InquiryAnswered, names=_home, more=_orders_of_shipment)
def inquiry_answered(work: Work, fact: Fact[InquiryAnswered]) -> None:
    _inquire(work, fact)


def _inquire(work: Work, fact: Fact[InquiryRaised] | Fact[InquiryAnswered]) -> None:
    shipment = _booked_shipment(work, fact.data.shipment_id)
    told = shipments.inquire(RULES, shipment, fact.data, fact.known_at)
    if told is None:
        reason = "this inquiry is known with another text, time or author"
        raise Refused("inquiry_id", reason, "give every inquiry an id of its own")
    take(work, *told)


@router.on(ShipmentSplit, names=_names_of_split, more=_orders_of_shipment)
def shipment_split(work: Work, fact: Fact[ShipmentSplit]) -> None:
    shipment = _booked_shipment(work, fact.data.shipment_id)
    if split.already_split(shipment, fact.data):
        return
    ids = [part.shipment_id for part in fact.data.into]
    existing = [i for i in ids if work.get(SHIPMENT, i) is not None]
    objection = split.object_to(shipment, fact.data, existing)
    if objection is not None:
        raise Refused(objection.field, objection.reason, objection.remedy)
    (rest, told), parts = split.part(RULES, shipment, fact.data, fact.known_at)
    _load(work, rest)
    take(work, rest, told)
    for (child, heard), part in zip(parts, fact.data.into, strict=True):
        _name(work, child, part.references)
        _load(work, child)
        take(work, child, heard)


def shipments_rolled(rolled: BookingRolled, look: Look) -> list[Name]:
    """The shipments that confirmed the booking, and their orders: of lower rank than the booking, but rarely asked."""
    found = bookings.order_of(rolled.booking_id)
    booking = None if found is None else look(BOOKING, found[0])
    names: list[Name] = []
    for shipment_id in _confirmed(booking, found[1]) if found is not None and booking is not None else ():
        names.append(SHIPMENT[shipment_id])
        with suppress(KeyError):  # not locked yet: asked again when it is
            names += _orders_carried(look(SHIPMENT, shipment_id).order_ids)
    return names


def _confirmed(booking: bookings.Booking, attempt: int) -> list[str]:
    return [c.shipment_id for c in booking.confirmations if c.attempt == attempt]


def roll_shipments(work: Work, booking: bookings.Booking, attempt: int) -> None:
    """Where a booking goes now holds for the shipments that confirmed it; who confirms it later takes it over then."""
    rolled = bookings.roll_of(booking, attempt)
    for shipment_id in _confirmed(booking, attempt) if rolled is not None else ():
        shipment = work.get(SHIPMENT, shipment_id)
        if shipment is not None and rolled is not None:
            take(work, *shipments.roll(RULES, shipment, rolled))


def answered_before(booking: bookings.Booking | None) -> list[Name]:
    """The shipments that confirmed an attempt before we knew that we had asked its carrier, and their orders."""
    if booking is None:
        return []
    early = [c for c in booking.confirmations if not bookings.is_requested(booking, c.attempt)]
    carried = [order_id for c in early for order_id in bookings.read_orders(c.orders)]
    return [*(SHIPMENT[c.shipment_id] for c in early), *_orders_carried(carried)]


def plan_shipments(work: Work, booking: bookings.Booking) -> None:
    """The carrier is asked: what was quoted is the plan of the shipments that have confirmed it already."""
    current = booking.current
    planned = None if current is None else bookings.plan_of(booking, current.attempt)
    if current is None or planned is None:
        return
    for shipment_id in _confirmed(booking, current.attempt):
        if (shipment := work.get(SHIPMENT, shipment_id)) is not None:
            take(work, *shipments.plan(RULES, shipment, planned))


def _names_of_clocks(shipment: Shipment) -> Sequence[Name]:
    return [SHIPMENT[shipment.shipment_id], *_orders_carried(shipment.order_ids)]


@router.due(SHIPMENT, names=_names_of_clocks)
def shipment_due(work: Work, due: Due) -> None:
    shipment = work.get(SHIPMENT, due.id)
    assert shipment is not None
    take(work, *shipments.fall_due(RULES, shipment, due.at))


def take(work: Work, shipment: Shipment, told: Sequence[news.Anything]) -> None:
    """Keep the shipment as it is now, and tell its orders the news."""
    work.put(SHIPMENT, shipment.shipment_id, shipment)
    for one in told:
        if isinstance(one, news.Expected) and one.eta is not None:
            work.append(ETA_HISTORY, _eta_change(shipment, one))
        for order_id in shipment.order_ids:
            work.apply(ORDER, order_id, orders.tell(RULES, order_of(work, order_id), shipment, one))


def _eta_change(shipment: Shipment, expected: news.Expected) -> EtaChange:
    assert expected.eta is not None
    return EtaChange(
        tenant=shipment.tenant,
        shipment_id=shipment.shipment_id,
        number=shipment.eta_changes,
        eta_at=expected.eta.astimezone(dt.UTC),
        utc_offset_minutes=shipment.eta_utc_offset_minutes,
        basis=expected.basis,
        classifier=expected.classifier,
        source=expected.source,
        cause=expected.cause,
        known_at=expected.known_at,
    )


def _hand_down(work: Work, shipment: Shipment, change: Change) -> None:
    """Change a shipment, and the shipments split from it that share what happened before."""
    told = change(shipment)
    if told is not None:
        take(work, *told)
    for part in shipment.children:
        child = work.get(SHIPMENT, part.child_id)
        assert child is not None
        _hand_down(work, child, change)


def _load(work: Work, shipment: Shipment) -> None:
    for order_id in shipment.order_ids:
        order = order_of(work, order_id)
        work.apply(ORDER, order_id, orders.load(RULES, order, shipment, work.known_at))


def _name(work: Work, shipment: Shipment, references: Sequence[ShipmentReference]) -> None:
    """The names under which others know it, each once: of several the one that holds from the earliest time."""
    since = shipment.split_at or shipment.booked_at
    named: dict[tuple[str, str], Reference] = {}
    for given in references:
        row = Reference(
            tenant=shipment.tenant,
            shipment_id=shipment.shipment_id,
            kind=given.kind,
            value=given.value,
            valid_from=(given.valid_from or since).astimezone(dt.UTC),
            valid_until=given.valid_until and given.valid_until.astimezone(dt.UTC),
        )
        before = named.setdefault((row.kind, row.value), row)
        if row.valid_from < before.valid_from:
            named[row.kind, row.value] = row
    for _, row in sorted(named.items()):
        work.append(REFERENCES, row)


def _booked_shipment(work: Work, shipment_id: str) -> Shipment:
    shipment = work.get(SHIPMENT, shipment_id)
    if shipment is None:
        raise NotYet(SHIPMENT[shipment_id], "shipment.booked")
    return shipment
