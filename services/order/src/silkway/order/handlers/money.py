"""Money that comes in on virtual accounts: received, assigned by somebody, taken back by its bank."""

from collections.abc import Sequence

from msgspec.structs import replace

from silkway.contracts import (
    PaymentAssigned,
    PaymentReceived,
    PaymentReturned,
    ReturnDue,
    UnmatchedReturned,
)
from silkway.messaging import Fact, Look, Name, NotYet, Refused, Work
from silkway.order import domain
from silkway.order.domain import matching
from silkway.order.handlers.matching import match, queue
from silkway.order.handlers.routing import order_of, refuse, router
from silkway.order.store import ACCOUNT, ORDER, PAYMENT, REFERENCE


def _entry(told: PaymentReceived | PaymentAssigned) -> str:
    return matching.payment_id(told.account_id, told.bank_reference, told.amount_minor)


def _paid_names(paid: PaymentReceived) -> Sequence[Name]:
    names = [PAYMENT[_entry(paid)], ACCOUNT[paid.account_id]]
    if paid.payment_reference is None:
        return names
    return [REFERENCE[matching.reference_id(paid.account_id, paid.payment_reference)], *names]


def _paid_orders(paid: PaymentReceived, look: Look) -> Sequence[Name]:
    """The order whose reference was quoted; without a reference all that the account's money may be for."""
    if look(PAYMENT, _entry(paid)) is not None:
        return []
    if paid.payment_reference is None:
        account: domain.Account | None = look(ACCOUNT, paid.account_id)
        return [ORDER[order_id] for order_id in account.open_orders.split()] if account is not None else []
    reference: domain.Reference | None
    reference = look(REFERENCE, matching.reference_id(paid.account_id, paid.payment_reference))
    return [] if reference is None or reference.order_id is None else [ORDER[reference.order_id]]


@router.on(PaymentReceived, names=_paid_names, more=_paid_orders)
def payment_received(work: Work, fact: Fact[PaymentReceived]) -> None:
    paid = fact.data
    payment = work.get(PAYMENT, _entry(paid))
    if payment is not None:  # the same bank entry on another statement
        work.put(PAYMENT, payment.payment_id, replace(payment, witnesses=payment.witnesses + 1))
        return
    payment = matching.entry(work.tenant, paid, fact.known_at)
    if paid.payment_reference is None:
        _match_by_amount(work, payment)
    else:
        _match_by_reference(work, payment, matching.reference_id(paid.account_id, paid.payment_reference))


def _match_by_reference(work: Work, payment: domain.Payment, key: str) -> None:
    reference = work.get(REFERENCE, key) or domain.Reference(work.tenant, key)
    if reference.order_id is not None:
        return match(work, payment, reference.order_id, "REFERENCE")
    work.put(REFERENCE, key, matching.wait_for(reference, payment))
    known = work.get(ACCOUNT, payment.account_id) is not None
    queue(work, payment, "UNKNOWN_REFERENCE" if known else "UNKNOWN_ACCOUNT")


def _match_by_amount(work: Work, payment: domain.Payment) -> None:
    account = work.get(ACCOUNT, payment.account_id)
    if account is None:
        return queue(work, payment, "UNKNOWN_ACCOUNT")
    orders = [order_of(work, order_id) for order_id in account.open_orders.split()]
    settled = [order.order_id for order in orders if order.life == "SETTLED"]
    work.put(ACCOUNT, account.account_id, matching.unlisted(account, settled))
    fitting = matching.fitting(orders, payment)
    if len(fitting) == 1:
        return match(work, payment, fitting[0].order_id, "AMOUNT")
    queue(work, payment, "AMBIGUOUS" if fitting else "NO_FIT", [order.order_id for order in fitting])


def _assigned_names(assigned: PaymentAssigned) -> Sequence[Name]:
    names = [PAYMENT[_entry(assigned)], ACCOUNT[assigned.account_id]]
    return names if assigned.order_id is None else [*names, ORDER[assigned.order_id]]


@router.on(PaymentAssigned, names=_assigned_names)
def payment_assigned(work: Work, fact: Fact[PaymentAssigned]) -> None:
    assigned = fact.data
    payment = work.get(PAYMENT, _entry(assigned))
    if payment is None:
        raise NotYet(PAYMENT[_entry(assigned)], "payment.received")
    if payment.state in ("MATCHED", "RETURNED"):
        what = f"order {payment.order_id} has it" if payment.state == "MATCHED" else "it was returned"
        raise Refused(
            "bank_reference", f"the money is not unmatched: {what}", "see the queue of unmatched money"
        )
    payment = replace(payment, decided_by=assigned.by, decided_reason=assigned.reason)
    if assigned.order_id is None:
        _return(work, payment, assigned)
        return
    order = order_of(work, assigned.order_id)
    if order.account_id != payment.account_id:
        raise Refused(
            "order_id", f"it is paid on {order.account_id}", "name an order of this account, or RETURN it"
        )
    hindered = matching.hindrance(order, replace(payment, known_at=fact.known_at))
    if hindered is not None:
        raise Refused("order_id", f"the order cannot take it: {hindered}", "name another order, or RETURN it")
    match(work, replace(payment, state="UNMATCHED", known_at=fact.known_at), order.order_id, "ASSIGNMENT")


def _return(work: Work, payment: domain.Payment, assigned: PaymentAssigned) -> None:
    if payment.state == "RETURN_DUE":  # decided before
        return
    work.put(PAYMENT, payment.payment_id, replace(payment, state="RETURN_DUE"))
    due = ReturnDue(
        account_id=payment.account_id, payment_id=payment.payment_id,
        amount_minor=payment.amount_minor - payment.returned_minor, currency=payment.currency,
        by=assigned.by, reason=assigned.reason,
    )  # fmt: skip
    work.emit(ACCOUNT, payment.account_id, due)


def _returned_entry(returned: PaymentReturned) -> str:
    return matching.payment_id(returned.account_id, returned.bank_reference, returned.entry_minor)


def _returned_order(returned: PaymentReturned, look: Look) -> Sequence[Name]:
    """The order that has the money."""
    payment: domain.Payment | None = look(PAYMENT, _returned_entry(returned))
    if payment is None or payment.state != "MATCHED" or payment.order_id is None:
        return []
    return [ORDER[payment.order_id]]


@router.on(
    PaymentReturned,
    names=lambda e: [PAYMENT[_returned_entry(e)], ACCOUNT[e.account_id]],
    more=_returned_order,
)
def payment_returned(work: Work, fact: Fact[PaymentReturned]) -> None:
    returned, key = fact.data, _returned_entry(fact.data)
    payment = work.get(PAYMENT, key)
    if payment is None:
        raise NotYet(PAYMENT[key], "payment.received")
    after = domain.return_of(payment, returned, fact.known_at)
    if isinstance(after, domain.Refusal):
        raise refuse(after)
    work.put(PAYMENT, key, after)
    if payment.state == "UNMATCHED" and after.state == "RETURNED":
        gone = UnmatchedReturned(
            account_id=payment.account_id, payment_id=key, amount_minor=payment.amount_minor,
            currency=payment.currency,
        )  # fmt: skip
        work.emit(ACCOUNT, payment.account_id, gone)
    if (
        payment.state != "MATCHED"
        or payment.order_id is None
        or after.returned_minor == payment.returned_minor
    ):
        return
    order = order_of(work, payment.order_id)
    work.apply(ORDER, order.order_id, domain.reverse(order, after, returned.return_reference))
    account = work.get(ACCOUNT, payment.account_id) or domain.Account(work.tenant, payment.account_id)
    work.put(ACCOUNT, account.account_id, matching.listed(account, order.order_id))
