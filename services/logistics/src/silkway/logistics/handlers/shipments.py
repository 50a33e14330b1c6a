"""What logistics does about what carriers and forwarders report of shipments."""

from collections.abc import Iterable

from silkway.contracts import (
    InquiryAnswered,
    InquiryRaised,
    MilestoneRetracted,
    MilestoneTracked,
    ShipmentBooked,
    ShipmentShipped,
    ShipmentSplit,
)
from silkway.logistics.domain import order as orders
from silkway.logistics.domain import shipment as shipments
from silkway.logistics.domain.state import Reference, Shipment
from silkway.logistics.handlers.orders import order_of
from silkway.logistics.store import ORDER, REFERENCES, SHIPMENT
from silkway.messaging import Fact, Look, Name, NotYet, Refused, Router, Work

router = Router()
router.ignore(MilestoneRetracted, ShipmentSplit, InquiryRaised, InquiryAnswered)


def _names_of_booking(booked: ShipmentBooked) -> list[Name]:
    order_ids = sorted({line.order_id for line in booked.lines})
    return [SHIPMENT[booked.shipment_id], *(ORDER[order_id] for order_id in order_ids)]


def _orders_of_shipment(reported: ShipmentShipped | MilestoneTracked, look: Look) -> list[Name]:
    shipment: Shipment | None = look(SHIPMENT, reported.shipment_id)
    return [] if shipment is None else [ORDER[order_id] for order_id in shipment.order_ids]


@router.on(ShipmentBooked, names=_names_of_booking)
def shipment_booked(work: Work, fact: Fact[ShipmentBooked]) -> None:
    booked = fact.data
    existing = work.get(SHIPMENT, booked.shipment_id)
    if existing is not None:
        if shipments.same_booking(existing, booked):
            return
        raise Refused(
            "shipment_id", "this shipment is already booked with other data", "book under an id of its own"
        )
    shipment, reports = shipments.book(fact.tenant, booked, fact.known_at)
    work.put(SHIPMENT, shipment.shipment_id, shipment)
    for kind, value in sorted({(r.kind, r.value) for r in booked.references}):
        work.append(REFERENCES, Reference(fact.tenant, shipment.shipment_id, kind, value))
    for order_id in shipment.order_ids:
        work.put(ORDER, order_id, orders.load(order_of(work, order_id), shipment))
    _tell_orders(work, shipment, reports)


@router.on(ShipmentShipped, names=lambda shipped: [SHIPMENT[shipped.shipment_id]], more=_orders_of_shipment)
def shipment_shipped(work: Work, fact: Fact[ShipmentShipped]) -> None:
    shipment = _booked_shipment(work, fact.data.shipment_id)
    moved, reports = shipments.ship(shipment, fact.data, fact.source, fact.known_at)
    work.put(SHIPMENT, moved.shipment_id, moved)
    _tell_orders(work, moved, reports)


@router.on(MilestoneTracked, names=lambda tracked: [SHIPMENT[tracked.shipment_id]], more=_orders_of_shipment)
def milestone_tracked(work: Work, fact: Fact[MilestoneTracked]) -> None:
    shipment = _booked_shipment(work, fact.data.shipment_id)
    moved, reports = shipments.track(shipment, fact.data, fact.source, fact.known_at)
    work.put(SHIPMENT, moved.shipment_id, moved)
    _tell_orders(work, moved, reports)


def _booked_shipment(work: Work, shipment_id: str) -> Shipment:
    shipment = work.get(SHIPMENT, shipment_id)
    if shipment is None:
        raise NotYet(SHIPMENT[shipment_id], "shipment.booked")
    return shipment


def _tell_orders(work: Work, shipment: Shipment, reports: Iterable[shipments.Report]) -> None:
    for report in reports:
        for order_id in shipment.order_ids:
            decision = orders.tell(order_of(work, order_id), shipment.shipment_id, report)
            work.apply(ORDER, order_id, decision)
