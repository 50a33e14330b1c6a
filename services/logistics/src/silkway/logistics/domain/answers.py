"""What becomes of a booking: the carrier's answers, and what the order's amendment or cancellation does to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from silkway.contracts import (
    BookingCancellationRequested,
    BookingChanged,
    BookingRefused,
    BookingRolled,
    OrderLine,
)
from silkway.contracts.fields import CancellationCause
from silkway.logistics.domain.booking import (
    OPEN,
    Attempt,
    Booking,
    Confirmation,
    Outcome,
    Roll,
    encode,
    find,
    record,
    shipment_of,
    with_attempt,
)


def confirm(
    booking: Booking, attempt: int, shipment_id: str, orders: Iterable[str], known_at: dt.datetime
) -> Booking:
    """A shipment was booked for this attempt; perhaps before we know that we asked for it."""
    if any((c.attempt, c.shipment_id) == (attempt, shipment_id) for c in booking.confirmations):
        return booking
    carried = encode(sorted(set(orders))).decode()
    new = Confirmation(booking.tenant, booking.order_id, attempt, shipment_id, known_at, carried)
    all_of_them = sorted([*booking.confirmations, new], key=lambda c: (c.attempt, c.shipment_id))
    booking = msgspec.structs.replace(booking, confirmations=tuple(all_of_them))
    found = find(booking, attempt)
    if found is None or found.state != "REQUESTED" or found.refused:
        return booking
    return with_attempt(booking, msgspec.structs.replace(found, state="CONFIRMED"))


def refuse(booking: Booking, attempt: int, refused: BookingRefused, known_at: dt.datetime) -> Booking:
    """The carrier refuses, even what it had confirmed. Told at `decide_at`, with a new quote."""
    found = find(booking, attempt)
    assert found is not None, "an answer waits for its request"
    if found is not booking.current or found.state not in OPEN or found.refused:
        return booking
    refusing = msgspec.structs.replace(found, reason=refused.reason)
    return msgspec.structs.replace(with_attempt(booking, refusing), decide_at=_since(found, known_at))


def roll(
    booking: Booking, attempt: int, rolled: BookingRolled, source: str, known_at: dt.datetime
) -> Outcome:
    """The carrier takes another departure. Of two roll-overs the one that was decided later holds."""
    found = find(booking, attempt)
    assert found is not None, "an answer waits for its request"
    at = rolled.rolled_at.astimezone(dt.UTC)
    if found.state not in OPEN or (found.rolled_at is not None and found.rolled_at >= at):
        return Outcome(booking, (), (), known_at)
    moved = msgspec.structs.replace(
        found,
        rolled_at=at,
        departs_at=rolled.departs_at.astimezone(dt.UTC),
        arrives_at=rolled.arrives_at.astimezone(dt.UTC),
        roll=msgspec.json.encode(_kept(rolled, source, known_at)).decode(),
    )
    changed = BookingChanged(
        order_id=booking.order_id,
        booking_id=found.booking_id,
        shipment_id=shipment_of(booking, attempt),
        departs_at=rolled.departs_at,
        arrives_at=rolled.arrives_at,
        vessel=rolled.vessel,
        voyage=rolled.voyage,
        reason=rolled.reason,
    )
    return Outcome(with_attempt(booking, moved), (), (changed,), _since(found, known_at))


def _kept(rolled: BookingRolled, source: str, known_at: dt.datetime) -> Roll:
    return Roll(
        departs_at=rolled.departs_at,
        arrives_at=rolled.arrives_at,
        vessel=rolled.vessel,
        voyage=rolled.voyage,
        reason=rolled.reason,
        note=rolled.note,
        source=source,
        known_at=known_at,
    )


def cancel(booking: Booking, cause: CancellationCause, known_at: dt.datetime) -> Outcome:
    """The order was cancelled, or its goods are others now: the carrier is asked to let the booking go."""
    booking = msgspec.structs.replace(booking, cancelled=cause == "CANCELLED")
    current = booking.current
    if current is None or current.state not in ("CHOSEN", "ACCEPTED", *OPEN):
        return Outcome(booking, (), (), known_at)
    cancelled = msgspec.structs.replace(current, state="CANCELLED", reason=cause)
    ended = msgspec.structs.replace(with_attempt(booking, cancelled), decide_at=None)
    if current.state not in OPEN:
        return Outcome(ended, (), (), known_at)
    request = BookingCancellationRequested(
        order_id=booking.order_id,
        booking_id=current.booking_id,
        carrier=current.carrier or "",
        shipment_id=shipment_of(booking, current.attempt),
        cause=cause,
    )
    return Outcome(ended, (), (request,), known_at)


def amend(booking: Booking, lines: Iterable[OrderLine], known_at: dt.datetime) -> Outcome:
    """The order has other lines. What was booked for the former ones no longer fits."""
    amended = record(booking, lines)
    current = booking.current
    if current is None or current.state not in OPEN or current.lines == amended.lines:
        return Outcome(amended, (), (), known_at)
    return cancel(amended, "AMENDED", known_at)


def _since(asked: Attempt, known_at: dt.datetime) -> dt.datetime:
    """When an answer counts: it may be read, not known, before its request."""
    assert asked.requested_at is not None, "an answer waits for its request"
    return max(known_at, asked.requested_at)
