"""The logistics axis of an order, computed from what the shipments of its lines have done.

Quantities are sums of what was reported, so the order of reports does not matter; more than was ordered is
kept and counts as all. A line that the order does not have is the shipment's affair and passes by.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from msgspec.structs import replace

from silkway.contracts import (
    OrderDelivered,
    OrderShipped,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.order.domain.life import advance
from silkway.order.domain.state import Decision, Line, Logistics, Order, latest, utc


class _OfLine(Protocol):
    @property
    def line_id(self) -> str: ...


_Part = TypeVar("_Part", bound=_OfLine)


def book(order: Order, linked: ShipmentLinked, known_at: dt.datetime) -> Decision:
    """A shipment carries quantities of these lines."""
    lines = _each(
        order, linked.lines,
        lambda line, part: replace(line, booked_quantity=line.booked_quantity + part.quantity),
    )  # fmt: skip
    return _moved(order, lines, known_at)


def dispatch(order: Order, dispatched: ShipmentDispatched, known_at: dt.datetime) -> Decision:
    """A shipment with quantities of these lines has left the supplier."""
    lines = _each(
        order, dispatched.lines,
        lambda line, part: replace(line, shipped_quantity=line.shipped_quantity + part.quantity),
    )  # fmt: skip
    return _moved(order, lines, known_at)


def deliver(order: Order, delivered: ShipmentDelivered, known_at: dt.datetime) -> Decision:
    """A shipment has arrived. With the last of all lines the acceptance period begins, when that is known."""
    lines = _each(
        order, delivered.lines,
        lambda line, part: replace(
            line,
            delivered_quantity=line.delivered_quantity + part.quantity,
            delivered_on=max(line.delivered_on or part.delivered_on, part.delivered_on),
            late=line.late or part.late,
        ),
    )  # fmt: skip
    before, state = order.logistics, axis(lines)
    order = replace(order, lines=lines)
    if before == "DELIVERED" or state not in ("PART_DELIVERED", "DELIVERED"):
        return order, []
    at = latest(order.delivered_at, utc(delivered.delivered_at))
    known_at = latest(order.delivered_known_at, order.drafted_known_at, known_at)
    order = replace(order, logistics=state, delivered_at=at, delivered_known_at=known_at)
    if state == before:
        return order, []
    complete = state == "DELIVERED"
    if complete:
        order = replace(order, due_at=known_at + dt.timedelta(days=order.acceptance_days))
    event = OrderDelivered(
        order_id=order.order_id, supplier_id=order.supplier_id, state=state,
        delivered_at=at if complete else None, lines_late=order.lines_late,
    )  # fmt: skip
    return advance(order, [(event, known_at)])


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


def _moved(order: Order, lines: tuple[Line, ...], known_at: dt.datetime) -> Decision:
    known_at = latest(order.moved_known_at, order.drafted_known_at, known_at)
    state = axis(lines)
    before, order = order.logistics, replace(order, lines=lines, logistics=state, moved_known_at=known_at)
    match state:
        case "BOOKED" | "PART_SHIPPED" | "SHIPPED" if state != before:
            return order, [(OrderShipped(order_id=order.order_id, state=state), known_at)]
        case _:
            return order, []


def _each(order: Order, parts: Iterable[_Part], change: Callable[[Line, _Part], Line]) -> tuple[Line, ...]:
    lines = {line.line_id: line for line in order.lines}
    for part in parts:
        if part.line_id in lines:
            lines[part.line_id] = change(lines[part.line_id], part)
    return tuple(lines.values())
