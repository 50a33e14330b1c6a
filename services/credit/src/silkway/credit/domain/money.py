"""Amounts of an order in the limits' currency and back: integers and exact fractions, rounded on purpose.

What is taken of a limit is rounded up, what a limit can cover is rounded down, so no rounding overdraws a limit.
"""

import datetime as dt
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from msgspec.structs import replace

from silkway.contracts import CURRENCIES, RatePublished
from silkway.credit.domain.ledger import RateRow
from silkway.credit.domain.state import Currency, PublishedRate, utc

RATES_KEPT: Final = 64
"""Rates of a currency that are kept at hand; older ones are history only."""


def worth(rate: str | None, currency: str, limit_currency: str) -> Fraction:
    """Minor units of the limits' currency for one minor unit of `currency`; 1 where they are the same."""
    if rate is None:
        return Fraction(1)
    digits = CURRENCIES[limit_currency] - CURRENCIES[currency]
    return Fraction(rate) * Fraction(10) ** digits


def taken_minor(amount_minor: int, value: Fraction) -> int:
    """What `amount_minor` takes of a limit: rounded up."""
    return -(-amount_minor * value.numerator // value.denominator)


def covered_minor(limit_minor: int, value: Fraction) -> int:
    """What `limit_minor` can cover: rounded down."""
    return limit_minor * value.denominator // value.numerator


def publish(tenant: str, known: Currency | None, published: RatePublished, known_at: dt.datetime) -> Currency:
    """Keep a rate among the newest, whatever the order in which they are read."""
    currency = known or Currency(tenant, published.currency_id)
    rate = PublishedRate(
        tenant, published.currency_id, len(currency.rates), published.rate, utc(published.published_at), known_at
    )  # fmt: skip
    if len(currency.rates) < RATES_KEPT:
        return replace(currency, rates=(*currency.rates, rate))
    oldest = min(currency.rates, key=_age)
    if _age(rate) <= _age(oldest):
        return currency
    rates = [replace(rate, place=oldest.place) if r is oldest else r for r in currency.rates]
    return replace(currency, rates=tuple(rates))


def in_history(
    tenant: str, published: RatePublished, source: str, event_id: str, known_at: dt.datetime
) -> RateRow:
    """The rate as it is kept for good."""
    return RateRow(
        tenant, published.currency_id, source, event_id, published.rate, utc(published.published_at), known_at
    )  # fmt: skip


def rate_at(rates: Iterable[PublishedRate], known_at: dt.datetime) -> str | None:
    """The last rate that was known by then."""
    known = [rate for rate in rates if rate.known_at <= known_at]
    return max(known, key=_age).rate if known else None


def _age(rate: PublishedRate) -> tuple[dt.datetime, dt.datetime, str]:
    return rate.known_at, rate.published_at, rate.rate
