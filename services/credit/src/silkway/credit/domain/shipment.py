"""What is told of an order's shipments: what they carry, when they left, when they are expected, that they arrived.

Judging a promise waits for the slowest topic, so what was known after the promised day may be read before the day is
judged. Such a report of when goods left waits until time has passed it, as amendments do; so does what corrects or
takes back another, and what is reported after it.
"""

import datetime as dt
from itertools import groupby
from typing import Final

import msgspec
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
from silkway.credit.domain.hold import MOMENT, forecast
from silkway.credit.domain.promise import over_unjudged, reconsider
from silkway.credit.domain.report import Left, Report, Signed, Unsigned, corrects, reported
from silkway.credit.domain.state import Order, Part, Shipment, utc

SIGNS: Final = frozenset(
    {
        "ORIGIN_IN", "CUSTOMS_HOLD", "CUSTOMS_RELEASED", "LOADED", "DEPARTED", "TRANSSHIPPED", "ARRIVED",
        "DISCHARGED", "AVAILABLE", "OUT_FOR_DELIVERY", "ATTEMPT_FAILED", "DELIVERED",
    }
)  # fmt: skip
"""Milestones that show the goods on their way; COLLECTED may be the supplier's own word."""


_read = msgspec.json.Decoder(tuple[Report, ...]).decode
_write = msgspec.json.Encoder().encode


def link(book: Book, linked: ShipmentLinked, known_at: dt.datetime) -> None:
    """A shipment carries pieces of lines; split from another one, it takes them over with what is known there."""
    order_id = book.order.order_id
    shipment = _shipment(book.order, linked.split_from or linked.shipment_id)
    if linked.split_from is not None:
        _hand_down(book, linked.split_from, linked.shipment_id)
        eta = None if shipment.delivered else shipment.eta
        shipment = replace(shipment, eta=eta, delivered=False)
    _put(book, replace(shipment, shipment_id=linked.shipment_id, mode=linked.mode))
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


def _hand_down(book: Book, origin: str, shipment_id: str) -> None:
    """What waits to be said of a shipment is said of the one that was split from it, too."""
    waiting = _read(book.order.reports)
    if any(report.shipment_id == origin for report in waiting):
        pairs = (
            (r, replace(r, shipment_id=shipment_id)) if r.shipment_id == origin else (r,) for r in waiting
        )
        _wait(book, tuple(report for pair in pairs for report in pair))


def dispatch(book: Book, told: ShipmentDispatched, known_at: dt.datetime) -> None:
    """A shipment was reported to have left, or at another time than was believed."""
    _hear(book, Left(told.shipment_id, utc(known_at), utc(told.shipped_at)))


def retract_dispatch(book: Book, told: DispatchRetracted, known_at: dt.datetime) -> None:
    """The report that a shipment left was wrong, if another one does not follow at once."""
    if not told.told_anew:
        _hear(book, Left(told.shipment_id, utc(known_at), None))


def track(book: Book, told: MilestoneRecorded, known_at: dt.datetime) -> None:
    """A sign of the carrier's, or customs' release at home."""
    if told.classifier != "ACTUAL" or told.questioned or told.kind not in SIGNS:
        return
    country = book.order.country
    cleared = told.kind == "CUSTOMS_RELEASED" and bool(country) and (told.location or "")[:2] == country
    milestone = (told.kind, told.leg, told.call)
    _hear(book, Signed(told.shipment_id, utc(known_at), milestone, utc(told.occurred_at), cleared))


def withdraw_sign(book: Book, told: MilestoneWithdrawn, known_at: dt.datetime) -> None:
    """A sign was taken back. When the shipment left the others tell, where there are any."""
    if told.classifier == "ACTUAL" and told.kind in SIGNS:
        _hear(book, Unsigned(told.shipment_id, utc(known_at), (told.kind, told.leg, told.call)))


def next_report(order: Order) -> dt.datetime | None:
    """When the next report that waits counts: when time has passed what was known with it."""
    waiting = _read(order.reports)
    return waiting[0].known_at + MOMENT if waiting else None


def take_reports(book: Book, at: dt.datetime) -> None:
    """The reports that have waited until `at` count from now on."""
    waiting = _read(book.order.reports)
    due = [report for report in waiting if report.known_at + MOMENT <= at]
    _wait(book, waiting[len(due) :])
    for known_at, reports in groupby(due, key=lambda report: report.known_at):
        _apply(book, known_at, *reports)


def _hear(book: Book, report: Report) -> None:
    if _is_early(book.order, report):
        _wait(book, (*_read(book.order.reports), report))
    else:
        _apply(book, report.known_at, report)


def _is_early(order: Order, report: Report) -> bool:
    """Whether something that is known before, or by then, is to be judged first. What only adds can change nothing
    while nothing is claimed and all days that are over are judged."""
    if not order.promises:
        return False
    if any(line.claim_id for line in order.promises) or over_unjudged(order, report.known_at):
        return True
    if corrects(_shipment(order, report.shipment_id), report):
        return True
    waiting = _read(order.reports)
    return any(one.known_at <= report.known_at or one.shipment_id == report.shipment_id for one in waiting)


def _wait(book: Book, reports: tuple[Report, ...]) -> None:
    """Of one shipment they come in the order in which they became known, of several not."""
    book.change(reports=_write(sorted(reports, key=lambda report: report.known_at)).decode())


def _apply(book: Book, known_at: dt.datetime, *reports: Report) -> None:
    """What became known at one time is looked at together."""
    corrected = False
    for report in reports:
        shipment = _shipment(book.order, report.shipment_id)
        corrected |= corrects(shipment, report)
        _put(book, reported(shipment, report))
    reconsider(book, known_at, retracted=corrected)


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


def _shipment(order: Order, shipment_id: str) -> Shipment:
    known = next((s for s in order.shipments if s.shipment_id == shipment_id), None)
    return known or Shipment(order.tenant, order.order_id, shipment_id)


def _put(book: Book, shipment: Shipment) -> None:
    others = [s for s in book.order.shipments if s.shipment_id != shipment.shipment_id]
    book.change(shipments=tuple(sorted([*others, shipment], key=lambda s: s.shipment_id)))
