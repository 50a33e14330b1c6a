"""The plainest whole life of an order, twelve facts from outside: what Silkway and its peers are measured by.

Drafted, confirmed by both, paid, booked, shipped, three milestones, delivered, received, paid out. Every order has
a shipment of its own; its supplier's limit has room for what it asks for, so every hold is granted in full.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from silkway.cli.fact import Fact
from silkway.contracts import (
    Event,
    MilestoneTracked,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    ShipmentBooked,
    ShipmentLine,
    ShipmentShipped,
    SupplierRegistered,
    Terms,
)
from silkway.contracts.fields import MilestoneKind, Party

STAGES: Final = 12
"""Facts of each order."""
NOTICES: Final = 5
"""What the two parties hear of each: placed, paid, shipped, delivered, paid out."""
ORDERS_A_SUPPLIER: Final = 20
"""So many orders share a supplier; what they ask for together is less than the starting limit."""
TOTAL_MINOR: Final = 100_000
SOURCE: Final = "/silkway/bench"
_MILESTONES: Final[dict[int, MilestoneKind]] = {6: "DEPARTED", 7: "ARRIVED", 8: "AVAILABLE", 9: "DELIVERED"}


@dataclass(frozen=True, slots=True)
class Straight:
    """The order of this number; `run` tells the orders of one run from those of another. So many share a supplier.

    `total_minor`: its value in USD cents, even; a supplier's limit holds so much of all of its orders.
    """

    run: str
    number: int
    a_supplier: int = ORDERS_A_SUPPLIER
    total_minor: int = TOTAL_MINOR

    @property
    def order_id(self) -> str:
        return f"{self.run}-{self.number:07}"

    @property
    def supplier_id(self) -> str:
        return f"{self.run}-S{self.number // self.a_supplier:06}"

    def fact(self, stage: int, at: dt.datetime) -> Fact:
        """What is told of it at this stage, 0 to `STAGES` - 1; it happened `at`."""
        return Fact(at, self._event(stage, at), at, SOURCE, f"{self.order_id}/{stage}")

    def supplier(self, at: dt.datetime) -> Iterator[Fact]:
        """Its supplier's registration, told with the first of the supplier's orders."""
        if self.number % self.a_supplier == 0:
            name, place = f"Supplier {self.number // self.a_supplier}", "Asia/Shanghai"
            event = SupplierRegistered(
                supplier_id=self.supplier_id, name=name, country="CN", time_zone=place, registered_at=at
            )
            yield Fact(at, event, at, SOURCE, f"{self.supplier_id}/registered")

    def _event(self, stage: int, at: dt.datetime) -> Event:
        order_id, shipment_id, account_id = self.order_id, f"SH-{self.order_id}", f"VA-{self.supplier_id}"
        if stage == 0:
            return self._draft(at)
        if stage in (1, 2):
            party: Party = "BUYER" if stage == 1 else "SUPPLIER"
            return OrderConfirmed(order_id=order_id, party=party, confirmed_at=at)
        if stage == 3:
            return PaymentReceived(
                account_id=account_id, bank_reference=f"BANK-{order_id}", payment_reference=f"PAY-{order_id}",
                amount_minor=self.total_minor, currency="USD", received_at=at,
            )  # fmt: skip
        if stage == 4:
            lines = tuple(ShipmentLine(order_id=order_id, line_id=n, quantity=10) for n in ("1", "2"))
            return ShipmentBooked(
                shipment_id=shipment_id, mode="SEA", carrier="Blue Line", lines=lines, booked_at=at
            )
        if stage == 5:
            return ShipmentShipped(shipment_id=shipment_id, shipped_at=at)
        if stage in _MILESTONES:
            return MilestoneTracked(
                shipment_id=shipment_id, kind=_MILESTONES[stage], classifier="ACTUAL", occurred_at=at
            )
        if stage == 10:
            return ReceiptConfirmed(order_id=order_id, received_at=at)
        return PayoutPaid(
            account_id=account_id, order_id=order_id, amount_minor=self.total_minor,
            payout_reference=f"OUT-{order_id}", currency="USD", paid_at=at,
        )  # fmt: skip

    def _draft(self, at: dt.datetime) -> OrderDrafted:
        lines = tuple(
            OrderLine(line_id=n, description=f"Goods {n}", quantity=10, value_minor=self.total_minor // 2)
            for n in ("1", "2")
        )
        return OrderDrafted(
            order_id=self.order_id, buyer_id=f"BUY-{self.number % 97}", supplier_id=self.supplier_id,
            currency="USD", account_id=f"VA-{self.supplier_id}", payment_reference=f"PAY-{self.order_id}",
            lines=lines, terms=Terms(deposit_minor=self.total_minor * 3 // 10, balance_due="BEFORE_SHIPMENT"),
            incoterm="FOB", deliver_by=(at + dt.timedelta(days=40)).date(), destination_country="DE",
            coverage="AFTER_DELIVERY", drafted_at=at,
        )  # fmt: skip
