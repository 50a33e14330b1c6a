"""Which quote an order books: what it names is judged by what was known within `GRACE` of the choice, so that it makes
no difference whether the quote or the order was read first; and is booked when the order is placed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

import msgspec

from silkway.contracts import BookingDeclined, BookingRequested, CarriedLine, QuoteRefused
from silkway.contracts.fields import QuoteRefusal
from silkway.logistics.domain.booking import (
    OPEN,
    Attempt,
    Booking,
    Offer,
    Outcome,
    encode,
    read_countries,
    read_lines,
    read_offer,
    shipment_of,
    with_attempt,
)
from silkway.logistics.domain.quote import Option, Quote, read_need

GRACE: Final = dt.timedelta(minutes=1)
"""How long an order's choice waits for a quote that is not known yet, or is about to be refused."""
_INSTANT: Final = dt.timedelta(microseconds=1)


class NotToBook(Exception):
    """The order is cancelled, or its goods have a carrier."""


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
        booking = with_attempt(booking, msgspec.structs.replace(current, state="CANCELLED"))
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


def refusal(booking: Booking, attempt: Attempt, quote: Quote | None) -> QuoteRefusal | None:
    """Why a choice cannot be booked; None if it can. Judged by the times at which things were known."""
    if quote is None or quote.known_at > attempt.chosen_at + GRACE:
        return "UNKNOWN"
    option = quote.option(attempt.option_id)
    if option is None or quote.order_id not in (None, booking.order_id):
        return "MISMATCH"
    countries = read_countries(booking.countries)
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
        return Outcome(
            msgspec.structs.replace(with_attempt(booking, looking), decide_at=at + _INSTANT), (), (), at
        )
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
    ended = msgspec.structs.replace(with_attempt(booking, refused), decide_at=None)
    return Outcome(ended, (new_quote,) if new_quote else (), (told,), at)


def judged_at(booking: Booking, due_at: dt.datetime) -> dt.datetime:
    """When what falls due counts as judged: waking a second time, with the lane in hand, takes no time."""
    current = booking.current
    assert current is not None, "what is due has an attempt"
    in_time = current.chosen_at + GRACE
    return in_time if current.state == "CHOSEN" and due_at == in_time + _INSTANT else due_at


def carriers_to_leave_out(booking: Booking) -> Collection[str]:
    """Carriers that have refused this order."""
    return {a.carrier for a in booking.attempts if a.carrier and (a.state == "DECLINED" or a.refused)}


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
    ended = msgspec.structs.replace(with_attempt(booking, declined), decide_at=None)
    return Outcome(ended, (new_quote,) if new_quote else (), (told,), at)


def _accept(booking: Booking, attempt: Attempt, quote: Quote) -> Outcome:
    option = quote.option(attempt.option_id)
    assert option is not None, "a choice that is not in the quote is refused"
    accepted = msgspec.structs.replace(
        attempt,
        state="ACCEPTED",
        lane_id=quote.lane_id,
        offer=encode(Offer(read_need(quote.need), option)).decode(),
        carrier=option.carrier,
        price_minor=option.price_minor,
        currency=option.currency,
    )
    taken = msgspec.structs.replace(quote, order_id=booking.order_id)
    known_at = max(attempt.chosen_at, quote.known_at)
    kept = msgspec.structs.replace(with_attempt(booking, accepted), decide_at=None)
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
        judged = msgspec.structs.replace(with_attempt(booking, again), decide_at=known_at + _INSTANT)
        return Outcome(judged, (), (), known_at)
    confirmed = shipment_of(booking, attempt.attempt) is not None
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
        lines=tuple(CarriedLine(line_id=line, quantity=n) for line, n in read_lines(booking.lines)),
        packages=need.packages,
        gross_g=need.gross_g,
        volume_cm3=need.volume_cm3,
        priority=option.priority,
        insured=option.insured,
        promises=option.promises,  # type: ignore[arg-type]  # the contract checks them
        price_minor=option.price_minor,
        currency=option.currency,
    )
    return Outcome(with_attempt(booking, asked), (), (request,), known_at)


def _has_left(booking: Booking, attempt: Attempt, option: Option) -> bool:
    placed_at = booking.placed_at
    return placed_at is not None and option.departs_on < max(placed_at, attempt.chosen_at).date()
