"""The bookings and shipments of an order, as logistics tells them."""

import datetime as dt
from typing import Literal, assert_never, get_args

import msgspec
from msgspec.structs import replace

from silkway.contracts import (
    BookingCancellationRequested,
    BookingChanged,
    BookingDeclined,
    BookingRequested,
    CarriedLine,
    CustomsCleared,
    DeliveredLine,
    DeliveryRetracted,
    DispatchRetracted,
    EtaChanged,
    MilestoneRecorded,
    MilestoneWithdrawn,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    QuoteRefused,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentHeard,
    ShipmentLinked,
    ShipmentRecovered,
    ShipmentSilent,
)
from silkway.contracts.fields import MilestoneKind
from silkway.notify.domain.counts import counted
from silkway.notify.domain.moments import utc
from silkway.notify.domain.state import OrderView, OrderViewLine, OrderViewPromise, OrderViewShipment
from silkway.notify.domain.told import Booking, Way


class _Happened(msgspec.Struct, frozen=True, array_like=True):
    """An actual milestone of a shipment: by leg, call and kind there is one."""

    leg: int
    call: int
    kind: str
    at: dt.datetime
    place: str | None


class _Brought(msgspec.Struct, frozen=True, array_like=True):
    """What a shipment delivered of a line."""

    line_id: str
    quantity: int
    on: dt.date
    late: bool


_HAPPENED = msgspec.json.Decoder(list[_Happened])
_BROUGHT = msgspec.json.Decoder(list[_Brought])
_encode = msgspec.json.Encoder().encode
_RANK = {kind: rank for rank, kind in enumerate(get_args(MilestoneKind))}
"""What happened at the same time: in the order of a journey."""


def see_booking(view: OrderView, told: Booking) -> OrderView:
    """The view after an event about how its goods are to be carried."""
    match told:
        case BookingRequested():
            return replace(
                view, booking="REQUESTED", booking_id=told.booking_id, quote_id=told.quote_id,
                option_id=told.option_id,
            )  # fmt: skip
        case BookingDeclined():
            return replace(view, booking="DECLINED")
        case QuoteRefused():
            return replace(view, booking="REFUSED")
        case BookingCancellationRequested():
            return replace(view, booking="CANCELLED")
        case BookingChanged():
            return view
        case _:
            assert_never(told)


def see_way(view: OrderView, told: Way) -> OrderView:
    """The view after an event about one of its shipments."""
    if isinstance(told, PromiseAtRisk | PromiseBroken | PromiseKept):
        return _promise(view, told)
    others = tuple(s for s in view.shipments if s.shipment_id != told.shipment_id)
    shipment = next((s for s in view.shipments if s.shipment_id == told.shipment_id), None)
    shipment = shipment or OrderViewShipment(view.tenant, view.order_id, told.shipment_id)
    shipment = _moved(shipment, told)
    view = replace(view, shipments=tuple(sorted((*others, shipment), key=lambda s: s.shipment_id)))
    if isinstance(told, ShipmentLinked) and told.booking_id is not None:
        view = replace(view, booking="CONFIRMED", booking_id=told.booking_id)
    elif isinstance(told, ShipmentDispatched | DispatchRetracted):
        left = [s.dispatched_at for s in view.shipments if s.dispatched_at is not None]
        view = replace(view, shipped_at=min(left, default=None))
    elif isinstance(told, ShipmentDelivered | DeliveryRetracted):
        view = _with_deliveries(view)
    return counted(view)


def _moved(shipment: OrderViewShipment, told: Way) -> OrderViewShipment:
    match told:
        case ShipmentLinked():
            return replace(
                shipment, mode=told.mode, carrier=told.carrier, booking_id=told.booking_id,
                split_from=told.split_from,
                state=told.state if told.split_from is not None else shipment.state,
            )  # fmt: skip
        case ShipmentDispatched():
            return replace(shipment, dispatched_at=utc(told.shipped_at))
        case DispatchRetracted():
            return replace(shipment, dispatched_at=None)
        case MilestoneRecorded() | MilestoneWithdrawn():
            return _see_milestone(shipment, told)
        case ShipmentDelivered():
            return replace(
                _brought(shipment, told.lines), delivered_at=utc(told.delivered_at), delayed_days=0,
                silent_since=None,
            )  # fmt: skip
        case DeliveryRetracted():
            return replace(_took_back(shipment, told.lines), delivered_at=None)
        case EtaChanged():
            return replace(shipment, eta=utc(told.eta))
        case ShipmentDelayed():
            days = max(line.days for line in told.lines)
            return replace(
                shipment, delayed_days=days, delay_cause=told.cause, delay_reference=told.cause_reference
            )
        case ShipmentRecovered():
            return replace(shipment, delayed_days=0, delay_cause=None, delay_reference=None)
        case ShipmentSilent():
            return replace(shipment, silent_since=utc(told.since))
        case ShipmentHeard():
            return replace(shipment, silent_since=None)
        case CustomsCleared():
            return replace(shipment, customs_minutes=told.minutes)
        case PromiseAtRisk() | PromiseBroken() | PromiseKept():
            return shipment
        case _:
            assert_never(told)


def _see_milestone(
    shipment: OrderViewShipment, told: MilestoneRecorded | MilestoneWithdrawn
) -> OrderViewShipment:
    if isinstance(told, MilestoneRecorded):
        if told.questioned:
            return replace(shipment, questioned=shipment.questioned + 1)
        shipment = replace(shipment, milestones=shipment.milestones + 1)
    shipment = replace(shipment, state=told.state)
    if told.classifier != "ACTUAL":
        return shipment
    same = (told.leg, told.call, told.kind)
    happened = [m for m in _HAPPENED.decode(shipment.actual) if (m.leg, m.call, m.kind) != same]
    if isinstance(told, MilestoneRecorded):
        happened.append(_Happened(*same, utc(told.occurred_at), told.place))
    happened.sort(key=lambda m: (m.at, m.leg, m.call, _RANK[m.kind]))
    last = happened[-1] if happened else None
    return replace(
        shipment,
        actual=_encode(happened).decode(),
        last_milestone=last and last.kind,
        last_at=last and last.at,
        last_place=last and last.place,
        exception=last is not None and last.kind == "EXCEPTION",
    )


def _brought(shipment: OrderViewShipment, lines: tuple[DeliveredLine, ...]) -> OrderViewShipment:
    brought = _BROUGHT.decode(shipment.delivered)
    brought += [_Brought(line.line_id, line.quantity, line.delivered_on, line.late) for line in lines]
    return replace(shipment, delivered=_encode(brought).decode())


def _took_back(shipment: OrderViewShipment, lines: tuple[CarriedLine, ...]) -> OrderViewShipment:
    gone = {line.line_id for line in lines}
    kept = [brought for brought in _BROUGHT.decode(shipment.delivered) if brought.line_id not in gone]
    return replace(shipment, delivered=_encode(kept).decode())


def _with_deliveries(view: OrderView) -> OrderView:
    """The lines with what all shipments have delivered of them."""
    lines = {
        line.line_id: replace(line, delivered_quantity=0, delivered_on=None, late=False)
        for line in view.lines
    }
    for shipment in view.shipments:
        for brought in _BROUGHT.decode(shipment.delivered):
            line = lines.get(brought.line_id) or OrderViewLine(view.tenant, view.order_id, brought.line_id)
            lines[brought.line_id] = replace(
                line,
                delivered_quantity=line.delivered_quantity + brought.quantity,
                delivered_on=max(brought.on, line.delivered_on or brought.on),
                late=line.late or brought.late,
            )
    return replace(view, lines=tuple(lines[line_id] for line_id in sorted(lines)))


_PROMISES: dict[type, Literal["AT_RISK", "BROKEN", "KEPT"]] = {
    PromiseAtRisk: "AT_RISK",
    PromiseBroken: "BROKEN",
    PromiseKept: "KEPT",
}


def _promise(view: OrderView, told: PromiseAtRisk | PromiseBroken | PromiseKept) -> OrderView:
    promise = OrderViewPromise(
        view.tenant, view.order_id, told.shipment_id, told.promise, told.inquiry_id or "",
        _PROMISES[type(told)], utc(told.due_at),
    )  # fmt: skip
    key = (promise.shipment_id, promise.promise, promise.inquiry_id)
    others = [p for p in view.promises if (p.shipment_id, p.promise, p.inquiry_id) != key]
    promises = sorted([*others, promise], key=lambda p: (p.shipment_id, p.promise, p.inquiry_id))
    return replace(view, promises=tuple(promises))
