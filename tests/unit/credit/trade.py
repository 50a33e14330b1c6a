"""What credit hears about suppliers and orders, with plain defaults."""

import datetime as dt
from typing import Any

from silkway.contracts import (
    ClaimAnswered,
    ClaimDecided,
    ClaimRequested,
    DispatchRetracted,
    DisputeClosed,
    EscalationRequested,
    EtaChanged,
    Event,
    HoldRequested,
    MilestoneRecorded,
    MilestoneWithdrawn,
    OrderAmended,
    OrderCancelled,
    OrderCompleted,
    OrderDelivered,
    OrderLine,
    OrderRecorded,
    OrderRefunded,
    OrderShipped,
    OrderUndelivered,
    PaymentMatched,
    ProofGiven,
    RatePublished,
    RecoveryReceived,
    ShipmentDispatched,
    ShipmentLinked,
    SupplierRegistered,
    WithdrawalRequested,
)
from silkway.contracts.fields import Party
from silkway.contracts.logistics_events import CarriedLine
from silkway.credit.consumer import SERVICE
from silkway.credit.domain import Claim, Order, Supplier
from silkway.credit.store import ORDER, SUPPLIER
from tests.unit.desk import START, Desk, day

USD = 100
TOTAL = 8_300 * USD
PROMISED = dt.date(2026, 1, 4)
MISSED = dt.datetime(2026, 1, 4, 16, tzinfo=dt.UTC)
"""When the day after the promise begins in Shanghai, where the supplier is."""


def after(days: float) -> dt.datetime:
    """So many days after the promise was missed."""
    return MISSED + dt.timedelta(days=days)


class Credit(Desk):
    """The credit service, which hears of an order's draft before anything else of the order, if `drafts`."""

    def __init__(self, *, drafts: bool = True) -> None:
        super().__init__(SERVICE)
        self._drafts = drafts
        self._recorded: set[str] = set()

    def hear(self, event: Event, known_at: dt.datetime, *more: Any) -> None:
        order_id = getattr(event, "order_id", None)
        if self._drafts and order_id is not None and order_id not in self._recorded:
            self._recorded.add(order_id)
            if not isinstance(event, OrderRecorded):
                super().hear(recorded(order_id), known_at)
        super().hear(event, known_at, *more)

    def pass_by(self, event: Event, known_at: dt.datetime) -> None:
        """An event is heard, and time passes it."""
        self.hear(event, known_at)
        self.reach(known_at + dt.timedelta(microseconds=1))

    def order(self, order_id: str = "PO-1") -> Order:
        return self.state(ORDER, order_id)

    def supplier(self) -> Supplier:
        return self.state(SUPPLIER, "S1")

    def claim(self, claim_id: str = "PO-1|LATE", order_id: str = "PO-1") -> Claim:
        (claim,) = (claim for claim in self.order(order_id).claims if claim.claim_id == claim_id)
        return claim


def recorded(order_id: str = "PO-1", **changes: Any) -> OrderRecorded:
    """Without promises unless `ship_by` is given; a total of USD 8,300 unless `total_minor` is."""
    total_minor, quantity = changes.pop("total_minor", 8_300 * USD), changes.pop("quantity", 10)
    line = OrderLine(
        line_id="1", description="Mugs", quantity=quantity, value_minor=total_minor,
        ship_by=changes.pop("ship_by", None), deliver_by=changes.pop("deliver_by", None),
    )  # fmt: skip
    values: dict[str, Any] = {
        "order_id": order_id, "buyer_id": "B1", "supplier_id": "S1", "currency": "USD", "total_minor": total_minor,
        "deposit_minor": 0, "account_id": "A1", "payment_reference": "R1", "lines": (line,), "acceptance_days": 7,
        "coverage": "AFTER_DELIVERY", "drafted_at": START,
    }  # fmt: skip
    return OrderRecorded(**(values | changes))


def registered(
    supplier_id: str = "S1", at: dt.datetime = START, name: str = "Mills Ltd"
) -> SupplierRegistered:
    return SupplierRegistered(
        supplier_id=supplier_id, name=name, country="CN", time_zone="Asia/Shanghai", registered_at=at
    )


def asked(order_id: str, amount_minor: int, currency: str = "USD", supplier_id: str = "S1") -> HoldRequested:
    return HoldRequested(
        order_id=order_id, supplier_id=supplier_id, currency=currency, amount_minor=amount_minor,
        coverage="AFTER_DELIVERY",
    )  # fmt: skip


def delivered(order_id: str, whole: bool = True) -> OrderDelivered:
    return OrderDelivered(
        order_id=order_id, supplier_id="S1", state="DELIVERED" if whole else "PART_DELIVERED",
        delivered_at=day(20) if whole else None, lines_late=0,
    )  # fmt: skip


def completed(
    order_id: str,
    total_minor: int,
    lines: int = 1,
    late: int = 0,
    currency: str = "USD",
    again: bool | None = None,
) -> OrderCompleted:
    return OrderCompleted(
        order_id=order_id, supplier_id="S1", currency=currency, total_minor=total_minor, lines=lines,
        lines_late=late, again=again, completed_at=day(25),
    )  # fmt: skip


def rated(currency: str, rate: str, at: dt.datetime = START) -> RatePublished:
    return RatePublished(currency_id=currency, rate=rate, published_at=at)


def paid(amount_minor: int, order_id: str = "PO-1") -> PaymentMatched:
    return PaymentMatched(
        order_id=order_id, payment_id="P1", amount_minor=amount_minor, currency="USD",
        received_minor=amount_minor, open_minor=0,
    )  # fmt: skip


def refunded(amount_minor: int, order_id: str = "PO-1") -> OrderRefunded:
    """Of the order's money so much has gone back to the buyer in all."""
    return OrderRefunded(
        order_id=order_id, amount_minor=amount_minor, currency="USD", refunded_minor=amount_minor, escrow_minor=0,
        refund_due_minor=0,
    )  # fmt: skip


def cancelled(order_id: str = "PO-1") -> OrderCancelled:
    return OrderCancelled(
        order_id=order_id, cancellation_id="X1", supplier_id="S1", by="BUYER", reason="no longer wanted",
        refund_due_minor=0, cancelled_at=START,
    )  # fmt: skip


def amended(lines: tuple[OrderLine, ...], received_minor: int = TOTAL) -> OrderAmended:
    """To these lines and no others."""
    total = sum(line.value_minor for line in lines)
    return OrderAmended(
        order_id="PO-1", amendment_id="A1", lines=lines, total_minor=total, deposit_minor=0,
        received_minor=received_minor, open_minor=0, refund_due_minor=0,
    )  # fmt: skip


def undelivered(order_id: str = "PO-1") -> OrderUndelivered:
    return OrderUndelivered(order_id=order_id, shipment_id="SH-1", supplier_id="S1", state="SHIPPED")


def shipped(order_id: str = "PO-1") -> OrderShipped:
    return OrderShipped(order_id=order_id, state="SHIPPED")


def linked(shipment_id: str = "SH-1", quantity: int = 10, **changes: Any) -> ShipmentLinked:
    values: dict[str, Any] = {
        "order_id": "PO-1", "shipment_id": shipment_id, "mode": "SEA",
        "lines": (CarriedLine(line_id="1", quantity=quantity),),
    }  # fmt: skip
    return ShipmentLinked(**(values | changes))


def retracted(shipment_id: str = "SH-1", quantity: int = 10, *, told_anew: bool = False) -> DispatchRetracted:
    return DispatchRetracted(
        order_id="PO-1", shipment_id=shipment_id, lines=(CarriedLine(line_id="1", quantity=quantity),),
        reason="wrong box", told_anew=told_anew,
    )  # fmt: skip


def untracked(at: dt.datetime, shipment_id: str = "SH-1") -> MilestoneWithdrawn:
    return MilestoneWithdrawn(
        order_id="PO-1", shipment_id=shipment_id, kind="DEPARTED", classifier="ACTUAL", leg=0, call=0,
        occurred_at=at, state="BOOKED", reason="another ship",
    )  # fmt: skip


def dispatched(at: dt.datetime, shipment_id: str = "SH-1", quantity: int = 10) -> ShipmentDispatched:
    return ShipmentDispatched(
        order_id="PO-1", shipment_id=shipment_id, lines=(CarriedLine(line_id="1", quantity=quantity),),
        shipped_at=at,
    )  # fmt: skip


def tracked(
    at: dt.datetime, kind: str = "DEPARTED", shipment_id: str = "SH-1", **changes: Any
) -> MilestoneRecorded:
    values: dict[str, Any] = {
        "order_id": "PO-1", "shipment_id": shipment_id, "kind": kind, "classifier": "ACTUAL", "occurred_at": at,
        "leg": 0, "questioned": False, "state": "IN_TRANSIT",
    }  # fmt: skip
    return MilestoneRecorded(**(values | changes))


def expected(eta: dt.datetime, shipment_id: str = "SH-1", cause: str | None = None) -> EtaChanged:
    return EtaChanged(
        order_id="PO-1", shipment_id=shipment_id, eta=eta, basis="DELIVERED", classifier="ESTIMATED", source="/c",
        cause_reference=cause,
    )  # fmt: skip


def proof(shipped_at: dt.datetime, given_at: dt.datetime, shipment_id: str | None = None) -> ProofGiven:
    return ProofGiven(order_id="PO-1", shipment_id=shipment_id, shipped_at=shipped_at, given_at=given_at)


def claimed(amount_minor: int, claim_id: str = "C1", **changes: Any) -> ClaimRequested:
    values: dict[str, Any] = {
        "order_id": "PO-1", "claim_id": claim_id, "kind": "QUALITY", "amount_minor": amount_minor, "currency": "USD",
        "text": "broken", "requested_at": START,
    }  # fmt: skip
    return ClaimRequested(**(values | changes))


def answered(agreed: bool, claim_id: str = "PO-1|LATE", amount_minor: int | None = None) -> ClaimAnswered:
    return ClaimAnswered(
        order_id="PO-1", claim_id=claim_id, agreed=agreed, amount_minor=amount_minor, text="so it is",
        answered_at=START,
    )  # fmt: skip


def escalation(claim_id: str = "PO-1|LATE") -> EscalationRequested:
    return EscalationRequested(order_id="PO-1", claim_id=claim_id, requested_at=START)


def given_up(claim_id: str = "PO-1|LATE", text: str | None = None) -> WithdrawalRequested:
    return WithdrawalRequested(order_id="PO-1", claim_id=claim_id, text=text, requested_at=START)


def decided(upheld: bool, claim_id: str = "PO-1|LATE", amount_minor: int | None = None) -> ClaimDecided:
    return ClaimDecided(
        order_id="PO-1", claim_id=claim_id, upheld=upheld, amount_minor=amount_minor, by="board", text="looked at",
        decided_at=START,
    )  # fmt: skip


def repaid(
    amount_minor: int, recovery_id: str = "R1", claim_id: str = "PO-1|LATE", by: Party | None = None
) -> RecoveryReceived:
    return RecoveryReceived(
        order_id="PO-1", claim_id=claim_id, recovery_id=recovery_id, amount_minor=amount_minor, currency="USD",
        received_from=by, received_at=START,
    )  # fmt: skip


def dispute_closed(outcome: str, order_id: str = "PO-1") -> DisputeClosed:
    return DisputeClosed(
        order_id=order_id, dispute_id="D1", supplier_id="S1", outcome=outcome,  # type: ignore[arg-type]
        refund_minor=0, closed_at=START,
    )  # fmt: skip


def promised() -> Credit:
    """An order of USD 8,300, paid and covered in full, booked, promised to be shipped by 4 January."""
    desk = Credit()
    desk.hear(registered(), day(0))
    desk.hear(recorded(ship_by=PROMISED), day(0))
    desk.hear(asked("PO-1", TOTAL), day(1))
    desk.hear(paid(TOTAL), day(1))
    desk.hear(linked(), day(1))
    return desk


def missed() -> Credit:
    """The same, and the promise has been missed."""
    desk = promised()
    desk.reach(MISSED)
    return desk
