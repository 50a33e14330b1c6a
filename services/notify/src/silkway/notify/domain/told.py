"""What the other services tell about an order, by teller."""

from typing import Literal, get_args

from silkway import contracts as c

Teller = Literal["order", "logistics", "credit"]
"""The service that an event came from."""

Life = (
    c.OrderRecorded | c.OrderPlaced | c.OrderAmended | c.AmendmentRefused | c.OrderCancelled
    | c.CancellationRefused | c.OrderReinstated | c.OrderShipped | c.OrderDelivered | c.OrderUndelivered
    | c.OrderAccepted | c.AcceptanceReversed | c.OrderCompleted | c.OrderSettled | c.HoldRequested
    | c.InspectionBooked | c.InspectionRecorded | c.DisputeOpened | c.DisputeClosed
)  # fmt: skip
Money = (
    c.PaymentMatched | c.PaymentReversed | c.OrderFunded | c.RefundDue | c.RefundWithdrawn | c.OrderRefunded
    | c.PayoutDue | c.PayoutMade | c.PayoutReleased | c.PayoutWithdrawn
)  # fmt: skip
Booking = (
    c.BookingRequested | c.BookingDeclined | c.BookingChanged | c.BookingCancellationRequested
    | c.QuoteRefused
)  # fmt: skip
Way = (
    c.ShipmentLinked | c.ShipmentDispatched | c.MilestoneRecorded | c.MilestoneWithdrawn
    | c.ShipmentDelivered | c.DispatchRetracted | c.DeliveryRetracted | c.EtaChanged | c.ShipmentDelayed
    | c.ShipmentRecovered | c.ShipmentSilent | c.ShipmentHeard | c.CustomsCleared | c.PromiseAtRisk
    | c.PromiseBroken | c.PromiseKept
)  # fmt: skip
Hold = (
    c.HoldGranted | c.HoldRefused | c.HoldReleased | c.HoldPosted | c.HoldVoided | c.HoldExpired
    | c.CoverAtRisk | c.CoverSafe
)  # fmt: skip
Claim = (
    c.ClaimOpened | c.ClaimAgreed | c.ClaimContested | c.ClaimEscalated | c.ClaimRefused | c.ClaimUpheld
    | c.ClaimRejected | c.ClaimWithdrawn | c.ClaimPaid | c.ClaimClosed | c.RecoveryDue | c.RecoveryRecorded
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
