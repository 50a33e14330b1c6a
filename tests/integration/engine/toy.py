"""A small service of its own, with everything that the engine offers: what the engine's tests play with.

An account pays into its open order and, when that is paid, into the next one; a supplier counts its orders; an
order keeps marks of what happened to it and has a deadline. The database alone forbids overdrawn accounts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from silkway.contracts import (
    HoldGranted,
    MilestoneRecorded,
    OrderAccepted,
    OrderConfirmed,
    OrderDrafted,
    OrderFunded,
    OrderPlaced,
    PaymentMatched,
    PaymentReceived,
    PayoutPaid,
    ReceiptConfirmed,
    ShipmentLinked,
)
from silkway.messaging import (
    Child,
    Due,
    Fact,
    Kind,
    Look,
    Name,
    NotYet,
    Refused,
    Router,
    Rows,
    Service,
    Table,
    Work,
)


class Account(msgspec.Struct, frozen=True):
    tenant: str
    account_id: str
    balance_minor: int = 0
    order_id: str | None = None
    next_order_id: str | None = None


class Supplier(msgspec.Struct, frozen=True):
    tenant: str
    supplier_id: str
    orders: int = 0
    total_minor: int = 0


class Mark(msgspec.Struct, frozen=True):
    tenant: str
    order_id: str
    number: int
    text: str
    paid_minor: int
    known_at: dt.datetime


class Order(msgspec.Struct, frozen=True):
    tenant: str
    order_id: str
    account_id: str
    supplier_id: str
    total_minor: int
    paid_minor: int = 0
    accepted: bool = False
    due_at: dt.datetime | None = None
    marks: tuple[Mark, ...] = ()


class Payout(msgspec.Struct, frozen=True):
    tenant: str
    reference: str
    amount_minor: int


ACCOUNT = Kind("account", rank=1, table=Table("accounts", Account, key=("tenant", "account_id")))
SUPPLIER = Kind("supplier", rank=2, table=Table("suppliers", Supplier, key=("tenant", "supplier_id")))
MARKS = Child("marks", "marks", Mark, key=("tenant", "order_id", "number"))
ORDER = Kind(
    "order",
    rank=3,
    table=Table("orders", Order, key=("tenant", "order_id"), children=(MARKS,)),
    due=lambda order: order.due_at,
)
PAYOUTS = Rows("payouts", Payout)


@dataclass
class Faults:
    """What goes wrong just now, by order: `raises` in its handlers, `forbidden` by the database."""

    raises: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    more_raises: set[str] = field(default_factory=set)
    words: str = ""

    def check(self, order_id: str) -> None:
        if order_id in self.raises:
            raise RuntimeError(f"{order_id} is out of order{self.words}")


def mark(order: Order, text: str, known_at: dt.datetime) -> Order:
    new = Mark(order.tenant, order.order_id, len(order.marks) + 1, text, order.paid_minor, known_at)
    return replace(order, marks=(*order.marks, new))


def known_order(work: Work, order_id: str) -> Order:
    order = work.get(ORDER, order_id)
    if order is None:
        raise NotYet(ORDER[order_id], "order.drafted")
    return order


def open_order(work: Work, account_id: str) -> tuple[Account, Order]:
    account = work.get(ACCOUNT, account_id)
    if account is None or account.order_id is None:
        raise NotYet(ACCOUNT[account_id], "an open order")
    return account, known_order(work, account.order_id)


def toy_service(faults: Faults) -> Service:
    """The service; it goes by the name of order, so that the topics are those of the contracts."""
    router = Router()
    router.ignore(ShipmentLinked)

    @router.on(
        OrderDrafted,
        names=lambda e: [ORDER[e.order_id], ACCOUNT[e.account_id], SUPPLIER[e.supplier_id]],
    )
    def order_drafted(work: Work, fact: Fact[OrderDrafted]) -> None:
        e = fact.data
        faults.check(e.order_id)
        if work.get(ORDER, e.order_id) is not None:
            raise Refused("order_id", f"{e.order_id} is drafted already", "Give every order its own id.")
        supplier = work.get(SUPPLIER, e.supplier_id) or Supplier(work.tenant, e.supplier_id)
        work.put(
            SUPPLIER,
            e.supplier_id,
            replace(supplier, orders=supplier.orders + 1, total_minor=supplier.total_minor + e.total_minor),
        )
        account = work.get(ACCOUNT, e.account_id) or Account(work.tenant, e.account_id)
        place = "order_id" if account.order_id is None else "next_order_id"
        work.put(ACCOUNT, e.account_id, replace(account, **{place: e.order_id}))
        due_at = fact.known_at + dt.timedelta(days=e.acceptance_days)
        order = Order(work.tenant, e.order_id, e.account_id, e.supplier_id, e.total_minor, due_at=due_at)
        placed = OrderPlaced(
            order_id=e.order_id,
            supplier_id=e.supplier_id,
            currency=e.currency,
            total_minor=e.total_minor,
            placed_at=e.drafted_at,
        )
        work.apply(ORDER, e.order_id, (mark(order, "drafted", fact.known_at), [(placed, fact.known_at)]))

    @router.on(OrderConfirmed, names=lambda e: [ORDER[e.order_id]])
    def order_confirmed(work: Work, fact: Fact[OrderConfirmed]) -> None:
        order = known_order(work, fact.data.order_id)
        faults.check(order.order_id)
        text = "forbidden" if order.order_id in faults.forbidden else f"confirmed by {fact.data.party}"
        work.put(ORDER, order.order_id, mark(order, text, fact.known_at))

    @router.on(ReceiptConfirmed, names=lambda e: [ORDER[e.order_id]])
    def receipt_confirmed(work: Work, fact: Fact[ReceiptConfirmed]) -> None:
        order = known_order(work, fact.data.order_id)
        if order.paid_minor < order.total_minor:
            raise NotYet(ACCOUNT[order.account_id], "payment.received")
        order = replace(mark(order, "received", fact.known_at), accepted=True, due_at=None)
        accepted = OrderAccepted(order_id=order.order_id, by="RECEIPT", accepted_at=fact.data.received_at)
        work.apply(ORDER, order.order_id, (order, [(accepted, fact.known_at)]))

    def paid_order(e: PaymentReceived, look: Look) -> Sequence[Name]:
        if e.account_id in faults.more_raises:
            raise LookupError(e.account_id)
        account = look(ACCOUNT, e.account_id)
        return [] if account is None or account.order_id is None else [ORDER[account.order_id]]

    @router.on(PaymentReceived, names=lambda e: [ACCOUNT[e.account_id]], more=paid_order)
    def payment_received(work: Work, fact: Fact[PaymentReceived]) -> None:
        e = fact.data
        account, order = open_order(work, e.account_id)
        faults.check(order.order_id)
        order = replace(order, paid_minor=order.paid_minor + e.amount_minor)
        account = replace(account, balance_minor=account.balance_minor + e.amount_minor)
        matched = PaymentMatched(
            order_id=order.order_id,
            payment_id=e.bank_reference,
            amount_minor=e.amount_minor,
            currency=e.currency,
            received_minor=order.paid_minor,
            open_minor=max(0, order.total_minor - order.paid_minor),
        )
        work.apply(ORDER, order.order_id, (mark(order, "paid", fact.known_at), [(matched, fact.known_at)]))
        if order.paid_minor >= order.total_minor:
            account = replace(account, order_id=account.next_order_id, next_order_id=None)
            funded = OrderFunded(
                order_id=order.order_id, total_minor=order.total_minor, funded_at=e.received_at
            )
            work.emit(ORDER, order.order_id, funded)
        work.put(ACCOUNT, e.account_id, account)

    @router.on(PayoutPaid, names=lambda e: [ACCOUNT[e.account_id]])
    def payout_paid(work: Work, fact: Fact[PayoutPaid]) -> None:
        e = fact.data
        account = work.get(ACCOUNT, e.account_id)
        if account is None:
            raise NotYet(ACCOUNT[e.account_id], "an account")
        work.put(
            ACCOUNT, e.account_id, replace(account, balance_minor=account.balance_minor - e.amount_minor)
        )
        work.append(PAYOUTS, Payout(work.tenant, e.payout_reference, e.amount_minor))

    @router.on(MilestoneRecorded, names=lambda e: [ORDER[e.order_id]])
    def milestone_recorded(work: Work, fact: Fact[MilestoneRecorded]) -> None:
        order = known_order(work, fact.data.order_id)
        faults.check(order.order_id)
        text = "forbidden" if order.order_id in faults.forbidden else f"leg {fact.data.leg}"
        work.put(ORDER, order.order_id, mark(order, text, fact.known_at))

    @router.on(HoldGranted, names=lambda e: [ORDER[e.order_id]])
    def hold_granted(work: Work, fact: Fact[HoldGranted]) -> None:
        order = known_order(work, fact.data.order_id)
        work.put(ORDER, order.order_id, mark(order, "covered", fact.known_at))

    @router.due(ORDER, names=lambda order: [ORDER[order.order_id], SUPPLIER[order.supplier_id]])
    def order_due(work: Work, due: Due) -> None:
        """The deadline, and a day later a reminder."""
        order = work.get(ORDER, due.id)
        assert order is not None
        faults.check(order.order_id)
        first = not any(m.text == "deadline" for m in order.marks)
        text = "deadline" if first else "reminder"
        order = mark(order, "forbidden" if order.order_id in faults.forbidden else text, due.at)
        order = replace(order, due_at=due.at + dt.timedelta(days=1) if first else None)
        accepted = OrderAccepted(order_id=order.order_id, by="PERIOD", accepted_at=due.at)
        work.apply(ORDER, order.order_id, (order, [(accepted, due.at)] if first else []))

    return Service(
        name="order",
        router=router,
        kinds=[ACCOUNT, SUPPLIER, ORDER],
        facts=["trade.orders", "trade.payments"],
        feeds=["logistics.events", "credit.events"],
        feedback=["logistics.events", "credit.events"],
    )
