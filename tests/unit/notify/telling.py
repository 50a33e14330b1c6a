"""What order, logistics and credit tell of order PO-1: ten cups, USD 1,000.00, from supplier S1."""

from typing import Any

from silkway.contracts import (
    CarriedLine,
    DeliveredLine,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    LimitReassessed,
    MilestoneRecorded,
    OrderAccepted,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderLine,
    OrderPlaced,
    OrderRecorded,
    OrderSettled,
    OrderShipped,
    PaymentMatched,
    PayoutDue,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
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
