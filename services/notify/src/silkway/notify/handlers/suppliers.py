"""Suppliers as credit sees them: their limit and their score."""

import msgspec
from msgspec.structs import replace

from silkway.contracts import LimitReassessed, ScoreChanged
from silkway.messaging import Fact, Work
from silkway.notify.books import RULEBOOK
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.notices import Case
from silkway.notify.domain.state import SupplierView
from silkway.notify.handlers.channels import pass_on
from silkway.notify.handlers.routing import router
from silkway.notify.handlers.telling import tell
from silkway.notify.store import SUPPLIER


@router.on(LimitReassessed, names=lambda told: [SUPPLIER[told.supplier_id]])
def limit_reassessed(work: Work, fact: Fact[LimitReassessed]) -> None:
    told = fact.data
    before = work.get(SUPPLIER, told.supplier_id) or SupplierView(fact.tenant, told.supplier_id)
    _tell(work, fact, {"was_in_shortfall": before.shortfall_minor > 0})
    after = replace(
        before, currency=told.currency, limit_minor=told.limit_minor, shortfall_minor=told.shortfall_minor,
        rules_version=told.rules_version, known_at=fact.known_at,
    )  # fmt: skip
    work.put(SUPPLIER, told.supplier_id, after)
    pass_on(work, fact)


@router.on(ScoreChanged, names=lambda told: [SUPPLIER[told.supplier_id]])
def score_changed(work: Work, fact: Fact[ScoreChanged]) -> None:
    told = fact.data
    before = work.get(SUPPLIER, told.supplier_id) or SupplierView(fact.tenant, told.supplier_id)
    _tell(work, fact, {"previous_score": before.score})
    parts = msgspec.json.encode([part.model_dump(mode="json") for part in told.parts]).decode()
    after = replace(
        before, score=told.score, score_parts=parts, score_rules_version=told.rules_version,
        known_at=fact.known_at,
    )  # fmt: skip
    work.put(SUPPLIER, told.supplier_id, after)
    pass_on(work, fact)


def _tell(work: Work, fact: Fact[LimitReassessed] | Fact[ScoreChanged], seen: dict[str, object]) -> None:
    rules, asked = RULEBOOK.at(fact.known_at), Asked(fact.data, seen)
    case = Case(
        fact.tenant, fact.id, fact.known_at, asked, None, {"SUPPLIER": fact.data.supplier_id}
    )  # fmt: skip
    tell(work, rules, rules.matching(asked), case, {})
