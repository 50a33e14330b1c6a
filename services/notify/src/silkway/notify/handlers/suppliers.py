"""Suppliers as credit sees them: their limit and their score. A shortfall is an incident of the supplier."""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from silkway.contracts import LimitReassessed, ScoreChanged
from silkway.messaging import Fact, Name, Work
from silkway.messaging.routing import Look
from silkway.notify.books import RULEBOOK
from silkway.notify.domain.concerns import begun
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.notices import Case
from silkway.notify.domain.rules import Rule, Rules
from silkway.notify.domain.state import SupplierView
from silkway.notify.handlers.channels import pass_on
from silkway.notify.handlers.gathering import begun_by, join_incident, leave_incident
from silkway.notify.handlers.routing import router
from silkway.notify.handlers.telling import tell
from silkway.notify.store import INCIDENT, SUPPLIER


def _incident_of(told: LimitReassessed, look: Look) -> list[Name]:
    """The incident that the supplier is in, or comes into."""
    view: SupplierView | None = look(SUPPLIER, told.supplier_id)
    known = {view.incident_id} if view is not None and view.incident_id is not None else set()
    return [INCIDENT[name] for name in sorted(known | begun_by(told).keys())]


@router.on(LimitReassessed, names=lambda told: [SUPPLIER[told.supplier_id]], more=_incident_of)
def limit_reassessed(work: Work, fact: Fact[LimitReassessed]) -> None:
    told = fact.data
    before = work.get(SUPPLIER, told.supplier_id) or SupplierView(fact.tenant, told.supplier_id)
    asked = Asked(told, {"was_in_shortfall": before.shortfall_minor > 0})
    rules = RULEBOOK.at(fact.known_at)
    matching = rules.matching(asked)
    after = replace(
        before, currency=told.currency, limit_minor=told.limit_minor, shortfall_minor=told.shortfall_minor,
        rules_version=told.rules_version, known_at=fact.known_at,
    )  # fmt: skip
    after, incidents = _gather(work, rules, matching, asked, after)
    work.put(SUPPLIER, told.supplier_id, after)
    tell(work, rules, matching, _case(fact, asked), incidents)
    pass_on(work, fact)


def _gather(
    work: Work, rules: Rules, matching: Iterable[Rule], asked: Asked, view: SupplierView
) -> tuple[SupplierView, dict[str, str | None]]:
    """Let the supplier join the incident that these rules begin, or leave the one that they end; which, by rule."""
    incidents: dict[str, str | None] = {}
    for rule in matching:
        if (new := begun(rule, asked)) is not None:
            incidents[rule.rule] = incident_id = new.cited.incident_id
            if not view.number:
                number = join_incident(work, rules, new.cited, "supplier", view.supplier_id)
                view = replace(view, incident_id=incident_id, number=number)
        elif rule.ends and view.incident_id is not None and view.number:
            leave_incident(work, view.incident_id, "supplier", view.supplier_id)
            view = replace(view, number=0)
    return view, incidents


@router.on(ScoreChanged, names=lambda told: [SUPPLIER[told.supplier_id]])
def score_changed(work: Work, fact: Fact[ScoreChanged]) -> None:
    told = fact.data
    before = work.get(SUPPLIER, told.supplier_id) or SupplierView(fact.tenant, told.supplier_id)
    asked = Asked(told, {"previous_score": before.score})
    rules = RULEBOOK.at(fact.known_at)
    tell(work, rules, rules.matching(asked), _case(fact, asked), {})
    parts = msgspec.json.encode([part.model_dump(mode="json") for part in told.parts]).decode()
    after = replace(
        before, score=told.score, score_parts=parts, score_rules_version=told.rules_version,
        known_at=fact.known_at,
    )  # fmt: skip
    work.put(SUPPLIER, told.supplier_id, after)
    pass_on(work, fact)


def _case(fact: Fact[LimitReassessed] | Fact[ScoreChanged], asked: Asked) -> Case:
    return Case(fact.tenant, fact.id, fact.known_at, asked, None, {"SUPPLIER": fact.data.supplier_id})
