"""What is there before the first order: suppliers that all know, what currencies are worth, what carriers charge."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from silkway.cli.demo.world import CROWDED, LANES, LIMIT_CURRENCY, RATES, START, WITHOUT_RATE, Lane
from silkway.contracts import RateCardPublished, RateFee, RatePublished, RateTier

if TYPE_CHECKING:
    from silkway.cli.demo.scene import Scene


def open_trade(scene: Scene) -> None:
    """Tell it all, on the first day."""
    for supplier in CROWDED:
        scene.register(supplier, START)
    for currency, rate in RATES.items():
        if currency not in (LIMIT_CURRENCY, WITHOUT_RATE):
            event = RatePublished(currency_id=currency, rate=str(rate), published_at=START)
            scene.tell(event, START, f"rate/{currency}")
    for number, lane in enumerate(LANES):
        card = _rate_card(lane, number)
        scene.tell(card, START, card.rate_card_id)


def _rate_card(lane: Lane, number: int) -> RateCardPublished:
    """By the kilogram, cheaper from half a tonne on; the faster, the dearer."""
    unit_minor = 40 + 1_200 // lane.transit_days
    return RateCardPublished(
        rate_card_id=f"RC-{lane.origin}-{lane.destination}-{number}", carrier=lane.carrier, mode=lane.mode,
        origin=lane.origin, destination=lane.destination, currency="USD", valid_from=START.date(),
        valid_until=START.date() + dt.timedelta(days=365), minimum_minor=6_000, fuel_bp=1_250,
        tiers=(RateTier(from_g=0, unit_minor=unit_minor), RateTier(from_g=500_000, unit_minor=unit_minor * 4 // 5)),
        fees=(RateFee(code="DOCUMENTS", amount_minor=4_500),), transit_days=lane.transit_days, lead_days=1,
        published_at=START,
    )  # fmt: skip
