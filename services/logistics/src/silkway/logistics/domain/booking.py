"""The booking of an order: which quote it chose, what was asked of the carrier, and what the carrier answered.

An order tries one quote at a time. A choice is judged by what was known within `GRACE` of it, so that it makes no
difference whether the quote or the order was read first; and booked when the order is placed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final, Literal, NamedTuple

import msgspec

from silkway.contracts import (
    BookingCancellationRequested,
    BookingChanged,
    BookingDeclined,
    BookingRefused,
    BookingRequested,
    BookingRolled,
    CarriedLine,
    Event,
    OrderLine,
    QuoteRefused,
)
from silkway.contracts.fields import CancellationCause, QuoteRefusal
from silkway.logistics.domain.quote import Need, Option, Quote, next_quote_id, read_need

GRACE: Final = dt.timedelta(minutes=1)
"""How long an order's choice waits for a quote that is not known yet, or is about to be refused."""
_INSTANT: Final = dt.timedelta(microseconds=1)

State = Literal["CHOSEN", "ACCEPTED", "REFUSED", "REQUESTED", "CONFIRMED", "DECLINED", "CANCELLED"]
OPEN: Final = frozenset({"REQUESTED", "CONFIRMED"})
"""States in which the carrier has a booking of ours."""


class Offer(msgspec.Struct, frozen=True):
    """What was quoted, as it is to be booked."""

    need: Need
    option: Option


class Attempt(msgspec.Struct, frozen=True):
    """One choice of a quote, and the booking that came of it. Its id is `{order_id}/{attempt}`.

    `chosen_at` is when the choice became known. `lane_id`, `offer` (an Offer as JSON) and what follows from it are
    None until the quote is known. `lines` are what was booked, as JSON. `departs_at` and `arrives_at` are those of
    the last roll-over.
    """

    tenant: str
    order_id: str
    attempt: int
    quote_id: str
    option_id: str
    state: State
    chosen_at: dt.datetime
    lane_id: str | None = None
    offer: str | None = None
    carrier: str | None = None
    price_minor: int | None = None
    currency: str | None = None
    reason: str | None = None
    new_quote_id: str | None = None
    lines: str | None = None
    requested_at: dt.datetime | None = None
    rolled_at: dt.datetime | None = None
    departs_at: dt.datetime | None = None
    arrives_at: dt.datetime | None = None

    @property
    def booking_id(self) -> str:
        return f"{self.order_id}/{self.attempt}"


class Confirmation(msgspec.Struct, frozen=True):
    """A shipment that was booked for an attempt: the carrier's word that it carries."""

    tenant: str
    order_id: str
    attempt: int
    shipment_id: str
    known_at: dt.datetime


class Booking(msgspec.Struct, frozen=True):
    """The way of an order to its carrier.

    `lines` and `countries` (where the goods go) are JSON, None until the order is recorded. `placed_at` is when its
    placing became known. `decide_at`: when the current attempt is to be judged, or its refusal told.
    """

    tenant: str
    order_id: str
    lines: str | None = None
    countries: str = "[]"
    placed_at: dt.datetime | None = None
    cancelled: bool = False
    decide_at: dt.datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()

    @property
    def current(self) -> Attempt | None:
        """The attempt that counts: the last one."""
        return self.attempts[-1] if self.attempts else None


class Outcome(NamedTuple):
    """What a rule answers: the booking afterwards, a quote that it took or made, and what follows, all known then."""

    booking: Booking
    quotes: tuple[Quote, ...]
    events: tuple[Event, ...]
    known_at: dt.datetime


class NotToBook(Exception):
    """The order is cancelled, or its goods have a carrier."""


_lines = msgspec.json.Decoder(tuple[tuple[str, int], ...]).decode
_countries = msgspec.json.Decoder(tuple[str, ...]).decode
read_offer = msgspec.json.Decoder(Offer).decode
_encode = msgspec.json.Encoder().encode


def order_of(booking_id: str) -> tuple[str, int] | None:
    """Order and attempt of a booking's id; None if it is none of ours."""
    order_id, _, attempt = booking_id.rpartition("/")
    return (order_id, int(attempt)) if order_id and attempt.isdecimal() and len(attempt) < 10 else None


def new_quote_id(booking: Booking) -> str:
    """The id of the quote that would take the place of the current choice."""
    return next_quote_id(booking.tenant, booking.order_id, len(booking.attempts))


# --- the order ---------------------------------------------------------------------------------------------


def record(booking: Booking, lines: Iterable[OrderLine]) -> Booking:
    """The order is known, or amended: what it has carried, and to which countries."""
    lines = tuple(lines)
    return msgspec.structs.replace(
        booking,
        lines=_encode([(line.line_id, line.quantity) for line in lines]).decode(),
        countries=_encode(sorted({c for line in lines if (c := line.destination_country)})).decode(),
    )


def choose(
    booking: Booking, quote_id: str, option_id: str, quote: Quote | None, known_at: dt.datetime
) -> Outcome:
    """The order names an option of a quote. Raises NotToBook where nothing is to be booked for it any more."""
    current = booking.current
    chosen_before = current is not None and (current.quote_id, current.option_id) == (quote_id, option_id)
    if chosen_before and current is not None and current.state in ("CHOSEN", "ACCEPTED", *OPEN):
        return Outcome(booking, (), (), known_at)
    if booking.cancelled:
        raise NotToBook("it is cancelled")
    if current is not None and current.state in OPEN:
        raise NotToBook(f"{current.carrier} has been asked to carry it")
    if current is not None and current.state in ("CHOSEN", "ACCEPTED"):
        booking = _with(booking, msgspec.structs.replace(current, state="CANCELLED"))
    attempt = Attempt(
        tenant=booking.tenant,
        order_id=booking.order_id,
        attempt=len(booking.attempts) + 1,
        quote_id=quote_id,
        option_id=option_id,
        state="CHOSEN",
        chosen_at=known_at,
        lane_id=None if quote is None else quote.lane_id,
    )
    waiting = msgspec.structs.replace(
        booking, attempts=(*booking.attempts, attempt), decide_at=known_at + GRACE
    )
    if quote is None or refusal(waiting, attempt, quote) is not None:
        return Outcome(waiting, (), (), known_at)
    return _accept(waiting, attempt, quote)


def place(booking: Booking, known_at: dt.datetime) -> Outcome:
    """The order binds both parties: book what it chose, if that has been accepted."""
    placed = msgspec.structs.replace(booking, placed_at=booking.placed_at or known_at)
    current = placed.current
    if current is None or current.state != "ACCEPTED" or booking.placed_at is not None:
        return Outcome(placed, (), (), known_at)
    return _request(placed, current, max(known_at, current.chosen_at))


def cancel(booking: Booking, cause: CancellationCause, known_at: dt.datetime) -> Outcome:
    """The order was cancelled, or its goods are others now: the carrier is asked to let the booking go."""
    booking = msgspec.structs.replace(booking, cancelled=cause == "CANCELLED")
    current = booking.current
    if current is None or current.state not in ("CHOSEN", "ACCEPTED", *OPEN):
        return Outcome(booking, (), (), known_at)
    cancelled = msgspec.structs.replace(current, state="CANCELLED", reason=cause)
    ended = msgspec.structs.replace(_with(booking, cancelled), decide_at=None)
    if current.state not in OPEN:
        return Outcome(ended, (), (), known_at)
    request = BookingCancellationRequested(
        order_id=booking.order_id,
        booking_id=current.booking_id,
        carrier=current.carrier or "",
        shipment_id=_shipment_of(booking, current.attempt),
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


# --- the carrier -------------------------------------------------------------------------------------------


def confirm(booking: Booking, attempt: int, shipment_id: str, known_at: dt.datetime) -> Booking:
    """A shipment was booked for this attempt; perhaps before we know that we asked for it."""
    if any((c.attempt, c.shipment_id) == (attempt, shipment_id) for c in booking.confirmations):
        return booking
    new = Confirmation(booking.tenant, booking.order_id, attempt, shipment_id, known_at)
    all_of_them = sorted([*booking.confirmations, new], key=lambda c: (c.attempt, c.shipment_id))
    booking = msgspec.structs.replace(booking, confirmations=tuple(all_of_them))
    found = _attempt(booking, attempt)
    if found is None or found.state != "REQUESTED" or _is_refused(booking, found):
        return booking
    return _with(booking, msgspec.structs.replace(found, state="CONFIRMED"))


def refuse(booking: Booking, attempt: int, refused: BookingRefused, known_at: dt.datetime) -> Booking:
    """The carrier refuses, even what it had confirmed. Told at `decide_at`, with a new quote."""
    found = _attempt(booking, attempt)
    assert found is not None, "an answer waits for its request"
    if found is not booking.current or found.state not in OPEN or _is_refused(booking, found):
        return booking
    refusing = msgspec.structs.replace(found, reason=refused.reason)
    return msgspec.structs.replace(_with(booking, refusing), decide_at=_since(found, known_at))


def roll(booking: Booking, attempt: int, rolled: BookingRolled, known_at: dt.datetime) -> Outcome:
    """The carrier takes another departure. Of two roll-overs the one that was decided later holds."""
    found = _attempt(booking, attempt)
    assert found is not None, "an answer waits for its request"
    at = rolled.rolled_at.astimezone(dt.UTC)
    if found.state not in OPEN or (found.rolled_at is not None and found.rolled_at >= at):
        return Outcome(booking, (), (), known_at)
    moved = msgspec.structs.replace(
        found,
        rolled_at=at,
        departs_at=rolled.departs_at.astimezone(dt.UTC),
        arrives_at=rolled.arrives_at.astimezone(dt.UTC),
    )
    changed = BookingChanged(
        order_id=booking.order_id,
        booking_id=found.booking_id,
        shipment_id=_shipment_of(booking, attempt),
        departs_at=rolled.departs_at,
        arrives_at=rolled.arrives_at,
        vessel=rolled.vessel,
        voyage=rolled.voyage,
        reason=rolled.reason,
    )
    return Outcome(_with(booking, moved), (), (changed,), _since(found, known_at))


def is_requested(booking: Booking | None, attempt: int) -> bool:
    """Whether the carrier has been asked for this attempt."""
    found = None if booking is None else _attempt(booking, attempt)
    return found is not None and found.requested_at is not None


# --- what falls due ----------------------------------------------------------------------------------------


def refusal(booking: Booking, attempt: Attempt, quote: Quote | None) -> QuoteRefusal | None:
    """Why a choice cannot be booked; None if it can. Judged by the times at which things were known."""
    if quote is None or quote.known_at > attempt.chosen_at + GRACE:
        return "UNKNOWN"
    option = quote.option(attempt.option_id)
    if option is None or quote.order_id not in (None, booking.order_id):
        return "MISMATCH"
    countries = _countries(booking.countries)
    if countries and read_need(quote.need).destination[:2] not in countries:
        return "MISMATCH"
    # Whether its departure has left is asked when it is to be booked: that it was accepted shows by its offer.
    if attempt.chosen_at > quote.valid_until or (
        attempt.offer is not None and _has_left(booking, attempt, option)
    ):
        return "EXPIRED"
    return None


def decide(booking: Booking, quote: Quote | None, new_quote: Quote | None, at: dt.datetime) -> Outcome:
    """The time to judge has come: accept the choice or refuse it, or tell what the carrier refused.

    `new_quote` is what the lane offers instead; who calls finds out by `carriers_to_leave_out` and `new_quote_id`.
    """
    current = booking.current
    assert current is not None, "what is due has an attempt"
    if current.state in OPEN:
        return _decline(booking, current, new_quote, at)
    reason = refusal(booking, current, quote)
    if reason is None:
        assert quote is not None, "an unknown quote is refused"
        return _accept(booking, current, quote)
    if quote is not None and reason != "UNKNOWN" and current.lane_id is None:
        # The quote came after the choice: now that its lane is known, wake again with the lane in hand.
        looking = msgspec.structs.replace(current, lane_id=quote.lane_id)
        return Outcome(msgspec.structs.replace(_with(booking, looking), decide_at=at + _INSTANT), (), (), at)
    if reason == "UNKNOWN":  # whether it was read too late or never must make no difference
        new_quote = None
    refused = msgspec.structs.replace(
        current,
        lane_id=None if reason == "UNKNOWN" else current.lane_id,
        state="REFUSED",
        reason=reason,
        new_quote_id=new_quote and new_quote.quote_id,
    )
    told = QuoteRefused(
        order_id=booking.order_id,
        quote_id=current.quote_id,
        option_id=current.option_id,
        reason=reason,
        new_quote_id=refused.new_quote_id,
    )
    ended = msgspec.structs.replace(_with(booking, refused), decide_at=None)
    return Outcome(ended, (new_quote,) if new_quote else (), (told,), at)


def judged_at(booking: Booking, due_at: dt.datetime) -> dt.datetime:
    """When what falls due counts as judged: waking a second time, with the lane in hand, takes no time."""
    current = booking.current
    assert current is not None, "what is due has an attempt"
    in_time = current.chosen_at + GRACE
    return in_time if current.state == "CHOSEN" and due_at == in_time + _INSTANT else due_at


def carriers_to_leave_out(booking: Booking) -> Collection[str]:
    """Carriers that have refused this order."""
    return {
        a.carrier
        for a in booking.attempts
        if a.carrier and (a.state == "DECLINED" or _is_refused(booking, a))
    }


def _decline(booking: Booking, attempt: Attempt, new_quote: Quote | None, at: dt.datetime) -> Outcome:
    declined = msgspec.structs.replace(
        attempt, state="DECLINED", new_quote_id=new_quote and new_quote.quote_id
    )
    told = BookingDeclined(
        order_id=booking.order_id,
        booking_id=attempt.booking_id,
        carrier=attempt.carrier or "",
        reason=attempt.reason or "",
        new_quote_id=declined.new_quote_id,
    )
    ended = msgspec.structs.replace(_with(booking, declined), decide_at=None)
    return Outcome(ended, (new_quote,) if new_quote else (), (told,), at)


def _accept(booking: Booking, attempt: Attempt, quote: Quote) -> Outcome:
    option = quote.option(attempt.option_id)
    assert option is not None, "a choice that is not in the quote is refused"
    accepted = msgspec.structs.replace(
        attempt,
        state="ACCEPTED",
        lane_id=quote.lane_id,
        offer=_encode(Offer(read_need(quote.need), option)).decode(),
        carrier=option.carrier,
        price_minor=option.price_minor,
        currency=option.currency,
    )
    taken = msgspec.structs.replace(quote, order_id=booking.order_id)
    known_at = max(attempt.chosen_at, quote.known_at)
    kept = msgspec.structs.replace(_with(booking, accepted), decide_at=None)
    if kept.placed_at is None:
        return Outcome(kept, (taken,), (), known_at)
    requested = _request(kept, accepted, max(known_at, kept.placed_at))
    return requested._replace(quotes=(taken,))


def _request(booking: Booking, attempt: Attempt, known_at: dt.datetime) -> Outcome:
    """Ask the carrier; or, where the departure has left meanwhile, judge the choice anew."""
    assert attempt.offer is not None, "what was accepted has an offer"
    assert booking.lines is not None, "an order is recorded before it is placed"
    need, option = (offer := read_offer(attempt.offer)).need, offer.option
    if _has_left(booking, attempt, option):
        again = msgspec.structs.replace(attempt, state="CHOSEN")
        judged = msgspec.structs.replace(_with(booking, again), decide_at=known_at + _INSTANT)
        return Outcome(judged, (), (), known_at)
    confirmed = _shipment_of(booking, attempt.attempt) is not None
    asked = msgspec.structs.replace(
        attempt,
        state="CONFIRMED" if confirmed else "REQUESTED",
        lines=booking.lines,
        requested_at=known_at,
    )
    request = BookingRequested(
        order_id=booking.order_id,
        booking_id=attempt.booking_id,
        quote_id=attempt.quote_id,
        option_id=attempt.option_id,
        rate_card_id=option.rate_card_id,
        carrier=option.carrier,
        service=option.service,
        mode=option.mode,
        origin=need.origin,
        destination=need.destination,
        ready_on=need.ready_on,
        departs_on=option.departs_on,
        arrives_on=option.arrives_on,
        lines=tuple(CarriedLine(line_id=line, quantity=n) for line, n in _lines(booking.lines)),
        packages=need.packages,
        gross_g=need.gross_g,
        volume_cm3=need.volume_cm3,
        priority=option.priority,
        insured=option.insured,
        promises=option.promises,  # type: ignore[arg-type]  # the contract checks them
        price_minor=option.price_minor,
        currency=option.currency,
    )
    return Outcome(_with(booking, asked), (), (request,), known_at)


def _since(asked: Attempt, known_at: dt.datetime) -> dt.datetime:
    """When an answer counts: it may be read, not known, before its request."""
    assert asked.requested_at is not None, "an answer waits for its request"
    return max(known_at, asked.requested_at)


def _has_left(booking: Booking, attempt: Attempt, option: Option) -> bool:
    placed_at = booking.placed_at
    return placed_at is not None and option.departs_on < max(placed_at, attempt.chosen_at).date()


def _is_refused(booking: Booking, attempt: Attempt) -> bool:
    """Whether the carrier's refusal of a booking is yet to be told."""
    return attempt.state in OPEN and attempt.reason is not None


def _attempt(booking: Booking, number: int) -> Attempt | None:
    return next((attempt for attempt in booking.attempts if attempt.attempt == number), None)


def _shipment_of(booking: Booking, attempt: int) -> str | None:
    return min((c.shipment_id for c in booking.confirmations if c.attempt == attempt), default=None)


def _with(booking: Booking, attempt: Attempt) -> Booking:
    others = (attempt if other.attempt == attempt.attempt else other for other in booking.attempts)
    return msgspec.structs.replace(booking, attempts=tuple(others))
