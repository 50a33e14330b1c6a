"""The one router, and how a handler comes to the states that its rules need."""

from collections.abc import Callable, Sequence
from typing import Protocol

from silkway.contracts import Event
from silkway.credit.domain import Book, Denied, NoSupplier, Order, Supplier, TooEarly
from silkway.credit.domain.supplier import Assessed, weigh
from silkway.credit.store import CURRENCY, ORDER, ROWS, RULES, SUPPLIER
from silkway.messaging import Look, Name, NotYet, Refused, Router, Work

router = Router()


def order_of(work: Work, order_id: str) -> Order:
    """The order, or wait for its draft to be recorded."""
    order = work.get(ORDER, order_id)
    if order is None:
        raise NotYet(ORDER[order_id], "order.recorded")
    return order


def supplier_of(work: Work, supplier_id: str) -> Supplier:
    """The supplier, or wait for its registration."""
    supplier = work.get(SUPPLIER, supplier_id)
    if supplier is None:
        raise NotYet(SUPPLIER[supplier_id], "supplier.registered")
    return supplier


def keep(work: Work, assessed: Assessed) -> None:
    """Keep a supplier that was assessed."""
    work.apply(SUPPLIER, assessed.supplier.supplier_id, (assessed.supplier, assessed.events))
    for row in assessed.rows:
        work.append(ROWS[type(row)], row)


def carry_out(
    work: Work, order_id: str, rule: Callable[[Book], None], event_id: str | None, *,
    with_supplier: bool, with_rates: bool = False,
) -> None:  # fmt: skip
    """Let a rule write into the book of an order, and keep what it has written.

    What it denies is refused; what came before its cause, or before its supplier, waits.
    """
    order = order_of(work, order_id)
    supplier = work.get(SUPPLIER, order.supplier_id) if with_supplier else None
    foreign = with_rates and order.currency != RULES.currency
    currency = work.get(CURRENCY, order.currency) if foreign else None
    book = Book(rules=RULES, order=order, known=supplier, currency=currency, event_id=event_id)
    try:
        rule(book)
    except Denied as denied:
        raise Refused(denied.field, denied.reason, denied.remedy) from None
    except NoSupplier:
        if not with_supplier:
            raise
        raise NotYet(SUPPLIER[order.supplier_id], "supplier.registered") from None
    except TooEarly as early:
        raise NotYet(ORDER[order_id], early.wants) from None
    if book.order is not order:
        work.put(ORDER, order_id, book.order)
    for event, known_at in book.events:
        work.emit(ORDER, order_id, event, known_at)
    if book.known is not None and book.known is not supplier:
        book.take(weigh(RULES, book.known, work.known_at))
        work.apply(SUPPLIER, order.supplier_id, (book.known, book.about_supplier))
    for row in book.rows:
        work.append(ROWS[type(row)], row)


def home(event: Event) -> Sequence[Name]:
    """The order alone."""
    return [ORDER[event.subject_id]]


class _NamesSupplier(Protocol):
    @property
    def order_id(self) -> str: ...
    @property
    def supplier_id(self) -> str: ...


def home_and_supplier(event: _NamesSupplier) -> Sequence[Name]:
    """The order and the supplier that the event names."""
    return [ORDER[event.order_id], SUPPLIER[event.supplier_id]]


def with_supplier(event: Event, look: Look) -> Sequence[Name]:
    """The supplier of the order, once the order is known."""
    order: Order | None = look(ORDER, event.subject_id)
    return [] if order is None else [SUPPLIER[order.supplier_id]]


def supplier_if_judged(event: Event, look: Look) -> Sequence[Name]:
    """The supplier where the event may change what was judged about a promise."""
    order: Order | None = look(ORDER, event.subject_id)
    if order is None or not any(line.judged or line.claim_id for line in order.promises):
        return []
    return [SUPPLIER[order.supplier_id]]


def supplier_if_delivered(event: Event, look: Look) -> Sequence[Name]:
    """The supplier where the order was delivered: the end of its cover is by the supplier's days."""
    order: Order | None = look(ORDER, event.subject_id)
    return [] if order is None or order.delivered_known_at is None else [SUPPLIER[order.supplier_id]]


def delivered(work: Work, order_id: str) -> bool:
    """Whether `supplier_if_delivered` has named the supplier."""
    return order_of(work, order_id).delivered_known_at is not None


def supplier_if_paid(event: Event, look: Look) -> Sequence[Name]:
    """The supplier where a claim was paid: what the buyer has got, and what is due from whom, may change with it."""
    order: Order | None = look(ORDER, event.subject_id)
    if order is None or not any(claim.paid_minor for claim in order.claims):
        return []
    return [SUPPLIER[order.supplier_id]]


def paid_on(work: Work, order_id: str) -> bool:
    """Whether `supplier_if_paid` has named the supplier."""
    return any(claim.paid_minor for claim in order_of(work, order_id).claims)


def judged(work: Work, order_id: str) -> bool:
    """Whether `supplier_if_judged` has named the supplier."""
    order = order_of(work, order_id)
    return any(line.judged or line.claim_id for line in order.promises)
