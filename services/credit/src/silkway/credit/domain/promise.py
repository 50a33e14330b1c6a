"""Whether goods left the supplier by the promised day, judged once that day is over in the supplier's time zone.

A shipment left when its carrier's own signs say so, or when it was reported to have left and such a sign became
known within 48 hours of the report; without one the report, or the proof, counts from when it was given. By sea,
air and road goods have left when the supplier's customs released them, where that is reported.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from silkway.contracts import (
    DeliveryRetracted,
    DispatchRetracted,
    EtaChanged,
    MilestoneRecorded,
    MilestoneWithdrawn,
    ProofGiven,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.credit.domain.book import Book
from silkway.credit.domain.claim import open_for_lateness, withdraw
from silkway.credit.domain.hold import forecast, start_of
from silkway.credit.domain.state import Agreed, Order, Part, Promise, Shipment, latest, utc

PROOF: Final = dt.timedelta(hours=48)
SIGNS: Final = frozenset(
    {
        "ORIGIN_IN", "CUSTOMS_HOLD", "CUSTOMS_RELEASED", "LOADED", "DEPARTED", "TRANSSHIPPED", "ARRIVED",
        "DISCHARGED", "AVAILABLE", "OUT_FOR_DELIVERY", "ATTEMPT_FAILED", "DELIVERED",
    }
)  # fmt: skip
"""Milestones that show the goods on their way; COLLECTED may be the supplier's own word."""


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


def link(book: Book, linked: ShipmentLinked, known_at: dt.datetime) -> None:
    """A shipment carries pieces of lines; split from another one, it takes them over with what is known there."""
    order_id = book.order.order_id
    shipment = _shipment(book.order, linked.split_from or linked.shipment_id)
    arrived = shipment.delivered and linked.split_from is None
    _put(book, replace(shipment, shipment_id=linked.shipment_id, mode=linked.mode, delivered=arrived))
    parts = {(part.shipment_id, part.line_id): part for part in book.order.parts}
    carried = dict[str, int]()  # all of it, also when it is told anew after an amendment
    for line in linked.lines:
        carried[line.line_id] = carried.get(line.line_id, 0) + line.quantity
    for line_id, quantity in carried.items():
        key = (linked.shipment_id, line_id)
        parts[key] = Part(book.order.tenant, order_id, *key, quantity=quantity)
        former = parts.get((linked.split_from or "", line_id))
        if former is not None:
            left = max(former.quantity - quantity, 0)
            parts[former.shipment_id, former.line_id] = replace(former, quantity=left)
    book.change(parts=tuple(parts[key] for key in sorted(parts)))
    reconsider(book, known_at)
    forecast(book, known_at)


def dispatch(book: Book, told: ShipmentDispatched, known_at: dt.datetime) -> None:
    """A shipment was reported to have left. Told again, be it of another time, it is known since the first report."""
    shipment, at = _shipment(book.order, told.shipment_id), utc(told.shipped_at)
    corrected = shipment.shipped_at is not None and shipment.shipped_at != at
    first = shipment.shipped_known_at or known_at
    if corrected:
        shipment = _until(shipment, known_at)
    _put(book, replace(shipment, shipped_at=at, shipped_known_at=first))
    reconsider(book, known_at, retracted=corrected)


def retract_dispatch(book: Book, told: DispatchRetracted, known_at: dt.datetime) -> None:
    """The report that a shipment left was wrong; what was judged by it is judged again, or by the one that follows."""
    if told.told_anew:
        return
    shipment = _until(_shipment(book.order, told.shipment_id), known_at)
    _put(book, replace(shipment, shipped_at=None, shipped_known_at=None))
    reconsider(book, known_at, retracted=True)


def track(book: Book, told: MilestoneRecorded, known_at: dt.datetime) -> None:
    """A sign of the carrier's, or customs' release at home."""
    if told.classifier != "ACTUAL" or told.questioned or told.kind not in SIGNS:
        return
    shipment, at = _shipment(book.order, told.shipment_id), utc(told.occurred_at)
    if (
        told.kind == "CUSTOMS_RELEASED"
        and book.order.country
        and (told.location or "")[:2] == book.order.country
    ):
        shipment = replace(shipment, cleared_at=at, cleared_known_at=known_at)
    signs = shipment.signs + 1
    if shipment.tracked_at is None or at < shipment.tracked_at:
        shipment = replace(shipment, tracked_at=at, tracked_kind=told.kind)
    first = known_at if shipment.tracked_known_at is None else min(shipment.tracked_known_at, known_at)
    _put(book, replace(shipment, signs=signs, tracked_known_at=first))
    reconsider(book, known_at)


def withdraw_sign(book: Book, told: MilestoneWithdrawn, known_at: dt.datetime) -> None:
    """A sign was taken back. With others left the shipment stays tracked; when it left they do not tell."""
    if told.classifier != "ACTUAL" or told.kind not in SIGNS:
        return
    shipment, at = _shipment(book.order, told.shipment_id), utc(told.occurred_at)
    if shipment.signs == 0:
        return
    shipment = replace(shipment, signs=shipment.signs - 1)
    if told.kind == "CUSTOMS_RELEASED" and shipment.cleared_at == at:
        shipment = replace(shipment, cleared_at=None, cleared_known_at=None)
    if (told.kind, at) == (shipment.tracked_kind, shipment.tracked_at):
        shipment = replace(shipment, tracked_at=None, tracked_kind=None)
    if shipment.signs == 0:
        shipment = replace(shipment, tracked_known_at=None)
    _put(book, shipment)
    reconsider(book, known_at, retracted=True)


def prove(book: Book, proof: ProofGiven, known_at: dt.datetime) -> None:
    """The supplier proves that goods left; the earliest proof counts."""
    at = utc(proof.shipped_at)
    if proof.shipment_id is None:
        if book.order.proof_at is None:
            book.change(proof_at=at, proof_known_at=known_at)
    else:
        shipment = _shipment(book.order, proof.shipment_id)
        if shipment.proof_at is None:
            _put(book, replace(shipment, proof_at=at, proof_known_at=known_at))
    reconsider(book, known_at)


def expect(book: Book, told: EtaChanged, known_at: dt.datetime) -> None:
    """The goods are expected at another time."""
    shipment = _shipment(book.order, told.shipment_id)
    _put(book, replace(shipment, eta=utc(told.eta), eta_cause=told.cause_reference))
    forecast(book, known_at)


def arrive(book: Book, told: ShipmentDelivered | DeliveryRetracted, known_at: dt.datetime) -> None:
    """A shipment arrived, or did not after all; until it has, its expected time counts."""
    if isinstance(told, DeliveryRetracted) and told.told_anew:
        return  # it did, at another time
    known = next((s for s in book.order.shipments if s.shipment_id == told.shipment_id), None)
    if known is not None:  # else nothing was expected of it
        _put(book, replace(known, delivered=isinstance(told, ShipmentDelivered)))
        forecast(book, known_at)


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
    untils = [s.believed_until for s in book.order.shipments]
    corrected = [until for until in untils if until is not None and until >= at]
    reconsider(book, latest(at, *corrected), retracted=bool(corrected))  # what has been read already


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
        for moment in (s.shipped_known_at, s.believed_until, s.proof_known_at, s.tracked_known_at)
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
        _dispatched(shipment, tracked_known, before),
        _report(shipment.proof_at, shipment.proof_known_at, tracked_known, before),
    ]
    return min((at for at in moments if at is not None), default=None)


def _dispatched(
    shipment: Shipment, tracked_known_at: dt.datetime | None, before: dt.datetime | None
) -> dt.datetime | None:
    """What the report of its dispatch stands for: the one that was believed then, where that was corrected since."""
    until = shipment.believed_until
    if until is not None and before is not None and until >= before:
        return _report(shipment.believed_at, shipment.believed_known_at, tracked_known_at, before)
    return _report(shipment.shipped_at, shipment.shipped_known_at, tracked_known_at, before, until)


def _report(
    at: dt.datetime | None,
    known_at: dt.datetime | None,
    tracked_known_at: dt.datetime | None,
    before: dt.datetime | None,
    corrected_at: dt.datetime | None = None,
) -> dt.datetime | None:
    """The time that a report or proof stands for: its own if tracking followed within 48 hours, else when given."""
    if at is None or known_at is None or not _known(known_at, before):
        return None
    if tracked_known_at is not None and tracked_known_at <= latest(known_at, corrected_at) + PROOF:
        return at
    return max(at, known_at)


def _known(known_at: dt.datetime | None, before: dt.datetime | None) -> bool:
    return known_at is not None and (before is None or known_at < before)


def _first_sign(order: Order) -> dt.datetime | None:
    known = [s.tracked_known_at for s in order.shipments if s.tracked_known_at is not None]
    return min(known, default=None)


def _shipment(order: Order, shipment_id: str) -> Shipment:
    known = next((s for s in order.shipments if s.shipment_id == shipment_id), None)
    return known or Shipment(order.tenant, order.order_id, shipment_id)


def _until(shipment: Shipment, known_at: dt.datetime) -> Shipment:
    """What was reported of its dispatch was believed until `known_at`."""
    if shipment.shipped_at is None:
        return shipment
    at, since = shipment.shipped_at, shipment.shipped_known_at
    return replace(shipment, believed_at=at, believed_known_at=since, believed_until=known_at)


def _put(book: Book, shipment: Shipment) -> None:
    others = [s for s in book.order.shipments if s.shipment_id != shipment.shipment_id]
    book.change(shipments=tuple(sorted([*others, shipment], key=lambda s: s.shipment_id)))
