"""A shipment's news as the events that tell an order of them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from silkway.contracts import (
    CarriedLine,
    CustomsCleared,
    DeliveredLine,
    DeliveryRetracted,
    DispatchRetracted,
    EtaChanged,
    Event,
    MilestoneRecorded,
    MilestoneWithdrawn,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentHeard,
    ShipmentLinked,
    ShipmentSilent,
)
from silkway.logistics.domain import news
from silkway.logistics.domain.outlook import promise_told
from silkway.logistics.domain.state import Order

Pieces = Sequence[tuple[str, int]]
"""Line and quantity."""


def event_of(order: Order, shipment_id: str, pieces: Pieces, told: news.Anything) -> Event | None:
    """The event for the order whose `pieces` the shipment carries; None for what concerns only ourselves."""
    ids: dict[str, Any] = {"order_id": order.order_id, "shipment_id": shipment_id}
    lines = tuple(CarriedLine(line_id=line_id, quantity=quantity) for line_id, quantity in pieces)
    match told:
        case news.Linked():
            cargo = next(c for c in order.cargo if c.shipment_id == shipment_id)
            return ShipmentLinked(
                **ids,
                mode=cargo.mode,
                carrier=cargo.carrier,
                lines=lines,
                booking_id=told.booking_id,
                split_from=told.split_from,
                split_whole=_left_by_all(order, told.split_from) or None,
                state=told.state,
            )
        case news.Recorded():
            return MilestoneRecorded(**ids, **_said(told))
        case news.Withdrawn():
            return MilestoneWithdrawn(**ids, **_said(told))
        case news.Dispatched():
            return ShipmentDispatched(**ids, lines=lines, shipped_at=told.shipped_at)
        case news.DispatchWithdrawn():
            return DispatchRetracted(**ids, lines=lines, reason=told.reason, told_anew=told.anew)
        case news.Delivered():
            parts = _delivered_lines(order, shipment_id, pieces, told.delivered_at.date())
            return ShipmentDelivered(**ids, delivered_at=told.delivered_at, lines=parts)
        case news.DeliveryWithdrawn():
            return DeliveryRetracted(**ids, lines=lines, reason=told.reason, told_anew=told.anew)
        case _:
            return _foreseen(ids, told)


def _left_by_all(order: Order, shipment_id: str | None) -> bool:
    return shipment_id is not None and not any(
        c.counted and c.quantity for c in order.cargo if c.shipment_id == shipment_id
    )


def _foreseen(
    ids: dict[str, Any], told: news.Expected | news.Silent | news.Heard | news.Cleared | news.Promised
) -> Event | None:
    match told:
        case news.Expected():
            if told.eta is None:
                return None
            return EtaChanged(
                **ids,
                eta=told.eta,
                previous_eta=told.previous_eta,
                basis=told.basis,
                classifier=told.classifier,
                source=told.source,
                cause_reference=told.cause_reference,
            )
        case news.Silent():
            return ShipmentSilent(
                **ids,
                last_kind=told.last_kind,
                since=told.since,
                expected_within_hours=told.hours,
                cause_reference=told.cause_reference,
            )
        case news.Heard():
            return ShipmentHeard(**ids)
        case news.Cleared():
            return CustomsCleared(**ids, **_said(told))
        case news.Promised():
            return promise_told(
                ids["order_id"], ids["shipment_id"], told.promise, told.status, told.due_at, told.inquiry_id
            )


def _said(told: news.Recorded | news.Withdrawn | news.Cleared) -> dict[str, Any]:
    """What these news say, field by field as their events do; when they were known goes with every event."""
    return {name: getattr(told, name) for name in told.__struct_fields__ if name != "known_at"}


def is_late(delivered_on: dt.date, deliver_by: dt.date | None) -> bool:
    """Local dates: a promise of the 5th is kept until midnight of the 5th where the goods arrive."""
    return deliver_by is not None and delivered_on > deliver_by


def _delivered_lines(
    order: Order, shipment_id: str, pieces: Pieces, on: dt.date
) -> tuple[DeliveredLine, ...]:
    lines = {line.line_id: line for line in order.lines}
    modes = {c.line_id: c.mode for c in order.cargo if c.shipment_id == shipment_id}
    return tuple(
        DeliveredLine(
            line_id=line_id,
            quantity=quantity,
            deliver_by=lines[line_id].deliver_by,
            delivered_on=on,
            late=is_late(on, lines[line_id].deliver_by),
            mode=modes[line_id],
            destination_country=lines[line_id].destination_country,
        )
        for line_id, quantity in pieces
    )
