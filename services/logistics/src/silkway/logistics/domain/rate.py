"""What carriers charge: rate cards, and the price of one of them for given goods.

All weights are whole grams, volumes whole cubic centimetres, amounts whole minor units of the card's currency.
Weights round up; an amount that falls between two minor units rounds to the nearer one, a half upwards.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from silkway.contracts import RateCardPublished
from silkway.contracts.fields import CarriageMode

DIVISORS_CM3_PER_KG: Final[dict[CarriageMode, int]] = {
    "SEA": 1_000,  # a cubic metre counts as a tonne
    "RAIL": 2_000,
    "ROAD": 3_000,
    "AIR": 6_000,
    "AIR_CHARTER": 6_000,
    "EXPRESS": 5_000,
}
"""Cubic centimetres that count as a kilogram, where a card does not say otherwise; the trade's customs."""
FIVE_DAYS: Final = 5
_ALL = 10_000
"""Basis points of the whole."""
_RESERVED: Final = frozenset({"FREIGHT", "FUEL", "PEAK_SEASON", "PRIORITY", "INSURANCE"})


class Tier(msgspec.Struct, frozen=True, gc=False):
    """The price of `Tariff.unit_g` from a chargeable weight on."""

    from_g: int
    unit_minor: int


class Container(msgspec.Struct, frozen=True, gc=False):
    """The price of a whole container."""

    kind: str
    capacity_g: int
    capacity_cm3: int
    price_minor: int


class Season(msgspec.Struct, frozen=True, gc=False):
    """Days of departure, both counted in, on which freight costs more."""

    first: dt.date
    last: dt.date
    surcharge_bp: int


class Fee(msgspec.Struct, frozen=True, gc=False):
    """What a shipment pays once."""

    code: str
    amount_minor: int


class Tariff(msgspec.Struct, frozen=True, gc=False):
    """All of a card that makes its price. Either `tiers` or `container`."""

    tiers: tuple[Tier, ...]
    container: Container | None
    unit_g: int
    step_g: int
    divisor_cm3_per_kg: int
    most_g: int | None
    minimum_minor: int
    fuel_bp: int
    seasons: tuple[Season, ...]
    fees: tuple[Fee, ...]
    priority_minor: int | None
    insurance_bp: int | None
    insurance_minimum_minor: int


class RateCard(msgspec.Struct, frozen=True, gc=False):
    """A carrier's price of a service on a lane, for departures from `valid_from` to `valid_until`, both counted in.

    `tariff` is a Tariff, `weekdays` and `promises` are lists, all as JSON. `known_at`: when it became known.
    """

    tenant: str
    lane_id: str
    rate_card_id: str
    carrier: str
    service: str
    mode: CarriageMode
    currency: str
    valid_from: dt.date
    valid_until: dt.date
    transit_days: int
    lead_days: int
    weekdays: str
    promises: str
    stands_hours: int
    tariff: str
    published_at: dt.datetime
    known_at: dt.datetime

    def departure(self, earliest: dt.date) -> dt.date | None:
        """The first day on which it departs with goods that are there on `earliest`; None if it is not valid then."""
        day = max(earliest + dt.timedelta(days=self.lead_days), self.valid_from)
        days = _weekdays(self.weekdays)
        if days:
            day += dt.timedelta(days=min((weekday - day.isoweekday()) % 7 for weekday in days))
        return day if day <= self.valid_until else None


class Lane(msgspec.Struct, frozen=True):
    """All rate cards from one place to another."""

    tenant: str
    lane_id: str
    cards: tuple[RateCard, ...] = ()


class Goods(NamedTuple):
    """What is weighed and insured. `value_minor` is in `currency`."""

    gross_g: int
    volume_cm3: int
    value_minor: int | None
    currency: str | None


class Price(NamedTuple):
    """A price and its parts, in the order in which they are written; `containers` where charged by the container."""

    chargeable_g: int
    containers: int | None
    charges: tuple[tuple[str, int], ...]

    @property
    def price_minor(self) -> int:
        """The sum of all charges."""
        return sum(amount for _, amount in self.charges)


read_tariff = lru_cache(maxsize=50_000)(msgspec.json.Decoder(Tariff).decode)
_weekdays = lru_cache(maxsize=512)(msgspec.json.Decoder(tuple[int, ...]).decode)
read_promises = lru_cache(maxsize=512)(msgspec.json.Decoder(tuple[str, ...]).decode)
_encode = msgspec.json.Encoder().encode


def lane_of(origin: str, destination: str) -> str:
    """The lane's id: CNNGB-DEHAM."""
    return f"{origin}-{destination}"


def publish(lane: Lane, published: RateCardPublished, known_at: dt.datetime) -> Lane:
    """The lane with this card. Of two publications of one card the one published later holds."""
    card = _card(lane, published, known_at)
    before = next((c for c in lane.cards if c.rate_card_id == card.rate_card_id), None)
    if before is not None and before.published_at >= card.published_at:
        return lane
    others = [c for c in lane.cards if c is not before]
    cards = tuple(sorted([*others, card], key=lambda c: c.rate_card_id))
    return msgspec.structs.replace(lane, cards=cards)


def fault(published: RateCardPublished) -> tuple[str, str, str] | None:
    """What no schema can say and is wrong with a card: field, reason, remedy. None if nothing is."""
    return next(_faults(published), None)


def _faults(published: RateCardPublished) -> Iterator[tuple[str, str, str]]:
    tiers = published.tiers
    if published.valid_until < published.valid_from:
        yield "valid_until", "it is before valid_from", "Send the last day of departure."
    if bool(tiers) == (published.container is not None):
        yield "tiers", "a card has either tiers or a container", "Send one of the two."
    if tiers and tiers[0].from_g != 0:
        yield "tiers[0].from_g", "the first tier does not begin at 0 g", "Begin with 0; use minimum_minor."
    for number, (one, other) in enumerate(pairwise(tiers), start=1):
        if other.from_g <= one.from_g:
            yield f"tiers[{number}].from_g", "it is not above the tier before", "Sort the tiers by weight."
        if other.unit_minor > one.unit_minor:
            yield f"tiers[{number}].unit_minor", "it is above the tier before", "Prices fall with weight."
    seasons = sorted(published.seasons, key=lambda season: season.first)
    if any(season.last < season.first for season in seasons):
        yield "seasons", "a season ends before it begins", "Send its first and its last day."
    if any(other.first <= one.last for one, other in pairwise(seasons)):
        yield "seasons", "two seasons overlap", "Send seasons that are apart."
    if any(fee.code in _RESERVED for fee in published.fees):
        yield "fees", "a fee has the code of another charge", f"Not one of {', '.join(sorted(_RESERVED))}."
    if "FIVE_DAY_LINE" in published.promises and published.transit_days > FIVE_DAYS:
        yield "promises", f"no five-day line takes {published.transit_days} days", "Leave the promise out."


def price(tariff: Tariff, goods: Goods, departs_on: dt.date) -> Price | None:
    """Freight, surcharges and fees, without extras; None where the card does not take the goods."""
    if tariff.container is not None:
        containers = _containers(tariff.container, goods)
        chargeable, freight = goods.gross_g, containers * tariff.container.price_minor
    else:
        containers = None
        chargeable = chargeable_g(tariff, goods)
        freight = _freight(tariff, chargeable)
    if tariff.most_g is not None and chargeable > tariff.most_g:
        return None
    freight = max(freight, tariff.minimum_minor)
    charges = [("FREIGHT", freight), ("FUEL", _half_up(freight * tariff.fuel_bp, _ALL))]
    charges += [
        ("PEAK_SEASON", _half_up(freight * s.surcharge_bp, _ALL)) for s in in_season(tariff, departs_on)
    ]
    charges += [(fee.code, fee.amount_minor) for fee in tariff.fees]
    return Price(
        chargeable, containers, tuple(charge for charge in charges if charge[1] or charge[0] == "FREIGHT")
    )


def premium_minor(tariff: Tariff, goods: Goods, currency: str) -> int | None:
    """What insuring the goods costs; None where it is not offered, or their value is unknown or in other money."""
    if tariff.insurance_bp is None or goods.value_minor is None or goods.currency != currency:
        return None
    return max(_half_up(goods.value_minor * tariff.insurance_bp, _ALL), tariff.insurance_minimum_minor)


def in_season(tariff: Tariff, departs_on: dt.date) -> list[Season]:
    """The peak season of a departure, if it falls into one."""
    return [season for season in tariff.seasons if season.first <= departs_on <= season.last]


def chargeable_g(tariff: Tariff, goods: Goods) -> int:
    """The greater of gross and volumetric weight, rounded up to the card's step."""
    volumetric_g = -(-goods.volume_cm3 * 1000 // tariff.divisor_cm3_per_kg)
    return -(-max(goods.gross_g, volumetric_g) // tariff.step_g) * tariff.step_g


def _freight(tariff: Tariff, weight_g: int) -> int:
    """By the tier of the weight, or by a higher one as if it weighed so much, where that is cheaper."""
    lowest = max((tier.from_g for tier in tariff.tiers if tier.from_g <= weight_g), default=0)
    return min(
        _half_up(max(weight_g, tier.from_g) * tier.unit_minor, tariff.unit_g)
        for tier in tariff.tiers
        if tier.from_g >= lowest
    )


def _containers(container: Container, goods: Goods) -> int:
    by_weight = -(-goods.gross_g // container.capacity_g)
    by_volume = -(-goods.volume_cm3 // container.capacity_cm3)
    return max(by_weight, by_volume, 1)


def _half_up(dividend: int, divisor: int) -> int:
    return (2 * dividend + divisor) // (2 * divisor)


def _card(lane: Lane, published: RateCardPublished, known_at: dt.datetime) -> RateCard:
    return RateCard(
        tenant=lane.tenant,
        lane_id=lane.lane_id,
        rate_card_id=published.rate_card_id,
        carrier=published.carrier,
        service=published.service,
        mode=published.mode,
        currency=published.currency,
        valid_from=published.valid_from,
        valid_until=published.valid_until,
        transit_days=published.transit_days,
        lead_days=published.lead_days,
        weekdays=_encode(sorted(set(published.weekdays))).decode(),
        promises=_encode(sorted(set(published.promises))).decode(),
        stands_hours=published.stands_hours,
        tariff=_encode(tariff_of(published)).decode(),
        published_at=published.published_at.astimezone(dt.UTC),
        known_at=known_at,
    )


def tariff_of(published: RateCardPublished) -> Tariff:
    """The part of a card that makes its price."""
    box = published.container
    return Tariff(
        tiers=tuple(Tier(t.from_g, t.unit_minor) for t in published.tiers),
        container=None
        if box is None
        else Container(box.kind, box.capacity_g, box.capacity_cm3, box.price_minor),
        unit_g=published.unit_g,
        step_g=published.step_g,
        divisor_cm3_per_kg=published.divisor_cm3_per_kg or DIVISORS_CM3_PER_KG[published.mode],
        most_g=published.most_g,
        minimum_minor=published.minimum_minor,
        fuel_bp=published.fuel_bp,
        seasons=tuple(Season(s.first, s.last, s.surcharge_bp) for s in published.seasons),
        fees=tuple(Fee(f.code, f.amount_minor) for f in published.fees),
        priority_minor=published.priority_minor,
        insurance_bp=published.insurance_bp,
        insurance_minimum_minor=published.insurance_minimum_minor,
    )
