"""The money of an order, on order.events: received, due, refunded, paid out; and money that found no order."""

from pydantic import Field

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    AmountMinor,
    Currency,
    DerivedId,
    FundsState,
    Id,
    MatchedBy,
    Moment,
    Name,
    PositiveMinor,
    Reference,
    RefundReason,
    RefundWithdrawal,
    SignedMinor,
    Text,
    UnmatchedReason,
)
from silkway.contracts.order_events import OrderEvent
from silkway.contracts.topics import ORDER_EVENTS

__all__ = [
    "OrderFunded", "OrderRefunded", "PaymentMatched", "PaymentReversed", "PaymentUnmatched", "PayoutDue",
    "PayoutMade", "PayoutReleased", "PayoutWithdrawn", "RefundDue", "RefundWithdrawn", "ReturnDue",
    "UnmatchedReturned",
]  # fmt: skip


class PaymentMatched(OrderEvent):
    """Money that came in found this order."""

    type = "silkway.payment.matched.v1"

    payment_id: DerivedId
    """The bank's entry, as the order service identifies it."""
    amount_minor: PositiveMinor
    """What this entry brought, in minor units."""
    currency: Currency
    """ISO 4217."""
    received_minor: AmountMinor
    """All that came in for the order so far, in minor units."""
    open_minor: AmountMinor
    """What is still to come, in minor units."""
    by: MatchedBy | None = None
    """By what the money found the order."""
    funds: FundsState | None = None
    """How far the order is paid now."""


class PaymentReversed(OrderEvent):
    """Money that had found this order was taken back by its bank."""

    type = "silkway.payment.reversed.v1"

    payment_id: DerivedId
    """The bank's entry, as the order service identifies it."""
    amount_minor: PositiveMinor
    """What was taken back, in minor units."""
    currency: Currency
    """ISO 4217."""
    received_minor: AmountMinor
    """All that came in for the order and was not returned, in minor units."""
    open_minor: AmountMinor
    """What is still to come, in minor units."""
    funds: FundsState
    """How far the order is paid now."""
    reason: Text
    """Why, as the bank says, 1 to 500 characters."""


class OrderFunded(OrderEvent):
    """All the money of the order is there."""

    type = "silkway.order.funded.v1"

    total_minor: AmountMinor
    """Total of the order, in minor units."""
    funded_at: Moment
    """When the last missing money came in."""


class RefundDue(OrderEvent):
    """Money is to be paid back to the buyer. A later one of the same order takes the place of this one."""

    type = "silkway.refund.due.v1"

    account_id: Id
    """The virtual account that holds the money."""
    amount_minor: PositiveMinor
    """All that is due now, in minor units, at least 1."""
    currency: Currency
    """ISO 4217."""
    reason: RefundReason
    """What made it grow."""


class RefundWithdrawn(OrderEvent):
    """Money that was due as refund and not paid yet is not due any more."""

    type = "silkway.refund.withdrawn.v1"

    amount_minor: PositiveMinor
    """How much of what was due and has not been paid is due no more, in minor units, at least 1."""
    currency: Currency
    """ISO 4217."""
    reason: RefundWithdrawal
    """Why."""
    refund_due_minor: AmountMinor | None = None
    """All that is due as refund now, in minor units. Take this, or subtract `amount_minor`: never both."""


class OrderRefunded(OrderEvent):
    """Money was paid back to the buyer."""

    type = "silkway.order.refunded.v1"

    amount_minor: PositiveMinor
    """This refund, in minor units."""
    currency: Currency
    """ISO 4217."""
    refunded_minor: AmountMinor
    """All that was paid back so far, in minor units."""
    escrow_minor: SignedMinor
    """What is in escrow now, in minor units; below 0 only where what had left already was taken back too."""
    refund_due_minor: AmountMinor
    """All that is still to be paid back when everything that this refund changes is counted.

    A refund.withdrawn or refund.due that follows from the same refund tells this same sum again.
    """


class PayoutDue(OrderEvent):
    """The money of the completed order is to be paid out to the supplier."""

    type = "silkway.payout.due.v1"

    supplier_id: Id
    """Who is to be paid."""
    account_id: Id
    """The virtual account that holds the money."""
    currency: Currency
    """ISO 4217."""
    amount_minor: PositiveMinor
    """What is to be paid out, in minor units, at least 1."""


class PayoutMade(OrderEvent):
    """Money was paid out to the supplier."""

    type = "silkway.payout.made.v1"

    supplier_id: Id
    """Who was paid."""
    amount_minor: PositiveMinor
    """This payout, in minor units."""
    currency: Currency
    """ISO 4217."""
    paid_out_minor: AmountMinor
    """All that was paid out so far, in minor units."""
    escrow_minor: SignedMinor
    """What is in escrow now, in minor units; below 0 only where what had left already was taken back too."""


class PayoutReleased(OrderEvent):
    """Two people have agreed to a payout: its bank may be told to pay this amount, besides what was released before."""

    type = "silkway.payout.released.v1"

    supplier_id: Id
    """Who gets it."""
    account_id: Id
    """The virtual account that holds the money."""
    amount_minor: PositiveMinor
    """How much, in minor units, at least 1."""
    currency: Currency
    """ISO 4217."""
    released_minor: PositiveMinor
    """All that was released of the order so far, in minor units."""
    approved_by: tuple[Name, ...] = Field(min_length=1, max_length=20)
    """Whose approvals it takes, in the order of their names; at most 20 are named."""
    countersigned_by: Name
    """Who agreed as well: none of them."""


class PayoutWithdrawn(OrderEvent):
    """Money that was due to the supplier and not paid yet is not due any more; payout.due tells if it is again."""

    type = "silkway.payout.withdrawn.v1"

    amount_minor: PositiveMinor
    """What was still due, in minor units, at least 1."""
    currency: Currency
    """ISO 4217."""


class _MoneyEvent(Event):
    topic = ORDER_EVENTS
    subject_kind = "account"

    account_id: Id
    """The virtual account concerned."""
    payment_id: DerivedId
    """The bank's entry, as the order service identifies it."""
    amount_minor: PositiveMinor
    """Amount of the entry, in minor units."""
    currency: Currency
    """ISO 4217."""


class PaymentUnmatched(_MoneyEvent):
    """Money came in and found no order. It waits for its order or for somebody to assign or return it."""

    type = "silkway.payment.unmatched.v1"

    payment_reference: Reference | None = None
    """What the payer quoted, if anything."""
    reason: UnmatchedReason
    """Why it found none."""
    order_ids: tuple[Id, ...] = Field(max_length=20)
    """Orders that it may be for, at most 20."""


class ReturnDue(_MoneyEvent):
    """Operations decided that unmatched money goes back to whom it came from."""

    type = "silkway.return.due.v1"

    by: Name
    """Who decided."""
    reason: Text
    """Why, for people, 1 to 500 characters."""


class UnmatchedReturned(_MoneyEvent):
    """Its bank took back the last of money that had found no order: nobody needs to assign or return it any more.

    `amount_minor` is the whole entry, as payment.unmatched told it.
    """

    type = "silkway.unmatched.returned.v1"
