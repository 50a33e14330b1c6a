"""Quotes: priced ways to have goods carried, computed from the rate cards of a lane."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

import msgspec

from silkway.contracts import QuoteGiven, QuoteNeed
from silkway.contracts.fields import MAX_MINOR, CarriageMode
from silkway.logistics.domain.rate import (
    Goods,
    Lane,
    Price,
    RateCard,
    in_season,
    lane_of,
    premium_minor,
    price,
    read_promises,
    read_tariff,
)

MOST_A_MODE: Final = 3
"""Cards of one mode and currency in a quote; the cheapest. So every mode is there, and the answer stays small."""
HORIZON_DAYS: Final = 30
"""The latest departure that is offered, in days after the goods are ready."""
_QUOTES: Final = uuid.UUID("3f0e3c59-0f5a-5d0f-9c1c-9b3f0c7e2d11")

Measure = Callable[[CarriageMode], int | None]
"""Length of the way in kilometres, by mode; None if it is not known."""


class Charged(msgspec.Struct, frozen=True, gc=False):
    """One part of a price; as in the contract."""

    code: str
    amount_minor: int


class Option(msgspec.Struct, frozen=True, gc=False):
    """One way to have it carried; as in the contract, field by field: a quote is kept as it is told."""

    option_id: str
    rate_card_id: str
    carrier: str
    service: str
    mode: CarriageMode
    departs_on: dt.date
    arrives_on: dt.date
    distance_km: int | None
    chargeable_g: int
    containers: int | None
    priority: bool
    insured: bool
    promises: tuple[str, ...]
    currency: str
    price_minor: int
    charges: tuple[Charged, ...]


class Need(msgspec.Struct, frozen=True):
    """What is to be carried from where to where; as in the contract."""

    origin: str
    destination: str
    ready_on: dt.date
    deliver_by: dt.date | None
    gross_g: int
    volume_cm3: int
    packages: int
    value_minor: int | None
    currency: str | None

    @property
    def goods(self) -> Goods:
        return Goods(self.gross_g, self.volume_cm3, self.value_minor, self.currency)

    @property
    def lane_id(self) -> str:
        return lane_of(self.origin, self.destination)


class Quote(msgspec.Struct, frozen=True):
    """A quote that was given. `need` is a Need, `options` a list of Option, both as JSON.

    `known_at` is when it became known, `order_id` the order that has taken it.
    """

    tenant: str
    quote_id: str
    lane_id: str
    need: str
    options: str
    given_at: dt.datetime
    valid_until: dt.datetime
    known_at: dt.datetime
    order_id: str | None = None

    def option(self, option_id: str) -> Option | None:
        """The option of this id, None if there is none."""
        return next((option for option in read_options(self.options) if option.option_id == option_id), None)


read_options = msgspec.json.Decoder(tuple[Option, ...]).decode
read_need = msgspec.json.Decoder(Need).decode
_encode = msgspec.json.Encoder().encode


def options(
    cards: Iterable[RateCard],
    need: Need,
    today: dt.date,
    measure: Measure,
    without: Collection[str] = (),
) -> tuple[tuple[Option, ...], int]:
    """The options for goods of which `today` is the first day, the cheapest first in each mode; and for how many
    hours they all stand. Carriers `without` are left out."""
    priced = [
        found
        for card in cards
        if card.carrier not in without and (found := _price(card, need, today)) is not None
    ]
    priced.sort(key=lambda found: (found[1].price_minor, found[2], found[0].rate_card_id))
    counted: Counter[tuple[str, str]] = Counter()
    offered: list[Option] = []
    stands: list[int] = []
    for card, basis, departs_on in priced:
        place = (card.mode, card.currency)
        if counted[place] < MOST_A_MODE:
            counted[place] += 1
            stands.append(card.stands_hours)
            offered += _variants(len(stands), card, need, basis, departs_on, measure(card.mode))
    return tuple(option for option in offered if option.price_minor <= MAX_MINOR), min(stands, default=0)


def give(
    tenant: str, quote_id: str, need: Need, options: tuple[Option, ...], stands_hours: int, at: dt.datetime
) -> Quote:
    """A quote given at `at`."""
    return Quote(
        tenant=tenant,
        quote_id=quote_id,
        lane_id=need.lane_id,
        need=_encode(need).decode(),
        options=_encode(options).decode(),
        given_at=at,
        valid_until=at + dt.timedelta(hours=stands_hours),
        known_at=at,
    )


def quote_again(
    quote: Quote, lane: Lane | None, quote_id: str, at: dt.datetime, without: Collection[str] = ()
) -> Quote | None:
    """A new quote for the goods of an old one, from the rates as they are; None if no rate holds."""
    need = read_need(quote.need)
    distances = {option.mode: option.distance_km for option in read_options(quote.options)}
    cards = () if lane is None else lane.cards
    offered, stands_hours = options(cards, need, at.date(), distances.get, without)
    return give(quote.tenant, quote_id, need, offered, stands_hours, at) if offered else None


def next_quote_id(tenant: str, order_id: str, attempt: int) -> str:
    """The id of the quote that takes the place of an order's `attempt`-th choice: the same whenever computed."""
    return str(uuid.uuid5(_QUOTES, f"{tenant}/{order_id}/{attempt}"))


def keep(tenant: str, given: QuoteGiven, known_at: dt.datetime) -> Quote:
    """A quote that was published."""
    options = given.model_dump_json(include={"options"})
    return Quote(
        tenant=tenant,
        quote_id=given.quote_id,
        lane_id=lane_of(given.need.origin, given.need.destination),
        need=given.need.model_dump_json(),
        options=options.partition(":")[2][:-1],
        given_at=given.given_at.astimezone(dt.UTC),
        valid_until=given.valid_until.astimezone(dt.UTC),
        known_at=known_at,
    )


def same_quote(quote: Quote, given: QuoteGiven) -> bool:
    """Whether a second publication says what the first one said."""
    again = keep(quote.tenant, given, quote.known_at)
    return again == msgspec.structs.replace(quote, order_id=None)


def fault(given: QuoteGiven) -> tuple[str, str, str] | None:
    """What no schema can say and is wrong with a quote: field, reason, remedy. None if nothing is."""
    return next(_faults(given), None)


def _faults(given: QuoteGiven) -> Iterator[tuple[str, str, str]]:
    if given.valid_until <= given.given_at:
        yield "valid_until", "it is not after given_at", "Send until when the quote stands."
    if len({option.option_id for option in given.options}) < len(given.options):
        yield "options", "two options have the same id", "Give each option an id of its own."
    for number, option in enumerate(given.options):
        if sum(charge.amount_minor for charge in option.charges) != option.price_minor:
            reason = "it is not the sum of the charges"
            yield f"options[{number}].price_minor", reason, "Send a price that its charges add up to."
        if option.arrives_on < option.departs_on:
            yield f"options[{number}].arrives_on", "it is before departs_on", "Send the day of arrival."


def told(quote: Quote) -> str:
    """The quote as JSON, as it is published."""
    who = {"quote_id": quote.quote_id, "given_at": quote.given_at, "valid_until": quote.valid_until}
    return f'{_encode(who)[:-1].decode()},"need":{quote.need},"options":{quote.options}}}'


def event_of(quote: Quote) -> QuoteGiven:
    """The event that tells a quote."""
    return QuoteGiven.model_validate_json(told(quote))  # five times as fast as option by option


def need_of(need: QuoteNeed) -> Need:
    """What is to be carried, as the rules know it."""
    return Need(
        need.origin, need.destination, need.ready_on, need.deliver_by, need.gross_g, need.volume_cm3,
        need.packages, need.value_minor, need.currency,
    )  # fmt: skip


def _price(card: RateCard, need: Need, today: dt.date) -> tuple[RateCard, Price, dt.date] | None:
    ready_on = max(need.ready_on, today)
    departs_on = card.departure(ready_on)
    if departs_on is None or departs_on > ready_on + dt.timedelta(days=HORIZON_DAYS):
        return None
    arrives_on = departs_on + dt.timedelta(days=card.transit_days)
    if need.deliver_by is not None and arrives_on > need.deliver_by:
        return None
    basis = price(read_tariff(card.tariff), need.goods, departs_on)
    return None if basis is None else (card, basis, departs_on)


def _variants(
    number: int, card: RateCard, need: Need, basis: Price, departs_on: dt.date, distance_km: int | None
) -> Iterator[Option]:
    """The card's option as it is, with priority (in a peak season), with insurance, with both."""
    tariff = read_tariff(card.tariff)
    priority = tariff.priority_minor if in_season(tariff, departs_on) else None
    premium = premium_minor(tariff, need.goods, card.currency)
    for first, insured in ((False, False), (True, False), (False, True), (True, True)):
        if (first and priority is None) or (insured and premium is None):
            continue
        extras: list[tuple[str, int]] = []
        if first and priority is not None:
            extras.append(("PRIORITY", priority))
        if insured and premium is not None:
            extras.append(("INSURANCE", premium))
        charges = tuple(Charged(code, amount) for code, amount in (*basis.charges, *extras))
        yield Option(
            option_id=f"{number}{'P' * first}{'I' * insured}",
            rate_card_id=card.rate_card_id,
            carrier=card.carrier,
            service=card.service,
            mode=card.mode,
            departs_on=departs_on,
            arrives_on=departs_on + dt.timedelta(days=card.transit_days),
            distance_km=distance_km,
            chargeable_g=basis.chargeable_g,
            containers=basis.containers,
            priority=first,
            insured=insured,
            promises=read_promises(card.promises),
            currency=card.currency,
            price_minor=sum(charge.amount_minor for charge in charges),
            charges=charges,
        )
