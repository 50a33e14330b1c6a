"""An order as logistics sees it: which shipments carry it, what was delivered of it, and what was late.

Shipments may report before the order is recorded. Then their reports are kept, and told in full once it is,
known at the later of the two, so that it makes no difference which came first.
"""

import datetime as dt

import msgspec

from silkway.contracts import (
    CarriedLine,
    DeliveredLine,
    Event,
    MilestoneRecorded,
    OrderRecorded,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.logistics.domain.shipment import Report
from silkway.logistics.domain.state import Cargo, Order, OrderLine, Shipment

Decision = tuple[Order, list[tuple[Event, dt.datetime]]]


class Pending(msgspec.Struct, frozen=True):
    """A shipment's report that waits for the order to be recorded."""

    shipment_id: str
    report: Report


_reports = msgspec.json.Decoder(list[Pending])


def load(order: Order, shipment: Shipment) -> Order:
    """A booked shipment takes on lines of the order. Lines that the order does not have are not counted."""
    known = {line.line_id for line in order.lines}
    cargo = tuple(
        Cargo(
            tenant=order.tenant,
            order_id=order.order_id,
            shipment_id=shipment.shipment_id,
            line_id=line.line_id,
            quantity=line.quantity,
            mode=shipment.mode,
            carrier=shipment.carrier,
            counted=line.line_id in known,
        )
        for line in shipment.lines
        if line.order_id == order.order_id
    )
    return _with_cargo(order, order.cargo + cargo)


def record(order: Order, recorded: OrderRecorded, known_at: dt.datetime) -> Decision:
    """The order is known: its lines and promises, and all that its shipments have reported meanwhile."""
    lines = tuple(
        OrderLine(
            tenant=order.tenant,
            order_id=order.order_id,
            line_id=line.line_id,
            supplier_id=recorded.supplier_id,
            quantity=line.quantity,
            value_minor=line.value_minor,
            currency=recorded.currency,
            ship_by=line.ship_by,
            deliver_by=line.deliver_by,
            destination_country=line.destination_country,
            mode=None,
            delivered_quantity=0,
            delivered_on=None,
            late=False,
        )
        for line in sorted(recorded.lines, key=lambda line: line.line_id)
    )
    pending = _reports.decode(order.pending)
    known = {line.line_id for line in lines}
    order = msgspec.structs.replace(
        order, supplier_id=recorded.supplier_id, known_at=known_at, pending="[]", lines=lines
    )
    order = _with_cargo(
        order, tuple(msgspec.structs.replace(c, counted=c.line_id in known) for c in order.cargo)
    )
    events: list[tuple[Event, dt.datetime]] = []
    for kept in pending:
        order, told = tell(order, kept.shipment_id, kept.report)
        events += told
    return order, events


def tell(order: Order, shipment_id: str, report: Report) -> Decision:
    """A shipment reports to the order. It is told on only if the order is recorded and has lines in it."""
    recorded_at = order.known_at
    if recorded_at is None:
        pending = [*_reports.decode(order.pending), Pending(shipment_id, report)]
        pending.sort(key=lambda p: p.shipment_id)  # stable: each shipment's own reports stay in their order
        return msgspec.structs.replace(order, pending=msgspec.json.encode(pending).decode()), []
    if report.fact == "DELIVERED":
        order = _deliver(order, shipment_id, report.occurred_at.date())
    cargo = [c for c in order.cargo if c.shipment_id == shipment_id and c.counted]
    if not cargo:
        return order, []
    return order, [(_event(order, cargo, report), max(report.known_at, recorded_at))]


def _deliver(order: Order, shipment_id: str, on: dt.date) -> Order:
    return _with_cargo(
        order,
        tuple(
            msgspec.structs.replace(c, delivered_on=on) if c.shipment_id == shipment_id else c
            for c in order.cargo
        ),
    )


def _with_cargo(order: Order, cargo: tuple[Cargo, ...]) -> Order:
    """The order with this cargo, and each line as its cargo says."""
    cargo = tuple(sorted(cargo, key=lambda c: (c.shipment_id, c.line_id)))
    carried: dict[str, list[Cargo]] = {}
    for piece in cargo:
        carried.setdefault(piece.line_id, []).append(piece)
    lines = tuple(_with_deliveries(line, carried.get(line.line_id, [])) for line in order.lines)
    return msgspec.structs.replace(order, lines=lines, cargo=cargo)


def _with_deliveries(line: OrderLine, cargo: list[Cargo]) -> OrderLine:
    """The line as its cargo says; a function of the set, so that the order of shipments does not matter."""
    if not cargo:
        return line
    days = [c.delivered_on for c in cargo if c.delivered_on is not None]
    latest = max(cargo, key=lambda c: (c.delivered_on or dt.date.min, c.shipment_id))
    return msgspec.structs.replace(
        line,
        mode=latest.mode,
        delivered_quantity=sum(c.quantity for c in cargo if c.delivered_on is not None),
        delivered_on=max(days, default=None),
        late=any(_is_late(day, line.deliver_by) for day in days),
    )


def _is_late(delivered_on: dt.date, deliver_by: dt.date | None) -> bool:
    """Local dates: a promise of the 5th is kept until midnight of the 5th where the goods arrive."""
    return deliver_by is not None and delivered_on > deliver_by


def _event(order: Order, cargo: list[Cargo], report: Report) -> Event:
    order_id, shipment_id = order.order_id, cargo[0].shipment_id
    carried = tuple(CarriedLine(line_id=c.line_id, quantity=c.quantity) for c in cargo)
    if report.fact == "LINKED":
        return ShipmentLinked(
            order_id=order_id,
            shipment_id=shipment_id,
            mode=cargo[0].mode,
            carrier=cargo[0].carrier,
            lines=carried,
        )
    if report.fact == "DISPATCHED":
        return ShipmentDispatched(
            order_id=order_id, shipment_id=shipment_id, lines=carried, shipped_at=report.occurred_at
        )
    if report.fact == "DELIVERED":
        return ShipmentDelivered(
            order_id=order_id,
            shipment_id=shipment_id,
            delivered_at=report.occurred_at,
            lines=_delivered_lines(order, cargo, report.occurred_at.date()),
        )
    return MilestoneRecorded(
        order_id=order_id,
        shipment_id=shipment_id,
        kind=report.kind,
        classifier=report.classifier,
        occurred_at=report.occurred_at,
        leg=report.leg,
        place=report.place,
        questioned=report.questioned,
        state=report.state,
    )


def _delivered_lines(order: Order, cargo: list[Cargo], on: dt.date) -> tuple[DeliveredLine, ...]:
    lines = {line.line_id: line for line in order.lines}
    return tuple(
        DeliveredLine(
            line_id=c.line_id,
            quantity=c.quantity,
            deliver_by=lines[c.line_id].deliver_by,
            delivered_on=on,
            late=_is_late(on, lines[c.line_id].deliver_by),
            mode=c.mode,
            destination_country=lines[c.line_id].destination_country,
        )
        for c in cargo
    )
