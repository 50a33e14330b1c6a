"""What is said and asked about orders."""

from silkway.contracts import (
    AmendmentRequested,
    CancellationRequested,
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    InspectionFailed,
    InspectionPassed,
    OrderConfirmed,
    OrderDrafted,
    ReceiptConfirmed,
)
from silkway.order.api.door import API

API.publishes(
    "/orders",
    OrderDrafted,
    at="drafted_at",
    summary="Draft an order",
    example={
        "order_id": "PO-1001",
        "buyer_id": "B-7",
        "supplier_id": "S-42",
        "currency": "USD",
        "account_id": "VA-42",
        "payment_reference": "PO-1001",
        "lines": [
            {"line_id": "1", "description": "Ceramic mugs, 300 ml", "quantity": 1200, "value_minor": 830_000}
        ],
        "terms": {"deposit_minor": 249_000, "balance_due": "BEFORE_SHIPMENT"},
        "incoterm": "FOB",
        "deliver_by": "2026-04-30",
        "inspection": {"gate": "BEFORE_SHIPMENT"},
        "destination_country": "DE",
        "drafted_at": "2026-03-01T09:30:00+08:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/confirmations",
    OrderConfirmed,
    at="confirmed_at",
    summary="Confirm an order for one of its parties",
    example={"party": "BUYER", "confirmed_at": "2026-03-01T10:00:00+08:00"},
)
API.publishes(
    "/orders/{order_id:path}/receipt",
    ReceiptConfirmed,
    at="received_at",
    summary="Confirm that the goods were received and accepted",
    example={"received_at": "2026-04-29T16:00:00+02:00"},
)
API.publishes(
    "/orders/{order_id:path}/amendments",
    AmendmentRequested,
    at="requested_at",
    summary="Ask for other lines, another deposit or other promises",
    example={
        "amendment_id": "A-1",
        "party": "BUYER",
        "lines": [
            {"line_id": "1", "description": "Ceramic mugs, 300 ml", "quantity": 1000, "value_minor": 700_000}
        ],
        "reason": "Fewer mugs are needed.",
        "requested_at": "2026-03-05T11:00:00+01:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/cancellations",
    CancellationRequested,
    at="requested_at",
    summary="Ask that an order be undone",
    example={
        "cancellation_id": "C-1",
        "party": "BUYER",
        "reason": "The shop is closing.",
        "requested_at": "2026-03-06T11:00:00+01:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/disputes",
    DisputeRaised,
    at="raised_at",
    summary="Object for one of the parties",
    example={
        "dispute_id": "D-1",
        "party": "BUYER",
        "kind": "QUALITY",
        "text": "Every tenth mug is chipped.",
        "raised_at": "2026-04-30T09:00:00+02:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/disputes/resolutions",
    DisputeResolved,
    at="resolved_at",
    summary="Decide a dispute",
    example={
        "dispute_id": "D-1",
        "outcome": "SPLIT",
        "refund_minor": 83_000,
        "by": "Mediation desk",
        "resolved_at": "2026-05-08T15:00:00+02:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/disputes/withdrawals",
    DisputeWithdrawn,
    at="withdrawn_at",
    summary="Take a dispute back, for who raised it",
    example={
        "dispute_id": "D-1",
        "text": "The supplier has sent new ones",
        "withdrawn_at": "2026-05-03T10:00:00+02:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/inspections/passed",
    InspectionPassed,
    at="inspected_at",
    summary="Report goods that passed their inspection",
    example={"inspected_at": "2026-04-02T10:00:00+08:00", "by": "Inspector Li", "report": "R-7781"},
)
API.publishes(
    "/orders/{order_id:path}/inspections/failed",
    InspectionFailed,
    at="inspected_at",
    summary="Report goods that failed their inspection",
    example={
        "inspected_at": "2026-04-01T10:00:00+08:00",
        "by": "Inspector Li",
        "findings": "Handles come off.",
    },
)
