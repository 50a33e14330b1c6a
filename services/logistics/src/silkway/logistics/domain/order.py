"""An order as logistics sees it: which shipments carry it, what was delivered of it, and what was late.

Shipments may report before the order is recorded. Then their news are kept, and told in full once it is, known at
the later of the two, so that it makes no difference which came first.
"""

import datetime as dt
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from silkway.contracts import Event, OrderAmended, OrderRecorded
from silkway.contracts import OrderLine as AgreedLine
from silkway.logistics.domain import news
from silkway.logistics.domain.change import again
from silkway.logistics.domain.news import Anything
from silkway.logistics.domain.outlook import look_ahead, see
from silkway.logistics.domain.rules import Rules
from silkway.logistics.domain.state import Cargo, Order, OrderLine, Shipment
from silkway.logistics.domain.telling import Pieces, event_of, is_late

Decision = tuple[Order, list[tuple[Event, dt.datetime]]]


class Pending(msgspec.Struct, frozen=True):
    """A shipment's news that wait for the order to be recorded, with the pieces that it carried then."""

    origin: str
    shipment_id: str
    pieces: list[tuple[str, int]]
    news: Anything


_pending = msgspec.json.Decoder(list[Pending])


def load(rules: Rules, order: Order, shipment: Shipment, now: dt.datetime) -> Decision:
    """A shipment takes on lines of the order, or parts with some. Lines that the order does not have do not count."""
    known = {line.line_id for line in order.lines}
    loaded = {c.line_id: c for c in order.cargo if c.shipment_id == shipment.shipment_id}
    for line in shipment.lines:
        if line.order_id == order.order_id:
            before = loaded.get(line.line_id)
            loaded[line.line_id] = Cargo(
                tenant=order.tenant,
                order_id=order.order_id,
                shipment_id=shipment.shipment_id,
                line_id=line.line_id,
                quantity=line.quantity,
                mode=shipment.mode,
                carrier=shipment.carrier,
                counted=line.line_id in known,
                delivered_on=None if before is None else before.delivered_on,
            )
    others = [c for c in order.cargo if c.shipment_id != shipment.shipment_id]
    with_it = _with_cargo(order, (*others, *loaded.values()))
    if order.known_at is None:
        return with_it, []
    return look_ahead(rules, order, with_it, shipment.shipment_id, max(now, order.known_at))


def record(rules: Rules, order: Order, recorded: OrderRecorded, known_at: dt.datetime) -> Decision:
    """The order is known: its lines and promises, and all that its shipments have reported meanwhile."""
    lines = tuple(
        _line(order, line, recorded.supplier_id, recorded.currency)
        for line in sorted(recorded.lines, key=lambda line: line.line_id)
    )
    pending = _pending.decode(order.pending)
    known = {line.line_id for line in lines}
    order = replace(order, supplier_id=recorded.supplier_id, known_at=known_at, pending="[]", lines=lines)
    order = _with_cargo(order, tuple(replace(c, counted=c.line_id in known) for c in order.cargo))
    events: list[tuple[Event, dt.datetime]] = []
    for kept in pending:
        order, told = _tell(rules, order, kept.shipment_id, kept.pieces, kept.news)
        events += told
    return order, events


def _line(order: Order, line: AgreedLine, supplier_id: str, currency: str) -> OrderLine:
    return OrderLine(
        tenant=order.tenant,
        order_id=order.order_id,
        line_id=line.line_id,
        supplier_id=supplier_id,
        quantity=line.quantity,
        value_minor=line.value_minor,
        currency=currency,
        ship_by=line.ship_by,
        deliver_by=line.deliver_by,
        destination_country=line.destination_country,
        mode=None,
        delivered_quantity=0,
        delivered_on=None,
        late=False,
    )


def amend(
    rules: Rules, order: Order, amended: OrderAmended, shipments: Iterable[Shipment], known_at: dt.datetime
) -> Decision:
    """The order has other lines or promises. Its shipments tell anew what concerns new lines, and what was late.

    A line that was taken out stays, without value and promise, so that what is delivered of it is still told.
    """
    assert order.supplier_id is not None, "an order is recorded before it is amended"
    currency = order.lines[0].currency
    lines = {
        line.line_id: replace(line, value_minor=0, ship_by=None, deliver_by=None) for line in order.lines
    }
    lines |= {line.line_id: _line(order, line, order.supplier_id, currency) for line in amended.lines}
    now = replace(order, lines=tuple(lines[line_id] for line_id in sorted(lines)))
    now = _with_cargo(now, tuple(replace(c, counted=c.line_id in lines) for c in order.cargo))
    events: list[tuple[Event, dt.datetime]] = []
    for shipment in shipments:
        before = _counted(order, shipment.shipment_id)
        carried = _counted(now, shipment.shipment_id)
        if carried != before:
            for told in again(shipment, known_at, new=carried.keys() != before.keys()):
                now, said = tell(rules, now, shipment, told)
                events += said
        now, said = look_ahead(rules, order, now, shipment.shipment_id, known_at)
        events += said
    return now, events


def _counted(order: Order, shipment_id: str) -> dict[str, bool]:
    """The order's lines in a shipment, and whether what it delivered of them was late."""
    promises = {line.line_id: line.deliver_by for line in order.lines}
    return {
        c.line_id: c.delivered_on is not None and is_late(c.delivered_on, promises[c.line_id])
        for c in order.cargo
        if c.shipment_id == shipment_id and c.counted and c.quantity
    }


def tell(rules: Rules, order: Order, shipment: Shipment, told: Anything) -> Decision:
    """A shipment has news for the order. They are told on only if the order is recorded and has lines in it."""
    pieces = [
        (c.line_id, c.quantity) for c in order.cargo if c.shipment_id == shipment.shipment_id and c.quantity
    ]
    if order.known_at is not None:
        return _tell(rules, order, shipment.shipment_id, pieces, told)
    pending = [*_pending.decode(order.pending), Pending(shipment.origin, shipment.shipment_id, pieces, told)]
    pending.sort(key=lambda p: p.origin)  # stable: what belongs together stays in its order
    return replace(order, pending=msgspec.json.encode(pending).decode()), []


def fall_due(rules: Rules, order: Order, at: dt.datetime) -> Decision:
    """The promises of its shipments that are to be looked at by `at`."""
    events: list[tuple[Event, dt.datetime]] = []
    for outlook in order.outlooks:
        if outlook.wake_at is not None and outlook.wake_at <= at:
            order, told = look_ahead(rules, order, order, outlook.shipment_id, at)
            events += told
    return order, events


def deadline(order: Order) -> dt.datetime | None:
    """When the next of these falls due."""
    return min((o.wake_at for o in order.outlooks if o.wake_at is not None), default=None)


_AHEAD = (news.Linked, news.Expected, news.Delivered, news.DeliveryWithdrawn)
"""News that say something about what is to come, or end the waiting for it."""


def _tell(rules: Rules, order: Order, shipment_id: str, pieces: Pieces, told: Anything) -> Decision:
    recorded_at = order.known_at
    assert recorded_at is not None
    now = max(told.known_at, recorded_at)
    known = {line.line_id for line in order.lines}
    pieces = [piece for piece in pieces if piece[0] in known]
    event = event_of(order, shipment_id, pieces, told) if pieces else None
    only_the_time = isinstance(told, news.DeliveryWithdrawn) and told.anew  # it came all the same, as follows
    if only_the_time or not isinstance(told, _AHEAD):
        return order, [] if event is None else [(event, now)]
    before = order
    if isinstance(told, news.Delivered):
        order = _deliver(order, shipment_id, told.delivered_at.date())
    elif isinstance(told, news.DeliveryWithdrawn):
        order = _deliver(order, shipment_id, None)
    order = see(order, shipment_id, told)
    order, foreseen = look_ahead(rules, before, order, shipment_id, now)
    return order, foreseen if event is None else [(event, now), *foreseen]


def _deliver(order: Order, shipment_id: str, on: dt.date | None) -> Order:
    return _with_cargo(
        order,
        tuple(replace(c, delivered_on=on) if c.shipment_id == shipment_id else c for c in order.cargo),
    )


def _with_cargo(order: Order, cargo: tuple[Cargo, ...]) -> Order:
    """The order with this cargo, and each line as its cargo says."""
    if len(cargo) > 1:
        cargo = tuple(sorted(cargo, key=lambda c: (c.shipment_id, c.line_id)))
    carried: dict[str, list[Cargo]] = {}
    for piece in cargo:
        if piece.quantity:
            carried.setdefault(piece.line_id, []).append(piece)
    lines = tuple(_with_deliveries(line, carried.get(line.line_id, [])) for line in order.lines)
    return replace(order, lines=lines, cargo=cargo)


def _with_deliveries(line: OrderLine, cargo: list[Cargo]) -> OrderLine:
    """The line as its cargo says; a function of the set, so that the order of shipments does not matter."""
    if not cargo:
        return (
            replace(line, delivered_quantity=0, delivered_on=None, late=False) if line.delivered_on else line
        )
    days = [c.delivered_on for c in cargo if c.delivered_on is not None]
    latest = max(cargo, key=lambda c: (c.delivered_on or dt.date.min, c.shipment_id))
    return replace(
        line,
        mode=latest.mode,
        delivered_quantity=sum(c.quantity for c in cargo if c.delivered_on is not None),
        delivered_on=max(days, default=None),
        late=any(is_late(day, line.deliver_by) for day in days),
    )
