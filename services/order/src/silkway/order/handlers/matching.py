"""Putting money to an order, or into the queue."""

from collections.abc import Sequence

from silkway.contracts.fields import MatchedBy, UnmatchedReason
from silkway.messaging import Work
from silkway.order import domain
from silkway.order.domain import matching
from silkway.order.handlers.routing import order_of
from silkway.order.store import ACCOUNT, ORDER, PAYMENT


def match(work: Work, payment: domain.Payment, order_id: str, by: MatchedBy) -> None:
    """The money is the order's, unless the order cannot take it: then it is kept unmatched."""
    order = order_of(work, order_id)
    hindered = matching.hindrance(order, payment)
    if hindered is not None:
        return queue(work, payment, hindered, [order_id])
    known_at = work.known_at if by == "ASSIGNMENT" else payment.known_at
    payment, decision = domain.receive(order, payment, by, known_at)
    work.put(PAYMENT, payment.payment_id, payment)
    work.apply(ORDER, order_id, decision)


def queue(
    work: Work, payment: domain.Payment, reason: UnmatchedReason, candidates: Sequence[str] = ()
) -> None:
    """Keep the money where operations see it, and say so."""
    payment, told = matching.unmatched(payment, reason, candidates)
    work.put(PAYMENT, payment.payment_id, payment)
    work.emit(ACCOUNT, payment.account_id, told)
