"""What logistics does about rates, quotes and bookings."""

from msgspec.structs import replace

from silkway.contracts import (
    BookingRefused,
    BookingRequested,
    BookingRolled,
    OrderAmended,
    OrderCancelled,
    OrderPlaced,
    OrderRecorded,
    OrderReinstated,
    QuoteChosen,
    QuoteGiven,
    RateCardPublished,
    ShipmentBooked,
)
from silkway.logistics.domain import answers, choice
from silkway.logistics.domain import booking as bookings
from silkway.logistics.domain import quote as quotes
from silkway.logistics.domain import rate as rates
from silkway.logistics.domain.booking import Booking
from silkway.logistics.domain.rate import Lane, lane_of
from silkway.logistics.handlers.linking import (
    answered_before,
    plan_shipments,
    roll_shipments,
    shipments_rolled,
)
from silkway.logistics.store import BOOKING, LANE, ORDER, QUOTE
from silkway.messaging import Due, Fact, Look, Name, NotYet, Refused, Router, Work

router = Router()


@router.on(
    RateCardPublished, names=lambda published: [LANE[lane_of(published.origin, published.destination)]]
)
def rate_card_published(work: Work, fact: Fact[RateCardPublished]) -> None:
    if wrong := rates.fault(fact.data):
        raise Refused(*wrong)
    lane_id = lane_of(fact.data.origin, fact.data.destination)
    lane = work.get(LANE, lane_id) or Lane(work.tenant, lane_id)
    work.put(LANE, lane_id, rates.publish(lane, fact.data, fact.known_at))


@router.on(QuoteGiven, names=lambda given: [QUOTE[given.quote_id]])
def quote_given(work: Work, fact: Fact[QuoteGiven]) -> None:
    if wrong := quotes.fault(fact.data):
        raise Refused(*wrong)
    before = work.get(QUOTE, fact.data.quote_id)
    if before is None:
        work.put(QUOTE, fact.data.quote_id, quotes.keep(work.tenant, fact.data, fact.known_at))
    elif not quotes.same_quote(before, fact.data):
        raise Refused("quote_id", "another quote has this id", "give each quote an id of its own")


def _shipments_early(event: QuoteChosen | OrderPlaced, look: Look) -> list[Name]:
    return [] if event.quote_id is None else answered_before(look(BOOKING, event.order_id))


@router.on(
    QuoteChosen,
    names=lambda chosen: [ORDER[chosen.order_id], QUOTE[chosen.quote_id], BOOKING[chosen.order_id]],
    more=_shipments_early,
)
def quote_chosen(work: Work, fact: Fact[QuoteChosen]) -> None:
    order_id = fact.data.order_id
    booking = work.get(BOOKING, order_id)
    if booking is None or booking.lines is None:
        order = work.get(ORDER, order_id)
        if order is None or order.known_at is None:
            raise NotYet(ORDER[order_id], "order.drafted")
        raise Refused("order_id", "this order was drafted without a quote", "name one in order.drafted")
    try:
        quote = work.get(QUOTE, fact.data.quote_id)
        chosen = choice.choose(booking, fact.data.quote_id, fact.data.option_id, quote, fact.known_at)
    except choice.NotToBook as why:
        raise Refused("order_id", str(why), "choose before the carrier is asked") from None
    _follow(work, chosen)


def _names_of_answer(answer: BookingRefused | BookingRolled) -> list[Name]:
    found = bookings.order_of(answer.booking_id)
    return [BOOKING[found[0]], ORDER[found[0]]] if found else [BOOKING[answer.booking_id]]


@router.on(BookingRefused, names=_names_of_answer)
def booking_refused(work: Work, fact: Fact[BookingRefused]) -> None:
    booking, attempt = _asked(work, fact.data.booking_id)
    work.put(BOOKING, booking.order_id, answers.refuse(booking, attempt, fact.data, fact.known_at))


@router.on(BookingRolled, names=_names_of_answer, more=shipments_rolled)
def booking_rolled(work: Work, fact: Fact[BookingRolled]) -> None:
    booking, attempt = _asked(work, fact.data.booking_id)
    outcome = answers.roll(booking, attempt, fact.data, fact.source, fact.known_at)
    _follow(work, outcome)
    roll_shipments(work, outcome.booking, attempt)


def _names_of_decision(booking: Booking) -> list[Name]:
    current = booking.current
    assert current is not None, "what is due has an attempt"
    names = [BOOKING[booking.order_id], ORDER[booking.order_id]]
    names += [QUOTE[current.quote_id], QUOTE[bookings.new_quote_id(booking)]]
    names += answered_before(booking)
    return names if current.lane_id is None else [*names, LANE[current.lane_id]]


@router.due(BOOKING, names=_names_of_decision)
def booking_due(work: Work, due: Due) -> None:
    booking = work.get(BOOKING, due.id)
    assert booking is not None, "what is due exists"
    current = booking.current
    assert current is not None, "what is due has an attempt"
    at = choice.judged_at(booking, due.at)
    quote, new_quote = work.get(QUOTE, current.quote_id), None
    if quote is not None and current.lane_id is not None:
        lane, new_id = work.get(LANE, current.lane_id), bookings.new_quote_id(booking)
        without = choice.carriers_to_leave_out(booking)
        new_quote = quotes.quote_again(quote, lane, new_id, at, without)
    _follow(work, choice.decide(booking, quote, new_quote, at))


# --- What orders and shipments mean for bookings; others answer the same events for the shipments -------------


def _names_of_choice(event: OrderRecorded | OrderPlaced) -> list[Name]:
    order_id, quote_id = event.order_id, event.quote_id
    return [] if quote_id is None else [ORDER[order_id], BOOKING[order_id], QUOTE[quote_id]]


@router.on(OrderRecorded, names=_names_of_choice)
def order_recorded(work: Work, fact: Fact[OrderRecorded]) -> None:
    recorded = fact.data
    if recorded.quote_id is None or recorded.option_id is None:
        return
    booking = work.get(BOOKING, recorded.order_id) or Booking(work.tenant, recorded.order_id)
    booking = bookings.record(booking, recorded.lines)
    quote = work.get(QUOTE, recorded.quote_id)
    _follow(work, choice.choose(booking, recorded.quote_id, recorded.option_id, quote, fact.known_at))


@router.on(OrderPlaced, names=_names_of_choice, more=_shipments_early)
def order_placed(work: Work, fact: Fact[OrderPlaced]) -> None:
    if fact.data.quote_id is not None:
        booking = work.get(BOOKING, fact.data.order_id)
        assert booking is not None, "an order is recorded before it is placed"
        _follow(work, choice.place(booking, fact.known_at))


def _names_of_order(event: OrderAmended | OrderCancelled | OrderReinstated) -> list[Name]:
    return [ORDER[event.order_id], BOOKING[event.order_id]]


@router.on(OrderAmended, names=_names_of_order)
def order_amended(work: Work, fact: Fact[OrderAmended]) -> None:
    booking = work.get(BOOKING, fact.data.order_id)
    if booking is not None:
        _follow(work, answers.amend(booking, fact.data.lines, fact.known_at))


@router.on(OrderCancelled, names=_names_of_order)
def order_cancelled(work: Work, fact: Fact[OrderCancelled]) -> None:
    booking = work.get(BOOKING, fact.data.order_id)
    if booking is not None:
        _follow(work, answers.cancel(booking, "CANCELLED", fact.known_at))


@router.on(OrderReinstated, names=_names_of_order)
def order_reinstated(work: Work, fact: Fact[OrderReinstated]) -> None:
    booking = work.get(BOOKING, fact.data.order_id)
    if booking is not None:  # its goods are on their way; should they need another carrier, one can be chosen
        work.put(BOOKING, booking.order_id, replace(booking, cancelled=False))


def _names_of_confirmation(booked: ShipmentBooked) -> list[Name]:
    found = booked.booking_id and bookings.order_of(booked.booking_id)
    return [BOOKING[found[0]]] if found else []


@router.on(ShipmentBooked, names=_names_of_confirmation)
def shipment_booked(work: Work, fact: Fact[ShipmentBooked]) -> None:
    found = fact.data.booking_id and bookings.order_of(fact.data.booking_id)
    if found:
        order_id, attempt = found
        booking = work.get(BOOKING, order_id) or Booking(work.tenant, order_id)
        carried = (line.order_id for line in fact.data.lines)
        confirmed = answers.confirm(booking, attempt, fact.data.shipment_id, carried, fact.known_at)
        work.put(BOOKING, order_id, confirmed)


# --- How ----------------------------------------------------------------------------------------------------


def _asked(work: Work, booking_id: str) -> tuple[Booking, int]:
    """The booking that a carrier answers, and its attempt; the answer waits until we know that we asked."""
    found = bookings.order_of(booking_id)
    if found is None:
        raise Refused("booking_id", "no booking of ours is called so", "send the id of booking.requested")
    order_id, attempt = found
    booking = work.get(BOOKING, order_id)
    if booking is None or not bookings.is_requested(booking, attempt):
        raise NotYet(BOOKING[order_id], "order.placed")
    return booking, attempt


def _follow(work: Work, outcome: bookings.Outcome) -> None:
    """Keep what a rule answered, and tell what follows."""
    order_id = outcome.booking.order_id
    work.put(BOOKING, order_id, outcome.booking)
    for quote in outcome.quotes:
        work.put(QUOTE, quote.quote_id, quote)
    for event in outcome.events:
        work.emit(ORDER, order_id, event, outcome.known_at)
        if isinstance(event, BookingRequested):
            plan_shipments(work, outcome.booking)
