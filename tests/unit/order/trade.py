"""What the world says about one order, with plain defaults: two lines, USD 100.00, deposit USD 30.00."""

import datetime as dt
from typing import Any, Literal

from silkway.contracts import (
    AmendmentRequested,
    CancellationRequested,
    CarriedLine,
    DeliveredLine,
    DeliveryRetracted,
    DispatchRetracted,
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    HoldGranted,
    HoldReleased,
    InspectionFailed,
    InspectionPassed,
    OrderConfirmed,
    OrderDrafted,
    PaymentAssigned,
    PaymentReceived,
    PaymentReturned,
    PayoutApproved,
    PayoutPaid,
    ReceiptConfirmed,
    RefundPaid,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.contracts.fields import DisputeOutcome
from silkway.contracts.order import OrderLine, Terms
from tests.unit.desk import START, day

ORDER_ID = "PO-1"
CUPS, PLATES = "cups", "plates"
ALL = {CUPS: 10, PLATES: 5}


def drafted(**but: Any) -> OrderDrafted:
    values: dict[str, Any] = {
        "order_id": ORDER_ID, "buyer_id": "B1", "supplier_id": "S1", "currency": "USD", "account_id": "VA-1",
        "payment_reference": "REF-1", "drafted_at": day(0),
        "lines": (line(CUPS, 10, 60_00), line(PLATES, 5, 40_00)),
        "terms": Terms(deposit_minor=30_00, balance_due="BEFORE_SHIPMENT"),
    }  # fmt: skip
    return OrderDrafted(**{**values, **but})


def another(order_id: str, minor: int, **but: Any) -> OrderDrafted:
    """Another order on the same account."""
    return drafted(
        order_id=order_id, payment_reference=f"REF-{order_id}", lines=(line("1", 1, minor),),
        terms=Terms(deposit_minor=0, balance_due="AFTER_DELIVERY"), **but,
    )  # fmt: skip


def line(line_id: str, quantity: int, value_minor: int, **but: Any) -> OrderLine:
    return OrderLine(line_id=line_id, description=line_id, quantity=quantity, value_minor=value_minor, **but)


def worthless() -> dict[str, Any]:
    """A draft of total 0."""
    return {
        "lines": (line(CUPS, 10, 0), line(PLATES, 5, 0)),
        "terms": Terms(deposit_minor=0, balance_due="AFTER_DELIVERY"),
    }


def confirmed(party: Literal["BUYER", "SUPPLIER"], at: dt.datetime = START) -> OrderConfirmed:
    return OrderConfirmed(order_id=ORDER_ID, party=party, confirmed_at=at)


def received(at: dt.datetime) -> ReceiptConfirmed:
    return ReceiptConfirmed(order_id=ORDER_ID, received_at=at)


def paid(amount_minor: int, bank_reference: str = "E-1", **but: Any) -> PaymentReceived:
    values: dict[str, Any] = {
        "account_id": "VA-1", "bank_reference": bank_reference, "payment_reference": "REF-1",
        "amount_minor": amount_minor, "currency": "USD", "received_at": day(2),
    }  # fmt: skip
    return PaymentReceived(**{**values, **but})


def paid_out(amount_minor: int, payout_reference: str = "X-1", **but: Any) -> PayoutPaid:
    values: dict[str, Any] = {
        "account_id": "VA-1", "order_id": ORDER_ID, "payout_reference": payout_reference,
        "amount_minor": amount_minor, "currency": "USD", "paid_at": day(40),
    }  # fmt: skip
    return PayoutPaid(**{**values, **but})


def linked(
    shipment_id: str = "SH-1", carried: dict[str, int] = ALL, split_from: str | None = None
) -> ShipmentLinked:
    return ShipmentLinked(
        order_id=ORDER_ID, shipment_id=shipment_id, mode="SEA", carrier=None, lines=_carried(carried),
        split_from=split_from,
    )  # fmt: skip


def dispatched(shipment_id: str = "SH-1", carried: dict[str, int] = ALL, on: float = 5) -> ShipmentDispatched:
    return ShipmentDispatched(
        order_id=ORDER_ID, shipment_id=shipment_id, lines=_carried(carried), shipped_at=day(on)
    )


def delivered(
    shipment_id: str = "SH-1", carried: dict[str, int] = ALL, on: int = 20, late: bool = False
) -> ShipmentDelivered:
    lines = tuple(
        DeliveredLine(
            line_id=line_id, quantity=quantity, deliver_by=None, delivered_on=day(on).date(), late=late,
            mode="SEA", destination_country=None,
        )
        for line_id, quantity in carried.items()
    )  # fmt: skip
    return ShipmentDelivered(order_id=ORDER_ID, shipment_id=shipment_id, delivered_at=day(on), lines=lines)


def granted(granted_minor: int = 100_00, full: bool = True) -> HoldGranted:
    return HoldGranted(
        order_id=ORDER_ID, supplier_id="S1", hold_id="H-1", currency="USD", requested_minor=100_00,
        granted_minor=granted_minor, full=full,
    )  # fmt: skip


def released() -> HoldReleased:
    return HoldReleased(
        order_id=ORDER_ID, supplier_id="S1", hold_id="H-1", released_minor=100_00, currency="USD",
        released_at=day(50),
    )  # fmt: skip


def _carried(carried: dict[str, int]) -> tuple[CarriedLine, ...]:
    return tuple(CarriedLine(line_id=line_id, quantity=quantity) for line_id, quantity in carried.items())


# --- what makes a life more than plain -------------------------------------------------------------------------


def amendment(at: dt.datetime, amendment_id: str = "A-1", **but: Any) -> AmendmentRequested:
    values: dict[str, Any] = {
        "order_id": ORDER_ID, "amendment_id": amendment_id, "party": "BUYER", "reason": "Something changed.",
        "requested_at": at,
    }  # fmt: skip
    return AmendmentRequested(**{**values, **but})


def cancellation(at: dt.datetime, cancellation_id: str = "C-1") -> CancellationRequested:
    return CancellationRequested(
        order_id=ORDER_ID, cancellation_id=cancellation_id, party="BUYER", reason="No longer needed.",
        requested_at=at,
    )  # fmt: skip


def returned(amount_minor: int, of_minor: int | None = None, **but: Any) -> PaymentReturned:
    values: dict[str, Any] = {
        "account_id": "VA-1", "bank_reference": "E-1", "entry_minor": of_minor or amount_minor,
        "return_reference": "B-1", "amount_minor": amount_minor, "currency": "USD",
        "reason": "The payer's account was closed.", "returned_at": day(3),
    }  # fmt: skip
    return PaymentReturned(**{**values, **but})


def assigned(amount_minor: int, bank_reference: str = "E-1", **but: Any) -> PaymentAssigned:
    values: dict[str, Any] = {
        "account_id": "VA-1", "bank_reference": bank_reference, "amount_minor": amount_minor, "action": "ASSIGN",
        "order_id": ORDER_ID, "by": "Treasury", "reason": "The payer said so.", "assigned_at": day(3),
    }  # fmt: skip
    return PaymentAssigned(**{**values, **but})


def sent_back(amount_minor: int, bank_reference: str = "E-1") -> PaymentAssigned:
    return assigned(amount_minor, bank_reference, action="RETURN", order_id=None, reason="Nobody knows it.")


def refunded(amount_minor: int, refund_reference: str = "R-1", **but: Any) -> RefundPaid:
    values: dict[str, Any] = {
        "account_id": "VA-1", "order_id": ORDER_ID, "refund_reference": refund_reference,
        "amount_minor": amount_minor, "currency": "USD", "paid_at": day(41),
    }  # fmt: skip
    return RefundPaid(**{**values, **but})


def approved(amount_minor: int) -> PayoutApproved:
    return PayoutApproved(
        account_id="VA-1", order_id=ORDER_ID, amount_minor=amount_minor, by="Treasury", approved_at=day(39)
    )


def disputed(at: dt.datetime, dispute_id: str = "D-1") -> DisputeRaised:
    return DisputeRaised(
        order_id=ORDER_ID, dispute_id=dispute_id, party="BUYER", kind="QUALITY", text="Chipped.", raised_at=at
    )


def resolved(at: dt.datetime, refund_minor: int = 0, dispute_id: str = "D-1") -> DisputeResolved:
    outcome: DisputeOutcome = "SPLIT" if refund_minor else "FOR_SUPPLIER"
    return DisputeResolved(
        order_id=ORDER_ID, dispute_id=dispute_id, outcome=outcome, refund_minor=refund_minor, by="Desk",
        resolved_at=at,
    )  # fmt: skip


def dispute_withdrawn(at: dt.datetime, dispute_id: str = "D-1") -> DisputeWithdrawn:
    return DisputeWithdrawn(order_id=ORDER_ID, dispute_id=dispute_id, text="New ones came.", withdrawn_at=at)


def passed(at: dt.datetime) -> InspectionPassed:
    return InspectionPassed(order_id=ORDER_ID, inspected_at=at, by="Li", report="R-1")


def failed(at: dt.datetime) -> InspectionFailed:
    return InspectionFailed(order_id=ORDER_ID, inspected_at=at, by="Li", findings="Handles come off.")


def undispatched(
    shipment_id: str = "SH-1", carried: dict[str, int] = ALL, told_anew: bool = False
) -> DispatchRetracted:
    return DispatchRetracted(
        order_id=ORDER_ID, shipment_id=shipment_id, lines=_carried(carried), reason="Wrong container.",
        told_anew=told_anew,
    )  # fmt: skip


def undelivered(
    shipment_id: str = "SH-1", carried: dict[str, int] = ALL, told_anew: bool = False
) -> DeliveryRetracted:
    return DeliveryRetracted(
        order_id=ORDER_ID, shipment_id=shipment_id, lines=_carried(carried), reason="Scanned at the depot.",
        told_anew=told_anew,
    )  # fmt: skip
