"""Random lives of one order, as the world tells them: facts, each with the time at which it became known."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from silkway.contracts import (
    Event,
    MilestoneTracked,
    OrderConfirmed,
    OrderDrafted,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    ShipmentBooked,
    ShipmentShipped,
    SupplierRegistered,
)
from silkway.contracts.fields import MilestoneKind
from silkway.contracts.order import OrderLine, Terms
from silkway.contracts.shipment import ShipmentLine
from tests.unit.desk import Heard, day

_WAY: tuple[tuple[MilestoneKind, float], ...] = (("DEPARTED", 2), ("ARRIVED", 20), ("DELIVERED", 24))

ORDER_ID, SUPPLIER_ID, ACCOUNT_ID = "PO-1", "S-1", "VA-1"
PIECES = {"cups": 10, "plates": 6}
TOTAL_MINOR = 100_00
END = day(800)


class Life:
    """One order's life. Times are days into the story, drawn; what becomes known late is drawn as well."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.facts: list[Heard] = []

    def write(self) -> list[Heard]:
        """All facts of the life."""
        self._tell(SupplierRegistered(supplier_id=SUPPLIER_ID, name="Cups & Plates", registered_at=day(0)), 0)
        self._agree()
        self._pay()
        self._send()
        self._end()
        return self.facts

    # --- its chapters -----------------------------------------------------------------------------------

    def _agree(self) -> None:
        after = self._chance.random() < 0.5
        self._tell(
            OrderDrafted(
                order_id=ORDER_ID, buyer_id="B-1", supplier_id=SUPPLIER_ID, currency="USD",
                account_id=ACCOUNT_ID, payment_reference="REF-1",
                lines=(_line("cups", 60_00), _line("plates", 40_00)),
                terms=Terms(deposit_minor=30_00, balance_due="AFTER_DELIVERY" if after else "BEFORE_SHIPMENT"),
                place_on="FIRST_PAYMENT" if self._chance.random() < 0.3 else "BOTH_CONFIRMED",
                deliver_by=day(40).date(), acceptance_days=5,
                coverage=self._chance.choice(("NONE", "BEFORE_SHIPMENT", "AFTER_DELIVERY")),
                drafted_at=day(1),
            ),
            1,
        )  # fmt: skip
        self._tell(OrderConfirmed(order_id=ORDER_ID, party="BUYER", confirmed_at=day(2)), 2)
        self._tell(OrderConfirmed(order_id=ORDER_ID, party="SUPPLIER", confirmed_at=day(3)), 3)

    def _pay(self) -> None:
        over = self._chance.choice((0, 0, 0, 5_00))
        for number, amount_minor in enumerate(self._parts(TOTAL_MINOR + over)):
            at = self._chance.uniform(0, 45)
            paid = PaymentReceived(
                account_id=ACCOUNT_ID, bank_reference=f"E-{number}", payment_reference="REF-1",
                amount_minor=amount_minor, currency="USD", received_at=day(at),
            )  # fmt: skip
            for _ in range(self._chance.choice((1, 1, 2))):  # reported intraday and at the end of the day
                self._tell(paid, at)

    def _send(self) -> None:
        pieces = dict(PIECES)
        cut = self._chance.choice((0, 4))
        loads = [{"cups": cut}, {**pieces, "cups": pieces["cups"] - cut}] if cut else [pieces]
        for number, load in enumerate(loads):
            shipment_id, left = f"SH-{number}", self._chance.uniform(5, 15)
            lines = tuple(
                ShipmentLine(order_id=ORDER_ID, line_id=line_id, quantity=n) for line_id, n in load.items()
            )
            booked = ShipmentBooked(shipment_id=shipment_id, mode="SEA", lines=lines, booked_at=day(4))
            self._tell(booked, 4)
            self._tell(ShipmentShipped(shipment_id=shipment_id, shipped_at=day(left)), left)
            for kind, after in _WAY:
                at = left + after + self._chance.uniform(0, 1)
                for _ in range(self._chance.choice((1, 1, 2))):
                    tracked = MilestoneTracked(
                        shipment_id=shipment_id, kind=kind, classifier="ACTUAL", occurred_at=day(at)
                    )
                    self._tell(tracked, at)

    def _end(self) -> None:
        if self._chance.random() < 0.5:
            at = self._chance.uniform(20, 60)
            self._tell(ReceiptConfirmed(order_id=ORDER_ID, received_at=day(at)), at)
        for number, amount_minor in enumerate(self._parts(TOTAL_MINOR)):
            at = 100 + number
            paid = PayoutPaid(
                account_id=ACCOUNT_ID, order_id=ORDER_ID, payout_reference=f"X-{number}",
                amount_minor=amount_minor, currency="USD", paid_at=day(at),
            )  # fmt: skip
            self._tell(paid, at)

    # --- how --------------------------------------------------------------------------------------------

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
