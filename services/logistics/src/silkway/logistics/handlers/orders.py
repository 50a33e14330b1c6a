"""What logistics does about the events of orders."""

from silkway.contracts import OrderRecorded
from silkway.logistics.domain import order as orders
from silkway.logistics.domain.state import Order
from silkway.logistics.store import ORDER, RULES
from silkway.messaging import Due, Fact, Router, Work

router = Router()


@router.on(OrderRecorded, names=lambda recorded: [ORDER[recorded.order_id]])
def order_recorded(work: Work, fact: Fact[OrderRecorded]) -> None:
    order_id = fact.data.order_id
    work.apply(ORDER, order_id, orders.record(RULES, order_of(work, order_id), fact.data, fact.known_at))


@router.due(ORDER, names=lambda order: [ORDER[order.order_id]])
def order_due(work: Work, due: Due) -> None:
    work.apply(ORDER, due.id, orders.fall_due(RULES, order_of(work, due.id), due.at))


def order_of(work: Work, order_id: str) -> Order:
    """Our view of the order, empty if nothing of it has come yet."""
    return work.get(ORDER, order_id) or Order(work.tenant, order_id)
