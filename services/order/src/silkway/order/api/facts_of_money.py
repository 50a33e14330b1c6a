"""What banks report about money, and what operations decide about it."""

from silkway.contracts import (
    PaymentAssigned,
    PaymentReceived,
    PaymentReturned,
    PayoutApproved,
    PayoutCountersigned,
    PayoutPaid,
    RefundPaid,
)
from silkway.order.api.door import API

API.publishes(
    "/payments",
    PaymentReceived,
    at="received_at",
    summary="Report money that came in on a virtual account",
    example={
        "account_id": "VA-42",
        "bank_reference": "NTRF-889211",
        "payment_reference": "PO-1001",
        "amount_minor": 249_000,
        "currency": "USD",
        "received_at": "2026-03-02T08:15:00+01:00",
    },
)
API.publishes(
    "/payouts",
    PayoutPaid,
    at="paid_at",
    summary="Report money that was paid out to a supplier",
    example={
        "account_id": "VA-42",
        "order_id": "PO-1001",
        "payout_reference": "OUT-5531",
        "amount_minor": 830_000,
        "currency": "USD",
        "paid_at": "2026-05-02T11:00:00+01:00",
    },
)
API.publishes(
    "/payments/returns",
    PaymentReturned,
    at="returned_at",
    summary="Report money that its bank took back",
    example={
        "account_id": "VA-42",
        "bank_reference": "NTRF-889211",
        "entry_minor": 249_000,
        "return_reference": "RTRN-7",
        "amount_minor": 249_000,
        "currency": "USD",
        "reason": "The payer's account was closed.",
        "returned_at": "2026-03-04T08:15:00+01:00",
    },
)
API.publishes(
    "/payments/assignments",
    PaymentAssigned,
    at="assigned_at",
    summary="Assign unmatched money to an order, or send it back",
    example={
        "account_id": "VA-42",
        "bank_reference": "NTRF-889212",
        "amount_minor": 581_000,
        "action": "ASSIGN",
        "order_id": "PO-1001",
        "by": "Treasury desk",
        "reason": "The payer named the order on the phone.",
        "assigned_at": "2026-03-05T09:00:00+01:00",
    },
)
API.publishes(
    "/refunds",
    RefundPaid,
    at="paid_at",
    summary="Report money that was paid back to a buyer",
    example={
        "account_id": "VA-42",
        "order_id": "PO-1001",
        "refund_reference": "REF-331",
        "amount_minor": 83_000,
        "currency": "USD",
        "paid_at": "2026-05-09T11:00:00+01:00",
    },
)
API.publishes(
    "/payouts/approvals",
    PayoutApproved,
    at="approved_at",
    summary="Approve a payout of an order's money, as the first of two",
    example={
        "account_id": "VA-42",
        "order_id": "PO-1001",
        "amount_minor": 747_000,
        "by": "Treasury desk",
        "approved_at": "2026-05-10T09:00:00+01:00",
    },
)
API.publishes(
    "/payouts/countersignatures",
    PayoutCountersigned,
    at="countersigned_at",
    summary="Release a payout that somebody else has approved",
    example={
        "account_id": "VA-42",
        "order_id": "PO-1001",
        "amount_minor": 747_000,
        "by": "Head of treasury",
        "countersigned_at": "2026-05-10T09:20:00+01:00",
    },
)
