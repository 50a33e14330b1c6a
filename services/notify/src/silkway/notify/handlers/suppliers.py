"""Suppliers as credit sees them."""

from silkway.contracts import LimitReassessed
from silkway.messaging import Fact, Work
from silkway.notify.domain import view as views
from silkway.notify.handlers.channels import pass_on
from silkway.notify.handlers.routing import router
from silkway.notify.store import SUPPLIER


@router.on(LimitReassessed, names=lambda told: [SUPPLIER[told.supplier_id]])
def limit_reassessed(work: Work, fact: Fact[LimitReassessed]) -> None:
    work.put(SUPPLIER, fact.data.supplier_id, views.reassess(fact.tenant, fact.data, fact.known_at))
    pass_on(work, fact)
