"""What the order's own life does to its cover, and what time does."""

import datetime as dt

from silkway.contracts import OrderCancelled, OrderDelivered, OrderRecorded
from silkway.credit.domain import amendment as amendments
from silkway.credit.domain import asking
from silkway.credit.domain import claim as claims
from silkway.credit.domain import hold as holds
from silkway.credit.domain import payment as payments
from silkway.credit.domain import promise as promises
from silkway.credit.domain import shipment as shipments
from silkway.credit.domain.book import Book
from silkway.credit.domain.state import Order, latest, utc

_MOST_AT_ONCE = 20
"""Things that can be due at one moment; more would be one that does not come to an end."""


def record(tenant: str, recorded: OrderRecorded, event_id: str) -> Order:
    """What the cover has to know of a draft."""
    return Order(
        tenant=tenant, order_id=recorded.order_id, supplier_id=recorded.supplier_id, currency=recorded.currency,
        coverage=recorded.coverage, total_minor=recorded.total_minor, recorded_event_id=event_id,
        cover_until=recorded.cover_until,
    )  # fmt: skip


def cancel(book: Book, cancelled: OrderCancelled, known_at: dt.datetime) -> None:
    """The order is no more: its claims fall and its hold is void."""
    claims.run_clocks(book, known_at)
    claims.withdraw_all(book, known_at)
    holds.cancel(book, known_at)


def deliver(book: Book, delivered: OrderDelivered, known_at: dt.datetime) -> None:
    """With the whole order delivered the claim window begins, at the time that was known.

    Where it was and only a part is now, a split has moved pieces to another shipment, which has not arrived.
    """
    if delivered.state != "DELIVERED":
        undeliver(book, known_at)
        return
    at = known_at if delivered.delivered_at is None else utc(delivered.delivered_at)
    if book.order.delivered_known_at is not None:
        # Of several times the first that renews an ended hold, whichever was read before it ended.
        before, end = latest(book.order.delivered_at), book.order.expires_at
        if at < before and (end is None or before >= end):
            book.change(delivered_at=at, delivered_told_known_at=known_at)
            holds.renew(book)
        return
    book.change(delivered_at=at, delivered_known_at=known_at, delivered_told_known_at=known_at)
    holds.renew(book)
    holds.forecast(book, known_at)


def undeliver(book: Book, known_at: dt.datetime) -> None:
    """The order is not delivered, or not any more: the claim window stops, the end of the cover counts again."""
    delivered_known_at = book.order.delivered_known_at
    if delivered_known_at is None:
        return
    open_or_asked = book.order.holds or book.order.state == "ASKED"
    if open_or_asked and delivered_known_at + holds.CLAIM_WINDOW <= known_at:
        return  # the window had ended before, though the hold may still be there for a claim
    book.change(
        delivered_at=None,
        delivered_known_at=None,
        delivered_told_known_at=None,
        undelivered_known_at=known_at,
    )
    if book.order.holds and book.order.expires_at is None:
        book.change(expires_at=holds.cover_end(book))
    holds.forecast(book, known_at)


def next_due(order: Order) -> dt.datetime | None:
    """The next time at which something is to be done about the order."""
    moments = (
        _asked(order),
        payments.next_payment(order),
        asking.next_request(order),
        promises.next_promise(order),
        shipments.next_report(order),
        amendments.next_amendment(order),
        claims.next_clock(order),
        holds.end_of_hold(order),
    )
    return min((at for at in moments if at is not None), default=None)


def wake(book: Book, at: dt.datetime) -> None:
    """Do what is due at `at`, one after the other: a promise is judged before a hold ends, be it at the same moment."""
    for _ in range(_MOST_AT_ONCE):
        _do_first(book, at)
        if next_due(book.order) != at:
            return


def _do_first(book: Book, at: dt.datetime) -> None:
    order = book.order
    if (asked := _asked(order)) is not None and asked <= at:
        holds.decide(book)
    elif (paid := payments.next_payment(order)) is not None and paid <= at:
        payments.pay(book, at)
        promises.look_again(book, at)
    elif (wanted := asking.next_request(order)) is not None and wanted <= at:
        asking.answer_requests(book, at)
    elif (promised := promises.next_promise(order)) is not None and promised <= at:
        promises.judge(book, at)
    elif (reported := shipments.next_report(order)) is not None and reported <= at:
        shipments.take_reports(book, at)
    elif (amended := amendments.next_amendment(order)) is not None and amended <= at:
        amendments.take_amendment(book)
    elif (clock := claims.next_clock(order)) is not None and clock <= at:
        claims.run_clocks(book, at)
    elif (end := holds.end_of_hold(order)) is not None and end <= at:
        # Asked for, not taken for what is left: a later version may have set a deadline that this one does not know.
        if holds.released_at(order) is not None:
            holds.release(book, at)
        else:
            holds.expire(book, at)


def _asked(order: Order) -> dt.datetime | None:
    """When all rates that were known when cover was asked for have been read."""
    return latest(order.asked_known_at) + holds.MOMENT if order.state == "ASKED" else None
