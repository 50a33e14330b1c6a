"""Holds: the smaller of what is asked and what is free, until one of four ends.

A hold is never changed: an end is a row of its own, and whatever needs cover again asks for another hold.
"""

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from silkway.contracts import (
    CoverAtRisk,
    CoverSafe,
    HoldExpired,
    HoldGranted,
    HoldPosted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    HoldVoided,
)
from silkway.contracts.fields import END_OF_TIME, HoldRefusal
from silkway.credit.domain.book import Book
from silkway.credit.domain.ledger import Hold, Resolution, ResolutionKind
from silkway.credit.domain.limit import balance
from silkway.credit.domain.money import covered_minor, rate_at, taken_minor, worth
from silkway.credit.domain.state import Claim, Order, latest

CLAIM_WINDOW: Final = dt.timedelta(days=30)
"""After the delivery is known; DOMAIN: released when the claim window of 30 days after delivery has ended."""
MOMENT: Final = dt.timedelta(microseconds=1)
"""Between what is known at a tick and the first time at which nothing more can become known at it."""


def ask(book: Book, request: HoldRequested, known_at: dt.datetime) -> None:
    """A placed order asks for cover. In the limits' currency it is decided at once.

    In another one it is decided as soon as every rate that was known when it was asked has been read.
    """
    if book.order.holds:
        void(book, known_at)
    elif book.order.state == "ASKED":
        refuse(book, "CANCELLED")
    book.change(
        cancelled=False, cancelled_known_at=None, coverage=request.coverage, currency=request.currency,
        cover_until=request.cover_until or book.order.cover_until,
    )  # fmt: skip
    _ask(book, max(request.request or 1, book.order.request + 1), request.amount_minor, known_at)


def decide(book: Book) -> None:
    """Reserve what is free of what was asked. Decided once, in the order in which suppliers are locked."""
    order, supplier = book.order, book.supplier
    known_at = latest(order.asked_known_at)
    rate = None
    if order.currency != book.rules.currency:
        rate = rate_at(book.currency.rates if book.currency else (), known_at)
        if rate is None:
            return refuse(book, "NO_RATE")
    value = worth(rate, order.currency, book.rules.currency)
    granted_minor, reserved_minor = order.requested_minor, taken_minor(order.requested_minor, value)
    if reserved_minor > supplier.free_minor:
        granted_minor = covered_minor(supplier.free_minor, value)
        reserved_minor = taken_minor(granted_minor, value)
    if granted_minor == 0:
        return refuse(book, "NO_FREE_LIMIT")
    full = granted_minor == order.requested_minor
    expires_at = None if order.delivered_known_at else cover_end(book)
    book.known = balance(replace(supplier, held_minor=supplier.held_minor + reserved_minor))
    book.change(
        state="HELD" if full else "PARTIAL", hold_id=hold_id(order), held_minor=granted_minor,
        reserved_minor=reserved_minor, rate=rate, decided_known_at=known_at, expires_at=expires_at,
    )  # fmt: skip
    book.rows.append(_answer(book.order, granted_minor, None))
    granted = HoldGranted(
        order_id=order.order_id, supplier_id=order.supplier_id, hold_id=hold_id(order), currency=order.currency,
        requested_minor=order.requested_minor, granted_minor=granted_minor, full=full, request=order.request,
        limit_minor=reserved_minor, rate=rate, expires_at=expires_at,
    )  # fmt: skip
    book.tell(granted, known_at)
    if order.cancelled_known_at is not None:
        return void(book, order.cancelled_known_at)
    forecast(book, known_at)


def refuse(book: Book, reason: HoldRefusal) -> None:
    """Nothing is reserved; this request stays refused."""
    order = book.order
    known_at = latest(order.asked_known_at)
    book.change(
        state="REFUSED", hold_id=hold_id(order), held_minor=0, reserved_minor=0, rate=None,
        decided_known_at=known_at, expires_at=None,
    )  # fmt: skip
    book.rows.append(_answer(book.order, 0, reason))
    refused = HoldRefused(
        order_id=order.order_id, supplier_id=order.supplier_id, reason=reason, request=order.request,
        requested_minor=order.requested_minor, currency=order.currency,
    )  # fmt: skip
    book.tell(refused, known_at)


def cancel(book: Book, known_at: dt.datetime) -> None:
    """The order is cancelled: what it holds is void.

    What it still asks for is refused, unless it would have been decided before, had time come so far: then it is
    decided first when it does.
    """
    book.change(cancelled=True, cancelled_known_at=known_at)
    if book.order.state == "ASKED":
        if known_at <= latest(book.order.asked_known_at):
            refuse(book, "CANCELLED")
    elif book.order.holds:
        void(book, known_at)


def void(book: Book, known_at: dt.datetime) -> None:
    """The order that the hold was for is no more."""
    order = book.order
    event = HoldVoided(
        order_id=order.order_id, supplier_id=order.supplier_id, hold_id=hold_id(order),
        voided_minor=order.held_minor, currency=order.currency, voided_at=known_at,
    )  # fmt: skip
    _resolve(book, "VOIDED", known_at)
    book.change(lapsed_known_at=known_at)
    book.tell(event, known_at)


def release(book: Book, at: dt.datetime) -> None:
    """The claim window ended at `at`: what was held is free again (or shrinks a shortfall)."""
    order = book.order
    event = HoldReleased(
        order_id=order.order_id, supplier_id=order.supplier_id, hold_id=hold_id(order),
        released_minor=order.held_minor, currency=order.currency, released_at=at,
    )  # fmt: skip
    _resolve(book, "RELEASED", at)
    book.tell(event, at)


def expire(book: Book, at: dt.datetime) -> None:
    """No delivery was known by the end of the cover."""
    order = book.order
    event = HoldExpired(
        order_id=order.order_id, supplier_id=order.supplier_id, hold_id=hold_id(order),
        expired_minor=order.held_minor, currency=order.currency, expired_at=at,
    )  # fmt: skip
    _resolve(book, "EXPIRED", at)
    book.tell(event, at)
    renew(book)


def renew(book: Book) -> None:
    """Delivered before the hold expired, known after it: cover is asked for again, for as much."""
    order = book.order
    if order.state != "EXPIRED" or order.cancelled or order.delivered_known_at is None:
        return
    if order.expires_at is None or latest(order.delivered_at) >= order.expires_at:
        return
    known_at = latest(order.delivered_known_at, order.delivered_told_known_at)
    if known_at < order.delivered_known_at + CLAIM_WINDOW:
        _ask(book, order.request + 1, order.requested_minor, known_at)


def post(book: Book, claim: Claim, paid_minor: int, known_at: dt.datetime) -> Claim:
    """A claim is paid out of the hold; the rest is free again. Returns the claim with what is to come back."""
    order = book.order
    spent_minor = taken_minor(paid_minor, worth(order.rate, order.currency, book.rules.currency))
    posted = HoldPosted(
        order_id=order.order_id, supplier_id=order.supplier_id, hold_id=hold_id(order), claim_id=claim.claim_id,
        paid_minor=paid_minor, freed_minor=order.held_minor - paid_minor, currency=order.currency,
        posted_at=known_at,
    )  # fmt: skip
    claim = replace(claim, hold_id=order.hold_id, rate=order.rate, unrecovered_minor=spent_minor)
    _resolve(book, "POSTED", known_at, claim.claim_id, paid_minor)
    owe(book, spent_minor)
    book.tell(posted, known_at)
    return claim


def owe(book: Book, difference_minor: int) -> None:
    """What was paid out of the supplier's limit and has not come back grows, or shrinks, by so much."""
    supplier = book.supplier
    book.known = balance(replace(supplier, unrecovered_minor=supplier.unrecovered_minor + difference_minor))


def forecast(book: Book, known_at: dt.datetime) -> None:
    """Whether the hold ends before the goods are expected; told whenever that changes."""
    order = book.order
    carrying = {part.shipment_id for part in order.parts if part.quantity}
    emptied = {part.shipment_id for part in order.parts} - carrying  # their goods have moved on to others
    awaited = [
        (s.eta, s.shipment_id, s.eta_cause)
        for s in order.shipments
        if s.eta and not s.delivered and s.shipment_id not in emptied
    ]
    eta, _, cause = max(awaited, default=(None, None, None), key=lambda one: one[:2])
    waits = order.holds and order.delivered_known_at is None
    if waits and order.expires_at is not None and eta is not None and eta >= order.expires_at:
        if not order.at_risk:
            book.change(at_risk=True)
            risk = CoverAtRisk(
                order_id=order.order_id, supplier_id=order.supplier_id, hold_id=hold_id(order),
                held_minor=order.held_minor, currency=order.currency, expires_at=order.expires_at, eta=eta,
                cause_reference=cause,
            )  # fmt: skip
            book.tell(risk, known_at)
    elif order.at_risk:
        book.change(at_risk=False)
        if order.holds:
            safe = CoverSafe(
                order_id=order.order_id, supplier_id=order.supplier_id, hold_id=hold_id(order)
            )  # fmt: skip
            book.tell(safe, known_at)


def end_of_hold(order: Order) -> dt.datetime | None:
    """When the hold ends by itself: released after a delivery that was known in time, else expired.

    While a claim is open it does not end, and never before it was granted.
    """
    if not order.holds or order.contested:
        return None
    if released_at(order) is not None:
        return released_at(order)
    if order.expires_at is None:
        return None
    return latest(order.expires_at, order.decided_known_at, order.quiet_known_at, order.undelivered_known_at)


def released_at(order: Order) -> dt.datetime | None:
    """When the claim window ends, if the delivery was known before the end of the cover."""
    delivered = order.delivered_known_at
    if delivered is None or (order.expires_at is not None and delivered >= order.expires_at):
        return None
    return latest(delivered + CLAIM_WINDOW, order.decided_known_at, order.quiet_known_at)


def hold_id(order: Order) -> str:
    """Each request of an order has a hold of its own."""
    return f"{order.order_id}|{order.request}"


def start_of(day: dt.date, time_zone: str) -> dt.datetime:
    """When a day begins in a time zone, UTC."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone)).astimezone(dt.UTC)


def _ask(book: Book, request: int, amount_minor: int, known_at: dt.datetime) -> None:
    supplier = book.supplier
    book.change(
        state="ASKED", request=request, hold_id=None, requested_minor=amount_minor,
        asked_known_at=latest(supplier.registered_known_at, known_at), time_zone=supplier.time_zone,
        country=supplier.country, decided_known_at=None, expires_at=None,
    )  # fmt: skip
    if book.order.currency == book.rules.currency:
        decide(book)


def cover_end(book: Book) -> dt.datetime:
    """The end of the day that the draft names, else so many days after what was promised, by rules that are data.

    A cover that is asked for after the day that was named lasts for a day; none ends after what events can tell.
    """
    return min(_cover_end(book), END_OF_TIME - dt.timedelta(days=1))


def _cover_end(book: Book) -> dt.datetime:
    order = book.order
    asked = latest(order.asked_known_at)
    rules = book.rules.hold_at(asked)
    if order.cover_until is not None:
        end = start_of(order.cover_until + dt.timedelta(days=1), order.time_zone)
        return latest(end, asked + dt.timedelta(days=1))
    if order.deliver_by is not None:
        day = order.deliver_by + dt.timedelta(days=rules.days_after_deliver_by)
    elif order.ship_by is not None:
        day = order.ship_by + dt.timedelta(days=rules.days_after_ship_by)
    else:
        day = asked.date() + dt.timedelta(days=rules.days_without_promise)
    end = start_of(day + dt.timedelta(days=1), order.time_zone)
    return latest(end, asked + dt.timedelta(days=rules.days_at_least))


def _resolve(
    book: Book, kind: ResolutionKind, at: dt.datetime, claim_id: str | None = None, paid_minor: int = 0
) -> None:
    """The hold ends: what it took of the limit is given back."""
    order = book.order
    if not order.holds:
        raise ValueError(f"order {order.order_id} holds nothing that could be {kind.lower()}")
    book.rows.append(
        Resolution(order.tenant, hold_id(order), kind, order.held_minor, paid_minor, claim_id, at)
    )
    supplier = book.supplier
    book.known = balance(replace(supplier, held_minor=supplier.held_minor - order.reserved_minor))
    book.change(state=kind, held_minor=0, reserved_minor=0, at_risk=False)


def _answer(order: Order, granted_minor: int, reason: HoldRefusal | None) -> Hold:
    return Hold(
        tenant=order.tenant, hold_id=hold_id(order), order_id=order.order_id, supplier_id=order.supplier_id,
        request=order.request, coverage=order.coverage, currency=order.currency,
        requested_minor=order.requested_minor, granted_minor=granted_minor, limit_minor=order.reserved_minor,
        rate=order.rate, reason=reason, decided_known_at=latest(order.decided_known_at),
        expires_at=order.expires_at,
    )  # fmt: skip
