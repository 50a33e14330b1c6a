"""The facts of trade that the rows of an SCMS file stand for, in the order in which they became known.

What the file holds: orders with their lines, promises, buyers (projects), vendors and countries; shipments
with their modes, lines and days of delivery. Facts read from it have the source `SOURCE`.

What it does not hold is derived by the rules below, and those facts have the source `DERIVED`. So have the
order facts whose date is a fallback. The account, payment reference, terms, coverage and its end of a draft, and
the booking date of a shipment, are derived within facts that are otherwise read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from silkway.cli.closing import closing_ticks
from silkway.cli.fact import Fact
from silkway.cli.scms.consistency import consistent
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
    from collections.abc import Iterable, Iterator, Sequence

    from silkway.cli.scms.notes import Notes
    from silkway.cli.scms.reader import Row
    from silkway.contracts import Event
    from silkway.contracts.fields import Mode, Party

SOURCE: Final = "/silkway/cli/scms"
DERIVED: Final = "/silkway/cli/scms/derived"
CURRENCY: Final = "USD"

HAPPENED: Final = dt.time(12, tzinfo=dt.UTC)
"""The file has no times of day: everything happens at noon UTC of its local date …"""
KNOWN: Final = dt.time(18, tzinfo=dt.UTC)
"""… and is known at six in the evening."""

FALLBACK_LEAD_DAYS: Final = 90
"""An order without a date was ordered this long before its first scheduled or actual delivery, if earlier
(the median of the others is 92 days)."""
DEPOSIT_PERCENT: Final = 30
"""Of the total, rounded down to the cent; the balance is due after delivery."""
DEPOSIT_DAYS: Final = 2
"""From the order to its deposit."""
BOOKED_DAYS: Final = 3
"""From a shipment's booking to its leaving."""
TRANSIT_DAYS: Final[dict[Mode, int]] = {
    "AIR_CHARTER": 5, "AIR": 7, "EXPRESS": 5, "ROAD": 10, "RAIL": 20, "SEA": 35, "UNSPECIFIED": 10,
}  # fmt: skip
"""From leaving to delivery; a shipment does not leave before its order, unless it was delivered before."""
RECEIPT_DAYS: Final = 1
"""From the day on which the whole delivery is known to the buyer's receipt, …"""
BALANCE_DAYS: Final = 3
"""… to the balance, …"""
PAYOUT_DAYS: Final = 5
"""… and to the payout to the supplier."""
COVER_DAYS: Final = 90
"""From the day on which the whole delivery is known to the end of the cover: no hold ends before its delivery."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Facts in the order of their `known_at`, and the ticks that follow them, ascending."""

    facts: list[Fact]
    closing_ticks: list[dt.datetime]
    orders: int
    shipments: int
    lines: int


@dataclass(frozen=True, slots=True)
class _Order:
    order_id: str
    rows: list[Row]

    @property
    def dated(self) -> bool:
        return self.rows[0].ordered_on is not None

    @property
    def ordered_on(self) -> dt.date:
        first = min(min(row.scheduled_on, row.delivered_on) for row in self.rows)
        return self.rows[0].ordered_on or _after(first, -FALLBACK_LEAD_DAYS)

    @property
    def finished_on(self) -> dt.date:
        """The day on which the order and all its deliveries are known."""
        return max(self.ordered_on, max(_known_on(row) for row in self.rows))

    @property
    def supplier_id(self) -> str:
        return supplier_id(self.rows[0].vendor)

    @property
    def account_id(self) -> str:
        return f"VA-{self.supplier_id}"

    @property
    def payment_reference(self) -> str:
        return f"PAY-{self.order_id}"

    @property
    def total_minor(self) -> int:
        return sum(row.value_minor for row in self.rows)

    @property
    def deposit_minor(self) -> int:
        return self.total_minor * DEPOSIT_PERCENT // 100


def plan(rows: Iterable[Row], notes: Notes) -> Plan:
    """The facts that rows stand for. Rows that contradict earlier ones are left out, listed in `notes`."""
    by_order: dict[str, list[Row]] = defaultdict(list)
    by_shipment: dict[str, list[Row]] = defaultdict(list)
    for row in consistent(rows, notes):
        by_order[row.order_id].append(row)
        by_shipment[row.shipment_id].append(row)
    orders = {order_id: _Order(order_id, its) for order_id, its in by_order.items()}
    facts = list(_supplier_facts(orders.values()))
    for order in orders.values():
        _note_order(order, notes)
        facts += _order_facts(order)
        facts += _money_facts(order)
    for shipment_id, its in by_shipment.items():
        facts += _shipment_facts(shipment_id, its, max(orders[row.order_id].ordered_on for row in its))
    facts.sort(key=lambda fact: fact.known_at)
    lines = sum(len(order.rows) for order in orders.values())
    return Plan(
        facts, closing_ticks(facts[-1].known_at) if facts else [], len(orders), len(by_shipment), lines
    )


def supplier_id(vendor: str) -> str:
    """An id that a vendor's name always gets, whichever other vendors there are."""
    slug = re.sub(r"[^a-z0-9]+", "-", vendor.lower()).strip("-")[:50].rstrip("-")
    return f"{slug}-{hashlib.sha256(vendor.encode()).hexdigest()[:6]}"


def _known_on(row: Row) -> dt.date:
    return max(row.delivered_on, row.recorded_on)


def _note_order(order: _Order, notes: Notes) -> None:
    if not order.dated:
        meaning = f"ordered {FALLBACK_LEAD_DAYS} days before its first delivery (derived)"
        notes.add("orders with neither PO nor PQ date", meaning, order.order_id)
    if any(row.delivered_on < order.ordered_on for row in order.rows):
        meaning = "as the file says; the delivery waits for its order"
        notes.add("orders delivered before they were ordered", meaning, order.order_id)
    if order.total_minor == 0:
        notes.add("orders of value 0", "nothing to pay, to hold or to pay out", order.order_id)
    if len({row.scheduled_on for row in order.rows}) > 1:
        notes.add("orders with several scheduled dates", "each line keeps its own promise", order.order_id)


def _fact(day: dt.date, event: Event, fact_id: str, source: str, known_on: dt.date | None = None) -> Fact:
    known_at = dt.datetime.combine(known_on or day, KNOWN)
    return Fact(known_at, event, dt.datetime.combine(day, HAPPENED), source, fact_id)


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, HAPPENED)


def _after(day: dt.date, days: int) -> dt.date:
    return day + dt.timedelta(days=days)


def _supplier_facts(orders: Iterable[_Order]) -> Iterator[Fact]:
    """Each vendor is registered on the day before its first order."""
    since: dict[str, dt.date] = {}
    for order in orders:
        vendor = order.rows[0].vendor
        since[vendor] = min(order.ordered_on, since.get(vendor, order.ordered_on))
    for vendor, first_order_on in since.items():
        supplier, day = supplier_id(vendor), _after(first_order_on, -1)
        event = SupplierRegistered(supplier_id=supplier, name=vendor, registered_at=_noon(day))
        yield _fact(day, event, f"{supplier}/registered", SOURCE)


def _order_facts(order: _Order) -> Iterator[Fact]:
    day, first = order.ordered_on, order.rows[0]
    source = SOURCE if order.dated else DERIVED
    drafted = OrderDrafted(
        order_id=order.order_id,
        buyer_id=first.buyer_id,
        supplier_id=order.supplier_id,
        currency=CURRENCY,
        account_id=order.account_id,
        payment_reference=order.payment_reference,
        lines=tuple(
            OrderLine(
                line_id=row.line_id,
                description=row.description,
                quantity=row.quantity,
                value_minor=row.value_minor,
                deliver_by=row.scheduled_on,
                destination_country=row.country,
            )
            for row in order.rows
        ),
        terms=Terms(deposit_minor=order.deposit_minor, balance_due="AFTER_DELIVERY"),
        incoterm=first.incoterm,
        coverage="AFTER_DELIVERY",
        cover_until=_after(order.finished_on, COVER_DAYS),
        drafted_at=_noon(day),
    )
    yield _fact(day, drafted, f"{order.order_id}/drafted", source)
    parties: tuple[Party, ...] = ("BUYER", "SUPPLIER")
    for party in parties:
        confirmed = OrderConfirmed(order_id=order.order_id, party=party, confirmed_at=_noon(day))
        yield _fact(day, confirmed, f"{order.order_id}/confirmed/{party.lower()}", source)
    received_on = _after(order.finished_on, RECEIPT_DAYS)
    receipt = ReceiptConfirmed(order_id=order.order_id, received_at=_noon(received_on))
    yield _fact(received_on, receipt, f"{order.order_id}/received", DERIVED)


def _money_facts(order: _Order) -> Iterator[Fact]:
    """Deposit and balance in, the whole out; an order of value 0 moves no money."""
    payments = (
        ("deposit", _after(order.ordered_on, DEPOSIT_DAYS), order.deposit_minor),
        ("balance", _after(order.finished_on, BALANCE_DAYS), order.total_minor - order.deposit_minor),
    )
    for what, day, amount_minor in payments:
        if amount_minor:
            received = PaymentReceived(
                account_id=order.account_id,
                bank_reference=f"{order.order_id}/{what}",
                payment_reference=order.payment_reference,
                amount_minor=amount_minor,
                currency=CURRENCY,
                received_at=_noon(day),
            )
            yield _fact(day, received, f"{order.order_id}/{what}", DERIVED)
    if order.total_minor:
        day = _after(order.finished_on, PAYOUT_DAYS)
        paid = PayoutPaid(
            account_id=order.account_id,
            order_id=order.order_id,
            payout_reference=f"{order.order_id}/payout",
            amount_minor=order.total_minor,
            currency=CURRENCY,
            paid_at=_noon(day),
        )
        yield _fact(day, paid, f"{order.order_id}/payout", DERIVED)


def _shipment_facts(shipment_id: str, rows: Sequence[Row], ordered_on: dt.date) -> Iterator[Fact]:
    """Booked and shipped on derived days, not before the order unless the delivery was; delivered as read."""
    mode, delivered_on = rows[0].mode, rows[0].delivered_on
    earliest = min(ordered_on, delivered_on)
    shipped_on = max(earliest, _after(delivered_on, -TRANSIT_DAYS[mode]))
    booked_on = max(earliest, _after(shipped_on, -BOOKED_DAYS))
    booked = ShipmentBooked(
        shipment_id=shipment_id,
        mode=mode,
        lines=tuple(
            ShipmentLine(order_id=row.order_id, line_id=row.line_id, quantity=row.quantity) for row in rows
        ),
        references=(ShipmentReference(kind="ASN_DN", value=shipment_id),),
        booked_at=_noon(booked_on),
    )
    yield _fact(booked_on, booked, f"{shipment_id}/booked", SOURCE)
    shipped = ShipmentShipped(shipment_id=shipment_id, shipped_at=_noon(shipped_on))
    yield _fact(shipped_on, shipped, f"{shipment_id}/shipped", DERIVED)
    delivered = MilestoneTracked(
        shipment_id=shipment_id, kind="DELIVERED", classifier="ACTUAL", occurred_at=_noon(delivered_on)
    )
    known_on = max(_known_on(row) for row in rows)
    yield _fact(delivered_on, delivered, f"{shipment_id}/delivered", SOURCE, known_on)
