"""What the other services tell about an order, by teller."""

from typing import Literal, get_args

from silkway.contracts import (
    AcceptanceReversed,
    AmendmentRefused,
    BookingCancellationRequested,
    BookingChanged,
    BookingDeclined,
    BookingRequested,
    CancellationRefused,
    ClaimAgreed,
    ClaimClosed,
    ClaimContested,
    ClaimEscalated,
    ClaimOpened,
    ClaimPaid,
    ClaimRejected,
    ClaimUpheld,
    ClaimWithdrawn,
    CoverAtRisk,
    CoverSafe,
    CustomsCleared,
    DeliveryRetracted,
    DispatchRetracted,
    DisputeClosed,
    DisputeOpened,
    EtaChanged,
    HoldExpired,
    HoldGranted,
    HoldPosted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    HoldVoided,
    InspectionBooked,
    InspectionRecorded,
    MilestoneRecorded,
    MilestoneWithdrawn,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderRefunded,
    OrderReinstated,
    OrderSettled,
    OrderShipped,
    OrderUndelivered,
    PaymentMatched,
    PaymentReversed,
    PayoutDue,
    PayoutMade,
    PayoutWithdrawn,
    PromiseAtRisk,
    PromiseBroken,
    PromiseKept,
    QuoteRefused,
    RecoveryDue,
    RecoveryRecorded,
    RefundDue,
    RefundWithdrawn,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentHeard,
    ShipmentLinked,
    ShipmentRecovered,
    ShipmentSilent,
)

Teller = Literal["order", "logistics", "credit"]
"""The service that an event came from."""

Life = (
    OrderRecorded | OrderPlaced | OrderAmended | AmendmentRefused | OrderCancelled | CancellationRefused
    | OrderReinstated | OrderShipped | OrderDelivered | OrderUndelivered | OrderAccepted | AcceptanceReversed
    | OrderCompleted | OrderSettled | HoldRequested | InspectionBooked | InspectionRecorded | DisputeOpened
    | DisputeClosed
)  # fmt: skip
Money = (
    PaymentMatched | PaymentReversed | OrderFunded | RefundDue | RefundWithdrawn | OrderRefunded | PayoutDue
    | PayoutMade | PayoutWithdrawn
)  # fmt: skip
Booking = (
    BookingRequested | BookingDeclined | BookingChanged | BookingCancellationRequested | QuoteRefused
)  # fmt: skip
Way = (
    ShipmentLinked | ShipmentDispatched | MilestoneRecorded | MilestoneWithdrawn | ShipmentDelivered
    | DispatchRetracted | DeliveryRetracted | EtaChanged | ShipmentDelayed | ShipmentRecovered
    | ShipmentSilent | ShipmentHeard | CustomsCleared | PromiseAtRisk | PromiseBroken | PromiseKept
)  # fmt: skip
Hold = (
    HoldGranted | HoldRefused | HoldReleased | HoldPosted | HoldVoided | HoldExpired | CoverAtRisk | CoverSafe
)  # fmt: skip
Claim = (
    ClaimOpened | ClaimAgreed | ClaimContested | ClaimEscalated | ClaimUpheld | ClaimRejected | ClaimWithdrawn
    | ClaimPaid | ClaimClosed | RecoveryDue | RecoveryRecorded
)  # fmt: skip
Told = Life | Money | Booking | Way | Hold | Claim
"""Every event that is about an order."""


def teller(told: Told) -> Teller:
    """Who told it."""
    if isinstance(told, Way | Booking):
        return "logistics"
    return "credit" if isinstance(told, Hold | Claim) else "order"


_OF_SHIPMENTS = frozenset(event for event in get_args(Told) if "shipment_id" in event.model_fields)


def shipment_of(told: Told) -> str | None:
    """The shipment that it is about, if it is about one. Asking a model for what it has not is dear."""
    return getattr(told, "shipment_id", None) if type(told) in _OF_SHIPMENTS else None
