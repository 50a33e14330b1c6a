"""A supplier's limit, computed from its own completed trade by versioned rules that are data."""

import datetime as dt
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from silkway.contracts import LimitReason, LimitReassessed, OrderCompleted, SupplierRegistered
from silkway.contracts.fields import MAX_MINOR
from silkway.credit.domain.state import Emission, Reason, Supplier, latest

_YEAR = dt.timedelta(days=365)


class Punctuality(msgspec.Struct, frozen=True):
    """Up to this share of late lines, so much of what volume gives is kept."""

    late_percent_at_most: int
    keep_percent: int


class LimitRules(msgspec.Struct, frozen=True):
    """One version of the rules. Amounts are minor units of `currency`; `punctuality` ends at 100% late."""

    version: str
    currency: str
    starting_minor: int
    cap_minor: int
    volume_percent: int
    punctuality: tuple[Punctuality, ...]
    year_minor: int
    years_at_most: int


class Assessed(NamedTuple):
    """A supplier after an assessment; the reasons and the event that tells them, if its limit changed."""

    supplier: Supplier
    reasons: list[Reason]
    events: list[Emission]


def register(
    rules: LimitRules,
    tenant: str,
    known: Supplier | None,
    registered: SupplierRegistered,
    known_at: dt.datetime,
) -> Assessed:
    """A supplier joins with the starting limit; said again, its name and place are brought up to date."""
    if known is not None:
        renamed = replace(
            known, name=registered.name, country=registered.country, time_zone=registered.time_zone
        )
        return Assessed(renamed, [], [])
    supplier = Supplier(
        tenant=tenant, supplier_id=registered.supplier_id, name=registered.name, country=registered.country,
        time_zone=registered.time_zone, registered_at=registered.registered_at.astimezone(dt.UTC),
        registered_known_at=known_at,
    )  # fmt: skip
    return assess(rules, supplier, known_at)


def count_trade(
    rules: LimitRules, supplier: Supplier, completed: OrderCompleted, known_at: dt.datetime
) -> Assessed:
    """A completed order adds to the supplier's record. Sums and the last time only: their order is no matter.

    Trade in another currency than the limit's counts by its lines; its value needs a rate.
    """
    value_minor = completed.total_minor if completed.currency == rules.currency else 0
    supplier = replace(
        supplier,
        completed_orders=supplier.completed_orders + 1,
        completed_minor=min(supplier.completed_minor + value_minor, MAX_MINOR),
        completed_lines=supplier.completed_lines + completed.lines,
        late_lines=supplier.late_lines + completed.lines_late,
    )
    return assess(rules, supplier, known_at)


def assess(rules: LimitRules, supplier: Supplier, known_at: dt.datetime) -> Assessed:
    """The limit by these rules, at the latest time at which anything was known of the supplier's trade."""
    at = latest(supplier.assessed_known_at, known_at)
    supplier = replace(supplier, assessed_known_at=at)
    reasons = explain(rules, supplier, at)
    limit_minor = sum(reason.amount_minor for reason in reasons)
    if (limit_minor, rules.version) == (supplier.limit_minor, supplier.rules_version):
        return Assessed(supplier, [], [])
    supplier = balance(
        replace(
            supplier, limit_minor=limit_minor, rules_version=rules.version,
            assessments=supplier.assessments + 1,
        )
    )  # fmt: skip
    event = LimitReassessed(
        supplier_id=supplier.supplier_id, limit_minor=supplier.limit_minor,
        shortfall_minor=supplier.shortfall_minor, currency=rules.currency, rules_version=rules.version,
        reasons=tuple(reasons),
    )  # fmt: skip
    rows = [
        Reason(
            tenant=supplier.tenant, supplier_id=supplier.supplier_id, assessment=supplier.assessments,
            rule=reason.rule, amount_minor=reason.amount_minor, text=reason.text,
        )
        for reason in reasons
    ]  # fmt: skip
    return Assessed(supplier, rows, [(event, at)])


def explain(rules: LimitRules, supplier: Supplier, at: dt.datetime) -> list[LimitReason]:
    """Rule by rule, what makes up the limit; the amounts add up to it."""
    volume_minor = supplier.completed_minor * rules.volume_percent // 100
    reasons = [
        _reason("STARTING", rules.starting_minor, "every supplier starts with this"),
        _reason(
            "VOLUME", min(volume_minor, rules.cap_minor),
            f"{rules.volume_percent}% of the value of {supplier.completed_orders} completed orders",
        ),
    ]  # fmt: skip
    keep_percent = _kept_percent(rules, supplier)
    reasons.append(
        _reason(
            "PUNCTUALITY", -(reasons[1].amount_minor * (100 - keep_percent) // 100),
            f"{supplier.late_lines} of {supplier.completed_lines} lines were late",
        )
    )  # fmt: skip
    years = max(min((at - supplier.registered_at) // _YEAR, rules.years_at_most), 0)
    reasons.append(_reason("AGE", years * rules.year_minor, f"{years} full years with us"))
    above_minor = sum(reason.amount_minor for reason in reasons) - rules.cap_minor
    reasons.append(_reason("CAP", -max(above_minor, 0), "no supplier has more than the cap"))
    return [reason for reason in reasons if reason.amount_minor]


def balance(supplier: Supplier) -> Supplier:
    """Limit against use: either something is free or there is a shortfall, never both."""
    free_minor = supplier.limit_minor - supplier.held_minor - supplier.unrecovered_minor
    return replace(supplier, free_minor=max(free_minor, 0), shortfall_minor=max(-free_minor, 0))


def _kept_percent(rules: LimitRules, supplier: Supplier) -> int:
    for band in rules.punctuality:
        if supplier.late_lines * 100 <= band.late_percent_at_most * supplier.completed_lines:
            return band.keep_percent
    return 0


def _reason(rule: str, amount_minor: int, text: str) -> LimitReason:
    return LimitReason(rule=rule, amount_minor=amount_minor, text=text)
