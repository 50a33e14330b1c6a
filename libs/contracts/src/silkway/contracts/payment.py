"""Facts on trade.payments: what banks report about money, and what operations decide about it."""

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    AssignmentAction,
    Currency,
    Id,
    Moment,
    Name,
    PersonalText,
    PositiveMinor,
    Reference,
)
from silkway.contracts.topics import TRADE_PAYMENTS

__all__ = [
    "PaymentAssigned", "PaymentReceived", "PaymentReturned", "PayoutApproved", "PayoutCountersigned", "PayoutPaid",
    "RefundPaid",
]  # fmt: skip


class _PaymentFact(Event):
    topic = TRADE_PAYMENTS
    subject_kind = "account"

    account_id: Id
    """The virtual account concerned."""


class PaymentReceived(_PaymentFact):
    """Money came in on a virtual account. Account, bank reference and amount identify the bank's entry."""

    type = "silkway.payment.received.v1"

    bank_reference: Reference
    """The bank's own reference of the entry, 1 to 64 characters."""
    payment_reference: Reference | None = None
    """What the payer quoted: an order's payment reference, 1 to 64 characters; left out if nothing was quoted."""
    amount_minor: PositiveMinor
    """Amount, in minor units of `currency`, at least 1."""
    currency: Currency
    """ISO 4217."""
    received_at: Moment
    """When the bank booked it."""


class PayoutPaid(_PaymentFact):
    """Money of an order was paid out to its supplier."""

    type = "silkway.payout.paid.v1"

    order_id: Id
    """The order it was for."""
    payout_reference: Reference
    """The bank's own reference of the payout, 1 to 64 characters."""
    amount_minor: PositiveMinor
    """Amount, in minor units of `currency`, at least 1."""
    currency: Currency
    """ISO 4217."""
    paid_at: Moment
    """When the bank executed it."""


class PaymentReturned(_PaymentFact):
    """The bank took money back that had come in: all of an entry, or part of it."""

    type = "silkway.payment.returned.v1"

    bank_reference: Reference
    """The bank's own reference of the entry that is taken back, 1 to 64 characters."""
    entry_minor: PositiveMinor
    """Amount of that entry, in minor units; with account and bank reference it identifies the entry."""
    return_reference: Reference
    """The bank's own reference of the return, 1 to 64 characters."""
    amount_minor: PositiveMinor
    """What is taken back, in minor units of `currency`, at most `entry_minor`."""
    currency: Currency
    """ISO 4217."""
    reason: PersonalText
    """Why, as the bank says, 1 to 500 characters."""
    returned_at: Moment
    """When the bank booked it."""

    @field_validator("amount_minor")
    @classmethod
    def _within_the_entry(cls, amount_minor: int, info: ValidationInfo) -> int:
        if amount_minor > info.data.get("entry_minor", amount_minor):
            raise PydanticCustomError("amount_minor", "The amount should be at most that of the entry")
        return amount_minor


class PaymentAssigned(_PaymentFact):
    """Operations decided about money that had found no order."""

    type = "silkway.payment.assigned.v1"

    bank_reference: Reference
    """The bank's own reference of the entry, 1 to 64 characters."""
    amount_minor: PositiveMinor
    """Amount of the entry, in minor units; with account and bank reference it identifies the entry."""
    action: AssignmentAction
    """Whether it goes to an order or back to whom it came from."""
    order_id: Id | None = Field(default=None, validate_default=True)
    """The order it is for; given for ASSIGN only."""
    by: Name
    """Who decided."""
    reason: PersonalText
    """Why, for people, 1 to 500 characters."""
    assigned_at: Moment
    """When."""

    @field_validator("order_id")
    @classmethod
    def _order_to_assign_to(cls, order_id: str | None, info: ValidationInfo) -> str | None:
        action = info.data.get("action")  # None: it was wrong itself
        if action is not None and (order_id is None) == (action == "ASSIGN"):
            raise PydanticCustomError("order_id", "An order should be named to ASSIGN to, and none to RETURN")
        return order_id


class RefundPaid(_PaymentFact):
    """Money of an order was paid back to its buyer."""

    type = "silkway.refund.paid.v1"

    order_id: Id
    """The order it was for."""
    refund_reference: Reference
    """The bank's own reference of the refund, 1 to 64 characters."""
    amount_minor: PositiveMinor
    """Amount, in minor units of `currency`, at least 1."""
    currency: Currency
    """ISO 4217."""
    paid_at: Moment
    """When the bank executed it."""


class PayoutApproved(_PaymentFact):
    """Somebody released money of an order for payout to its supplier."""

    type = "silkway.payout.approved.v1"

    order_id: Id
    """The order it is for."""
    amount_minor: PositiveMinor
    """How much, in minor units of the order's currency, at least 1."""
    by: Name
    """Who approved."""
    approved_at: Moment
    """When."""


class PayoutCountersigned(_PaymentFact):
    """A second person agrees to pay out money of an order. Answered by payout.released: with that it may leave."""

    type = "silkway.payout.countersigned.v1"

    order_id: Id
    """The order it is for."""
    amount_minor: PositiveMinor
    """How much of what others have approved, in minor units of the order's currency, at least 1."""
    by: Name
    """Who agrees: somebody else than who approved."""
    countersigned_at: Moment
    """When."""
