"""The door of the order service."""

from silkway.messaging.http import Api

API = Api(
    "order",
    publish=(
        "OrderDrafted",
        "OrderConfirmed",
        "ReceiptConfirmed",
        "AmendmentRequested",
        "CancellationRequested",
        "DisputeRaised",
        "DisputeWithdrawn",
        "InspectionPassed",
        "InspectionFailed",
        "PaymentReceived",
        "PaymentReturned",
        "RefundPaid",
        "PayoutPaid",
    ),
    operate=(
        "PaymentAssigned",
        "PayoutApproved",
        "PayoutCountersigned",
        "DisputeResolved",
    ),
)
