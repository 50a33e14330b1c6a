"""From when an amendment counts: a promised day that was over before it became known is judged as it was.

Judging waits until all has been read that was known by the end of the day, so an amendment may be read before that,
or before what was said of the claim, or corrected of the goods' leaving, earlier. So where a claim is open, or a day
is over, it waits until time has passed it.
"""

import datetime as dt

import msgspec

from silkway.contracts import OrderAmended
from silkway.credit.domain.book import Book
from silkway.credit.domain.hold import MOMENT
from silkway.credit.domain.promise import end_of, promise
from silkway.credit.domain.state import LIVE, Agreed, Order, utc


class Amendment(msgspec.Struct, frozen=True):
    """What the parties have agreed to instead, and by which event."""

    lines: tuple[Agreed, ...]
    event_id: str
    known_at: dt.datetime


_read = msgspec.json.Decoder(tuple[Amendment, ...]).decode
_write = msgspec.json.Encoder().encode


def amend(book: Book, amended: OrderAmended, event_id: str, known_at: dt.datetime) -> None:
    """Both parties agreed to other lines. The order keeps its hold; its promises are the new ones."""
    order = book.order
    book.change(
        total_minor=amended.total_minor, total_before_minor=order.total_minor, total_known_at=known_at,
    )  # fmt: skip
    amendment = Amendment(tuple(map(Agreed.of, amended.lines)), event_id, utc(known_at))
    if order.coverage == "NONE":
        book.change(recorded_event_id=event_id)
    elif order.amendments != "[]" or _is_late(order, known_at):
        book.change(amendments=_write((*_read(order.amendments), amendment)).decode())
    else:
        _apply(book, amendment)


def next_amendment(order: Order) -> dt.datetime | None:
    """When the next amendment that waits counts: when time has passed what was known with it."""
    waiting = _read(order.amendments)
    return waiting[0].known_at + MOMENT if waiting else None


def take_amendment(book: Book) -> None:
    """The first amendment that waits counts from now on."""
    first, *others = _read(book.order.amendments)
    book.change(amendments=_write(others).decode())
    _apply(book, first)


def _is_late(order: Order, known_at: dt.datetime) -> bool:
    """Whether a promised day was over when this became known, or its claim is not decided."""
    claimed = {line.claim_id for line in order.promises}
    if any(claim.claim_id in claimed and claim.state in LIVE for claim in order.claims):
        return True
    days = [line.ship_by for line in order.promises if line.ship_by is not None]
    return any(end_of(day, order) <= known_at for day in days)


def _apply(book: Book, amendment: Amendment) -> None:
    book.change(recorded_event_id=amendment.event_id)
    promise(book, amendment.lines, amendment.known_at)
