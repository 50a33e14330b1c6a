"""Whether goods left the supplier by the promised day, judged once that day is over in the supplier's time zone.

A shipment left when its carrier's own signs say so, or when it was reported to have left and such a sign became
known within 48 hours of the report; without one the report, or the proof, counts from when it was given. By sea,
air and road goods have left when the supplier's customs released them, where that is reported.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from silkway.credit.domain.book import Book
from silkway.credit.domain.claim import open_for_lateness, withdraw
from silkway.credit.domain.hold import start_of
from silkway.credit.domain.state import Agreed, Order, Promise, Shipment, latest

PROOF: Final = dt.timedelta(hours=48)


def promise(book: Book, lines: Sequence[Agreed], known_at: dt.datetime) -> None:
    """The lines with their promises, as drafted or amended. A line that is gone promises nothing any more."""
    order = book.order
    before = {line.line_id: line for line in order.promises}
    promises = {line_id: replace(line, ship_by=None) for line_id, line in before.items()}
    for line in lines:
        if line.ship_by is None and line.line_id not in before:
            continue
        known = before.get(line.line_id)
        same = known is not None and known.ship_by == line.ship_by
        promises[line.line_id] = Promise(
            order.tenant, order.order_id, line.line_id, line.quantity, line.value_minor, line.ship_by,
            judged=known is not None and known.judged and same,
            claim_id=known.claim_id if known is not None else None,
        )  # fmt: skip
    days = [line.ship_by for line in promises.values() if line.ship_by is not None]
    deliver_by = [line.deliver_by for line in lines if line.deliver_by is not None]
    book.change(
        promises=tuple(promises[line_id] for line_id in sorted(promises)),
        ship_by=min(days, default=None), deliver_by=max(deliver_by, default=None),
    )  # fmt: skip
    reconsider(book, known_at, amended=True)


def next_promise(order: Order) -> dt.datetime | None:
    """When the next promise is judged: the day after it, while a hold is there."""
    if not order.holds:
        return None
    days = [line.ship_by for line in order.promises if line.ship_by is not None and not line.judged]
    return latest(end_of(min(days), order), order.decided_known_at) if days else None


def judge(book: Book, at: dt.datetime) -> None:
    """Promised days are over at `at`: what was not known by then to have left in time is late."""
    over = {
        line.line_id
        for line in book.order.promises
        if line.ship_by is not None and not line.judged and end_of(line.ship_by, book.order) <= at
    }
    late = {
        line.line_id
        for line in book.order.promises
        if line.line_id in over and not in_time(book.order, line, at)
    }
    judged = [replace(p, judged=p.judged or p.line_id in over) for p in book.order.promises]
    book.change(promises=tuple(judged))
    open_for_lateness(book, late, at)
    reconsider(book, at)


def reconsider(book: Book, known_at: dt.datetime, *, retracted: bool = False, amended: bool = False) -> None:
    """Facts came after the judgement: claims that they refute are withdrawn; what they no longer prove is late."""
    if not any(line.judged or line.claim_id for line in book.order.promises):
        return
    order = book.order
    late = {line.line_id for line in order.promises if line.judged and not in_time(order, line)}
    for claim_id in sorted({line.claim_id for line in order.promises if line.claim_id}):
        its = [line for line in order.promises if line.claim_id == claim_id]
        claim = book.claim(claim_id)
        granted = claim is not None and claim.pay_from is not None and claim.pay_from <= known_at
        if granted or any(line.line_id in late for line in its):
            continue  # what was granted before is paid first, and comes back then
        left = [at for line in its if (at := left_at(order, line)) is not None]
        promises = [replace(p, claim_id=None) if p in its else p for p in order.promises]
        book.change(promises=tuple(promises))
        withdraw(
            book, claim_id, "AMENDED" if amended else "SHIPPED_IN_TIME", max(left, default=None), known_at
        )
        order = book.order
    if retracted:
        unclaimed = {p.line_id for p in book.order.promises if p.line_id in late and p.claim_id is None}
        open_for_lateness(book, unclaimed, known_at)


def look_again(book: Book, at: dt.datetime) -> None:
    """Something was paid at `at`: what had become known since it was granted may refute it."""
    shipments = book.order.shipments
    known = [
        moment
        for s in shipments
        for moment in (s.shipped_known_at, s.corrected_known_at, s.proof_known_at, s.tracked_known_at)
    ]
    reconsider(book, latest(at, book.order.proof_known_at, *known))


def in_time(order: Order, line: Promise, before: dt.datetime | None = None) -> bool:
    """Whether all pieces of a line left by its day, by what was known before `before` (None: by all there is)."""
    at = left_at(order, line, before)
    return line.ship_by is None or (at is not None and at < end_of(line.ship_by, order))


def left_at(order: Order, line: Promise, before: dt.datetime | None = None) -> dt.datetime | None:
    """When the last piece of a line left, None while it has not."""
    proved = _report(order.proof_at, order.proof_known_at, _first_sign(order), before)
    left = {s.shipment_id: _left(s, before) for s in order.shipments}
    carried = [
        (at, part.quantity)
        for part in order.parts
        if part.line_id == line.line_id and (at := left.get(part.shipment_id)) is not None
    ]
    missing, whole = line.quantity, None
    for at, quantity in sorted(carried):
        missing -= quantity
        if missing <= 0:
            whole = at
            break
    moments = [at for at in (whole, proved) if at is not None]
    return min(moments, default=None)


def over_unjudged(order: Order, known_at: dt.datetime) -> bool:
    """Whether a promised day was over at `known_at` and is not judged yet."""
    days = [line.ship_by for line in order.promises if line.ship_by is not None and not line.judged]
    return any(end_of(day, order) <= known_at for day in days)


def end_of(day: dt.date, order: Order) -> dt.datetime:
    """When a day is over at the supplier's."""
    return start_of(day + dt.timedelta(days=1), order.time_zone)


def _left(shipment: Shipment, before: dt.datetime | None) -> dt.datetime | None:
    """When a shipment left, by what was known before `before`."""
    tracked_known = shipment.tracked_known_at if _known(shipment.tracked_known_at, before) else None
    cleared = shipment.cleared_at if _known(shipment.cleared_known_at, before) else None
    if cleared is not None and shipment.mode != "EXPRESS":
        return cleared
    moments = [
        shipment.tracked_at if tracked_known is not None else None,
        _report(
            shipment.shipped_at, shipment.shipped_known_at, tracked_known, before, shipment.corrected_known_at
        ),
        _report(shipment.proof_at, shipment.proof_known_at, tracked_known, before),
    ]
    return min((at for at in moments if at is not None), default=None)


def _report(
    at: dt.datetime | None,
    known_at: dt.datetime | None,
    tracked_known_at: dt.datetime | None,
    before: dt.datetime | None,
    corrected_at: dt.datetime | None = None,
) -> dt.datetime | None:
    """The time that a report or proof stands for: its own if tracking followed within 48 hours, else when given.

    Tracking may follow a correction too; that it was given counts since the first report.
    """
    if at is None or known_at is None or not _known(known_at, before):
        return None
    if tracked_known_at is not None:
        if tracked_known_at <= known_at + PROOF:
            return at
        if corrected_at is not None and corrected_at <= tracked_known_at <= corrected_at + PROOF:
            return at
    return max(at, known_at)


def _known(known_at: dt.datetime | None, before: dt.datetime | None) -> bool:
    return known_at is not None and (before is None or known_at < before)


def _first_sign(order: Order) -> dt.datetime | None:
    known = [s.tracked_known_at for s in order.shipments if s.tracked_known_at is not None]
    return min(known, default=None)
