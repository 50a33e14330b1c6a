"""Amounts for people."""

from __future__ import annotations

from decimal import Decimal

from silkway.contracts import CURRENCIES


def in_units(amount_minor: int, currency: str) -> Decimal:
    """The exact amount in units of its currency: 123 US cents are 1.23."""
    return Decimal(amount_minor).scaleb(-CURRENCIES[currency])


def written(amount_minor: int, currency: str) -> str:
    """For people: USD 1,234.50."""
    return f"{currency} {in_units(amount_minor, currency):,}"
