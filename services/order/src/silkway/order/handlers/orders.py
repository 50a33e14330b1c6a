"""The order itself: drafted, confirmed, amended, cancelled, accepted."""

from collections.abc import Sequence

from silkway.contracts import (
    AmendmentRequested,
    CancellationRequested,
    OrderConfirmed,
    OrderDrafted,
    ReceiptConfirmed,
)
from silkway.messaging import Due, Fact, Look, Name, Work
from silkway.order import domain
from silkway.order.domain import matching
from silkway.order.handlers.matching import match
from silkway.order.handlers.routing import home, order_of, refuse, router
from silkway.order.store import ACCOUNT, ORDER, PAYMENT, REFERENCE, REQUEST


def _reference(drafted: OrderDrafted) -> str:
    return matching.reference_id(drafted.account_id, drafted.payment_reference)


def _order_and_money(drafted: OrderDrafted, look: Look) -> Sequence[Name]:
    """The order, and the money that waits for it."""
    reference: domain.Reference | None = look(REFERENCE, _reference(drafted))
    waiting = reference.waiting.splitlines() if reference is not None else ()
    return [*(PAYMENT[payment_id] for payment_id in waiting), ORDER[drafted.order_id]]


@router.on(
    OrderDrafted,
    names=lambda e: [REFERENCE[_reference(e)], ACCOUNT[e.account_id]],
    more=_order_and_money,
)
def order_drafted(work: Work, fact: Fact[OrderDrafted]) -> None:
    drafted, key = fact.data, _reference(fact.data)
    known = work.get(ORDER, drafted.order_id)
    if known is not None:
        different = domain.draft_again(known, drafted)
        if different is not None:
            raise refuse(different)
        return
    reference = work.get(REFERENCE, key)
    if reference is not None and reference.order_id is not None:
        raise refuse(domain.reference_taken(reference.order_id))
    decision = domain.draft(work.tenant, drafted, fact.known_at)
    if isinstance(decision, domain.Refusal):
        raise refuse(decision)
    work.put(REFERENCE, key, domain.Reference(work.tenant, key, drafted.order_id))
    work.apply(ORDER, drafted.order_id, decision)
    account = work.get(ACCOUNT, drafted.account_id) or domain.Account(work.tenant, drafted.account_id)
    work.put(ACCOUNT, drafted.account_id, matching.listed(account, drafted.order_id))
    for payment_id in reference.waiting.splitlines() if reference is not None else ():
        payment = work.get(PAYMENT, payment_id)
        if payment is not None and payment.state in ("UNMATCHED", "RETURNED") and payment.decided_by is None:
            match(work, payment, drafted.order_id, "REFERENCE")


@router.on(OrderConfirmed, names=home)
def order_confirmed(work: Work, fact: Fact[OrderConfirmed]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.confirm(order, fact.data, fact.known_at))


@router.on(ReceiptConfirmed, names=home)
def receipt_confirmed(work: Work, fact: Fact[ReceiptConfirmed]) -> None:
    order = order_of(work, fact.data.order_id)
    work.apply(ORDER, order.order_id, domain.confirm_receipt(order, fact.data, fact.known_at))


@router.on(
    AmendmentRequested,
    names=lambda e: [
        ORDER[e.order_id],
        REQUEST[domain.request_key(e.order_id, "AMENDMENT", e.amendment_id)],
    ],
)
def amendment_requested(work: Work, fact: Fact[AmendmentRequested]) -> None:
    wish = fact.data
    key = domain.request_key(wish.order_id, "AMENDMENT", wish.amendment_id)
    if work.get(REQUEST, key) is not None:  # answered before
        return
    request, decision = domain.amend(order_of(work, wish.order_id), wish, fact.known_at)
    work.put(REQUEST, key, request)
    work.apply(ORDER, wish.order_id, decision)


@router.on(
    CancellationRequested,
    names=lambda e: [
        ORDER[e.order_id],
        REQUEST[domain.request_key(e.order_id, "CANCELLATION", e.cancellation_id)],
    ],
)
def cancellation_requested(work: Work, fact: Fact[CancellationRequested]) -> None:
    wish = fact.data
    key = domain.request_key(wish.order_id, "CANCELLATION", wish.cancellation_id)
    if work.get(REQUEST, key) is not None:  # answered before
        return
    request, decision = domain.cancel(order_of(work, wish.order_id), wish, fact.known_at)
    work.put(REQUEST, key, request)
    work.apply(ORDER, wish.order_id, decision)


@router.due(ORDER, names=lambda order: [ORDER[order.order_id]])
def acceptance_ended(work: Work, due: Due) -> None:
    order = order_of(work, due.id)
    work.apply(ORDER, order.order_id, domain.end_acceptance(order, due.at))
