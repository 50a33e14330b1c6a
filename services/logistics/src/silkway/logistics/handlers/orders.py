"""What logistics does about the events of orders."""

from silkway.contracts import OrderAmended, OrderRecorded
from silkway.logistics.domain import order as orders
from silkway.logistics.domain.state import Order
from silkway.logistics.store import ORDER, RULES, SHIPMENT
from silkway.messaging import Due, Fact, Look, Name, Router, Work

router = Router()


@router.on(OrderRecorded, names=lambda recorded: [ORDER[recorded.order_id]])
def order_recorded(work: Work, fact: Fact[OrderRecorded]) -> None:
    order_id = fact.data.order_id
    work.apply(ORDER, order_id, orders.record(RULES, order_of(work, order_id), fact.data, fact.known_at))


def _shipments_of(amended: OrderAmended, look: Look) -> list[Name]:
    order: Order | None = look(ORDER, amended.order_id)
    carriers = {c.shipment_id for c in order.cargo} if order is not None else set()
    return [SHIPMENT[shipment_id] for shipment_id in sorted(carriers)]


@router.on(OrderAmended, names=lambda amended: [ORDER[amended.order_id]], more=_shipments_of)
def order_amended(work: Work, fact: Fact[OrderAmended]) -> None:
    order = order_of(work, fact.data.order_id)
    found = [work.get(SHIPMENT, shipment_id) for shipment_id in sorted({c.shipment_id for c in order.cargo})]
    shipments = [shipment for shipment in found if shipment is not None]
    work.apply(ORDER, order.order_id, orders.amend(RULES, order, fact.data, shipments, fact.known_at))


@router.due(ORDER, names=lambda order: [ORDER[order.order_id]])
def order_due(work: Work, due: Due) -> None:
    work.apply(ORDER, due.id, orders.fall_due(RULES, order_of(work, due.id), due.at))


def order_of(work: Work, order_id: str) -> Order:
    """Our view of the order, empty if nothing of it has come yet."""
    return work.get(ORDER, order_id) or Order(work.tenant, order_id)
