"""What order, logistics and credit tell of order PO-1: ten cups, USD 1,000.00, from supplier S1."""

from typing import Any

from silkway.contracts import (
    AcceptanceReversed,
    AcknowledgementRequested,
    CarriedLine,
    ClaimOpened,
    ClaimPaid,
    DelayedLine,
    DeliveredLine,
    DeliveryRetracted,
    DispatchRetracted,
    DisputeClosed,
    DisputeOpened,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    HoldVoided,
    LimitReassessed,
    MilestoneRecorded,
    OrderAccepted,
    OrderCancelled,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderLine,
    OrderPlaced,
    OrderRecorded,
    OrderRefunded,
    OrderReinstated,
    OrderSettled,
    OrderShipped,
    OrderUndelivered,
    PaymentMatched,
    PaymentReversed,
    PaymentUnmatched,
    PayoutDue,
    PayoutMade,
    PromiseAtRisk,
    PromiseBroken,
    RefundDue,
    RefundWithdrawn,
    ReturnDue,
    ScoreChanged,
    ShipmentDelayed,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentHeard,
    ShipmentLinked,
    ShipmentRecovered,
    ShipmentSilent,
)
from silkway.contracts.fields import MilestoneKind, ShipmentState
from tests.unit.desk import day

PO, SH = "PO-1", "SH-1"
USD: dict[str, Any] = {"currency": "USD"}
SUPPLIER: dict[str, Any] = {"supplier_id": "S1"}


def recorded(order_id: str = PO, buyer_id: str = "B1") -> OrderRecorded:
    cups = OrderLine(
        line_id="cups", description="Cups, blue", quantity=10, value_minor=1_000_00,
        deliver_by=day(20).date(), destination_country="DE",
    )  # fmt: skip
    return OrderRecorded(
        order_id=order_id, buyer_id=buyer_id, **SUPPLIER, **USD, total_minor=1_000_00, deposit_minor=300_00,
        account_id="VA-1", payment_reference="REF-1", lines=(cups,), acceptance_days=7,
        coverage="AFTER_DELIVERY", drafted_at=day(0),
    )  # fmt: skip


def placed() -> OrderPlaced:
    return OrderPlaced(order_id=PO, **SUPPLIER, **USD, total_minor=1_000_00, placed_at=day(1))


def matched(amount_minor: int, received_minor: int, payment_id: str | None = None) -> PaymentMatched:
    return PaymentMatched(
        order_id=PO, payment_id=payment_id or f"P/{received_minor}", amount_minor=amount_minor, **USD,
        received_minor=received_minor, open_minor=1_000_00 - received_minor,
    )  # fmt: skip


def funded() -> OrderFunded:
    return OrderFunded(order_id=PO, total_minor=1_000_00, funded_at=day(4))


def requested(request: int = 1) -> HoldRequested:
    return HoldRequested(
        order_id=PO, **SUPPLIER, **USD, amount_minor=1_000_00, coverage="AFTER_DELIVERY", request=request
    )


def granted(granted_minor: int = 1_000_00, request: int = 1) -> HoldGranted:
    return HoldGranted(
        order_id=PO, **SUPPLIER, **USD, hold_id="H-1", requested_minor=1_000_00,
        granted_minor=granted_minor, full=granted_minor == 1_000_00, request=request,
    )  # fmt: skip


def refused(order_id: str = PO) -> HoldRefused:
    return HoldRefused(order_id=order_id, **SUPPLIER, **USD, reason="NO_FREE_LIMIT", requested_minor=1_000_00)


def released() -> HoldReleased:
    return HoldReleased(
        order_id=PO, **SUPPLIER, **USD, hold_id="H-1", released_minor=1_000_00, released_at=day(60)
    )


def reassessed(limit_minor: int, shortfall_minor: int = 0) -> LimitReassessed:
    return LimitReassessed(
        **SUPPLIER, **USD, limit_minor=limit_minor, shortfall_minor=shortfall_minor, rules_version="V1",
        reasons=(),
    )  # fmt: skip


def linked(shipment_id: str = SH, quantity: int = 10) -> ShipmentLinked:
    carried = (CarriedLine(line_id="cups", quantity=quantity),)
    return ShipmentLinked(
        order_id=PO, shipment_id=shipment_id, mode="SEA", carrier="Blue Line", lines=carried
    )


def dispatched(shipment_id: str = SH, on: int = 5, quantity: int = 10) -> ShipmentDispatched:
    carried = (CarriedLine(line_id="cups", quantity=quantity),)
    return ShipmentDispatched(order_id=PO, shipment_id=shipment_id, lines=carried, shipped_at=day(on))


def milestone(
    kind: MilestoneKind, on: int, state: ShipmentState = "IN_TRANSIT", **but: Any
) -> MilestoneRecorded:
    values: dict[str, Any] = {
        "shipment_id": SH, "classifier": "ACTUAL", "leg": 0, "place": None, "questioned": False,
    }  # fmt: skip
    return MilestoneRecorded(order_id=PO, kind=kind, occurred_at=day(on), state=state, **{**values, **but})


def delivered(
    shipment_id: str = SH, on: int = 22, quantity: int = 10, order_id: str = PO
) -> ShipmentDelivered:
    cups = DeliveredLine(
        line_id="cups", quantity=quantity, deliver_by=day(20).date(), delivered_on=day(on).date(),
        late=on > 20, mode="SEA", destination_country="DE",
    )  # fmt: skip
    return ShipmentDelivered(order_id=order_id, shipment_id=shipment_id, delivered_at=day(on), lines=(cups,))


def shipped() -> OrderShipped:
    return OrderShipped(order_id=PO, state="SHIPPED")


def all_delivered() -> OrderDelivered:
    return OrderDelivered(order_id=PO, **SUPPLIER, state="DELIVERED", delivered_at=day(22), lines_late=1)


def accepted() -> OrderAccepted:
    return OrderAccepted(order_id=PO, by="PERIOD", accepted_at=day(29))


def completed() -> OrderCompleted:
    return OrderCompleted(
        order_id=PO, **SUPPLIER, **USD, total_minor=1_000_00, lines=1, lines_late=1, completed_at=day(29)
    )


def payout_due() -> PayoutDue:
    return PayoutDue(order_id=PO, **SUPPLIER, account_id="VA-1", **USD, amount_minor=1_000_00)


def settled() -> OrderSettled:
    return OrderSettled(order_id=PO, settled_at=day(31), paid_out_minor=1_000_00)


# --- what goes wrong ----------------------------------------------------------------------------------------


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


def unmatched(payment_id: str = "P/1", account_id: str = "VA-1") -> PaymentUnmatched:
    return PaymentUnmatched(
        account_id=account_id, payment_id=payment_id, amount_minor=300_00, **USD,
        reason="UNKNOWN_REFERENCE", order_ids=(),
    )  # fmt: skip


def return_due(payment_id: str = "P/1", account_id: str = "VA-1") -> ReturnDue:
    return ReturnDue(
        account_id=account_id, payment_id=payment_id, amount_minor=300_00, **USD, by="ana", reason="Not ours."
    )


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
