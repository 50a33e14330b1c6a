"""Money that leaves escrow: approved, countersigned, paid out to the supplier, paid back to the buyer."""

from collections.abc import Sequence

from msgspec.structs import replace

from silkway.contracts import PayoutApproved, PayoutCountersigned, PayoutPaid, RefundPaid
from silkway.messaging import Fact, Name, NotYet, Work
from silkway.order import domain
from silkway.order.domain import matching
from silkway.order.handlers.routing import order_of, refuse, router
from silkway.order.store import ACCOUNT, APPROVALS, COUNTERSIGNATURES, ORDER, PAYOUT, REFUND, RELEASE


@router.on(
    PayoutPaid,
    names=lambda e: [ORDER[e.order_id], PAYOUT[domain.payout_id(e)], ACCOUNT[e.account_id]],
)
def payout_paid(work: Work, fact: Fact[PayoutPaid]) -> None:
    paid = fact.data
    payout = work.get(PAYOUT, domain.payout_id(paid))
    if payout is not None:
        work.put(PAYOUT, payout.payout_id, replace(payout, witnesses=payout.witnesses + 1))
        return
    answer = domain.pay_out(order_of(work, paid.order_id), paid, fact.known_at)
    if isinstance(answer, domain.Refusal):
        raise refuse(answer)
    if isinstance(answer, domain.NotDue):
        raise NotYet(ORDER[paid.order_id], answer.wants)
    payout, decision = answer
    work.put(PAYOUT, payout.payout_id, payout)
    work.apply(ORDER, paid.order_id, decision)
    account = work.get(ACCOUNT, paid.account_id)
    if decision[0].life == "SETTLED" and account is not None:
        work.put(ACCOUNT, paid.account_id, matching.unlisted(account, [paid.order_id]))


@router.on(RefundPaid, names=lambda e: [ORDER[e.order_id], REFUND[domain.refund_id(e)]])
def refund_paid(work: Work, fact: Fact[RefundPaid]) -> None:
    paid = fact.data
    refund = work.get(REFUND, domain.refund_id(paid))
    if refund is not None:
        work.put(REFUND, refund.refund_id, replace(refund, witnesses=refund.witnesses + 1))
        return
    answer = domain.refund(order_of(work, paid.order_id), paid, fact.known_at)
    if isinstance(answer, domain.Refusal):
        raise refuse(answer)
    if isinstance(answer, domain.NotDue):
        raise NotYet(ORDER[paid.order_id], answer.wants)
    refund, decision = answer
    work.put(REFUND, refund.refund_id, refund)
    work.apply(ORDER, paid.order_id, decision)


def _with_release(told: PayoutApproved | PayoutCountersigned) -> Sequence[Name]:
    return [ORDER[told.order_id], RELEASE[told.order_id]]


def _release_of(work: Work, order_id: str) -> domain.Release:
    return work.get(RELEASE, order_id) or domain.Release(work.tenant, order_id)


@router.on(PayoutApproved, names=_with_release)
def payout_approved(work: Work, fact: Fact[PayoutApproved]) -> None:
    answer = domain.approve(order_of(work, fact.data.order_id), fact.data)
    if isinstance(answer, domain.Refusal):
        raise refuse(answer)
    if isinstance(answer, domain.NotDue):
        raise NotYet(ORDER[fact.data.order_id], answer.wants)
    approval, order = answer
    work.append(APPROVALS, replace(approval, told_by=f"{fact.source}|{fact.id}"))
    work.put(ORDER, order.order_id, order)
    work.put(RELEASE, order.order_id, domain.consent(_release_of(work, order.order_id), approval))


@router.on(PayoutCountersigned, names=_with_release)
def payout_countersigned(work: Work, fact: Fact[PayoutCountersigned]) -> None:
    signed = fact.data
    order = order_of(work, signed.order_id)
    answer = domain.countersign(order, _release_of(work, order.order_id), signed, fact.known_at)
    if isinstance(answer, domain.Refusal):
        raise refuse(answer)
    if isinstance(answer, domain.NotDue):
        raise NotYet(RELEASE[order.order_id], answer.wants)
    row, release, decision = answer
    work.append(COUNTERSIGNATURES, replace(row, told_by=f"{fact.source}|{fact.id}"))
    work.put(RELEASE, order.order_id, release)
    work.apply(ORDER, order.order_id, decision)
