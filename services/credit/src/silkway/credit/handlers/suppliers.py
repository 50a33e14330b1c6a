"""What is told about suppliers and rates, and what counts in a supplier's record."""

from collections.abc import Sequence

from silkway.contracts import (
    DisputeClosed,
    OrderCompleted,
    OverrideApproved,
    OverrideProposed,
    RatePublished,
    SupplierRegistered,
)
from silkway.credit import domain
from silkway.credit.handlers.routing import home_and_supplier, keep, order_of, router, supplier_of
from silkway.credit.store import CURRENCY, ORDER, OVERRIDE, RATES, RULES, SUPPLIER
from silkway.messaging import Due, Fact, Name, NotYet, Refused, Work


@router.on(SupplierRegistered, names=lambda e: [SUPPLIER[e.supplier_id]])
def supplier_registered(work: Work, fact: Fact[SupplierRegistered]) -> None:
    known = work.get(SUPPLIER, fact.data.supplier_id)
    keep(work, domain.register(RULES, work.tenant, known, fact.data, fact.id, fact.known_at))


@router.on(RatePublished, names=lambda e: [CURRENCY[e.currency_id]])
def rate_published(work: Work, fact: Fact[RatePublished]) -> None:
    currency_id = fact.data.currency_id
    if currency_id == RULES.currency:
        reason = f"limits are kept in {RULES.currency}, so it has no rate"
        raise Refused("currency_id", reason, "publish rates of other currencies")
    known = work.get(CURRENCY, currency_id)
    work.put(CURRENCY, currency_id, domain.publish(work.tenant, known, fact.data, fact.known_at))
    work.append(RATES, domain.in_history(work.tenant, fact.data, fact.source, fact.id, fact.known_at))


@router.on(OrderCompleted, names=home_and_supplier)
def order_completed(work: Work, fact: Fact[OrderCompleted]) -> None:
    supplier = supplier_of(work, fact.data.supplier_id)
    if fact.data.again:
        return  # it counts since it was completed for the first time
    order = order_of(work, fact.data.order_id)
    if order.state == "ASKED":  # its rate is known with the answer
        raise NotYet(ORDER[order.order_id], "the answer to hold.requested")
    keep(work, domain.complete(RULES, supplier, fact.data, order.rate, fact.id, fact.known_at))


@router.on(DisputeClosed, names=home_and_supplier)
def dispute_closed(work: Work, fact: Fact[DisputeClosed]) -> None:
    supplier = supplier_of(work, fact.data.supplier_id)
    keep(work, domain.close_dispute(RULES, supplier, fact.data, fact.id, fact.known_at))


def _override_names(told: OverrideProposed | OverrideApproved) -> Sequence[Name]:
    return [SUPPLIER[told.supplier_id], OVERRIDE[domain.override_key(told)]]


@router.on(OverrideProposed, names=_override_names)
def override_proposed(work: Work, fact: Fact[OverrideProposed]) -> None:
    supplier_of(work, fact.data.supplier_id)
    key = domain.override_key(fact.data)
    try:
        proposal = domain.propose(RULES, work.tenant, work.get(OVERRIDE, key), fact.data, fact.known_at)
    except domain.Denied as denied:
        raise Refused(denied.field, denied.reason, denied.remedy) from None
    work.put(OVERRIDE, key, proposal)


@router.on(OverrideApproved, names=_override_names)
def override_approved(work: Work, fact: Fact[OverrideApproved]) -> None:
    supplier, key = supplier_of(work, fact.data.supplier_id), domain.override_key(fact.data)
    proposal = work.get(OVERRIDE, key)
    if proposal is None:
        raise NotYet(OVERRIDE[key], "override.proposed")
    try:
        approved, supplier = domain.approve(supplier, proposal, fact.data, fact.known_at)
    except domain.Denied as denied:
        raise Refused(denied.field, denied.reason, denied.remedy) from None
    work.put(OVERRIDE, key, approved)
    keep(work, domain.assess(RULES, supplier, fact.id, fact.known_at))


@router.due(SUPPLIER, names=lambda supplier: [SUPPLIER[supplier.supplier_id]])
def time_changes_the_limit(work: Work, due: Due) -> None:
    keep(work, domain.assess(RULES, supplier_of(work, due.id), None, due.at))
