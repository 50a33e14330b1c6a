"""What carriers charge and what is asked of them, with plain defaults: lamps from Ningbo to Hamburg."""

import datetime as dt
from typing import Any

from silkway.contracts import (
    BookingRefused,
    BookingRolled,
    OrderAmended,
    OrderCancelled,
    OrderLine,
    OrderPlaced,
    OrderRecorded,
    QuoteChosen,
    QuoteGiven,
    RateCardPublished,
    RateTier,
)
from silkway.logistics.domain import quote as quotes
from silkway.logistics.domain.quote import Need
from silkway.logistics.domain.rate import Lane, publish
from tests.unit.desk import day
from tests.unit.logistics.freight import CUPS, booked

TODAY = day(0).date()
LANE_ID = "CNNGB-DEHAM"


def card(rate_card_id: str = "BLUE-1", **but: Any) -> RateCardPublished:
    """Sea freight at USD 1.00 a kilogram, departing every day, 30 days on the way, valid for a year."""
    values: dict[str, Any] = {
        "carrier": "Blue Line", "mode": "SEA", "origin": "CNNGB", "destination": "DEHAM", "currency": "USD",
        "valid_from": TODAY, "valid_until": TODAY + dt.timedelta(days=365),
        "tiers": (RateTier(from_g=0, unit_minor=100),), "transit_days": 30, "published_at": day(0),
    }  # fmt: skip
    if "container" in but:
        values["tiers"] = ()
    return RateCardPublished(rate_card_id=rate_card_id, **values | but)


AIR = card(
    "CRANE-1", carrier="Crane Air", mode="AIR", transit_days=5, tiers=(RateTier(from_g=0, unit_minor=400),)
)
RAIL = card(
    "IRON-1", carrier="Iron Road", mode="RAIL", transit_days=18, tiers=(RateTier(from_g=0, unit_minor=200),)
)
ALL_CARDS = (card(), AIR, RAIL)


def need(**but: Any) -> Need:
    """100 kg in 100 litres, ready on the 10th day."""
    values: dict[str, Any] = {
        "origin": "CNNGB", "destination": "DEHAM", "ready_on": day(10).date(), "deliver_by": None,
        "gross_g": 100_000, "volume_cm3": 100_000, "packages": 10, "value_minor": None, "currency": None,
    }  # fmt: skip
    return Need(**values | but)


def lane(*cards: RateCardPublished) -> Lane:
    """The lane with these cards."""
    found = Lane("acme", LANE_ID)
    for published in cards or ALL_CARDS:
        found = publish(found, published, day(0))
    return found


def given(
    quote_id: str = "Q-1", at: dt.datetime | None = None, hours: int = 72, wanted: Need | None = None
) -> QuoteGiven:
    """A quote from all cards: option 1 by air, 2 by rail, 3 by sea."""
    wanted = wanted or need()
    options, _ = quotes.options(lane().cards, wanted, TODAY, lambda mode: None)
    return quotes.event_of(quotes.give("acme", quote_id, wanted, options, hours, at or day(0)))


def option_of(quote: QuoteGiven, carrier: str) -> str:
    """The option of a carrier, without extras."""
    return next(o.option_id for o in quote.options if o.carrier == carrier and not (o.priority or o.insured))


def recorded(
    order_id: str = "PO-1", quote_id: str | None = "Q-1", option_id: str | None = "1", **but: Any
) -> OrderRecorded:
    values: dict[str, Any] = {
        "buyer_id": "B1", "supplier_id": "S1", "currency": "USD", "total_minor": 1000, "deposit_minor": 0,
        "account_id": "VA-1", "payment_reference": f"REF-{order_id}", "acceptance_days": 7, "coverage": "NONE",
        "drafted_at": day(1),
        "lines": (OrderLine(line_id=CUPS, description="cups", quantity=10, value_minor=1000),),
    }  # fmt: skip
    return OrderRecorded(order_id=order_id, quote_id=quote_id, option_id=option_id, **values | but)


def placed(order_id: str = "PO-1", quote_id: str | None = "Q-1", option_id: str | None = "1") -> OrderPlaced:
    return OrderPlaced(
        order_id=order_id, supplier_id="S1", currency="USD", total_minor=1000, placed_at=day(3),
        quote_id=quote_id, option_id=option_id,
    )  # fmt: skip


def chosen(quote_id: str, option_id: str, order_id: str = "PO-1") -> QuoteChosen:
    return QuoteChosen(quote_id=quote_id, option_id=option_id, order_id=order_id, chosen_at=day(4))


def refused(booking_id: str = "PO-1/1") -> BookingRefused:
    return BookingRefused(booking_id=booking_id, reason="NO_SPACE", refused_at=day(4))


def rolled(booking_id: str = "PO-1/1", to: float = 17, at: float = 5) -> BookingRolled:
    return BookingRolled(
        booking_id=booking_id,
        departs_at=day(to),
        arrives_at=day(to + 30),
        reason="OVERBOOKED",
        rolled_at=day(at),
    )


def confirmed(shipment_id: str = "SH-1", booking_id: str = "PO-1/1") -> Any:
    return booked(shipment_id, carries=(("PO-1", CUPS, 10),), booking_id=booking_id)


def cancelled(order_id: str = "PO-1") -> OrderCancelled:
    return OrderCancelled(
        order_id=order_id, cancellation_id="C-1", by="BUYER", reason="changed mind", refund_due_minor=0,
        cancelled_at=day(6), supplier_id="S1",
    )  # fmt: skip


def amended(quantity: int = 20) -> OrderAmended:
    line = OrderLine(line_id=CUPS, description="cups", quantity=quantity, value_minor=1000)
    return OrderAmended(
        order_id="PO-1", amendment_id="A-1", lines=(line,), total_minor=1000, deposit_minor=0, received_minor=0,
        open_minor=1000, refund_due_minor=0,
    )  # fmt: skip
