"""Shipments and those around them: the orders that hear their news, and the bookings that they confirm."""

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import suppress

from silkway.contracts import BookingRolled
from silkway.logistics.domain import booking as bookings
from silkway.logistics.domain import news
from silkway.logistics.domain import order as orders
from silkway.logistics.domain import shipment as shipments
from silkway.logistics.domain.state import EtaChange, Shipment
from silkway.logistics.handlers.orders import order_of
from silkway.logistics.store import BOOKING, ETA_HISTORY, ORDER, RULES, SHIPMENT
from silkway.messaging import Look, Name, Work


def orders_carried(lines: Iterable[str]) -> list[Name]:
    return [ORDER[order_id] for order_id in sorted(set(lines))]


def take(work: Work, shipment: Shipment, told: Sequence[news.Anything]) -> None:
    """Keep the shipment as it is now, and tell its orders the news."""
    work.put(SHIPMENT, shipment.shipment_id, shipment)
    for one in told:
        if isinstance(one, news.Expected) and one.eta is not None:
            work.append(ETA_HISTORY, _eta_change(shipment, one))
        for order_id in shipment.order_ids:
            work.apply(ORDER, order_id, orders.tell(RULES, order_of(work, order_id), shipment, one))


def _eta_change(shipment: Shipment, expected: news.Expected) -> EtaChange:
    assert expected.eta is not None
    return EtaChange(
        tenant=shipment.tenant,
        shipment_id=shipment.shipment_id,
        number=shipment.eta_changes,
        eta_at=expected.eta.astimezone(dt.UTC),
        utc_offset_minutes=shipment.eta_utc_offset_minutes,
        basis=expected.basis,
        classifier=expected.classifier,
        source=expected.source,
        cause=expected.cause,
        known_at=expected.known_at,
    )


def take_over(work: Work, shipment: Shipment, booking_id: str | None) -> None:
    """The plan of the booking that it confirms, and the departure to which that had been moved before."""
    found = None if booking_id is None else bookings.order_of(booking_id)
    booking = None if found is None else work.get(BOOKING, found[0])
    if found is None or booking is None:
        return
    planned, rolled = bookings.plan_of(booking, found[1]), bookings.roll_of(booking, found[1])
    if planned is not None:
        shipment, told = shipments.plan(RULES, shipment, planned)
        take(work, shipment, told)
    if rolled is not None:
        take(work, *shipments.roll(RULES, shipment, rolled))


def shipments_rolled(rolled: BookingRolled, look: Look) -> list[Name]:
    """The shipments that confirmed the booking, and their orders: of lower rank than the booking, but rarely asked."""
    found = bookings.order_of(rolled.booking_id)
    booking = None if found is None else look(BOOKING, found[0])
    names: list[Name] = []
    for shipment_id in _confirmed(booking, found[1]) if found is not None and booking is not None else ():
        names.append(SHIPMENT[shipment_id])
        with suppress(KeyError):  # not locked yet: asked again when it is
            names += orders_carried(look(SHIPMENT, shipment_id).order_ids)
    return names


def _confirmed(booking: bookings.Booking, attempt: int) -> list[str]:
    return [c.shipment_id for c in booking.confirmations if c.attempt == attempt]


def roll_shipments(work: Work, booking: bookings.Booking, attempt: int) -> None:
    """Where a booking goes now holds for the shipments that confirmed it; who confirms it later takes it over then."""
    rolled = bookings.roll_of(booking, attempt)
    for shipment_id in _confirmed(booking, attempt) if rolled is not None else ():
        shipment = work.get(SHIPMENT, shipment_id)
        if shipment is not None and rolled is not None:
            take(work, *shipments.roll(RULES, shipment, rolled))


def answered_before(booking: bookings.Booking | None) -> list[Name]:
    """The shipments that confirmed an attempt before we knew that we had asked its carrier, and their orders."""
    if booking is None:
        return []
    early = [c for c in booking.confirmations if not bookings.is_requested(booking, c.attempt)]
    carried = [order_id for c in early for order_id in bookings.read_orders(c.orders)]
    return [*(SHIPMENT[c.shipment_id] for c in early), *orders_carried(carried)]


def plan_shipments(work: Work, booking: bookings.Booking) -> None:
    """The carrier is asked: what was quoted is the plan of the shipments that have confirmed it already."""
    current = booking.current
    planned = None if current is None else bookings.plan_of(booking, current.attempt)
    if current is None or planned is None:
        return
    for shipment_id in _confirmed(booking, current.attempt):
        if (shipment := work.get(SHIPMENT, shipment_id)) is not None:
            take(work, *shipments.plan(RULES, shipment, planned))
