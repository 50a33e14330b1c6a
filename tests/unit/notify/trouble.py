"""What goes wrong with order PO-1 and others, as order, logistics and credit tell it."""

from typing import Any

from silkway.contracts import (
    AcceptanceReversed,
    AcknowledgementRequested,
    CarriedLine,
    ClaimOpened,
    ClaimPaid,
    CoverAtRisk,
    CoverSafe,
    DelayedLine,
    DeliveryRetracted,
    DispatchRetracted,
    DisputeClosed,
    DisputeOpened,
    HoldVoided,
    OrderCancelled,
    OrderRefunded,
    OrderReinstated,
    OrderUndelivered,
    PaymentReversed,
    PaymentUnmatched,
    PayoutMade,
    PromiseAtRisk,
    PromiseBroken,
    RecoveryDue,
    RecoveryRecorded,
    RefundDue,
    RefundWithdrawn,
    ReturnDue,
    ScoreChanged,
    ShipmentDelayed,
    ShipmentHeard,
    ShipmentRecovered,
    ShipmentSilent,
    UnmatchedReturned,
)
from silkway.contracts.fields import Party
from tests.unit.desk import day
from tests.unit.notify.telling import PO, SH, SUPPLIER, USD


def delayed(
    order_id: str = PO, shipment_id: str = SH, days: int = 3, reference: str | None = "VOYAGE/MSC OSCAR/024W"
) -> ShipmentDelayed:
    late = DelayedLine(line_id="cups", deliver_by=day(20).date(), eta_on=day(20 + days).date(), days=days)
    vessel = {"vessel": "MSC OSCAR", "voyage": "024W"} if reference else {}
    return ShipmentDelayed(
        order_id=order_id, shipment_id=shipment_id, lines=(late,), cause_reference=reference, **vessel
    )


def recovered(order_id: str = PO, shipment_id: str = SH) -> ShipmentRecovered:
    carried = (CarriedLine(line_id="cups", quantity=10),)
    return ShipmentRecovered(order_id=order_id, shipment_id=shipment_id, lines=carried)


def silent(order_id: str = PO, shipment_id: str = SH) -> ShipmentSilent:
    return ShipmentSilent(order_id=order_id, shipment_id=shipment_id, since=day(5), expected_within_hours=72)


def heard(order_id: str = PO, shipment_id: str = SH) -> ShipmentHeard:
    return ShipmentHeard(order_id=order_id, shipment_id=shipment_id)


def delivery_retracted(
    shipment_id: str = SH, quantity: int = 10, *, told_anew: bool = False
) -> DeliveryRetracted:
    carried = (CarriedLine(line_id="cups", quantity=quantity),)
    return DeliveryRetracted(
        order_id=PO, shipment_id=shipment_id, lines=carried, reason="Wrong parcel.", told_anew=told_anew
    )


def dispatch_retracted(*, told_anew: bool = False) -> DispatchRetracted:
    carried = (CarriedLine(line_id="cups", quantity=10),)
    return DispatchRetracted(
        order_id=PO, shipment_id=SH, lines=carried, reason="Wrong parcel.", told_anew=told_anew
    )


def on_time_at_risk(order_id: str = PO, shipment_id: str = SH, reference: str | None = None) -> PromiseAtRisk:
    return PromiseAtRisk(
        order_id=order_id, shipment_id=shipment_id, promise="ON_TIME", due_at=day(21),
        cause_reference=reference,
    )  # fmt: skip


def cover_at_risk(order_id: str = PO, reference: str | None = None) -> CoverAtRisk:
    return CoverAtRisk(
        order_id=order_id, **SUPPLIER, hold_id=f"{order_id}|1", held_minor=300_00, **USD, expires_at=day(20),
        eta=day(25), cause_reference=reference,
    )  # fmt: skip


def cover_safe(order_id: str = PO) -> CoverSafe:
    return CoverSafe(order_id=order_id, **SUPPLIER, hold_id=f"{order_id}|1")


def on_time_broken(order_id: str = PO, shipment_id: str = SH) -> PromiseBroken:
    return PromiseBroken(order_id=order_id, shipment_id=shipment_id, promise="ON_TIME", due_at=day(21))


def cancelled(refund_due_minor: int = 0, order_id: str = PO) -> OrderCancelled:
    return OrderCancelled(
        order_id=order_id, **SUPPLIER, cancellation_id="C-1", by="BUYER", reason="Not needed.",
        refund_due_minor=refund_due_minor, cancelled_at=day(6),
    )  # fmt: skip


def reinstated(order_id: str = PO) -> OrderReinstated:
    return OrderReinstated(order_id=order_id, **SUPPLIER, shipment_id=SH, reinstated_at=day(7))


def voided() -> HoldVoided:
    return HoldVoided(order_id=PO, **SUPPLIER, **USD, hold_id="H-1", voided_minor=1_000_00, voided_at=day(6))


def reversed_payment(amount_minor: int, received_minor: int) -> PaymentReversed:
    return PaymentReversed(
        order_id=PO, payment_id="P/1", amount_minor=amount_minor, **USD, received_minor=received_minor,
        open_minor=1_000_00 - received_minor, funds="PART_PAID" if received_minor else "UNPAID",
        reason="No cover.",
    )  # fmt: skip


def refund_due(amount_minor: int) -> RefundDue:
    return RefundDue(order_id=PO, account_id="VA-1", amount_minor=amount_minor, **USD, reason="CANCELLED")


def refund_withdrawn(amount_minor: int) -> RefundWithdrawn:
    return RefundWithdrawn(order_id=PO, amount_minor=amount_minor, **USD, reason="REINSTATED")


def refunded(amount_minor: int, refunded_minor: int, escrow_minor: int) -> OrderRefunded:
    return OrderRefunded(
        order_id=PO, amount_minor=amount_minor, **USD, refunded_minor=refunded_minor,
        escrow_minor=escrow_minor, refund_due_minor=0,
    )  # fmt: skip


def payout_made(amount_minor: int, paid_out_minor: int, escrow_minor: int) -> PayoutMade:
    return PayoutMade(
        order_id=PO, **SUPPLIER, amount_minor=amount_minor, **USD, paid_out_minor=paid_out_minor,
        escrow_minor=escrow_minor,
    )  # fmt: skip


def undelivered() -> OrderUndelivered:
    return OrderUndelivered(order_id=PO, **SUPPLIER, shipment_id=SH, state="SHIPPED")


def acceptance_reversed() -> AcceptanceReversed:
    return AcceptanceReversed(order_id=PO, dispute_id="D-1", reversed_at=day(30))


def dispute_opened(dispute_id: str = "D-1") -> DisputeOpened:
    return DisputeOpened(
        order_id=PO, **SUPPLIER, dispute_id=dispute_id, party="BUYER", kind="QUALITY", opened_at=day(25)
    )


def dispute_closed(dispute_id: str = "D-1") -> DisputeClosed:
    return DisputeClosed(
        order_id=PO, **SUPPLIER, dispute_id=dispute_id, outcome="SPLIT", refund_minor=100_00,
        closed_at=day(26),
    )  # fmt: skip


def claim_opened(claim_id: str = "late/1") -> ClaimOpened:
    return ClaimOpened(
        order_id=PO, **SUPPLIER, claim_id=claim_id, kind="LATE", by="SYSTEM", amount_minor=400_00, **USD,
        opened_at=day(21), answer_by=day(24), escalate_from=day(24), escalates_at=day(28),
    )  # fmt: skip


def claim_paid(claim_id: str = "late/1") -> ClaimPaid:
    return ClaimPaid(order_id=PO, **SUPPLIER, claim_id=claim_id, paid_minor=300_00, **USD, paid_at=day(29))


def recovery_due(due_from: Party, amount_minor: int, **more: Any) -> RecoveryDue:
    return RecoveryDue(
        order_id=PO, **SUPPLIER, claim_id="late/1", amount_minor=amount_minor, **USD, due_from=due_from, **more
    )  # fmt: skip


def recovery_recorded(amount_minor: int, open_minor: int, received_from: Party | None) -> RecoveryRecorded:
    return RecoveryRecorded(
        order_id=PO, **SUPPLIER, claim_id="late/1", recovery_id=f"R/{open_minor}", amount_minor=amount_minor,
        open_minor=open_minor, **USD, received_from=received_from, received_at=day(30),
    )  # fmt: skip


def unmatched(payment_id: str = "P/1", account_id: str = "VA-1") -> PaymentUnmatched:
    return PaymentUnmatched(
        account_id=account_id, payment_id=payment_id, amount_minor=300_00, **USD,
        reason="UNKNOWN_REFERENCE", order_ids=(),
    )  # fmt: skip


def return_due(payment_id: str = "P/1", account_id: str = "VA-1") -> ReturnDue:
    return ReturnDue(
        account_id=account_id, payment_id=payment_id, amount_minor=300_00, **USD, by="ana", reason="Not ours."
    )


def unmatched_returned(payment_id: str = "P/1", account_id: str = "VA-1") -> UnmatchedReturned:
    return UnmatchedReturned(account_id=account_id, payment_id=payment_id, amount_minor=300_00, **USD)


def scored(score: int) -> ScoreChanged:
    return ScoreChanged(**SUPPLIER, score=score, rules_version="V1", parts=())


def acknowledged(incident_id: str, number: int | None = None) -> AcknowledgementRequested:
    return AcknowledgementRequested(
        incident_id=incident_id,
        number=number,
        by="ana@ops",
        note="Asked the carrier.",
        acknowledged_at=day(4),
    )
