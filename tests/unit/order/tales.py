"""Beginnings that several stories share."""

from silkway.order.domain import Order
from silkway.order.store import ORDER
from tests.unit.desk import Desk, day
from tests.unit.order.trade import (
    ORDER_ID,
    confirmed,
    delivered,
    dispatched,
    drafted,
    linked,
    paid,
    received,
)


def order_of(desk: Desk) -> Order:
    return desk.state(ORDER, ORDER_ID)


def placed(desk: Desk, **but: object) -> None:
    desk.hear(drafted(**but), day(0))
    desk.hear(confirmed("BUYER"), day(1))
    desk.hear(confirmed("SUPPLIER"), day(1))


def funded(desk: Desk, **but: object) -> None:
    placed(desk, **but)
    desk.hear(paid(100_00), day(2))


def shipped(desk: Desk, **but: object) -> None:
    funded(desk, **but)
    desk.hear(linked(), day(4))
    desk.hear(dispatched(), day(5))


def arrived(desk: Desk, **but: object) -> None:
    """Delivered on day 20; silence accepts on day 27."""
    shipped(desk, **but)
    desk.hear(delivered(), day(20))


def completed(desk: Desk) -> None:
    arrived(desk)
    desk.hear(received(day(21)), day(21))


def conserved(desk: Desk) -> bool:
    order = order_of(desk)
    return order.received_minor == order.escrow_minor + order.paid_out_minor + order.refunded_minor
