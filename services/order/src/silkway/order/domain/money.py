"""Money of an order: in by payments to its virtual account, out by payouts to its supplier and refunds to its buyer."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import (
    OrderRefunded,
    PaymentMatched,
    PaymentReturned,
    PaymentReversed,
    PayoutApproved,
    PayoutMade,
    PayoutPaid,
    RefundPaid,
)
from silkway.contracts.fields import MatchedBy
from silkway.order.domain import ledger
from silkway.order.domain.entries import Approval, Payment, Payout, Refund, Return
from silkway.order.domain.life import advance
from silkway.order.domain.state import Decision, Emission, NotDue, Order, Refusal, latest, utc


def payout_id(paid: PayoutPaid) -> str:
    """As for payments, and of one order: a bulk transfer pays several orders under one reference."""
    return f"{paid.account_id}|{paid.payout_reference}|{paid.amount_minor}|{paid.order_id}"


def refund_id(paid: RefundPaid) -> str:
    """As for payouts."""
    return f"{paid.account_id}|{paid.refund_reference}|{paid.amount_minor}|{paid.order_id}"


def receive(order: Order, payment: Payment, by: MatchedBy, known_at: dt.datetime) -> tuple[Payment, Decision]:
    """Money found its order. More than the order's price stays in escrow as refund due.

    What its bank took back meanwhile is taken back from the order as well, as if the order had been there before;
    somebody who assigns money assigns what is left of it.
    """
    if by == "ASSIGNMENT" or not payment.returns:
        return _receive(order, payment, payment.amount_minor - payment.returned_minor, by, known_at)
    matched, (order, events) = _receive(order, payment, payment.amount_minor, by, known_at)
    for back in payment.returns:
        order, more = _reverse(order, payment, back)
        events = [*events, *more]
    return replace(matched, state=payment.state if payment.state == "RETURNED" else "MATCHED"), (
        order,
        events,
    )


def _receive(
    order: Order, payment: Payment, amount_minor: int, by: MatchedBy, known_at: dt.datetime
) -> tuple[Payment, Decision]:
    order = replace(
        order,
        received_minor=order.received_minor + amount_minor,
        escrow_minor=order.escrow_minor + amount_minor,
        paid_at=latest(order.paid_at, payment.received_at),
        paid_known_at=latest(order.paid_known_at, known_at),
    )
    payment = replace(
        payment, state="MATCHED", reason=None, matched_by=by, order_id=order.order_id, order_ids=""
    )
    known_at = latest(order.drafted_known_at, known_at)
    order, events = advance(order)
    matched = PaymentMatched(
        order_id=order.order_id, payment_id=payment.payment_id, amount_minor=amount_minor,
        currency=payment.currency, received_minor=order.received_minor,
        open_minor=ledger.open_minor(order), by=by, funds=order.funds,
    )  # fmt: skip
    return payment, (order, [(matched, known_at), *events])


def return_of(payment: Payment, returned: PaymentReturned, known_at: dt.datetime) -> Payment | Refusal:
    """The entry without what its bank took back; the same return told again only adds a witness."""
    if returned.currency != payment.currency:
        return Refusal("currency", f"the entry is in {payment.currency}", "report the return in its currency")
    for known in payment.returns:
        if (known.return_reference, known.amount_minor) == (returned.return_reference, returned.amount_minor):
            again = replace(known, witnesses=known.witnesses + 1)
            return replace(payment, returns=tuple(again if r is known else r for r in payment.returns))
    if any(known.return_reference == returned.return_reference for known in payment.returns):
        return Refusal(
            "return_reference", "it told of another amount before", "give each return a reference of its own"
        )
    left_minor = payment.amount_minor - payment.returned_minor
    if returned.amount_minor > left_minor:
        return Refusal(
            "amount_minor", f"only {left_minor} of the entry is left", "report what was really taken back"
        )
    entry = Return(
        tenant=payment.tenant, payment_id=payment.payment_id, return_reference=returned.return_reference,
        amount_minor=returned.amount_minor, reason=returned.reason, returned_at=utc(returned.returned_at),
        known_at=known_at,
    )  # fmt: skip
    returns = tuple(sorted([*payment.returns, entry], key=lambda r: r.return_reference))
    gone = payment.returned_minor + returned.amount_minor
    payment = replace(payment, returned_minor=gone, returns=returns)
    return replace(payment, state="RETURNED", reason=None) if gone == payment.amount_minor else payment


def reverse(order: Order, payment: Payment, return_reference: str) -> Decision:
    """The order gives back what a returned payment gave it, and what followed from having it."""
    (back,) = (back for back in payment.returns if back.return_reference == return_reference)
    return _reverse(order, payment, back)


def _reverse(order: Order, payment: Payment, back: Return) -> Decision:
    order = replace(
        order,
        received_minor=order.received_minor - back.amount_minor,
        escrow_minor=order.escrow_minor - back.amount_minor,
        returned_minor=order.returned_minor + back.amount_minor,
        paid_known_at=latest(order.paid_known_at, back.known_at),
    )
    order, events = advance(order, shrunk="RETURNED")
    told = PaymentReversed(
        order_id=order.order_id, payment_id=payment.payment_id, amount_minor=back.amount_minor,
        currency=order.currency, received_minor=order.received_minor, open_minor=ledger.open_minor(order),
        funds=order.funds, reason=back.reason,
    )  # fmt: skip
    return order, [(told, latest(order.drafted_known_at, back.known_at)), *events]


def pay_out(
    order: Order, paid: PayoutPaid, known_at: dt.datetime
) -> tuple[Payout, Decision] | Refusal | NotDue:
    """Escrow went to the supplier, in one sum or in parts; settled when all that was due is out.

    A transfer that was under way when the payout was withdrawn counts: the money has left.
    """
    wrong = _wrong(order, paid)
    if wrong is not None:
        return wrong
    if order.payable_minor == 0 and order.completed_at is None:
        return NotDue("payout.due")
    due_minor = order.payable_minor - order.paid_out_minor
    if paid.amount_minor > due_minor:
        return Refusal("amount_minor", f"only {due_minor} is still due", "report at most what is due")
    payout = Payout(
        tenant=order.tenant, payout_id=payout_id(paid), account_id=paid.account_id, order_id=order.order_id,
        payout_reference=paid.payout_reference, amount_minor=paid.amount_minor, currency=paid.currency,
        paid_at=utc(paid.paid_at),
    )  # fmt: skip
    order = replace(
        order,
        escrow_minor=order.escrow_minor - paid.amount_minor,
        paid_out_minor=order.paid_out_minor + paid.amount_minor,
        payout_due_minor=max(order.payout_due_minor - paid.amount_minor, 0),
        paid_out_at=latest(order.paid_out_at, payout.paid_at),
        paid_out_known_at=latest(order.paid_out_known_at, known_at),
    )
    made = PayoutMade(
        order_id=order.order_id, supplier_id=order.supplier_id, amount_minor=paid.amount_minor,
        currency=order.currency, paid_out_minor=order.paid_out_minor, escrow_minor=order.escrow_minor,
    )  # fmt: skip
    known_at = latest(order.completed_known_at, known_at)
    return payout, advance(order, [(made, known_at)], shrunk="PAID_OUT")


def refund(
    order: Order, paid: RefundPaid, known_at: dt.datetime
) -> tuple[Refund, Decision] | Refusal | NotDue:
    """Escrow went back to the buyer. A transfer that was under way when the refund was withdrawn counts."""
    wrong = _wrong(order, paid)
    if wrong is not None:
        return wrong
    if order.refundable_minor == 0:
        return NotDue("refund.due")
    due_minor = order.refundable_minor - order.refunded_minor
    if paid.amount_minor > due_minor:
        return Refusal("amount_minor", f"only {due_minor} is still due", "report at most what is due")
    entry = Refund(
        tenant=order.tenant, refund_id=refund_id(paid), account_id=paid.account_id, order_id=order.order_id,
        refund_reference=paid.refund_reference, amount_minor=paid.amount_minor, currency=paid.currency,
        paid_at=utc(paid.paid_at),
    )  # fmt: skip
    order = replace(
        order,
        escrow_minor=order.escrow_minor - paid.amount_minor,
        refunded_minor=order.refunded_minor + paid.amount_minor,
        refund_due_minor=max(order.refund_due_minor - paid.amount_minor, 0),
        paid_known_at=latest(order.paid_known_at, known_at),
    )
    order, events = advance(order, shrunk="PAID_OUT")
    refunded = OrderRefunded(
        order_id=order.order_id, amount_minor=paid.amount_minor, currency=order.currency,
        refunded_minor=order.refunded_minor, escrow_minor=order.escrow_minor,
        refund_due_minor=order.refund_due_minor,
    )  # fmt: skip
    told: Emission = (refunded, latest(order.drafted_known_at, known_at))
    return entry, (order, [told, *events])


def approve(order: Order, approved: PayoutApproved) -> tuple[Approval, Order] | Refusal | NotDue:
    """Somebody releases money for payout: at most what is due and not released yet."""
    if approved.account_id != order.account_id:
        return Refusal("account_id", f"the order is paid from {order.account_id}", "name the order's account")
    if order.payable_minor == 0:
        return NotDue("payout.due")
    left_minor = order.payable_minor - order.approved_minor
    if approved.amount_minor > left_minor:
        return Refusal("amount_minor", f"only {left_minor} is left to approve", "approve at most what is due")
    approval = Approval(
        tenant=order.tenant, order_id=order.order_id, amount_minor=approved.amount_minor,
        approved_by=approved.by, approved_at=utc(approved.approved_at),
    )  # fmt: skip
    return approval, replace(order, approved_minor=order.approved_minor + approved.amount_minor)


def _wrong(order: Order, paid: PayoutPaid | RefundPaid) -> Refusal | None:
    if paid.account_id != order.account_id:
        return Refusal("account_id", f"the order is paid from {order.account_id}", "name the order's account")
    if paid.currency != order.currency:
        return Refusal("currency", f"the order is in {order.currency}", "report the amount in its currency")
    return None
