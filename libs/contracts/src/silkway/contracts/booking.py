"""The carrier port: bookings that we request, and what carriers answer.

Requests go out on logistics.events, answers come in on trade.shipments: `shipment.booked` with the `booking_id`
confirms, `booking.refused` and `booking.rolled` are here. Whatever a carrier's own format, an adapter turns it
into these.
"""

from pydantic import Field

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    AmountMinor,
    CancellationCause,
    CarriageMode,
    Code,
    Currency,
    Day,
    DerivedId,
    Grams,
    Id,
    Location,
    Moment,
    Name,
    PersonalText,
    Promise,
    QuoteRefusal,
    VolumeCm3,
)
from silkway.contracts.logistics_events import CarriedLine
from silkway.contracts.topics import LOGISTICS_EVENTS, TRADE_SHIPMENTS

__all__ = [
    "BookingCancellationRequested", "BookingChanged", "BookingDeclined", "BookingRefused", "BookingRequested",
    "BookingRolled", "QuoteRefused",
]  # fmt: skip


class _BookingFact(Event):
    topic = TRADE_SHIPMENTS
    subject_kind = "booking"

    booking_id: DerivedId
    """The booking, as `booking.requested` named it."""


class BookingRefused(_BookingFact):
    """The carrier does not carry what was booked, or no longer."""

    type = "silkway.booking.refused.v1"

    reason: Code
    """Why, e.g. NO_SPACE, NO_EQUIPMENT, GOODS_NOT_TAKEN, SERVICE_WITHDRAWN."""
    note: PersonalText | None = None
    """The carrier's words, 1 to 500 characters."""
    refused_at: Moment
    """When."""


class BookingRolled(_BookingFact):
    """The carrier moved the booking to another departure."""

    type = "silkway.booking.rolled.v1"

    departs_at: Moment
    """The new departure, with the offset of the place."""
    arrives_at: Moment
    """The new arrival, with the offset of the place."""
    vessel: Name | None = None
    """Vessel, flight or train it goes with now."""
    voyage: Name | None = None
    """Voyage or flight number."""
    reason: Code
    """Why, e.g. OVERBOOKED, VESSEL_DELAYED, LATE_CARGO."""
    note: PersonalText | None = None
    """The carrier's words, 1 to 500 characters."""
    rolled_at: Moment
    """When the carrier decided it."""


class _BookingEvent(Event):
    topic = LOGISTICS_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order concerned."""
    booking_id: DerivedId
    """The booking: the order's id and the number of its attempt."""


class BookingRequested(_BookingEvent):
    """An order with a quote was placed: the carrier is asked to carry it as quoted."""

    type = "silkway.booking.requested.v1"

    quote_id: Id
    """The quote."""
    option_id: Id
    """Its option that was chosen."""
    rate_card_id: Id
    """The rate card it was priced by."""
    carrier: Name
    """Who is asked."""
    service: Code
    """Which of the carrier's services."""
    mode: CarriageMode
    """How it is to travel for the main part."""
    origin: Location
    """Where it begins, UN/LOCODE."""
    destination: Location
    """Where it ends, UN/LOCODE."""
    ready_on: Day
    """Local day from which the goods can be collected."""
    departs_on: Day
    """Departure as quoted."""
    arrives_on: Day
    """Arrival as quoted."""
    lines: tuple[CarriedLine, ...] = Field(min_length=1, max_length=500)
    """What is to be carried."""
    packages: int = Field(ge=1, le=1_000_000)
    """How many packages, 1 to a million."""
    gross_g: Grams
    """Gross weight, in grams."""
    volume_cm3: VolumeCm3
    """Volume, in cubic centimetres."""
    priority: bool
    """With guaranteed space in the peak season."""
    insured: bool
    """With insurance."""
    promises: tuple[Promise, ...] = Field(default=(), max_length=3)
    """What was promised with it."""
    price_minor: AmountMinor
    """The price as quoted, in minor units."""
    currency: Currency
    """Currency of the price, ISO 4217."""


class BookingDeclined(_BookingEvent):
    """The carrier refused the booking. Where other ways remain, a new quote holds them."""

    type = "silkway.booking.declined.v1"

    carrier: Name
    """Who refused."""
    reason: Code
    """Why, in the carrier's word."""
    new_quote_id: Id | None = None
    """A new quote of the other carriers, to be chosen from by `quote.chosen`."""


class BookingChanged(_BookingEvent):
    """The carrier moved the booking to another departure."""

    type = "silkway.booking.changed.v1"

    shipment_id: Id | None = None
    """The shipment that confirmed the booking, if one has."""
    departs_at: Moment
    """The new departure."""
    arrives_at: Moment
    """The new arrival."""
    vessel: Name | None = None
    """Vessel, flight or train it goes with now."""
    voyage: Name | None = None
    """Voyage or flight number."""
    reason: Code
    """Why, in the carrier's word."""


class BookingCancellationRequested(_BookingEvent):
    """The carrier is asked to cancel the booking."""

    type = "silkway.booking.cancellation_requested.v1"

    carrier: Name
    """Who is asked."""
    shipment_id: Id | None = None
    """The shipment that confirmed the booking, if one has."""
    cause: CancellationCause
    """Whether the order was cancelled, or amended so that the booking no longer fits."""


class QuoteRefused(Event):
    """The quote that an order named cannot be booked. The order stands; the goods have no carrier yet."""

    type = "silkway.quote.refused.v1"
    topic = LOGISTICS_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order concerned."""
    quote_id: Id
    """The quote that it named."""
    option_id: Id
    """The option that it named."""
    reason: QuoteRefusal
    """Whether it had expired, is unknown, or does not belong to this order."""
    new_quote_id: Id | None = None
    """A new quote for the same goods, to be chosen from by `quote.chosen`, if any rate holds."""
