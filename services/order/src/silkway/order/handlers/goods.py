"""What logistics says about the shipments of an order."""

from silkway.contracts import (
    DeliveryRetracted,
    DispatchRetracted,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.messaging import Fact, Work
from silkway.order import domain
from silkway.order.handlers.routing import home, order_of, router
from silkway.order.store import ORDER


@router.on(ShipmentLinked, names=home)
def shipment_linked(work: Work, fact: Fact[ShipmentLinked]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.book(order, fact.data, fact.known_at))


@router.on(ShipmentDispatched, names=home)
def shipment_dispatched(work: Work, fact: Fact[ShipmentDispatched]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.dispatch(order, fact.data, fact.known_at))


@router.on(DispatchRetracted, names=home)
def dispatch_retracted(work: Work, fact: Fact[DispatchRetracted]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.retract_dispatch(order, fact.data, fact.known_at))


@router.on(ShipmentDelivered, names=home)
def shipment_delivered(work: Work, fact: Fact[ShipmentDelivered]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.deliver(order, fact.data, fact.known_at))


@router.on(DeliveryRetracted, names=home)
def delivery_retracted(work: Work, fact: Fact[DeliveryRetracted]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.retract_delivery(order, fact.data, fact.known_at))
