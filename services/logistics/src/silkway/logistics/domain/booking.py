"""The booking of an order: which quote it chose, what was asked of the carrier, and what the carrier answered.

An order tries one quote at a time: `choice` says which are booked, `answers` what becomes of that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

import msgspec

from silkway.contracts import Event, OrderLine
from silkway.logistics.domain.quote import Need, Option, Quote, next_quote_id

State = Literal["CHOSEN", "ACCEPTED", "REFUSED", "REQUESTED", "CONFIRMED", "DECLINED", "CANCELLED"]
OPEN: Final = frozenset({"REQUESTED", "CONFIRMED"})
"""States in which the carrier has a booking of ours."""


class Offer(msgspec.Struct, frozen=True):
    """What was quoted, as it is to be booked."""

    need: Need
    option: Option


class Roll(msgspec.Struct, frozen=True):
    """The departure that a booking was moved to, by whom and when that was known, with the offsets of the places."""

    departs_at: dt.datetime
    arrives_at: dt.datetime
    vessel: str | None
    voyage: str | None
    reason: str
    note: str | None
    source: str
    known_at: dt.datetime


class Plan(NamedTuple):
    """The days that were quoted for what a carrier was asked to take at `asked_at`; known since the choice.

    `to_the_door`: the day of arrival is that of the delivery.
    """

    departs_on: dt.date
    arrives_on: dt.date
    to_the_door: bool
    source: str
    known_at: dt.datetime
    asked_at: dt.datetime


class Attempt(msgspec.Struct, frozen=True):
    """One choice of a quote, and the booking that came of it. Its id is `{order_id}/{attempt}`.

    `chosen_at` is when the choice became known. `lane_id`, `offer` (an Offer as JSON) and what follows from it are
    None until the quote is known. `lines` are what was booked, as JSON. `departs_at` and `arrives_at` are those of
    the last roll-over, `roll` is the whole of it (a Roll as JSON).
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
    roll: str | None = None

    @property
    def booking_id(self) -> str:
        """What the carrier is told to call it."""
        return f"{self.order_id}/{self.attempt}"

    @property
    def refused(self) -> bool:
        """Whether the carrier's refusal is yet to be told."""
        return self.state in OPEN and self.reason is not None


class Confirmation(msgspec.Struct, frozen=True):
    """A shipment that was booked for an attempt: the carrier's word that it carries. `orders`: whose goods, as JSON."""

    tenant: str
    order_id: str
    attempt: int
    shipment_id: str
    known_at: dt.datetime
    orders: str = "[]"


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


read_lines = msgspec.json.Decoder(tuple[tuple[str, int], ...]).decode
read_orders = msgspec.json.Decoder(tuple[str, ...]).decode
read_countries = msgspec.json.Decoder(tuple[str, ...]).decode
read_offer = msgspec.json.Decoder(Offer).decode
encode = msgspec.json.Encoder().encode


def order_of(booking_id: str) -> tuple[str, int] | None:
    """Order and attempt of a booking's id; None if it is none of ours."""
    order_id, _, attempt = booking_id.rpartition("/")
    return (order_id, int(attempt)) if order_id and attempt.isdecimal() and len(attempt) < 10 else None


def new_quote_id(booking: Booking) -> str:
    """The id of the quote that would take the place of the current choice."""
    return next_quote_id(booking.tenant, booking.order_id, len(booking.attempts))


def record(booking: Booking, lines: Iterable[OrderLine]) -> Booking:
    """The order is known, or amended: what it has carried, and to which countries."""
    lines = tuple(lines)
    return msgspec.structs.replace(
        booking,
        lines=encode([(line.line_id, line.quantity) for line in lines]).decode(),
        countries=encode(sorted({c for line in lines if (c := line.destination_country)})).decode(),
    )


def is_requested(booking: Booking | None, attempt: int) -> bool:
    """Whether the carrier has been asked for this attempt."""
    found = None if booking is None else find(booking, attempt)
    return found is not None and found.requested_at is not None


def find(booking: Booking, number: int) -> Attempt | None:
    """The attempt of this number."""
    return next((attempt for attempt in booking.attempts if attempt.attempt == number), None)


def shipment_of(booking: Booking, attempt: int) -> str | None:
    """The shipment that confirmed an attempt, the first by id."""
    return min((c.shipment_id for c in booking.confirmations if c.attempt == attempt), default=None)


def roll_of(booking: Booking, attempt: int) -> Roll | None:
    """The last roll-over of this attempt, None if it goes as it was booked."""
    found = find(booking, attempt)
    return None if found is None or found.roll is None else msgspec.json.decode(found.roll, type=Roll)


def plan_of(booking: Booking, attempt: int) -> Plan | None:
    """What was quoted for this attempt, None as long as its carrier has not been asked."""
    found = find(booking, attempt)
    if found is None or found.requested_at is None or found.offer is None:
        return None
    option = read_offer(found.offer).option
    return Plan(
        departs_on=option.departs_on,
        arrives_on=option.arrives_on,
        to_the_door="FIVE_DAY_LINE" in option.promises,
        source=f"/quotes/{found.quote_id}",
        known_at=found.chosen_at,
        asked_at=found.requested_at,
    )


def with_attempt(booking: Booking, attempt: Attempt) -> Booking:
    """The booking with this attempt in place of the one of its number."""
    others = (attempt if other.attempt == attempt.attempt else other for other in booking.attempts)
    return msgspec.structs.replace(booking, attempts=tuple(others))
