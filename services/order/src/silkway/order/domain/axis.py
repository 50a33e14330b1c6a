"""How far the goods of an order are, all lines together, and the events that tell it."""

import datetime as dt
from collections.abc import Iterable

from silkway.contracts import OrderDelivered, OrderShipped
from silkway.order.domain.state import Emission, Line, Logistics, Order, latest


def axis(lines: Iterable[Line]) -> Logistics:
    """How far the goods are, all lines together."""
    lines = list(lines)
    if all(line.delivered_quantity >= line.quantity for line in lines):
        return "DELIVERED"
    if any(line.delivered_quantity for line in lines):
        return "PART_DELIVERED"
    if all(line.shipped_quantity >= line.quantity for line in lines):
        return "SHIPPED"
    if any(line.shipped_quantity for line in lines):
        return "PART_SHIPPED"
    return "BOOKED" if any(line.booked_quantity for line in lines) else "NONE"


def tell_axis(
    order: Order, before: Order, uninspected: bool = False, known_at: dt.datetime | None = None
) -> list[Emission]:
    """The event that tells how far the goods are now, or when they came, where that is not as `before`."""
    state = order.logistics
    if state == before.logistics:
        corrected = state == "DELIVERED" and _came(order) != _came(before)
        return _delivered_told(order, latest(order.moved_known_at, known_at)) if corrected else []
    match state:
        case "BOOKED" | "PART_SHIPPED" | "SHIPPED":
            shipped = OrderShipped(
                order_id=order.order_id, state=state, uninspected=True if uninspected else None
            )
            return [(shipped, latest(order.moved_known_at, known_at))]
        case "PART_DELIVERED" | "DELIVERED":
            return _delivered_told(order, latest(order.delivered_known_at, known_at))
        case _:
            return []


def _came(order: Order) -> tuple[dt.datetime | None, int]:
    return order.delivered_at, order.lines_late


def _delivered_told(order: Order, known_at: dt.datetime) -> list[Emission]:
    assert order.logistics in ("PART_DELIVERED", "DELIVERED")
    delivered = OrderDelivered(
        order_id=order.order_id, supplier_id=order.supplier_id, state=order.logistics,
        delivered_at=order.delivered_at if order.logistics == "DELIVERED" else None,
        lines_late=order.lines_late,
    )  # fmt: skip
    return [(delivered, known_at)]
