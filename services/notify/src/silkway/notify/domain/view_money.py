"""The money of an order. Always: received = in escrow + paid out + refunded."""

from typing import Any, assert_never

from msgspec.structs import replace

from silkway.contracts import (
    OrderFunded,
    OrderRefunded,
    PaymentMatched,
    PaymentReversed,
    PayoutDue,
    PayoutMade,
    PayoutReleased,
    PayoutWithdrawn,
    RefundDue,
    RefundWithdrawn,
)
from silkway.notify.domain.moments import utc
from silkway.notify.domain.state import Funds, OrderView
from silkway.notify.domain.told import Money


def see_money(view: OrderView, told: Money) -> OrderView:
    """The view after money moved or became due. All of it is told by the order service, in its order."""
    match told:
        case PaymentMatched():
            # Where it does not say how far the order is paid, order.funded follows.
            funds = told.funds or ("PART_PAID" if told.open_minor else view.funds)
            return balanced(view, received_minor=told.received_minor, open_minor=told.open_minor, funds=funds)
        case PaymentReversed():
            view = balanced(view, received_minor=told.received_minor, open_minor=told.open_minor)
            return _funded(view, told.funds)
        case OrderFunded():
            return replace(view, funds="FUNDED", open_minor=0, funded_at=utc(told.funded_at))
        case RefundDue():
            return replace(view, refund_due_minor=told.amount_minor)
        case RefundWithdrawn():
            due_minor = max(0, view.refund_due_minor - told.amount_minor)
            return replace(
                view, refund_due_minor=due_minor if told.refund_due_minor is None else told.refund_due_minor
            )
        case OrderRefunded():
            view = balanced(view, refunded_minor=told.refunded_minor, refund_due_minor=told.refund_due_minor)
            return _funded(view, funds_of(view))
        case PayoutDue():
            return replace(view, payout_due_minor=told.amount_minor)
        case PayoutMade():
            due_minor = max(0, view.payout_due_minor - told.amount_minor)
            return balanced(view, paid_out_minor=told.paid_out_minor, payout_due_minor=due_minor)
        case PayoutReleased():
            return view
        case PayoutWithdrawn():
            return replace(view, payout_due_minor=0)
        case _:
            assert_never(told)


def funds_of(view: OrderView) -> Funds:
    """How far the order is paid: what the buyer paid and did not get back, against what is still owed.

    That all of it is there is said by order.funded alone.
    """
    net_minor = view.received_minor - view.refunded_minor
    total_minor = view.total_minor or 0
    owed_minor = max(total_minor - sum(dispute.refund_minor for dispute in view.disputes), 0)
    if net_minor >= owed_minor if owed_minor else view.placed_at is not None:
        return view.funds
    return "PART_PAID" if net_minor > 0 and total_minor else "UNPAID"


def _funded(view: OrderView, funds: Funds) -> OrderView:
    """The view with its money as it is now. What is not paid any more is not completed, unless it is settled."""
    if funds == "FUNDED":
        return replace(view, funds=funds)
    view = replace(view, funds=funds, funded_at=None)
    return replace(view, life="PLACED", completed_at=None) if view.life == "COMPLETED" else view


def balanced(view: OrderView, **changes: Any) -> OrderView:
    """The view after money moved: what came in and has not gone out is in escrow.

    It is below 0 only where a bank took back what had left already.
    """
    view = replace(view, **changes)
    escrow_minor = view.received_minor - view.paid_out_minor - view.refunded_minor
    return replace(view, escrow_minor=escrow_minor)
