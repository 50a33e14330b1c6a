"""Each event of an order as one line that people can read."""

import datetime as dt
from typing import assert_never

from silkway.contracts import (
    CURRENCIES,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    MilestoneRecorded,
    OrderAccepted,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderSettled,
    OrderShipped,
    PaymentMatched,
    PayoutDue,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from silkway.notify.domain.state import Entry, OrderView
from silkway.notify.domain.view import Cover, Told, Way

_HAPPENED = {
    OrderRecorded: "drafted_at",
    OrderPlaced: "placed_at",
    OrderFunded: "funded_at",
    OrderDelivered: "delivered_at",
    OrderAccepted: "accepted_at",
    OrderCompleted: "completed_at",
    OrderSettled: "settled_at",
    ShipmentDispatched: "shipped_at",
    MilestoneRecorded: "occurred_at",
    ShipmentDelivered: "delivered_at",
    HoldReleased: "released_at",
}
"""The field that tells when it happened; all else happened when it became known."""


def entry(view: OrderView, told: Told, event_id: str, known_at: dt.datetime) -> Entry:
    """The line for an event that `view` (the order as it is after it) has taken in."""
    field = _HAPPENED.get(type(told))
    happened_at: dt.datetime = (field and getattr(told, field)) or known_at
    return Entry(
        tenant=view.tenant,
        order_id=view.order_id,
        teller="logistics" if isinstance(told, Way) else "credit" if isinstance(told, Cover) else "order",
        position=_position(view, told),
        event_id=event_id,
        type=told.type,
        shipment_id=told.shipment_id if isinstance(told, Way) else None,
        happened_at=happened_at.astimezone(dt.UTC),
        known_at=known_at,
        summary=summary(told),
    )


def money(amount_minor: int, currency: str) -> str:
    """An amount for people: 123456, USD -> "USD 1,234.56"."""
    digits = CURRENCIES[currency]
    whole, rest = divmod(amount_minor, 10**digits)
    return f"{currency} {whole:,}" + (f".{rest:0{digits}}" if digits else "")


def summary(told: Told) -> str:
    """What happened, in one line."""
    if isinstance(told, Way):
        return _way(told)
    if isinstance(told, Cover):
        return _cover(told)
    match told:
        case OrderRecorded():
            total = money(told.total_minor, told.currency)
            return (
                f"drafted: {_lines(len(told.lines))}, {total}, {told.buyer_id} buys from {told.supplier_id}"
            )
        case OrderPlaced():
            return f"placed over {money(told.total_minor, told.currency)}"
        case PaymentMatched():
            still = money(told.open_minor, told.currency)
            return f"payment of {money(told.amount_minor, told.currency)} matched, {still} open"
        case OrderFunded():
            return "funded in full"
        case HoldRequested():
            return f"cover of {money(told.amount_minor, told.currency)} requested"
        case OrderShipped():
            return f"logistics: {told.state}"
        case OrderDelivered():
            late = f", {_lines(told.lines_late)} late" if told.lines_late else ""
            return f"logistics: {told.state}{late}"
        case OrderAccepted():
            return "accepted by the buyer" if told.by == "RECEIPT" else "accepted: the period has passed"
        case OrderCompleted():
            return f"completed: {_lines(told.lines)}, {told.lines_late} late"
        case PayoutDue():
            return f"payout of {money(told.amount_minor, told.currency)} to {told.supplier_id} due"
        case OrderSettled():
            return "settled with the supplier"
        case _:
            assert_never(told)


def _way(told: Way) -> str:
    match told:
        case ShipmentLinked():
            carrier = f" with {told.carrier}" if told.carrier else ""
            return f"shipment {told.shipment_id} booked by {told.mode}{carrier}: {_lines(len(told.lines))}"
        case ShipmentDispatched():
            return f"shipment {told.shipment_id} left: {_lines(len(told.lines))}"
        case MilestoneRecorded():
            place = f" at {told.place}" if told.place else ""
            doubt = ", questioned: its time was still to come" if told.questioned else ""
            return f"shipment {told.shipment_id}: {told.kind} {told.classifier}{place}{doubt}"
        case ShipmentDelivered():
            late = sum(line.late for line in told.lines)
            return f"shipment {told.shipment_id} delivered: {_lines(len(told.lines))}, {late} late"
        case _:
            assert_never(told)


def _cover(told: Cover) -> str:
    match told:
        case HoldGranted():
            granted, asked = (money(m, told.currency) for m in (told.granted_minor, told.requested_minor))
            return f"cover of {granted} held" + ("" if told.full else f", of {asked} requested")
        case HoldRefused():
            return f"cover of {money(told.requested_minor, told.currency)} refused: {told.reason}"
        case HoldReleased():
            return f"cover of {money(told.released_minor, told.currency)} released"
        case _:
            assert_never(told)


def _position(view: OrderView, told: Told) -> int:
    if isinstance(told, Way):
        return view.logistics_events
    return view.credit_events if isinstance(told, Cover) else view.order_events


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
