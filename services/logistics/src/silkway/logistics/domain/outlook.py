"""What is foreseen of a shipment's part of an order: whether it comes in time, line by line, and the promise of it."""

import datetime as dt
from typing import Any

from msgspec.structs import replace

from silkway.contracts import (
    CarriedLine,
    DelayedLine,
    Event,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    ShipmentDelayed,
    ShipmentRecovered,
)
from silkway.contracts.fields import Promise
from silkway.logistics.domain import news
from silkway.logistics.domain.promise import end_of_day, judge, to_tell
from silkway.logistics.domain.rules import Rules
from silkway.logistics.domain.state import Cargo, Order, Outlook, PromiseStatus

Decision = tuple[Order, list[tuple[Event, dt.datetime]]]


def see(order: Order, shipment_id: str, told: news.Anything) -> Order:
    """The order with what the news say of its future. A shipment that foretells nothing leaves no trace."""
    before = of_shipment(order, shipment_id)
    if before is None and not isinstance(told, news.Expected) and not getattr(told, "on_time", False):
        return order
    outlook = before or Outlook(order.tenant, order.order_id, shipment_id, on_time=False)
    if isinstance(told, news.Linked):
        outlook = replace(outlook, on_time=told.on_time)
    elif isinstance(told, news.Expected):
        outlook = replace(
            outlook,
            eta_on=told.eta and told.eta.date(),
            cause=told.cause,
            cause_reference=told.cause_reference,
            vessel=told.vessel,
            voyage=told.voyage,
        )
    elif isinstance(told, news.Delivered):
        outlook = replace(outlook, eta_on=None)
    return _with(order, outlook)


def of_shipment(order: Order, shipment_id: str) -> Outlook | None:
    """What is foreseen of this shipment, if anything is."""
    return next((o for o in order.outlooks if o.shipment_id == shipment_id), None)


def look_ahead(rules: Rules, before: Order, order: Order, shipment_id: str, now: dt.datetime) -> Decision:
    """Delays and the promise of a shipment's part as they stand now, and what differs from before."""
    outlook = of_shipment(order, shipment_id)
    if outlook is None:
        return order, []
    cargo, carried = _cargo(order, shipment_id), _cargo(before, shipment_id)
    delays = _delays(order, outlook, cargo)
    earlier = of_shipment(before, shipment_id)
    known = _delays(before, earlier, carried) if earlier is not None else {}
    delivered = {c.line_id for c in cargo if c.delivered_on is not None}
    recovered = [c for c in carried if c.line_id in known and c.line_id not in delivered]
    events = _delays_told(outlook, known, delays, recovered)
    outlook = replace(outlook, delayed=bool(delays))
    outlook, promised = _promise(rules, order, outlook, cargo, bool(delays), now)
    events += promised
    return _with(order, outlook), [(event, now) for event in events]


def _cargo(order: Order, shipment_id: str) -> list[Cargo]:
    return [c for c in order.cargo if c.shipment_id == shipment_id and c.counted and c.quantity]


def _delays(order: Order, outlook: Outlook, cargo: list[Cargo]) -> dict[str, DelayedLine]:
    """Lines expected after their promise. What is delivered is expected no more."""
    if outlook.eta_on is None or any(c.delivered_on for c in cargo):
        return {}
    promises = {line.line_id: line.deliver_by for line in order.lines}
    found = {}
    for piece in cargo:
        deliver_by = promises.get(piece.line_id)
        if deliver_by is not None and outlook.eta_on > deliver_by:
            days = (outlook.eta_on - deliver_by).days
            found[piece.line_id] = DelayedLine(
                line_id=piece.line_id, deliver_by=deliver_by, eta_on=outlook.eta_on, days=days
            )
    return found


def _delays_told(
    outlook: Outlook, known: dict[str, DelayedLine], delays: dict[str, DelayedLine], recovered: list[Cargo]
) -> list[Event]:
    """The lines that are late now, whenever these change; the `recovered` once none is late any more.

    Were both told at once, whoever reads of the recovery would take the shipment to be in time.
    """
    ours = {"order_id": outlook.order_id, "shipment_id": outlook.shipment_id}
    if delays == known:
        return []
    if delays:
        delayed = ShipmentDelayed(
            **ours,
            lines=tuple(delays.values()),
            cause=outlook.cause,
            cause_reference=outlook.cause_reference,
            vessel=outlook.vessel,
            voyage=outlook.voyage,
        )
        return [delayed]
    lines = tuple(CarriedLine(line_id=c.line_id, quantity=c.quantity) for c in recovered)
    return [ShipmentRecovered(**ours, lines=lines)] if lines else []


def _promise(
    rules: Rules, order: Order, outlook: Outlook, cargo: list[Cargo], late: bool, now: dt.datetime
) -> tuple[Outlook, list[Event]]:
    """ON_TIME is kept when the shipment's part comes by the earliest promise of its lines."""
    promises = {line.line_id: line.deliver_by for line in order.lines}
    days = [day for c in cargo if (day := promises.get(c.line_id)) is not None]
    if not outlook.on_time or not days:
        return replace(outlook, due_at=None, status="OPEN", wake_at=None), []
    deliver_by, due_at = min(days), end_of_day(min(days))
    delivered_on = max((c.delivered_on for c in cargo if c.delivered_on is not None), default=None)
    looked_at = now if outlook.judged_at is None else max(now, outlook.judged_at)
    kept = None if delivered_on is None else delivered_on <= deliver_by
    status, wake_at = judge(looked_at, due_at, rules.promises.lead("ON_TIME"), kept=kept, late=late)
    told: list[Event] = []
    if to_tell(outlook.status, status):
        reference = outlook.cause_reference if late else None
        told.append(
            promise_told(outlook.order_id, outlook.shipment_id, "ON_TIME", status, due_at, None, reference)
        )
    return replace(outlook, due_at=due_at, status=status, judged_at=looked_at, wake_at=wake_at), told


def promise_told(
    order_id: str,
    shipment_id: str,
    promise: Promise,
    status: PromiseStatus,
    due_at: dt.datetime,
    inquiry_id: str | None,
    cause_reference: str | None = None,
) -> Event:
    """The event of a promise that stands otherwise. One that is open again is told as at risk."""
    told: dict[str, Any] = {
        "order_id": order_id, "shipment_id": shipment_id, "promise": promise, "due_at": due_at,
        "inquiry_id": inquiry_id,
    }  # fmt: skip
    if status == "BROKEN":
        return PromiseBroken(**told)
    if status == "KEPT":
        return PromiseKept(**told)
    return PromiseAtRisk(**told, cause_reference=cause_reference)


def _with(order: Order, outlook: Outlook) -> Order:
    others = [o for o in order.outlooks if o.shipment_id != outlook.shipment_id]
    return replace(order, outlooks=tuple(sorted([*others, outlook], key=lambda o: o.shipment_id)))
