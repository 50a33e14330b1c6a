"""A supplier's limit, computed from its own trade by versioned rules that are data."""

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from silkway.contracts import LimitReason
from silkway.credit.domain.rules import LimitRules, Share
from silkway.credit.domain.state import Supplier

YEAR = dt.timedelta(days=365)


def explain(rules: LimitRules, supplier: Supplier, at: dt.datetime) -> list[LimitReason]:
    """Rule by rule, what makes up the limit; the amounts add up to it."""
    volume_minor = min(supplier.completed_minor * rules.volume_percent // 100, rules.cap_minor)
    reasons = [
        _reason("STARTING", rules.starting_minor, "every supplier starts with this"),
        _reason(
            "VOLUME", volume_minor,
            f"{rules.volume_percent}% of the value of {supplier.completed_orders} completed orders",
        ),
    ]  # fmt: skip
    orders = supplier.completed_orders
    for rule, bands, bad, of, text in (
        ("PUNCTUALITY", rules.punctuality, supplier.late_lines, supplier.completed_lines, "lines were late"),
        ("DISPUTES", rules.disputes, supplier.disputes_lost, orders, "orders had a dispute that was lost"),
        ("CLAIMS", rules.claims, supplier.claims_lost, orders, "orders had a claim that was paid"),
    ):
        kept_minor = volume_minor * _kept_percent(bands, bad, of) // 100
        reasons.append(_reason(rule, kept_minor - volume_minor, f"{bad} of {of} {text}"))
        volume_minor = kept_minor
    years = years_with_us(rules, supplier, at)
    reasons.append(_reason("AGE", years * rules.year_minor, f"{years} full years with us"))
    above_minor = sum(reason.amount_minor for reason in reasons) - rules.cap_minor
    reasons.append(_reason("CAP", -max(above_minor, 0), "no supplier has more than the cap"))
    if (
        supplier.override_minor is not None
        and supplier.override_until is not None
        and at < supplier.override_until
    ):
        by_rules_minor = sum(reason.amount_minor for reason in reasons)
        text = supplier.override_text or "set by two people"
        reasons.append(_reason("OVERRIDE", supplier.override_minor - by_rules_minor, text))
    return [reason for reason in reasons if reason.amount_minor]


def years_with_us(rules: LimitRules, supplier: Supplier, at: dt.datetime) -> int:
    """Full years since the supplier joined, as far as they count."""
    return max(min((at - supplier.registered_at) // YEAR, rules.years_at_most), 0)


def balance(supplier: Supplier) -> Supplier:
    """Limit against use: either something is free or there is a shortfall, never both."""
    free_minor = supplier.limit_minor - supplier.held_minor - supplier.unrecovered_minor
    return replace(supplier, free_minor=max(free_minor, 0), shortfall_minor=max(-free_minor, 0))


def _kept_percent(bands: Sequence[Share], bad: int, of: int) -> int:
    for band in bands:
        if bad * 100 <= band.percent_at_most * of or not bad:
            return band.keep_percent
    return 0 if bands else 100


def _reason(rule: str, amount_minor: int, text: str) -> LimitReason:
    return LimitReason(rule=rule, amount_minor=amount_minor, text=text)
