"""What logistics does about the events of orders."""

from silkway.contracts import (
    HoldRequested,
    OrderAccepted,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderSettled,
    OrderShipped,
    PaymentMatched,
    PayoutDue,
)
from silkway.logistics.domain import order as orders
from silkway.logistics.domain.state import Order
from silkway.logistics.store import ORDER
from silkway.messaging import Fact, Router, Work

router = Router()
router.ignore(
    OrderPlaced, PaymentMatched, OrderFunded, HoldRequested, OrderShipped, OrderDelivered, OrderAccepted,
    OrderCompleted, PayoutDue, OrderSettled,
)  # fmt: skip


@router.on(OrderRecorded, names=lambda recorded: [ORDER[recorded.order_id]])
def order_recorded(work: Work, fact: Fact[OrderRecorded]) -> None:
    order_id = fact.data.order_id
    work.apply(ORDER, order_id, orders.record(order_of(work, order_id), fact.data, fact.known_at))


def order_of(work: Work, order_id: str) -> Order:
    """Our view of the order, empty if nothing of it has come yet."""
    return work.get(ORDER, order_id) or Order(work.tenant, order_id)
