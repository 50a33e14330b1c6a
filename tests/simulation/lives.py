"""Random lives of one order, as the world tells them: facts, each with the time at which it became known."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Any

from silkway.contracts import (
    AmendmentRequested,
    CancellationRequested,
    ClaimAnswered,
    ClaimDecided,
    ClaimRequested,
    DisputeRaised,
    DisputeResolved,
    DisputeWithdrawn,
    Event,
    InspectionFailed,
    InspectionPassed,
    MilestoneRetracted,
    MilestoneTracked,
    OrderConfirmed,
    OrderDrafted,
    PaymentReceived,
    PaymentReturned,
    PayoutPaid,
    ReceiptConfirmed,
    RefundPaid,
    ShipmentBooked,
    ShipmentShipped,
    SupplierRegistered,
    WithdrawalRequested,
)
from silkway.contracts.fields import DisputeOutcome, InspectionGate, MilestoneKind
from silkway.contracts.order import Inspection, OrderLine, Terms
from silkway.contracts.shipment import ShipmentLine
from tests.unit.desk import Heard, day

_WAY: tuple[tuple[MilestoneKind, float], ...] = (("DEPARTED", 2), ("ARRIVED", 20), ("DELIVERED", 24))
ORDER_ID, SUPPLIER_ID, ACCOUNT_ID = "PO-1", "S-1", "VA-1"
PIECES = {"cups": 10, "plates": 6}
TOTAL_MINOR = 100_00
END = day(800)
SHIP_BY = day(12)
"""Midnight at the beginning of the promised day, where ship_by is promised."""


class Life:
    """One order's life. Times are days into the story, drawn; what becomes known late is drawn as well.

    `number` tells the orders of one supplier and one account apart.
    """

    def __init__(self, chance: Random, number: int = 1) -> None:
        self._chance, self._number = chance, number
        self._order_id, self._reference = f"PO-{number}", f"REF-{number}"
        self.facts: list[Heard] = []

    def write(self) -> list[Heard]:
        """All facts of the life."""
        if self._number == 1:
            registered = SupplierRegistered(
                supplier_id=SUPPLIER_ID, name="Cups & Plates", registered_at=day(0)
            )
            self._tell(registered, 0)
        self._agree()
        self._pay()
        self._send()
        if self._happens(0.3):
            self._amend()
        if self._happens(0.2):
            self._cancel()
        if self._happens(0.3):
            self._dispute()
        if self._happens(0.2):
            self._claim()
        self._end()
        return self.facts

    # --- its chapters -----------------------------------------------------------------------------------

    def _agree(self) -> None:
        gate: InspectionGate | None = self._chance.choice((None, None, "BEFORE_BALANCE", "BEFORE_SHIPMENT"))
        self._tell(
            OrderDrafted(
                order_id=self._order_id, buyer_id="B-1", supplier_id=SUPPLIER_ID, currency="USD",
                account_id=ACCOUNT_ID, payment_reference=self._reference,
                lines=(_line("cups", 60_00), _line("plates", 40_00)),
                terms=Terms(
                    deposit_minor=30_00,
                    balance_due="AFTER_DELIVERY" if self._happens(0.5) else "BEFORE_SHIPMENT",
                ),
                inspection=Inspection(gate=gate) if gate else None,
                place_on="FIRST_PAYMENT" if self._happens(0.3) else "BOTH_CONFIRMED",
                ship_by=SHIP_BY.date() if self._happens(0.4) else None,
                deliver_by=day(40).date(), acceptance_days=5,
                coverage=self._chance.choice(("NONE", "BEFORE_SHIPMENT", "AFTER_DELIVERY")),
                cover_until=day(36).date() if self._happens(0.2) else None,
                drafted_at=day(1),
            ),
            1,
        )  # fmt: skip
        self._tell(OrderConfirmed(order_id=self._order_id, party="BUYER", confirmed_at=day(2)), 2)
        self._tell(OrderConfirmed(order_id=self._order_id, party="SUPPLIER", confirmed_at=day(3)), 3)
        if gate:
            inspected: dict[str, Any] = {"order_id": self._order_id, "by": "QA"}
            if self._happens(0.3):
                self._tell(InspectionFailed(inspected_at=day(6), findings="cracks", **inspected), 6)
            self._tell(InspectionPassed(inspected_at=day(9), **inspected), 9)

    def _pay(self) -> None:
        over = self._chance.choice((0, 0, 0, 5_00))
        for number, amount_minor in enumerate(self._parts(TOTAL_MINOR + over)):
            at = self._chance.uniform(0, 45)
            paid = PaymentReceived(
                account_id=ACCOUNT_ID, bank_reference=f"E-{self._number}-{number}",
                amount_minor=amount_minor, currency="USD",
                payment_reference=self._chance.choice((*[self._reference] * 3, "REF-X", None)),
                received_at=day(at),
            )  # fmt: skip
            for _ in range(self._chance.choice((1, 1, 2))):  # reported intraday and at the end of the day
                self._tell(paid, at)
            if self._happens(0.1):
                back_at = at + self._chance.uniform(0, 30)
                self._tell(
                    PaymentReturned(
                        account_id=ACCOUNT_ID, bank_reference=paid.bank_reference, entry_minor=amount_minor,
                        return_reference=f"R-{self._number}-{number}", amount_minor=amount_minor, currency="USD",
                        reason="account closed", returned_at=day(back_at),
                    ),
                    back_at,
                )  # fmt: skip

    def _send(self) -> None:
        cut = self._chance.choice((0, 4))
        loads = [{"cups": cut}, {**PIECES, "cups": PIECES["cups"] - cut}] if cut else [PIECES]
        for number, load in enumerate(loads):
            self._ship(f"SH-{self._number}-{number}", load, self._chance.uniform(5, 20))

    def _ship(self, shipment_id: str, load: dict[str, int], left: float) -> None:
        lines = tuple(
            ShipmentLine(order_id=self._order_id, line_id=line_id, quantity=n) for line_id, n in load.items()
        )
        self._tell(ShipmentBooked(shipment_id=shipment_id, mode="SEA", lines=lines, booked_at=day(4)), 4)
        self._tell(ShipmentShipped(shipment_id=shipment_id, shipped_at=day(left)), left)
        for kind, after in _WAY:
            at = left + after + self._chance.uniform(0, 1)
            tracked = MilestoneTracked(
                shipment_id=shipment_id, kind=kind, classifier="ACTUAL", occurred_at=day(at)
            )
            for _ in range(self._chance.choice((1, 1, 2))):
                self._tell(tracked, at)
            if kind == "DELIVERED" and self._happens(0.15):
                self._take_back(tracked, at)

    def _take_back(self, tracked: MilestoneTracked, at: float) -> None:
        """A delivery that was none, and the true one some days later."""
        back_at, again_at = at + self._chance.uniform(1, 10), at + self._chance.uniform(10, 20)
        self._tell(
            MilestoneRetracted(
                shipment_id=tracked.shipment_id, kind="DELIVERED", classifier="ACTUAL",
                occurred_at=tracked.occurred_at, reason="wrong consignee", retracted_at=day(back_at),
            ),
            back_at,
        )  # fmt: skip
        self._tell(tracked.model_copy(update={"occurred_at": day(again_at)}), again_at)

    def _amend(self) -> None:
        at = self._chance.uniform(2, 20)
        value_minor = self._chance.choice((30_00, 55_00))
        self._tell(
            AmendmentRequested(
                order_id=self._order_id, amendment_id="A-1", party="BUYER", reason="other plates",
                lines=(_line("cups", 60_00), _line("plates", value_minor)), requested_at=day(at),
            ),
            at,
        )  # fmt: skip

    def _cancel(self) -> None:
        at = self._chance.uniform(2, 20)
        self._tell(
            CancellationRequested(
                order_id=self._order_id,
                cancellation_id="C-1",
                party="BUYER",
                reason="no need",
                requested_at=day(at),
            ),
            at,
        )

    def _dispute(self) -> None:
        at = self._chance.uniform(20, 60)
        dispute: dict[str, Any] = {"order_id": self._order_id, "dispute_id": "D-1"}
        self._tell(
            DisputeRaised(party="BUYER", kind="QUALITY", text="cracks", raised_at=day(at), **dispute), at
        )
        outcome: DisputeOutcome
        outcome, refund_minor = self._chance.choice(
            (("FOR_SUPPLIER", 0), ("SPLIT", 20_00), ("FOR_BUYER", 90_00))
        )
        at += self._chance.uniform(1, 20)
        if self._happens(0.2):
            return self._tell(DisputeWithdrawn(withdrawn_at=day(at), **dispute), at)
        self._tell(
            DisputeResolved(
                outcome=outcome, refund_minor=refund_minor, by="ops", resolved_at=day(at), **dispute
            ),
            at,
        )

    def _claim(self) -> None:
        at = self._chance.uniform(30, 50)
        claim: dict[str, Any] = {"order_id": self._order_id, "claim_id": "CL-1"}
        self._tell(
            ClaimRequested(
                kind="QUALITY",
                amount_minor=15_00,
                currency="USD",
                text="cracks",
                requested_at=day(at),
                **claim,
            ),
            at,
        )
        if self._happens(0.5):
            agreed = self._happens(0.5)
            self._tell(ClaimAnswered(agreed=agreed, answered_at=day(at + 1), **claim), at + 1)
        if self._happens(0.3):
            self._tell(WithdrawalRequested(requested_at=day(at + 2), **claim), at + 2)
        self._tell(
            ClaimDecided(upheld=self._happens(0.5), by="ops", text="seen", decided_at=day(at + 20), **claim),
            at + 20,
        )

    def _end(self) -> None:
        if self._happens(0.5):
            at = self._chance.uniform(20, 60)
            self._tell(ReceiptConfirmed(order_id=self._order_id, received_at=day(at)), at)
        money: dict[str, Any] = {"account_id": ACCOUNT_ID, "order_id": self._order_id, "currency": "USD"}
        for number, amount_minor in enumerate(self._parts(TOTAL_MINOR)):
            at = 100 + number
            paid = PayoutPaid(
                payout_reference=f"X-{self._number}-{number}",
                amount_minor=amount_minor,
                paid_at=day(at),
                **money,
            )
            self._tell(paid, at)
        if self._happens(0.3):
            back = RefundPaid(
                refund_reference=f"B-{self._number}", amount_minor=5_00, paid_at=day(110), **money
            )
            self._tell(back, 110)

    # --- how --------------------------------------------------------------------------------------------

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability

    def _tell(self, event: Event, at_day: float) -> None:
        late = self._chance.choice((0, 0, 0, 0.5, 8))
        self.facts.append(Heard(event, day(at_day) + dt.timedelta(days=late * self._chance.random())))

    def _parts(self, total: int) -> Iterator[int]:
        """The total in one to three positive parts."""
        cuts = sorted(
            {0, total, *(self._chance.randrange(1, total) for _ in range(self._chance.randrange(3)))}
        )
        return (right - left for left, right in pairwise(cuts))


def _line(line_id: str, value_minor: int) -> OrderLine:
    return OrderLine(line_id=line_id, description=line_id, quantity=PIECES[line_id], value_minor=value_minor)
