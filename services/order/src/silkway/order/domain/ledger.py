"""Sums of an order's money. Each follows from what came in, what left and what is owed, whatever came first."""

from msgspec.structs import replace

from silkway.contracts import PayoutDue, PayoutWithdrawn, RefundDue, RefundWithdrawn
from silkway.contracts.fields import RefundReason, RefundWithdrawal
from silkway.order.domain.state import Decision, Emission, Order, latest


def owed_minor(order: Order) -> int:
    """The price after what resolutions have given back to the buyer."""
    return max(order.total_minor - order.awarded_minor, 0)


def net_minor(order: Order) -> int:
    """What the buyer has paid and not got back."""
    return order.received_minor - order.refunded_minor


def open_minor(order: Order) -> int:
    """What the buyer has still to pay in all."""
    return max(owed_minor(order) - net_minor(order), 0)


def refund_target_minor(order: Order) -> int:
    """What is in escrow and for nobody but the buyer."""
    for_supplier = 0 if order.cancelled_at is not None else owed_minor(order)
    return max(order.escrow_minor - max(for_supplier - order.paid_out_minor, 0), 0)


def payout_target_minor(order: Order) -> int:
    """What is the supplier's and not paid out yet: nothing before completion or while a dispute is open."""
    if order.completed_at is None or order.issue != "NONE":
        return 0
    return max(owed_minor(order) - order.paid_out_minor, 0)


def bill(order: Order) -> Order:
    """What the buyer is to pay now by the terms: the deposit first, the balance when its time has come.

    A balance that an inspection is to precede is not due before the inspection was passed.
    """
    owed = 0
    if order.cancelled_at is None:
        inspected = order.inspection_gate != "BEFORE_BALANCE" or order.inspection_passed_at is not None
        balance_time = order.balance_due == "BEFORE_SHIPMENT" or order.logistics == "DELIVERED"
        if order.placed_at is not None and inspected and balance_time:
            owed = owed_minor(order)
        elif order.placed_at is not None or order.place_on == "FIRST_PAYMENT":
            owed = min(order.deposit_minor, owed_minor(order))
    due_minor = max(owed - net_minor(order), 0)
    return order if due_minor == order.due_minor else replace(order, due_minor=due_minor)


def tell_refund(order: Order, grown: RefundReason, shrunk: RefundWithdrawal) -> Decision:
    """Say what is due to the buyer where that has changed."""
    told, target = order.refund_due_minor, refund_target_minor(order)
    if told == target:
        return order, []
    known_at = latest(
        order.drafted_known_at, order.paid_known_at, order.cancelled_known_at, order.amended_known_at,
        order.resolved_known_at,
    )  # fmt: skip
    event: Emission
    if target > told:
        reason: RefundReason = "CANCELLED" if order.cancelled_at is not None else grown
        due = RefundDue(
            order_id=order.order_id, account_id=order.account_id, amount_minor=target,
            currency=order.currency, reason=reason,
        )  # fmt: skip
        event = due, known_at
    else:
        withdrawn = RefundWithdrawn(
            order_id=order.order_id, amount_minor=told - target, currency=order.currency, reason=shrunk,
            refund_due_minor=target,
        )  # fmt: skip
        event = withdrawn, known_at
    ever = max(order.refundable_minor, order.refunded_minor + target)
    return replace(order, refund_due_minor=target, refundable_minor=ever), [event]


def tell_payout(order: Order) -> Decision:
    """Say what is due to the supplier where that has changed: what was due before is withdrawn first."""
    told, target = order.payout_due_minor, payout_target_minor(order)
    if told == target:
        return order, []
    known_at = latest(
        order.drafted_known_at, order.completed_known_at, order.disputed_known_at, order.resolved_known_at
    )
    events: list[Emission] = []
    if told:
        withdrawn = PayoutWithdrawn(order_id=order.order_id, amount_minor=told, currency=order.currency)
        events.append((withdrawn, known_at))
    if target:
        due = PayoutDue(
            order_id=order.order_id, supplier_id=order.supplier_id, account_id=order.account_id,
            currency=order.currency, amount_minor=target,
        )  # fmt: skip
        events.append((due, known_at))
    ever = max(order.payable_minor, order.paid_out_minor + target)
    return replace(order, payout_due_minor=target, payable_minor=ever), events
