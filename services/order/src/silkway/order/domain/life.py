"""The life of an order: placed, funded, accepted, completed, settled.

Facts are noted first, each by its own rule; `advance` then takes every step that the noted facts allow. So it
does not matter which fact came last.
"""

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from silkway.contracts import (
    HoldRequested,
    OrderAccepted,
    OrderCompleted,
    OrderConfirmed,
    OrderFunded,
    OrderPlaced,
    OrderSettled,
    PayoutDue,
    ReceiptConfirmed,
)
from silkway.contracts.fields import AcceptedBy
from silkway.order.domain.state import Decision, Emission, Order, latest, utc


def confirm(order: Order, confirmed: OrderConfirmed, known_at: dt.datetime) -> Decision:
    """A party agrees to the draft. Its first word counts; saying it again changes nothing."""
    at = utc(confirmed.confirmed_at)
    known_at = latest(order.confirmed_known_at, known_at)
    if confirmed.party == "BUYER":
        if order.buyer_confirmed_at is not None:
            return order, []
        return advance(replace(order, buyer_confirmed_at=at, confirmed_known_at=known_at))
    if order.supplier_confirmed_at is not None:
        return order, []
    return advance(replace(order, supplier_confirmed_at=at, confirmed_known_at=known_at))


def confirm_receipt(order: Order, receipt: ReceiptConfirmed, known_at: dt.datetime) -> Decision:
    """The buyer accepts. Said before everything is delivered, it counts once it is."""
    if order.receipt_at is not None:
        return order, []
    return advance(replace(order, receipt_at=utc(receipt.received_at), receipt_known_at=known_at))


def end_acceptance(order: Order, at: dt.datetime) -> Decision:
    """The acceptance period is over at `at` and nobody objected: accepted by itself."""
    return advance(*_accepted(order, "PERIOD", at, at))


def advance(order: Order, before: Sequence[Emission] = ()) -> Decision:
    """Take every step that the facts allow, each once; `before` are the events that led here."""
    events = list(before)
    for step in (_place, _fund, _accept_receipt, _complete, _settle):
        order, more = step(order)
        events += more
    return order, events


def _place(order: Order) -> Decision:
    if order.life != "DRAFTED":
        return order, []
    if order.place_on == "FIRST_PAYMENT":
        if order.received_minor == 0:
            return order, []
        at, known_at = order.paid_at, order.paid_known_at
    else:
        if order.buyer_confirmed_at is None or order.supplier_confirmed_at is None:
            return order, []
        at, known_at = latest(order.buyer_confirmed_at, order.supplier_confirmed_at), order.confirmed_known_at
    at, known_at = latest(order.drafted_at, at), latest(order.drafted_known_at, known_at)
    order = replace(order, life="PLACED", placed_at=at, placed_known_at=known_at)
    placed = OrderPlaced(
        order_id=order.order_id, supplier_id=order.supplier_id, currency=order.currency,
        total_minor=order.total_minor, placed_at=at,
    )  # fmt: skip
    order, more = _request_hold(order, known_at)
    return order, [(placed, known_at), *more]


def _request_hold(order: Order, known_at: dt.datetime) -> Decision:
    """Before shipment the initial payment is covered, after delivery the whole; of nothing, nothing."""
    covered = {"BEFORE_SHIPMENT": order.deposit_minor, "AFTER_DELIVERY": order.total_minor}
    amount_minor = covered.get(order.coverage, 0)
    if amount_minor == 0:
        return order, []
    request = HoldRequested(
        order_id=order.order_id, supplier_id=order.supplier_id, currency=order.currency,
        amount_minor=amount_minor, coverage=order.coverage,
    )  # fmt: skip
    return replace(order, assurance="REQUESTED"), [(request, known_at)]


def _fund(order: Order) -> Decision:
    if order.funds == "FUNDED":
        return order, []
    if order.total_minor == 0:
        if order.placed_at is None:
            return order, []
        at, known_at = order.placed_at, latest(order.placed_known_at)
    else:
        if order.received_minor < order.total_minor:
            return order, []
        at, known_at = latest(order.paid_at), latest(order.drafted_known_at, order.paid_known_at)
    funded = OrderFunded(order_id=order.order_id, total_minor=order.total_minor, funded_at=at)
    return replace(order, funds="FUNDED", funded_at=at, funded_known_at=known_at), [(funded, known_at)]


def _accept_receipt(order: Order) -> Decision:
    if order.logistics != "DELIVERED" or order.accepted_at is not None:
        return order, []
    if order.receipt_known_at is None or order.receipt_known_at >= latest(order.due_at):
        return order, []  # a word that came after the period is too late, however it was read
    at = latest(order.receipt_at, order.delivered_at)
    return _accepted(order, "RECEIPT", at, latest(order.receipt_known_at, order.delivered_known_at))


def _accepted(order: Order, by: AcceptedBy, at: dt.datetime, known_at: dt.datetime) -> Decision:
    order = replace(order, accepted_by=by, accepted_at=at, accepted_known_at=known_at, due_at=None)
    return order, [(OrderAccepted(order_id=order.order_id, by=by, accepted_at=at), known_at)]


def _complete(order: Order) -> Decision:
    """Delivered, accepted and funded: completed, and the supplier's money is due."""
    if order.life != "PLACED" or order.accepted_at is None or order.funds != "FUNDED":
        return order, []
    at = latest(order.placed_at, order.accepted_at, order.funded_at)
    known_at = latest(order.placed_known_at, order.accepted_known_at, order.funded_known_at)
    events: list[Emission] = [
        (
            OrderCompleted(
                order_id=order.order_id, supplier_id=order.supplier_id, currency=order.currency,
                total_minor=order.total_minor, lines=len(order.lines), lines_late=order.lines_late,
                completed_at=at,
            ),
            known_at,
        )
    ]  # fmt: skip
    if order.total_minor > 0:
        payout = PayoutDue(
            order_id=order.order_id, supplier_id=order.supplier_id, account_id=order.account_id,
            currency=order.currency, amount_minor=order.total_minor,
        )  # fmt: skip
        events.append((payout, known_at))
    return replace(order, life="COMPLETED", completed_at=at, completed_known_at=known_at), events


def _settle(order: Order) -> Decision:
    """All that was due has been paid out; of an order of total 0 nothing was."""
    if order.life != "COMPLETED" or order.paid_out_minor < order.total_minor:
        return order, []
    at = latest(order.completed_at, order.paid_out_at)
    known_at = latest(order.completed_known_at, order.paid_out_known_at)
    settled = OrderSettled(order_id=order.order_id, settled_at=at, paid_out_minor=order.paid_out_minor)
    return replace(order, life="SETTLED", settled_at=at), [(settled, known_at)]
