"""Facts on trade.payments: what banks report about money."""

from silkway.contracts.event import Event
from silkway.contracts.fields import Currency, Id, Moment, PositiveMinor, Reference
from silkway.contracts.topics import TRADE_PAYMENTS


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
    payment_reference: Reference
    """What the payer quoted: an order's payment reference, 1 to 64 characters."""
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
