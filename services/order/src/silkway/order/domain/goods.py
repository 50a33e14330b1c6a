"""The logistics axis of an order, computed from what the shipments of its lines have done.

What a shipment did with a line is kept by itself (a part of the line) and every sum is taken over all parts, so the
order of reports does not matter and each can be taken back. Where only its time was wrong (`told_anew`) nothing is
taken back: the goods are known to have moved since the first report. More than was ordered is kept and counts as all.
A line that the order does not have is the shipment's affair and passes by.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from msgspec.structs import replace

from silkway.contracts import (
    DeliveryRetracted,
    DispatchRetracted,
    OrderReinstated,
    OrderUndelivered,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.order.domain.axis import axis, tell_axis
from silkway.order.domain.life import advance, request_hold
from silkway.order.domain.state import Decision, Emission, Order, Part, latest, utc


class _Carried(Protocol):
    @property
    def line_id(self) -> str: ...
    @property
    def quantity(self) -> int: ...


_Told = TypeVar("_Told", bound=_Carried)


def book(order: Order, linked: ShipmentLinked, known_at: dt.datetime) -> Decision:
    """A shipment carries quantities of these lines: newly, or split from one that carried them so far."""
    if linked.split_from is not None:
        order = _split(order, linked, linked.split_from)
    parts = _each(
        order, linked.shipment_id, linked.lines,
        lambda part, _, quantity: replace(part, booked_quantity=quantity),
    )  # fmt: skip
    return _moved(order, parts, known_at)


def dispatch(order: Order, dispatched: ShipmentDispatched, known_at: dt.datetime) -> Decision:
    """A shipment with quantities of these lines has left the supplier."""
    at = utc(dispatched.shipped_at)
    parts = _each(
        order, dispatched.shipment_id, dispatched.lines,
        lambda part, _, quantity: replace(
            part, shipped_quantity=quantity, shipped_at=at, retracted_known_at=None,
            shipped_known_at=_since(part.shipped_known_at, part.shipped_quantity, quantity, known_at),
        ),
    )  # fmt: skip
    uninspected = (
        order.inspection_gate == "BEFORE_SHIPMENT"
        and order.inspection_passed_at is None
        and parts != order.parts
    )
    order, events = _moved(order, parts, known_at, uninspected)
    return _reinstate(order, dispatched.shipment_id, known_at, events)


def retract_dispatch(order: Order, retracted: DispatchRetracted, known_at: dt.datetime) -> Decision:
    """A shipment has not left after all, if it is not told at once that it left at another time."""
    if retracted.told_anew:
        return order, []
    parts = _each(
        order, retracted.shipment_id, retracted.lines,
        lambda part, _, __: replace(part, shipped_quantity=0, retracted_known_at=known_at),
    )  # fmt: skip
    return _moved(order, parts, known_at)


def deliver(order: Order, delivered: ShipmentDelivered, known_at: dt.datetime) -> Decision:
    """A shipment has arrived. With the last of all lines the acceptance period begins, when that is known."""
    at = utc(delivered.delivered_at)
    parts = _each(
        order, delivered.shipment_id, delivered.lines,
        lambda part, told, quantity: replace(
            part, delivered_quantity=quantity, delivered_at=at, delivered_on=told[-1].delivered_on,
            delivered_known_at=_since(part.delivered_known_at, part.delivered_quantity, quantity, known_at),
            late=any(line.late for line in told),
        ),
    )  # fmt: skip
    order, events = _moved(order, parts, known_at)
    return _reinstate(order, delivered.shipment_id, known_at, events)


def retract_delivery(order: Order, retracted: DeliveryRetracted, known_at: dt.datetime) -> Decision:
    """A shipment has not arrived after all: the acceptance period stops, and an acceptance does not count.

    Where it is told at once that it arrived at another time, it goes on.
    """
    if retracted.told_anew:
        return order, []
    before = order
    parts = _each(
        order, retracted.shipment_id, retracted.lines,
        lambda part, _, __: _undelivered(part),
    )  # fmt: skip
    order = _noted(order, parts, known_at)
    if order.logistics == "DELIVERED":  # what was taken back was more than was ordered
        return advance(order, tell_axis(order, before))
    events: list[Emission] = []
    if order.logistics != before.logistics:
        undelivered = OrderUndelivered(
            order_id=order.order_id, shipment_id=retracted.shipment_id, supplier_id=order.supplier_id,
            state=order.logistics,
        )  # fmt: skip
        events.append((undelivered, latest(order.drafted_known_at, known_at)))
    return advance(order, events)


def resum(order: Order) -> Order:
    """The order with the sums of its parts: quantities by line, the axis, and when all of it was delivered."""
    booked, shipped, arrived = dict[str, int](), dict[str, int](), dict[str, int]()
    days, late = dict[str, dt.date](), set[str]()
    for part in order.parts:
        booked[part.line_id] = booked.get(part.line_id, 0) + part.booked_quantity
        shipped[part.line_id] = shipped.get(part.line_id, 0) + part.shipped_quantity
        arrived[part.line_id] = arrived.get(part.line_id, 0) + part.delivered_quantity
        if part.delivered_on is not None:
            days[part.line_id] = max(days.get(part.line_id, part.delivered_on), part.delivered_on)
        if part.late:
            late.add(part.line_id)
    lines = tuple(
        replace(
            line, booked_quantity=booked.get(line.line_id, 0), shipped_quantity=shipped.get(line.line_id, 0),
            delivered_quantity=arrived.get(line.line_id, 0), delivered_on=days.get(line.line_id),
            late=line.line_id in late,
        )
        for line in order.lines
    )  # fmt: skip
    order = replace(order, lines=lines, logistics=axis(line for line in lines if not line.removed))
    at, known_at = _arrival(order)
    if known_at is not None:
        # Until an amendment it lacked something, or that had been refused: it may be what made it complete.
        known_at = latest(order.drafted_known_at, order.amended_known_at, known_at)
    return replace(order, delivered_at=at, delivered_known_at=known_at)


def left_by(order: Order, moment: dt.datetime) -> bool:
    """Whether goods of the order had left the supplier at `moment`, or were known to have."""
    ordered = {line.line_id for line in order.lines}
    return any(_left(part, moment) for part in order.parts if part.line_id in ordered)


def _came_by(order: Order, moment: dt.datetime) -> bool:
    return order.logistics == "DELIVERED" and latest(order.delivered_known_at) <= moment


def moved_by(order: Order, line_id: str, moment: dt.datetime) -> int:
    """How much of a line was known at `moment` to have left the supplier."""
    return sum(
        max(
            part.shipped_quantity if (part.shipped_known_at or moment) <= moment else 0,
            part.delivered_quantity if (part.delivered_known_at or moment) <= moment else 0,
        )
        for part in order.parts
        if part.line_id == line_id
    )


def _left(part: Part, moment: dt.datetime) -> bool:
    def by_then(*times: dt.datetime | None) -> bool:
        return any(time is not None and time <= moment for time in times)

    if by_then(part.delivered_at, part.delivered_known_at):
        return True  # what has arrived had left, whatever became of the word that it did
    return not by_then(part.retracted_known_at) and by_then(part.shipped_at, part.shipped_known_at)


def _arrival(order: Order) -> tuple[dt.datetime | None, dt.datetime | None]:
    """When the last of what has arrived did, and when that was known; of a delivered order what completed it."""
    missing = {line.line_id: line.quantity for line in order.standing}
    at: dt.datetime | None = None
    known_at: dt.datetime | None = None
    arrived = [part for part in order.parts if part.delivered_known_at is not None]
    for part in sorted(arrived, key=lambda part: latest(part.delivered_known_at)):
        if part.line_id in missing:
            at, known_at = latest(at, part.delivered_at), part.delivered_known_at
            missing[part.line_id] -= part.delivered_quantity
            if all(quantity <= 0 for quantity in missing.values()):
                break
    return at, known_at


def _since(known_at: dt.datetime | None, known: int, quantity: int, now: dt.datetime) -> dt.datetime:
    """Since when a quantity is known to have moved: what is told of another time now, since it was told first."""
    return known_at if known_at is not None and quantity <= known else now


def _undelivered(part: Part) -> Part:
    return replace(
        part, delivered_quantity=0, delivered_at=None, delivered_known_at=None, delivered_on=None, late=False
    )


def _noted(order: Order, parts: tuple[Part, ...], known_at: dt.datetime) -> Order:
    moved = latest(order.moved_known_at, order.drafted_known_at, known_at)
    return resum(replace(order, parts=parts, moved_known_at=moved))


def _moved(
    order: Order, parts: tuple[Part, ...], known_at: dt.datetime, uninspected: bool = False
) -> Decision:
    before, order = order, _noted(order, parts, known_at)
    return advance(order, tell_axis(order, before, uninspected))


def _reinstate(order: Order, shipment_id: str, known_at: dt.datetime, events: Iterable[Emission]) -> Decision:
    """Goods that had left before the cancellation was known: the order goes on, with a new hold.

    Where a resolution undid it because nothing had come, goods that had come by then bring it back.
    """
    cancelled = order.cancelled_known_at
    if cancelled is None or not (_came_by if order.cancelled_by == "RESOLUTION" else left_by)(
        order, cancelled
    ):
        return order, list(events)
    known_at = latest(order.drafted_known_at, cancelled, known_at)
    order = replace(order, cancelled_by=None, cancelled_at=None, cancelled_known_at=None)
    reinstated = OrderReinstated(
        order_id=order.order_id,
        shipment_id=shipment_id,
        supplier_id=order.supplier_id,
        reinstated_at=known_at,
    )
    hold: Iterable[Emission] = ()
    if order.hold_requests:
        order, hold = request_hold(order, known_at)
    return advance(order, [*events, (reinstated, known_at), *hold], shrunk="REINSTATED")


def _split(order: Order, linked: ShipmentLinked, origin: str) -> Order:
    """Pieces leave the shipment that carried them; that they have been shipped goes with them."""
    parts = {(part.shipment_id, part.line_id): part for part in order.parts}
    for told in linked.lines:
        source = parts.get((origin, told.line_id))
        target = parts.get((linked.shipment_id, told.line_id))
        if source is None or target is not None:
            continue
        shipped = min(told.quantity, source.shipped_quantity)
        left = replace(
            source, booked_quantity=max(source.booked_quantity - told.quantity, 0),
            shipped_quantity=source.shipped_quantity - shipped,
            delivered_quantity=max(source.delivered_quantity - told.quantity, 0),
        )  # fmt: skip
        parts[(origin, told.line_id)] = left if left.delivered_quantity else _undelivered(left)
        parts[(linked.shipment_id, told.line_id)] = _undelivered(
            replace(
                source,
                shipment_id=linked.shipment_id,
                booked_quantity=told.quantity,
                shipped_quantity=shipped,
            )
        )
    return replace(order, parts=tuple(parts[key] for key in sorted(parts)))


def _each(
    order: Order,
    shipment_id: str,
    told: Iterable[_Told],
    change: Callable[[Part, Sequence[_Told], int], Part],
) -> tuple[Part, ...]:
    """The order's parts with those of the told lines changed; a line told twice counts with both quantities."""
    parts = {(part.shipment_id, part.line_id): part for part in order.parts}
    by_line = dict[str, list[_Told]]()
    for line in told:
        by_line.setdefault(line.line_id, []).append(line)
    for line_id, its in by_line.items():
        key = (shipment_id, line_id)
        part = parts.get(key) or Part(order.tenant, order.order_id, shipment_id, line_id)
        parts[key] = change(part, its, sum(line.quantity for line in its))
    return tuple(parts[key] for key in sorted(parts))
