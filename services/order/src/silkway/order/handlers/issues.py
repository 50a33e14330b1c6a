"""Disputes and inspections."""

from msgspec.structs import replace

from silkway.contracts import (
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    InspectionFailed,
    InspectionPassed,
)
from silkway.messaging import Fact, NotYet, Work
from silkway.order.domain import issues
from silkway.order.handlers.routing import home, order_of, refuse, router
from silkway.order.store import DISPUTE, INSPECTIONS, ORDER


@router.on(
    DisputeRaised,
    names=lambda e: [ORDER[e.order_id], DISPUTE[issues.dispute_key(e.order_id, e.dispute_id)]],
)
def dispute_raised(work: Work, fact: Fact[DisputeRaised]) -> None:
    order, key = (
        order_of(work, fact.data.order_id),
        issues.dispute_key(fact.data.order_id, fact.data.dispute_id),
    )
    known = work.get(DISPUTE, key)
    if known is not None:
        different = issues.again(known, fact.data)
        if different is not None:
            raise refuse(different)
        return
    dispute, decision = issues.raise_dispute(order, fact.data, fact.known_at)
    work.put(DISPUTE, key, dispute)
    work.apply(ORDER, order.order_id, decision)


@router.on(
    DisputeResolved,
    names=lambda e: [ORDER[e.order_id], DISPUTE[issues.dispute_key(e.order_id, e.dispute_id)]],
)
def dispute_resolved(work: Work, fact: Fact[DisputeResolved]) -> None:
    resolved = fact.data
    order, key = order_of(work, resolved.order_id), issues.dispute_key(resolved.order_id, resolved.dispute_id)
    dispute = work.get(DISPUTE, key)
    if dispute is None:
        raise NotYet(DISPUTE[key], "dispute.raised")
    if dispute.outcome is not None:
        different = issues.resolved_again(dispute, resolved)
        if different is not None:
            raise refuse(different)
        return
    too_much = issues.beyond_total(order, resolved)
    if too_much is not None:
        raise refuse(too_much)
    dispute, decision = issues.resolve(order, dispute, resolved, fact.known_at)
    work.put(DISPUTE, key, dispute)
    work.apply(ORDER, order.order_id, decision)


@router.on(
    DisputeWithdrawn,
    names=lambda e: [ORDER[e.order_id], DISPUTE[issues.dispute_key(e.order_id, e.dispute_id)]],
)
def dispute_withdrawn(work: Work, fact: Fact[DisputeWithdrawn]) -> None:
    withdrawn = fact.data
    order, key = (
        order_of(work, withdrawn.order_id),
        issues.dispute_key(withdrawn.order_id, withdrawn.dispute_id),
    )
    dispute = work.get(DISPUTE, key)
    if dispute is None:
        raise NotYet(DISPUTE[key], "dispute.raised")
    if dispute.outcome is not None:
        decided = issues.withdrawn_again(dispute)
        if decided is not None:
            raise refuse(decided)
        return
    dispute, decision = issues.withdraw(order, dispute, withdrawn, fact.known_at)
    work.put(DISPUTE, key, dispute)
    work.apply(ORDER, order.order_id, decision)


def _inspected(work: Work, fact: Fact[InspectionPassed] | Fact[InspectionFailed]) -> None:
    order = order_of(work, fact.data.order_id)
    entry, decision = issues.inspect(order, fact.data, fact.known_at)
    work.append(INSPECTIONS, replace(entry, told_by=f"{fact.source}|{fact.id}"))
    work.apply(ORDER, order.order_id, decision)


@router.on(InspectionPassed, names=home)
def inspection_passed(work: Work, fact: Fact[InspectionPassed]) -> None:
    _inspected(work, fact)


@router.on(InspectionFailed, names=home)
def inspection_failed(work: Work, fact: Fact[InspectionFailed]) -> None:
    _inspected(work, fact)
