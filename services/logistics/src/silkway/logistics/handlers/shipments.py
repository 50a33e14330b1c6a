"""What logistics does about what carriers and forwarders report of shipments."""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import suppress

from silkway.contracts import (
    InquiryAnswered,
    InquiryRaised,
    MilestoneRetracted,
    MilestoneTracked,
    ShipmentBooked,
    ShipmentReference,
    ShipmentShipped,
    ShipmentSplit,
)
from silkway.logistics.domain import order as orders
from silkway.logistics.domain import shipment as shipments
from silkway.logistics.domain import split
from silkway.logistics.domain.change import Told
from silkway.logistics.domain.state import Reference, Shipment
from silkway.logistics.handlers.linking import orders_carried, take, take_over
from silkway.logistics.handlers.orders import order_of
from silkway.logistics.store import ORDER, REFERENCES, RULES, SHIPMENT
from silkway.messaging import Due, Fact, Look, Name, NotYet, Refused, Router, Work

router = Router()

Reported = ShipmentShipped | MilestoneTracked | MilestoneRetracted | InquiryRaised | InquiryAnswered
Change = Callable[[Shipment], Told | None]


def _names_of_booking(booked: ShipmentBooked) -> list[Name]:
    return [SHIPMENT[booked.shipment_id], *orders_carried(line.order_id for line in booked.lines)]


def _names_of_split(parted: ShipmentSplit) -> list[Name]:
    return [SHIPMENT[parted.shipment_id], *(SHIPMENT[part.shipment_id] for part in parted.into)]


def _home(reported: Reported) -> list[Name]:
    return [SHIPMENT[reported.shipment_id]]


def _orders_of_shipment(reported: Reported | ShipmentSplit, look: Look) -> list[Name]:
    """Its orders, and the shipments that were split from it, to which what happened before is handed down."""
    shipment: Shipment | None = look(SHIPMENT, reported.shipment_id)
    if shipment is None:
        return []
    return [*_descendants(shipment, look), *orders_carried(shipment.order_ids)]


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
    take_over(work, shipment, booked.booking_id)


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
    take(work, rest, told)  # to all orders that it carried until now
    _load(work, rest)
    for (child, heard), part in zip(parts, fact.data.into, strict=True):
        _name(work, child, part.references)
        _load(work, child)
        take(work, child, heard)


def _names_of_clocks(shipment: Shipment) -> Sequence[Name]:
    return [SHIPMENT[shipment.shipment_id], *orders_carried(shipment.order_ids)]


@router.due(SHIPMENT, names=_names_of_clocks)
def shipment_due(work: Work, due: Due) -> None:
    shipment = work.get(SHIPMENT, due.id)
    assert shipment is not None
    take(work, *shipments.fall_due(RULES, shipment, due.at))


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
