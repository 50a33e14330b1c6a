"""What the order service tells of an order: its promises, its money, its requests for cover, its end."""

from silkway.contracts import (
    HoldRequested,
    OrderAmended,
    OrderCancelled,
    OrderDelivered,
    OrderRecorded,
    OrderRefunded,
    OrderShipped,
    OrderUndelivered,
    PaymentMatched,
    PaymentReversed,
)
from silkway.credit import domain
from silkway.credit.domain import Agreed, Book
from silkway.credit.handlers.routing import (
    carry_out,
    delivered,
    home,
    home_and_supplier,
    judged,
    paid_on,
    router,
    supplier_if_delivered,
    supplier_if_judged,
    supplier_if_paid,
)
from silkway.credit.store import CURRENCY, ORDER, RULES, SUPPLIER
from silkway.messaging import Due, Fact, Name, Work


@router.on(OrderRecorded, names=home)
def order_recorded(work: Work, fact: Fact[OrderRecorded]) -> None:
    order = domain.record(work.tenant, fact.data, fact.id)
    work.put(ORDER, order.order_id, order)

    def rule(book: Book) -> None:
        domain.promise(book, [Agreed.of(line) for line in fact.data.lines], fact.known_at)

    if order.coverage != "NONE":
        carry_out(work, order.order_id, rule, fact.id, with_supplier=False)


@router.on(OrderAmended, names=home, more=supplier_if_judged)
def order_amended(work: Work, fact: Fact[OrderAmended]) -> None:
    order_id = fact.data.order_id

    def rule(book: Book) -> None:
        book.change(received_minor=fact.data.received_minor)
        domain.amend(book, fact.data, fact.id, fact.known_at)

    carry_out(work, order_id, rule, fact.id, with_supplier=judged(work, order_id))


def received(work: Work, fact: Fact[PaymentMatched] | Fact[PaymentReversed]) -> None:
    def rule(book: Book) -> None:
        book.change(received_minor=fact.data.received_minor)
        domain.divide(book, fact.known_at)

    order_id = fact.data.order_id
    carry_out(work, order_id, rule, fact.id, with_supplier=paid_on(work, order_id))


router.on(PaymentMatched, names=home, more=supplier_if_paid)(received)
router.on(PaymentReversed, names=home, more=supplier_if_paid)(received)


@router.on(OrderRefunded, names=home, more=supplier_if_paid)
def refunded(work: Work, fact: Fact[OrderRefunded]) -> None:
    def rule(book: Book) -> None:
        book.change(refunded_minor=fact.data.refunded_minor)
        domain.divide(book, fact.known_at)

    order_id = fact.data.order_id
    carry_out(work, order_id, rule, fact.id, with_supplier=paid_on(work, order_id))


@router.on(HoldRequested, names=home_and_supplier)
def hold_requested(work: Work, fact: Fact[HoldRequested]) -> None:
    def rule(book: Book) -> None:
        domain.ask(book, fact.data, fact.known_at)

    carry_out(work, fact.data.order_id, rule, fact.id, with_supplier=True)


@router.on(OrderCancelled, names=home_and_supplier)
def order_cancelled(work: Work, fact: Fact[OrderCancelled]) -> None:
    def rule(book: Book) -> None:
        domain.cancel(book, fact.data, fact.known_at)

    carry_out(work, fact.data.order_id, rule, fact.id, with_supplier=True)


@router.on(OrderDelivered, names=home_and_supplier)
def order_delivered(work: Work, fact: Fact[OrderDelivered]) -> None:
    def rule(book: Book) -> None:
        domain.deliver(book, fact.data, fact.known_at)

    carry_out(work, fact.data.order_id, rule, fact.id, with_supplier=True)


@router.on(OrderUndelivered, names=home_and_supplier)
def order_undelivered(work: Work, fact: Fact[OrderUndelivered]) -> None:
    def rule(book: Book) -> None:
        domain.undeliver(book, fact.known_at)

    carry_out(work, fact.data.order_id, rule, fact.id, with_supplier=True)


@router.on(OrderShipped, names=home, more=supplier_if_delivered)
def order_shipped(work: Work, fact: Fact[OrderShipped]) -> None:
    """Of an order that was delivered it tells that nothing has arrived after all: a split has moved all pieces."""
    order_id = fact.data.order_id

    def rule(book: Book) -> None:
        domain.undeliver(book, fact.known_at)

    carry_out(work, order_id, rule, fact.id, with_supplier=delivered(work, order_id))


def _woken(order: domain.Order) -> list[Name]:
    names = [ORDER[order.order_id], SUPPLIER[order.supplier_id]]
    foreign = order.currency != RULES.currency
    return [*names, CURRENCY[order.currency]] if foreign else names


@router.due(ORDER, names=_woken)
def time_has_come(work: Work, due: Due) -> None:
    def rule(book: Book) -> None:
        domain.wake(book, due.at)

    carry_out(work, due.id, rule, None, with_supplier=True, with_rates=True)
