"""Draws the facts of the built-in trade: the same for the same number of orders and seed.

Orders with deposit and balance, money that comes before its order, several shipments of an order, several
orders in a shipment, late deliveries, milestones that become known late or before their booking, acceptance by
receipt and by silence, payouts.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from silkway.cli.demo.world import BUYERS, GOODS, LANES, SUPPLIERS, Lane, Supplier
from silkway.cli.fact import Fact
from silkway.contracts import (
    MilestoneTracked,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    ShipmentBooked,
    ShipmentLine,
    ShipmentReference,
    ShipmentShipped,
    SupplierRegistered,
    Terms,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random

    from silkway.contracts import Event
    from silkway.contracts.fields import Party

SOURCE: Final = "/silkway/cli/demo"
START: Final = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
TICK: Final = dt.timedelta(hours=6)
"""Facts become known at the next full quarter of a day."""
SEASON_DAYS: Final = 60
"""Orders are drafted within so many days from `START`."""
PAYOUT_DAYS: Final = 2


def _days(days: float) -> dt.timedelta:
    return dt.timedelta(seconds=round(days * 86_400))


@dataclass(slots=True)
class _Order:
    order_id: str
    supplier: Supplier
    lane: Lane
    drafted: OrderDrafted
    ready_at: dt.datetime
    """When the goods leave the supplier."""

    @property
    def balance_minor(self) -> int:
        return self.drafted.total_minor - self.drafted.terms.deposit_minor


class Trade:
    """Draws from `random`, order after order; the facts come out unsorted."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._facts: list[Fact] = []
        self._shipments = 0

    def play(self, orders: int) -> list[Fact]:
        """The facts of so many orders, in the order of their `known_at`."""
        for supplier in SUPPLIERS:
            event = SupplierRegistered(
                supplier_id=supplier.supplier_id, name=supplier.name, country=supplier.country,
                time_zone=supplier.time_zone, registered_at=START,
            )  # fmt: skip
            self._tell(event, START, f"{supplier.supplier_id}/registered")
        drawn = 0
        while drawn < orders:
            together = 2 if orders - drawn > 1 and self._chance(0.15) else 1
            self._play_group([drawn + number for number in range(1, together + 1)])
            drawn += together
        return sorted(self._facts, key=lambda fact: fact.known_at)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _between(self, low: float, high: float) -> dt.timedelta:
        return _days(self._random.uniform(low, high))

    def _tell(
        self, event: Event, at: dt.datetime, fact_id: str, delay: dt.timedelta = dt.timedelta()
    ) -> dt.datetime:
        """Note a fact; the time at which it becomes known."""
        known_at = START + -((START - at - delay) // TICK) * TICK
        self._facts.append(Fact(known_at, event, at, SOURCE, fact_id))
        return known_at

    # --- orders --------------------------------------------------------------------------------------------

    def _play_group(self, numbers: Sequence[int]) -> None:
        """One order in its shipments, or two that share one."""
        lane = self._random.choice(LANES)
        drafted_at = START + self._between(1, SEASON_DAYS)
        orders = [self._draft(number, lane, drafted_at) for number in numbers]
        loads = [self._whole(orders)] if len(orders) > 1 else list(self._split(orders[0]))
        ready_at = max(order.ready_at for order in orders)
        delivered = [
            self._ship(lane, load, ready_at + self._between(0, 4) * n) for n, load in enumerate(loads)
        ]
        for order in orders:
            self._finish(
                order, ready_at, max(at for at, _ in delivered), max(known for _, known in delivered)
            )

    def _draft(self, number: int, lane: Lane, group_at: dt.datetime) -> _Order:
        random = self._random
        supplier = random.choice(SUPPLIERS)
        drafted_at = group_at + self._between(0, 1)
        production = self._between(8, 20)
        lines = tuple(self._line(n) for n in range(1, random.randint(1, 5) + 1))
        total = sum(line.value_minor for line in lines)
        order_id = f"PO-{number:05}"
        deliver_by = (drafted_at + production + _days(lane.transit_days + 4)).date()
        drafted = OrderDrafted(
            order_id=order_id, buyer_id=random.choice(BUYERS), supplier_id=supplier.supplier_id,
            currency=supplier.currency, account_id=f"VA-{supplier.supplier_id}",
            payment_reference=f"PAY-{order_id}", lines=lines,
            terms=Terms(
                deposit_minor=total * random.choice((20, 30, 50)) // 100,
                balance_due=random.choice(("BEFORE_SHIPMENT", "AFTER_DELIVERY")),
            ),
            incoterm=lane.incoterm, place_on="FIRST_PAYMENT" if self._chance(0.2) else "BOTH_CONFIRMED",
            deliver_by=deliver_by, destination_country=lane.country, acceptance_days=random.choice((3, 5, 7)),
            coverage=random.choice(("BEFORE_SHIPMENT", "AFTER_DELIVERY", "AFTER_DELIVERY", "NONE")),
            drafted_at=drafted_at,
        )  # fmt: skip
        self._tell(drafted, drafted_at, f"{order_id}/drafted")
        parties: tuple[Party, ...] = ("BUYER", "SUPPLIER")
        for party in parties:
            at = drafted_at + self._between(0, 1.5)
            event = OrderConfirmed(order_id=order_id, party=party, confirmed_at=at)
            self._tell(event, at, f"{order_id}/confirmed/{party.lower()}")
        late = self._between(3, 12) if self._chance(supplier.late_share) else dt.timedelta()
        order = _Order(order_id, supplier, lane, drafted, drafted_at + production + late)
        early = self._chance(0.1)  # money that is there before its order
        self._pay(
            order,
            drafted.terms.deposit_minor,
            drafted_at + self._between(*((-2, -1) if early else (1, 4))),
            1,
        )
        return order

    def _line(self, number: int) -> OrderLine:
        description, price_minor = self._random.choice(GOODS)
        quantity = self._random.randint(2, 60) * 10
        return OrderLine(
            line_id=str(number),
            description=description,
            quantity=quantity,
            value_minor=quantity * price_minor,
        )

    def _pay(self, order: _Order, amount_minor: int, at: dt.datetime, number: int) -> None:
        event = PaymentReceived(
            account_id=order.drafted.account_id, bank_reference=f"{order.order_id}/{number}",
            payment_reference=order.drafted.payment_reference, amount_minor=amount_minor,
            currency=order.drafted.currency, received_at=at,
        )  # fmt: skip
        self._tell(event, at, f"{order.order_id}/paid/{number}")

    def _finish(
        self, order: _Order, ready_at: dt.datetime, delivered_at: dt.datetime, known_at: dt.datetime
    ) -> None:
        """Balance, acceptance, payout."""
        drafted = order.drafted
        before = drafted.terms.balance_due == "BEFORE_SHIPMENT"
        paid_at = ready_at - self._between(0.5, 2) if before else delivered_at + self._between(1, 5)
        parts = [order.balance_minor // 3, order.balance_minor - order.balance_minor // 3]
        for number, amount in enumerate(parts if self._chance(0.2) else [order.balance_minor], start=2):
            self._pay(order, amount, paid_at + _days(0.4) * (number - 2), number)
        if self._chance(0.6):
            accepted_at = known_at + self._between(0.3, 2)
            event = ReceiptConfirmed(order_id=order.order_id, received_at=accepted_at)
            self._tell(event, accepted_at, f"{order.order_id}/received")
        else:
            accepted_at = known_at + _days(drafted.acceptance_days)
        at = max(accepted_at, paid_at) + _days(PAYOUT_DAYS)
        payout = PayoutPaid(
            account_id=drafted.account_id, order_id=order.order_id, payout_reference=f"{order.order_id}/payout",
            amount_minor=drafted.total_minor, currency=drafted.currency, paid_at=at,
        )  # fmt: skip
        self._tell(payout, at, f"{order.order_id}/payout")

    # --- shipments -----------------------------------------------------------------------------------------

    def _whole(self, orders: Sequence[_Order]) -> list[ShipmentLine]:
        return [
            ShipmentLine(order_id=order.order_id, line_id=line.line_id, quantity=line.quantity)
            for order in orders
            for line in order.drafted.lines
        ]

    def _split(self, order: _Order) -> Iterator[list[ShipmentLine]]:
        """The order's lines in one shipment, or half of every line in each of two."""
        whole = self._whole([order])
        if not self._chance(0.3):
            yield whole
            return
        half = [line.model_copy(update={"quantity": line.quantity // 2}) for line in whole]
        yield half
        yield [
            line.model_copy(update={"quantity": line.quantity - part.quantity})
            for line, part in zip(whole, half, strict=True)
        ]

    def _ship(
        self, lane: Lane, load: list[ShipmentLine], ready_at: dt.datetime
    ) -> tuple[dt.datetime, dt.datetime]:
        """Book, ship, track, deliver; when it was delivered, and when that became known."""
        self._shipments += 1
        shipment_id = f"SH-{self._shipments:05}"
        booked_at = ready_at - self._between(2, 5)
        booked = ShipmentBooked(
            shipment_id=shipment_id, mode=lane.mode, carrier=lane.carrier, lines=tuple(load),
            references=(ShipmentReference(kind="BOOKING", value=f"BK{self._shipments:07}"),), booked_at=booked_at,
        )  # fmt: skip
        unheard = (
            self._between(3, 6) if self._chance(0.1) else dt.timedelta()
        )  # tracked before its booking is known
        self._tell(booked, booked_at, f"{shipment_id}/booked", unheard)
        self._tell(
            ShipmentShipped(shipment_id=shipment_id, shipped_at=ready_at), ready_at, f"{shipment_id}/shipped"
        )
        transit = _days(lane.transit_days) * self._random.uniform(0.9, 1.15)
        delivered_at = ready_at + transit
        planned = MilestoneTracked(
            shipment_id=shipment_id, kind="DELIVERED", classifier="PLANNED",
            occurred_at=ready_at + _days(lane.transit_days),
        )  # fmt: skip
        self._tell(planned, booked_at, f"{shipment_id}/planned")
        for kind, share, place in lane.steps:
            at = ready_at + transit * share
            event = MilestoneTracked(
                shipment_id=shipment_id, kind=kind, classifier="ACTUAL", occurred_at=at, place=place
            )
            delay = self._between(1, 4) if self._chance(0.1) else dt.timedelta()
            self._tell(event, at, f"{shipment_id}/{kind.lower()}", delay)
        delivered = MilestoneTracked(
            shipment_id=shipment_id, kind="DELIVERED", classifier="ACTUAL", occurred_at=delivered_at
        )
        return delivered_at, self._tell(delivered, delivered_at, f"{shipment_id}/delivered")
