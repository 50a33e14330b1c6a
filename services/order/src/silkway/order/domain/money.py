"""Money of an order: in by payments to its virtual account, out by payouts to its supplier."""

import datetime as dt

from msgspec.structs import replace

from silkway.contracts import PaymentMatched, PaymentReceived, PayoutPaid
from silkway.contracts.fields import MAX_MINOR
from silkway.order.domain.life import advance
from silkway.order.domain.state import (
    Decision,
    NotDue,
    Order,
    Payment,
    Payout,
    Refusal,
    latest,
    utc,
)


def reference_id(account_id: str, payment_reference: str) -> str:
    """Under which a payment finds its order. Neither part can hold a bar, so no two pairs meet."""
    return f"{account_id}|{payment_reference}"


def payment_id(paid: PaymentReceived) -> str:
    """A bank entry is its account, bank reference and amount, whichever statement reports it."""
    return f"{paid.account_id}|{paid.bank_reference}|{paid.amount_minor}"


def payout_id(paid: PayoutPaid) -> str:
    """As for payments, and of one order: a bulk transfer pays several orders under one reference."""
    return f"{paid.account_id}|{paid.payout_reference}|{paid.amount_minor}|{paid.order_id}"


def receive_payment(order: Order, paid: PaymentReceived, known_at: dt.datetime) -> tuple[Payment, Decision]:
    """Money found its order by reference. It is never refused: what cannot be counted is kept unmatched.

    More than the order's total stays in escrow as refund due.
    """
    payment = Payment(
        tenant=order.tenant, payment_id=payment_id(paid), account_id=paid.account_id,
        bank_reference=paid.bank_reference, payment_reference=paid.payment_reference or "",
        order_id=order.order_id, amount_minor=paid.amount_minor, currency=paid.currency,
        received_at=utc(paid.received_at), state="MATCHED",
    )  # fmt: skip
    if paid.currency != order.currency:
        return replace(payment, state="UNMATCHED", reason="WRONG_CURRENCY"), (order, [])
    received_minor = order.received_minor + paid.amount_minor
    if received_minor > MAX_MINOR:
        return replace(payment, state="UNMATCHED", reason="BEYOND_LIMIT"), (order, [])
    open_minor = max(order.total_minor - received_minor, 0)
    order = replace(
        order,
        funds="PART_PAID" if open_minor else order.funds,
        received_minor=received_minor,
        escrow_minor=order.escrow_minor + paid.amount_minor,
        refund_due_minor=max(received_minor - order.total_minor - order.refunded_minor, 0),
        paid_at=latest(order.paid_at, payment.received_at),
        paid_known_at=latest(order.paid_known_at, known_at),
    )
    matched = PaymentMatched(
        order_id=order.order_id, payment_id=payment.payment_id, amount_minor=paid.amount_minor,
        currency=paid.currency, received_minor=received_minor, open_minor=open_minor,
    )  # fmt: skip
    return payment, advance(order, [(matched, latest(order.drafted_known_at, known_at))])


def pay_out(
    order: Order, paid: PayoutPaid, known_at: dt.datetime
) -> tuple[Payout, Decision] | Refusal | NotDue:
    """Escrow went to the supplier, in one sum or in parts; settled when all that was due is out."""
    if paid.account_id != order.account_id:
        return Refusal("account_id", f"the order is paid from {order.account_id}", "name the order's account")
    if paid.currency != order.currency:
        return Refusal("currency", f"the order is in {order.currency}", "report the amount in its currency")
    if order.completed_at is None:
        return NotDue("payout.due")
    due_minor = order.total_minor - order.paid_out_minor
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
        paid_out_at=latest(order.paid_out_at, payout.paid_at),
        paid_out_known_at=latest(order.paid_out_known_at, known_at),
    )
    return payout, advance(order)
