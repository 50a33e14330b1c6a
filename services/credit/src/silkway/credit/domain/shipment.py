"""What is told of an order's shipments: what they carry, when they left, when they are expected, that they arrived.

Judging a promise waits for the slowest topic, so a report of when goods left may be corrected or taken back, as it
was known later, before the day it speaks for is judged. As an amendment, it then waits until time has passed it.
"""

import datetime as dt
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
from silkway.credit.domain.state import Order, Part, Shipment, utc

SIGNS: Final = frozenset(
    {
        "ORIGIN_IN", "CUSTOMS_HOLD", "CUSTOMS_RELEASED", "LOADED", "DEPARTED", "TRANSSHIPPED", "ARRIVED",
        "DISCHARGED", "AVAILABLE", "OUT_FOR_DELIVERY", "ATTEMPT_FAILED", "DELIVERED",
    }
)  # fmt: skip
"""Milestones that show the goods on their way; COLLECTED may be the supplier's own word."""


class Report(msgspec.Struct, frozen=True):
    """When a shipment left, None if it has not after all, and since when that is known."""

    shipment_id: str
    at: dt.datetime | None
    known_at: dt.datetime


_read = msgspec.json.Decoder(tuple[Report, ...]).decode
_write = msgspec.json.Encoder().encode


def link(book: Book, linked: ShipmentLinked, known_at: dt.datetime) -> None:
    """A shipment carries pieces of lines; split from another one, it takes them over with what is known there."""
    order_id = book.order.order_id
    shipment = _shipment(book.order, linked.split_from or linked.shipment_id)
    if linked.split_from is not None:
        for report in _read(book.order.reports):
            shipment = _reported(shipment, report) if report.shipment_id == linked.split_from else shipment
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


def dispatch(book: Book, told: ShipmentDispatched, known_at: dt.datetime) -> None:
    """A shipment was reported to have left, or at another time than was believed."""
    _hear(book, Report(told.shipment_id, utc(told.shipped_at), utc(known_at)))


def retract_dispatch(book: Book, told: DispatchRetracted, known_at: dt.datetime) -> None:
    """The report that a shipment left was wrong, if another one does not follow at once."""
    if not told.told_anew:
        _hear(book, Report(told.shipment_id, None, utc(known_at)))


def next_report(order: Order) -> dt.datetime | None:
    """When the next report that waits counts: when time has passed what was known with it."""
    waiting = _read(order.reports)
    return waiting[0].known_at + MOMENT if waiting else None


def take_report(book: Book) -> None:
    """The first report that waits counts from now on."""
    first, *others = _read(book.order.reports)
    book.change(reports=_write(others).decode())
    _apply(book, first)


def _hear(book: Book, report: Report) -> None:
    waiting = _read(book.order.reports)
    before = _shipment(book.order, report.shipment_id).shipped_at
    changes = before is not None and before != report.at
    if waiting or (changes and over_unjudged(book.order, report.known_at)):
        book.change(reports=_write((*waiting, report)).decode())
    else:
        _apply(book, report)


def _apply(book: Book, report: Report) -> None:
    before = _shipment(book.order, report.shipment_id)
    _put(book, _reported(before, report))
    reconsider(book, report.known_at, retracted=before.shipped_at not in (None, report.at))


def _reported(shipment: Shipment, report: Report) -> Shipment:
    """The shipment by this report. Of another time, it is known to have left since the first."""
    if report.at is None:
        return replace(shipment, shipped_at=None, shipped_known_at=None, corrected_known_at=None)
    if shipment.shipped_at is None:
        return replace(shipment, shipped_at=report.at, shipped_known_at=report.known_at)
    if shipment.shipped_at == report.at:
        return shipment
    return replace(shipment, shipped_at=report.at, corrected_known_at=report.known_at)


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


def _shipment(order: Order, shipment_id: str) -> Shipment:
    known = next((s for s in order.shipments if s.shipment_id == shipment_id), None)
    return known or Shipment(order.tenant, order.order_id, shipment_id)


def _put(book: Book, shipment: Shipment) -> None:
    others = [s for s in book.order.shipments if s.shipment_id != shipment.shipment_id]
    book.change(shipments=tuple(sorted([*others, shipment], key=lambda s: s.shipment_id)))
