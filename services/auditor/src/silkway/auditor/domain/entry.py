"""An entry of a bank: what came in once is not given to orders twice."""

from __future__ import annotations

from silkway.auditor.domain.state import Book, Breach, Money
from silkway.contracts import Event, PaymentMatched, PaymentReceived, PaymentReversed


def entry_of(event: PaymentReceived) -> str:
    """The id by which the order service names the entry: account, bank reference and amount are its identity."""
    return f"{event.account_id}|{event.bank_reference}|{event.amount_minor}"


def share_out(book: Book, event: Event) -> list[Breach]:
    """All orders together have at most the entry. `total`: the entry; `payments`: by order, what it has of it."""
    money = book.money = book.money or Money()
    before = sum(money.payments.values())
    match event:
        case PaymentReceived():
            before, money.total = 0, event.amount_minor
        case PaymentMatched():
            money.payments[event.order_id] = money.payments.get(event.order_id, 0) + event.amount_minor
        case PaymentReversed():
            money.payments[event.order_id] = money.payments.get(event.order_id, 0) - event.amount_minor
        case _:
            pass
    if not money.total or not before <= money.total < sum(money.payments.values()):
        return []
    given = ", ".join(f"{order} {amount}" for order, amount in sorted(money.payments.items()) if amount)
    return [Breach("MONEY_ADDS_UP", f"of an entry of {money.total} is given: {given}")]
