"""An order's money on order.events: received = escrow + paid out + refunded, from the amounts alone.

After a breach the sums go on from what was told, so that one wrong amount is one finding.
"""

from __future__ import annotations

from silkway.auditor.domain.state import Book, Breach, Life, Money
from silkway.contracts import (
    DisputeClosed,
    Event,
    OrderAmended,
    OrderCancelled,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderRefunded,
    OrderSettled,
    PaymentMatched,
    PaymentReversed,
    PayoutDue,
    PayoutMade,
    PayoutWithdrawn,
    RefundDue,
    RefundWithdrawn,
)


def account_for(book: Book, event: Event) -> list[Breach]:
    """Add up one event of an order; what does not add up."""
    money, life = book.money or Money(), book.life or Life()
    book.money = money
    wrong: list[Breach] = []
    match event:
        case OrderRecorded():
            money.total = event.total_minor
        case OrderPlaced():
            _same(wrong, "total_minor", event.total_minor, money.total)
        case PaymentMatched():
            _matched(money, event, wrong)
        case PaymentReversed():
            _reversed(money, event, wrong)
        case OrderFunded():
            _same(wrong, "total_minor", event.total_minor, money.total)
            if money.net < money.owed:
                wrong.append(_sums(f"funded with {money.net} of {money.owed}"))
        case DisputeClosed():
            money.awarded = min(money.awarded + event.refund_minor, money.total)
        case OrderAmended():
            money.total = event.total_minor
            if sum(line.value_minor for line in event.lines) != event.total_minor:
                wrong.append(_sums(f"its lines are not worth its total of {event.total_minor}"))
            _same(wrong, "received_minor", event.received_minor, money.received)
            _same(wrong, "open_minor", event.open_minor, max(money.owed - money.net, 0))
            _refund_due(money, life, event.refund_due_minor, wrong)
        case OrderCancelled():
            _refund_due(money, life, event.refund_due_minor, wrong)
        case RefundDue():
            _refund_due(money, life, event.amount_minor, wrong)
        case RefundWithdrawn():
            if event.refund_due_minor is not None:
                _refund_due(money, life, event.refund_due_minor, wrong)
        case OrderRefunded():
            _refunded(money, life, event, wrong)
        case PayoutDue() | PayoutWithdrawn() | PayoutMade():
            _payout(money, event, wrong)
        case OrderSettled():
            _same(wrong, "paid_out_minor", event.paid_out_minor, money.paid_out)
            if money.paid_out < money.owed:
                wrong.append(_sums(f"settled with {money.paid_out} of {money.owed} paid out"))
        case _:
            pass
    return wrong


def _matched(money: Money, event: PaymentMatched, wrong: list[Breach]) -> None:
    if money.payments.get(event.payment_id, 0) > 0:
        wrong.append(_sums(f"entry {event.payment_id} is matched a second time"))
    money.payments[event.payment_id] = money.payments.get(event.payment_id, 0) + event.amount_minor
    _same(wrong, "received_minor", event.received_minor, money.received + event.amount_minor)
    money.received = event.received_minor
    _same(wrong, "open_minor", event.open_minor, max(money.owed - money.net, 0))


def _reversed(money: Money, event: PaymentReversed, wrong: list[Breach]) -> None:
    left = money.payments.get(event.payment_id, 0) - event.amount_minor
    if left < 0:
        wrong.append(_sums(f"entry {event.payment_id} is taken back beyond what it brought"))
    money.payments[event.payment_id] = max(left, 0)
    _same(wrong, "received_minor", event.received_minor, money.received - event.amount_minor)
    money.received = event.received_minor
    _same(wrong, "open_minor", event.open_minor, max(money.owed - money.net, 0))


def _refund_due(money: Money, life: Life, told: int, wrong: list[Breach]) -> None:
    """What is due to the buyer is what is in escrow and for nobody else."""
    for_supplier = 0 if life.cancelled else max(money.owed - money.paid_out, 0)
    _same(wrong, "the refund due", told, max(money.escrow - for_supplier, 0))
    money.refundable = max(money.refundable, money.refunded + told)


def _refunded(money: Money, life: Life, event: OrderRefunded, wrong: list[Breach]) -> None:
    _same(wrong, "refunded_minor", event.refunded_minor, money.refunded + event.amount_minor)
    money.refunded = event.refunded_minor
    _same(wrong, "escrow_minor", event.escrow_minor, money.escrow)
    if money.refunded > money.refundable:
        text = f"{money.refunded} is refunded, never more than {money.refundable} was due"
        wrong.append(Breach("NEVER_BEYOND_DUE", text))
    _refund_due(money, life, event.refund_due_minor, wrong)


def _payout(money: Money, event: PayoutDue | PayoutWithdrawn | PayoutMade, wrong: list[Breach]) -> None:
    match event:
        case PayoutDue():
            _same(wrong, "the payout due", event.amount_minor, max(money.owed - money.paid_out, 0))
            money.payout_due = event.amount_minor
            money.payable = max(money.payable, money.paid_out + event.amount_minor)
        case PayoutWithdrawn():
            _same(wrong, "the payout withdrawn", event.amount_minor, money.payout_due)
            money.payout_due = 0
        case PayoutMade():
            _same(wrong, "paid_out_minor", event.paid_out_minor, money.paid_out + event.amount_minor)
            money.paid_out = event.paid_out_minor
            money.payout_due = max(money.payout_due - event.amount_minor, 0)
            _same(wrong, "escrow_minor", event.escrow_minor, money.escrow)
            if money.paid_out > money.payable:
                text = f"{money.paid_out} is paid out, never more than {money.payable} was due"
                wrong.append(Breach("NEVER_BEYOND_DUE", text))


def _same(wrong: list[Breach], what: str, told: int, expected: int) -> None:
    if told != expected:
        wrong.append(_sums(f"{what} is told as {told} and adds up to {expected}"))


def _sums(text: str) -> Breach:
    return Breach("MONEY_ADDS_UP", text)
