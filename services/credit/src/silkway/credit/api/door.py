"""The one API of the service; every module adds its part."""

from silkway.messaging.http import Api

API = Api(
    "credit",
    publish=(
        "SupplierRegistered",
        "RatePublished",
        "ClaimRequested",
        "ClaimAnswered",
        "EscalationRequested",
        "WithdrawalRequested",
        "ProofGiven",
        "RecoveryReceived",
    ),
    operate=("ClaimDecided", "OverrideProposed", "OverrideApproved"),
)
