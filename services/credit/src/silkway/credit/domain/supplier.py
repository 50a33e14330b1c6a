"""A supplier's record: what counts in it, and the score and limit that follow."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from silkway.contracts import (
    DisputeClosed,
    LimitReason,
    LimitReassessed,
    OrderCompleted,
    PartOfScore,
    ScoreChanged,
    SupplierRegistered,
)
from silkway.contracts.fields import MAX_MINOR
from silkway.credit.domain.ledger import Assessment, Counted, Reason, Row, ScoreChange
from silkway.credit.domain.limit import YEAR, balance, explain, years_with_us
from silkway.credit.domain.money import taken_minor, worth
from silkway.credit.domain.rules import LimitRules, Rules
from silkway.credit.domain.score import held_points, points
from silkway.credit.domain.state import Emission, Supplier, latest, utc


class Assessed(NamedTuple):
    """A supplier after an assessment, what is to be kept of it, and the events that tell what has changed."""

    supplier: Supplier
    rows: list[Row]
    events: list[Emission]


def register(
    rules: Rules,
    tenant: str,
    known: Supplier | None,
    registered: SupplierRegistered,
    event_id: str,
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
        time_zone=registered.time_zone, registered_at=utc(registered.registered_at), registered_known_at=known_at,
    )  # fmt: skip
    return assess(rules, supplier, event_id, known_at)


def complete(
    rules: Rules,
    supplier: Supplier,
    completed: OrderCompleted,
    rate: str | None,
    event_id: str,
    known_at: dt.datetime,
) -> Assessed:
    """A completed order adds to the record. Sums and the last time only: their order is no matter.

    Its value counts at the rate of its hold; without one it counts by its lines alone.
    """
    value_minor = 0
    if rate is not None or completed.currency == rules.currency:
        value_minor = taken_minor(completed.total_minor, worth(rate, completed.currency, rules.currency))
    supplier = replace(
        supplier,
        completed_orders=supplier.completed_orders + 1,
        completed_minor=min(supplier.completed_minor + value_minor, MAX_MINOR),
        completed_lines=supplier.completed_lines + completed.lines,
        late_lines=supplier.late_lines + completed.lines_late,
    )
    what = "ORDER_COMPLETED_LATE" if completed.lines_late else "ORDER_COMPLETED"
    return count(rules, supplier, what, completed.order_id, event_id, known_at)


def close_dispute(
    rules: Rules, supplier: Supplier, closed: DisputeClosed, event_id: str, known_at: dt.datetime
) -> Assessed:
    """A dispute counts against the supplier unless it was decided for it, or taken back."""
    lost = closed.outcome not in ("FOR_SUPPLIER", "WITHDRAWN")
    supplier = replace(
        supplier, disputes=supplier.disputes + 1, disputes_lost=supplier.disputes_lost + lost
    )  # fmt: skip
    what = (
        "DISPUTE_LOST" if lost else "DISPUTE_WON" if closed.outcome == "FOR_SUPPLIER" else "DISPUTE_WITHDRAWN"
    )
    return count(rules, supplier, what, closed.order_id, event_id, known_at)


def count(
    rules: Rules, supplier: Supplier, what: str, order_id: str, event_id: str | None, known_at: dt.datetime
) -> Assessed:
    """Keep the event in the track record and assess anew."""
    supplier = replace(supplier, counted=supplier.counted + 1)
    row = Counted(
        supplier.tenant, supplier.supplier_id, supplier.counted, what, order_id, event_id, known_at
    )  # fmt: skip
    assessed = assess(rules, supplier, event_id, known_at)
    return assessed._replace(rows=[row, *assessed.rows])


def assess(rules: Rules, supplier: Supplier, event_id: str | None, known_at: dt.datetime) -> Assessed:
    """Score and limit by the rules in force, at the latest time at which anything was known of the supplier."""
    at = latest(supplier.assessed_known_at, known_at)
    supplier, score_rows, score_events = _score(rules, replace(supplier, assessed_known_at=at), event_id, at)
    supplier, rows, events = _limit(rules, supplier, event_id, at)
    return Assessed(supplier, [*score_rows, *rows], [*score_events, *events])


def next_assessment(rules: Rules, supplier: Supplier) -> dt.datetime | None:
    """When time alone changes the limit: another full year with us, another version of the rules, an override's end."""
    at = latest(supplier.assessed_known_at)
    limits = rules.limit_at(at)
    years = max((at - supplier.registered_at) // YEAR, 0)
    anniversary = supplier.registered_at + (years + 1) * YEAR
    grows = years_with_us(limits, supplier, at) < limits.years_at_most
    until = supplier.override_until
    ends = until if until is not None and until > at else None
    moments = [anniversary if grows else None, rules.next_change(at), ends]
    return min((moment for moment in moments if moment is not None), default=None)


def _score(rules: Rules, supplier: Supplier, event_id: str | None, at: dt.datetime) -> Assessed:
    in_force = rules.score_at(at)
    before, now = held_points(supplier), points(in_force, supplier)
    moved = [part for part in in_force.parts if now[part.part] != before[part.part]]
    if not moved and supplier.score_version == in_force.version:
        return Assessed(supplier, [], [])
    score = sum(now.values())
    supplier = replace(
        supplier, score_version=in_force.version, score_changes=supplier.score_changes + 1, score=score,
        punctuality_points=now["PUNCTUALITY"], disputes_points=now["DISPUTES"], claims_points=now["CLAIMS"],
        answers_points=now["ANSWERS"], volume_points=now["VOLUME"],
    )  # fmt: skip
    rows: list[Row] = [
        ScoreChange(
            supplier.tenant, supplier.supplier_id, supplier.score_changes, part.part, before[part.part],
            now[part.part], part.of, score, in_force.version, event_id, at,
        )
        for part in moved
    ]  # fmt: skip
    event = ScoreChanged(
        supplier_id=supplier.supplier_id, score=score, rules_version=in_force.version,
        parts=tuple(
            PartOfScore(
                part=part.part, points=now[part.part], of=part.of,
                event_ids=(event_id,) if part in moved and event_id is not None else (),
            )
            for part in in_force.parts
        ),
    )  # fmt: skip
    return Assessed(supplier, rows, [(event, at)])


def _limit(rules: Rules, supplier: Supplier, event_id: str | None, at: dt.datetime) -> Assessed:
    in_force = rules.limit_at(at)
    reasons = explain(in_force, supplier, at)
    limit_minor = sum(reason.amount_minor for reason in reasons)
    if (limit_minor, in_force.version) == (supplier.limit_minor, supplier.rules_version):
        return Assessed(supplier, [], [])
    supplier = balance(
        replace(
            supplier, limit_minor=limit_minor, rules_version=in_force.version,
            assessments=supplier.assessments + 1,
        )
    )  # fmt: skip
    rows = _history(supplier, reasons, event_id, at)
    return _told(in_force, supplier, reasons, at)._replace(rows=rows)


def weigh(rules: Rules, supplier: Supplier, known_at: dt.datetime) -> Assessed:
    """What is in use has changed, the limit has not: tell of a shortfall that began, is over, or is another size.

    Of another size is what has become at most half or at least twice of what was told. So the holds of a supplier
    in shortfall that end one by one, thousands of them, are some events and not thousands.
    """
    smaller, greater = sorted((supplier.shortfall_told_minor, supplier.shortfall_minor))
    if smaller == greater or greater < 2 * smaller:
        return Assessed(supplier, [], [])
    at = latest(supplier.assessed_known_at)
    in_force = rules.limit_at(at)
    return _told(in_force, supplier, explain(in_force, supplier, at), latest(at, known_at))


def _told(
    in_force: LimitRules, supplier: Supplier, reasons: Sequence[LimitReason], at: dt.datetime
) -> Assessed:
    """The limit and its shortfall are told, with the reasons."""
    event = LimitReassessed(
        supplier_id=supplier.supplier_id, limit_minor=supplier.limit_minor,
        shortfall_minor=supplier.shortfall_minor, currency=in_force.currency, rules_version=in_force.version,
        reasons=tuple(reasons),
    )  # fmt: skip
    return Assessed(replace(supplier, shortfall_told_minor=supplier.shortfall_minor), [], [(event, at)])


def _history(
    supplier: Supplier, reasons: Sequence[LimitReason], event_id: str | None, at: dt.datetime
) -> list[Row]:
    assessment = Assessment(
        supplier.tenant, supplier.supplier_id, supplier.assessments, supplier.limit_minor,
        supplier.shortfall_minor, supplier.rules_version, event_id, at,
    )  # fmt: skip
    return [
        assessment,
        *(
            Reason(
                supplier.tenant, supplier.supplier_id, supplier.assessments, reason.rule, reason.amount_minor,
                reason.text,
            )
            for reason in reasons
        ),
    ]  # fmt: skip
