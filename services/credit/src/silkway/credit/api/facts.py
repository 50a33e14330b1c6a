"""What can be said to the credit service."""

from silkway.contracts import (
    ClaimAnswered,
    ClaimDecided,
    ClaimRequested,
    EscalationRequested,
    OverrideApproved,
    OverrideProposed,
    ProofGiven,
    RatePublished,
    RecoveryReceived,
    SupplierRegistered,
    WithdrawalRequested,
)
from silkway.credit.api.door import API

API.publishes(
    "/suppliers",
    SupplierRegistered,
    at="registered_at",
    summary="Register a supplier",
    example={
        "supplier_id": "S-42",
        "name": "Jingdezhen Fine Ceramics",
        "country": "CN",
        "time_zone": "Asia/Shanghai",
        "registered_at": "2026-01-15T09:00:00+08:00",
    },
)
API.publishes(
    "/rates",
    RatePublished,
    at="published_at",
    summary="Publish what a currency is worth",
    example={"currency_id": "EUR", "rate": "1.0842", "published_at": "2026-03-01T09:00:00+01:00"},
)
API.publishes(
    "/orders/{order_id:path}/claims",
    ClaimRequested,
    at="requested_at",
    summary="Claim on the cover of an order",
    example={
        "claim_id": "CL-7",
        "kind": "QUALITY",
        "amount_minor": 120000,
        "currency": "USD",
        "text": "Every tenth mug is cracked",
        "requested_at": "2026-05-01T10:00:00+02:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/claims/answers",
    ClaimAnswered,
    at="answered_at",
    summary="Answer a claim, as the supplier",
    example={
        "claim_id": "CL-7",
        "agreed": True,
        "amount_minor": 80000,
        "text": "We pay for what arrived broken",
        "answered_at": "2026-05-02T09:00:00+08:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/claims/escalations",
    EscalationRequested,
    at="requested_at",
    summary="Have a claim decided by the platform, as the buyer",
    example={"claim_id": "CL-7", "requested_at": "2026-05-06T10:00:00+02:00"},
)
API.publishes(
    "/orders/{order_id:path}/claims/withdrawals",
    WithdrawalRequested,
    at="requested_at",
    summary="Take a claim back, as the buyer",
    example={
        "claim_id": "CL-7",
        "text": "The supplier has sent new ones",
        "requested_at": "2026-05-03T10:00:00+02:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/claims/decisions",
    ClaimDecided,
    at="decided_at",
    summary="Decide an escalated claim",
    example={
        "claim_id": "CL-7",
        "upheld": True,
        "amount_minor": 100000,
        "by": "Claims board",
        "text": "The photographs show it",
        "decided_at": "2026-05-12T10:00:00+02:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/claims/recoveries",
    RecoveryReceived,
    at="received_at",
    summary="Report what came back for a paid claim",
    example={
        "claim_id": "CL-7",
        "recovery_id": "RC-1",
        "amount_minor": 100000,
        "currency": "USD",
        "received_at": "2026-05-20T10:00:00+08:00",
    },
)
API.publishes(
    "/orders/{order_id:path}/proofs",
    ProofGiven,
    at="given_at",
    summary="Prove that goods have left, as the supplier",
    example={
        "shipment_id": "SH-77",
        "shipped_at": "2026-04-01T17:00:00+08:00",
        "tracking_reference": "BK-7788",
        "given_at": "2026-04-01T18:00:00+08:00",
    },
)
API.publishes(
    "/suppliers/{supplier_id:path}/overrides",
    OverrideProposed,
    at="proposed_at",
    summary="Propose another limit than the rules give, for a time",
    example={
        "override_id": "OV-1",
        "limit_minor": 25_000_000,
        "until": "2026-12-31T23:59:59Z",
        "reason": "A guarantee of its bank is there",
        "by": "Credit desk",
        "proposed_at": "2026-05-20T10:00:00+08:00",
    },
)
API.publishes(
    "/suppliers/{supplier_id:path}/overrides/approvals",
    OverrideApproved,
    at="approved_at",
    summary="Approve a limit that somebody else has proposed",
    example={"override_id": "OV-1", "by": "Head of credit", "approved_at": "2026-05-20T11:00:00+08:00"},
)
