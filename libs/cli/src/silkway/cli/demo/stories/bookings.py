"""Orders whose logistics are quoted and booked with the draft, and carriers that have other plans."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from silkway.cli.carrier.answers import Carriers
from silkway.cli.demo.carriage import Shipment, whole
from silkway.cli.demo.stories.changes import cancel
from silkway.cli.demo.world import Lane, days
from silkway.contracts import (
    BookingRefused,
    BookingRequested,
    BookingRolled,
    CarriedLine,
    Charge,
    QuoteChosen,
    QuoteGiven,
    QuoteNeed,
    QuoteOption,
    ShipmentBooked,
)

if TYPE_CHECKING:
    from silkway.cli.demo.deal import Deal
    from silkway.cli.demo.scene import Scene

_STANDS_DAYS: Final = 3
_READY_DAYS: Final = 13
_CARRIERS: Final = Carriers(seed=7)


def quoted(scene: Scene) -> None:
    """Chosen in the draft, requested when placed, answered by the simulated carrier: most it takes."""
    deal = _drafted_with_quote(scene)
    at = deal.known_at + days(1)
    first, *more = _CARRIERS.answer(scene.story, _request(deal), at)
    if isinstance(first, ShipmentBooked):
        _confirmed(deal, 1, shipment_id=first.shipment_id, legs=first.legs)
        for roll in more:
            scene.tell(roll, at + days(1.5), f"{deal.order_id}/booking/rolled")
            deal.expected.must_say("booking.changed")
    else:
        known_at = scene.tell(first, at, f"{deal.order_id}/booking/refused")
        deal.expected.must_say("booking.declined")
        _choose_again(deal, known_at + days(1.5))
        _confirmed(deal, 2)
    _go_on(deal)


def rolled(scene: Scene) -> None:
    """The carrier takes the booking, then moves it to a later departure."""
    deal = _drafted_with_quote(scene)
    shipment = _confirmed(deal, 1)
    at = shipment.booked_at + days(1.2)
    event = BookingRolled(
        booking_id=f"{deal.order_id}/1", departs_at=deal.ready_at + days(1), arrives_at=shipment.delivered_at,
        vessel="BLUE EGRET", voyage="031E", reason="OVERBOOKED", rolled_at=at,
    )  # fmt: skip
    scene.tell(event, at, f"{deal.order_id}/booking/rolled")
    deal.expected.must_say("booking.changed")
    _go_on(deal)


def refused(scene: Scene) -> None:
    """The carrier has no space; another one is chosen and takes it."""
    deal = _drafted_with_quote(scene)
    at = deal.known_at + days(1)
    event = BookingRefused(
        booking_id=f"{deal.order_id}/1",
        reason="NO_SPACE",
        note="Full until the end of the month",
        refused_at=at,
    )
    known_at = scene.tell(event, at, f"{deal.order_id}/booking/refused")
    deal.expected.must_say("booking.declined")
    _choose_again(deal, known_at + days(1.5))
    _confirmed(deal, 2)
    _go_on(deal)


def quote_expired(scene: Scene) -> None:
    """The draft names a quote that stands no more; a new one is chosen."""
    deal = _drafted_with_quote(scene, given_days_before=_STANDS_DAYS + 1.5)
    deal.expected.events["booking.requested"] -= 1
    deal.expected.must_say("quote.refused")
    _choose_again(deal, deal.known_at + days(1.5))
    _confirmed(deal, 2)
    _go_on(deal)


def booked_and_cancelled(scene: Scene) -> None:
    """The order is cancelled when its booking has been confirmed: the carrier is asked to let it go."""
    deal = _drafted_with_quote(scene)
    shipment = _shipment(deal)
    shipment.booked_at = deal.known_at + days(0.5)
    shipment.book(booking_id=f"{deal.order_id}/1")
    deal.refund(cancel(deal, deal.drafted_at + days(8)))
    deal.expected.must_say("booking.cancellation_requested")
    deal.expected.booking = "CANCELLED"


def _drafted_with_quote(scene: Scene, *, given_days_before: float = 0.5) -> Deal:
    """Placed with a quote; the deposit is paid."""
    lane = scene.lane()
    quote_id = f"QU-{scene.number:05}"
    given_at = scene.at - days(given_days_before)
    ready_on = (scene.at + days(_READY_DAYS)).date()
    _quote(scene, quote_id, lane, ready_on, given_at)
    deal = scene.deal(lane=lane, production_days=14, quote_id=quote_id, option_id="1").place()
    deal.expected.must_say("booking.requested")
    deal.expected.booking = "REQUESTED"
    deal.pay(deal.deposit_minor, deal.drafted_at + days(4))
    return deal


def _quote(scene: Scene, quote_id: str, lane: Lane, ready_on: dt.date, at: dt.datetime) -> None:
    """Logistics named a price for each of two services of the lane's carrier, and one of a rival."""
    departs_on = ready_on + dt.timedelta(days=2)
    own, rival = lane.carrier, "Rival Lines"
    offers = ((own, "STANDARD", 84_000), (own, "PRIORITY", 126_000), (rival, "STANDARD", 91_000))
    options = tuple(
        QuoteOption(
            option_id=str(number), rate_card_id=f"RC-{lane.origin}-{lane.destination}-{number}", carrier=carrier,
            service=service, mode=lane.mode, departs_on=departs_on,
            arrives_on=departs_on + dt.timedelta(days=lane.transit_days), chargeable_g=840_000, currency="USD",
            price_minor=freight + 4_500,
            charges=(
                Charge(code="FREIGHT", amount_minor=freight), Charge(code="DOCUMENTS", amount_minor=4_500),
            ),
        )
        for number, (carrier, service, freight) in enumerate(offers, start=1)
    )  # fmt: skip
    need = QuoteNeed(
        origin=lane.origin, destination=lane.destination, ready_on=ready_on, gross_g=820_000, volume_cm3=4_200_000,
        packages=14,
    )  # fmt: skip
    event = QuoteGiven(
        quote_id=quote_id, need=need, options=options, given_at=at, valid_until=at + days(_STANDS_DAYS)
    )
    scene.tell(event, at, f"{quote_id}/given")


def _request(deal: Deal) -> BookingRequested:
    """What logistics will ask the carrier for: the first option of the quote."""
    lane, ready_on = deal.lane, (deal.scene.at + days(_READY_DAYS)).date()
    departs_on = ready_on + dt.timedelta(days=2)
    return BookingRequested(
        order_id=deal.order_id, booking_id=f"{deal.order_id}/1", quote_id=deal.drafted.quote_id or "",
        option_id="1", rate_card_id=f"RC-{lane.origin}-{lane.destination}-1", carrier=lane.carrier,
        service="STANDARD", mode=lane.mode, origin=lane.origin, destination=lane.destination, ready_on=ready_on,
        departs_on=departs_on, arrives_on=departs_on + dt.timedelta(days=lane.transit_days),
        lines=tuple(CarriedLine(line_id=line.line_id, quantity=line.quantity) for line in deal.lines.values()),
        packages=14, gross_g=820_000, volume_cm3=4_200_000, priority=False, insured=False, price_minor=88_500,
        currency="USD",
    )  # fmt: skip


def _choose_again(deal: Deal, at: dt.datetime) -> None:
    """A new quote, and the rival of it is chosen for the order."""
    quote_id = f"{deal.drafted.quote_id}-2"
    _quote(deal.scene, quote_id, deal.lane, deal.ready_at.date(), at - days(0.5))
    event = QuoteChosen(quote_id=quote_id, option_id="3", order_id=deal.order_id, chosen_at=at)
    deal.known_at = deal.scene.tell(event, at, f"{quote_id}/chosen")
    deal.expected.must_say("booking.requested")


def _confirmed(deal: Deal, attempt: int, shipment_id: str | None = None, **more: Any) -> Shipment:
    """The carrier takes the goods and carries them home."""
    shipment = _shipment(deal, shipment_id)
    shipment.booked_at = deal.known_at + days(1.5)
    shipment.book(booking_id=f"{deal.order_id}/{attempt}", **more)
    deal.expected.booking = "CONFIRMED"
    shipment.ship()
    shipment.travel()
    shipment.deliver()
    return shipment


def _shipment(deal: Deal, shipment_id: str | None = None) -> Shipment:
    return Shipment(deal.scene, deal.lane, whole(deal), deal.ready_at, shipment_id=shipment_id)


def _go_on(deal: Deal) -> None:
    deal.pay_balance().accept().settle()


STORIES: Final = {
    "quoted": (quoted, 1),
    "rolled": (rolled, 1),
    "refused": (refused, 1),
    "quote_expired": (quote_expired, 1),
    "booked_and_cancelled": (booked_and_cancelled, 1),
}
