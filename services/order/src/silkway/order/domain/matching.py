"""How money finds its order: by its reference, else by account, currency and open amount if exactly one order fits."""

import datetime as dt
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from silkway.contracts import PaymentReceived, PaymentUnmatched
from silkway.contracts.fields import MAX_MINOR, UnmatchedReason
from silkway.order.domain import ledger
from silkway.order.domain.entries import Account, Payment, Reference
from silkway.order.domain.state import Order, utc

MOST_OPEN = 1000
"""So many of an account's newest orders are looked at for an amount without a reference."""
MOST_WAITING = 100
"""So many payments wait at a reference for its order; those beyond wait for somebody to assign them."""
_MOST_NAMED = 20


def reference_id(account_id: str, payment_reference: str) -> str:
    """Under which a payment finds its order. Neither part can hold a bar, so no two pairs meet."""
    return f"{account_id}|{payment_reference}"


def payment_id(account_id: str, bank_reference: str, amount_minor: int) -> str:
    """A bank entry is its account, bank reference and amount, whichever statement reports it."""
    return f"{account_id}|{bank_reference}|{amount_minor}"


def entry(tenant: str, paid: PaymentReceived, known_at: dt.datetime) -> Payment:
    """The bank's entry, before it has found its order."""
    return Payment(
        tenant=tenant, payment_id=payment_id(paid.account_id, paid.bank_reference, paid.amount_minor),
        account_id=paid.account_id, bank_reference=paid.bank_reference,
        payment_reference=paid.payment_reference, order_id=None, amount_minor=paid.amount_minor,
        currency=paid.currency, received_at=utc(paid.received_at), known_at=known_at, state="UNMATCHED",
        reason="UNKNOWN_REFERENCE",
    )  # fmt: skip


def hindrance(order: Order, payment: Payment) -> UnmatchedReason | None:
    """Why the order cannot take the money, if so. Money that was known before a cancellation is refunded by it."""
    if payment.currency != order.currency:
        return "WRONG_CURRENCY"
    if order.cancelled_known_at is not None and payment.known_at > order.cancelled_known_at:
        return "ORDER_CANCELLED"
    return "BEYOND_LIMIT" if order.received_minor + payment.amount_minor > MAX_MINOR else None


def fitting(orders: Iterable[Order], payment: Payment) -> list[Order]:
    """The orders that lack exactly this amount of this currency."""
    return [
        order
        for order in orders
        if order.cancelled_at is None
        and order.currency == payment.currency
        and ledger.open_minor(order) == payment.amount_minor
    ]


def unmatched(
    payment: Payment, reason: UnmatchedReason, candidates: Sequence[str] = ()
) -> tuple[Payment, PaymentUnmatched]:
    """The entry in the queue, and the event that tells it."""
    named = tuple(candidates[:_MOST_NAMED])
    told = PaymentUnmatched(
        account_id=payment.account_id, payment_id=payment.payment_id, amount_minor=payment.amount_minor,
        currency=payment.currency, payment_reference=payment.payment_reference, reason=reason, order_ids=named,
    )  # fmt: skip
    only = named[0] if len(named) == 1 else None
    return replace(payment, reason=reason, order_id=only, order_ids=" ".join(named)), told


def wait_for(reference: Reference, payment: Payment) -> Reference:
    """The reference with the payment waiting at it, if there is room."""
    waiting = reference.waiting.splitlines()
    if len(waiting) >= MOST_WAITING:
        return reference
    return replace(reference, waiting="\n".join([*waiting, payment.payment_id]))


def listed(account: Account, order_id: str) -> Account:
    """The account with the order among those that may still get money."""
    known = account.open_orders.split()
    if order_id in known:
        return account
    return replace(account, open_orders=" ".join([*known, order_id][-MOST_OPEN:]))


def unlisted(account: Account, order_ids: Iterable[str]) -> Account:
    """The account without orders that get no more money."""
    gone = set(order_ids)
    kept = [order_id for order_id in account.open_orders.split() if order_id not in gone]
    return replace(account, open_orders=" ".join(kept))
