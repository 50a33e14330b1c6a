"""How the view of an order changes with each event.

Each service's events come in their order; nothing orders the services among themselves. So every field follows
one service alone, or takes the further of what two have told: the view is the same however they interleave.
"""

import datetime as dt
from typing import Any, assert_never

from msgspec.structs import replace

from silkway.contracts import (
    DeliveredLine,
    HoldGranted,
    HoldRefused,
    HoldReleased,
    HoldRequested,
    LimitReassessed,
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
from silkway.notify.domain.state import OrderView, OrderViewLine, OrderViewShipment, SupplierView

Life = (
    OrderRecorded | OrderPlaced | PaymentMatched | OrderFunded | HoldRequested | OrderShipped | OrderDelivered
    | OrderAccepted | OrderCompleted | PayoutDue | OrderSettled
)  # fmt: skip
Way = ShipmentLinked | ShipmentDispatched | MilestoneRecorded | ShipmentDelivered
Cover = HoldGranted | HoldRefused | HoldReleased
Told = Life | Way | Cover
"""Every event that is about an order."""


def see(view: OrderView, told: Told, known_at: dt.datetime) -> OrderView:
    """The view after one more event about its order."""
    known_at = max(known_at, view.known_at or known_at)
    if isinstance(told, Way):
        return replace(
            _count(_see_way(view, told)), known_at=known_at, logistics_events=view.logistics_events + 1
        )
    if isinstance(told, Cover):
        return replace(_see_cover(view, told), known_at=known_at, credit_events=view.credit_events + 1)
    return replace(_see_life(view, told), known_at=known_at, order_events=view.order_events + 1)


def reassess(tenant: str, told: LimitReassessed, known_at: dt.datetime) -> SupplierView:
    """The supplier as credit sees it now."""
    return SupplierView(
        tenant=tenant,
        supplier_id=told.supplier_id,
        currency=told.currency,
        limit_minor=told.limit_minor,
        shortfall_minor=told.shortfall_minor,
        rules_version=told.rules_version,
        known_at=known_at,
    )


def _see_life(view: OrderView, told: Life) -> OrderView:
    match told:
        case OrderRecorded():
            return _record(view, told)
        case OrderPlaced():
            return replace(view, life="PLACED", placed_at=_utc(told.placed_at))
        case PaymentMatched():
            return _with_money(
                view,
                received_minor=told.received_minor,
                open_minor=told.open_minor,
                funds="PART_PAID" if told.open_minor else view.funds,  # order.funded follows
            )
        case OrderFunded():
            return replace(view, funds="FUNDED", open_minor=0, funded_at=_utc(told.funded_at))
        case HoldRequested():
            # Credit's answer may have overtaken the request.
            assurance = "REQUESTED" if view.assurance == "NONE" else view.assurance
            return replace(
                view,
                assurance=assurance,
                hold_currency=told.currency,
                hold_requested_minor=told.amount_minor,
            )
        case OrderShipped():
            return replace(view, logistics=told.state)
        case OrderDelivered():
            return replace(view, logistics=told.state, delivered_at=_utc_or_none(told.delivered_at))
        case OrderAccepted():
            return replace(view, accepted_by=told.by, accepted_at=_utc(told.accepted_at))
        case OrderCompleted():
            return replace(view, life="COMPLETED", completed_at=_utc(told.completed_at))
        case PayoutDue():
            return replace(view, payout_due_minor=told.amount_minor)
        case OrderSettled():
            settled = replace(view, life="SETTLED", payout_due_minor=0, settled_at=_utc(told.settled_at))
            return _with_money(settled, paid_out_minor=told.paid_out_minor)
        case _:
            assert_never(told)


def _record(view: OrderView, told: OrderRecorded) -> OrderView:
    """The order's own words. Deliveries may have come before them."""
    delivered = {line.line_id: line for line in view.lines}
    lines = [
        replace(
            delivered.get(line.line_id) or OrderViewLine(view.tenant, view.order_id, line.line_id),
            description=line.description,
            quantity=line.quantity,
            value_minor=line.value_minor,
            ship_by=line.ship_by,
            deliver_by=line.deliver_by,
            destination_country=line.destination_country,
        )
        for line in told.lines
    ]
    destinations = {line.destination_country for line in lines}
    return _count(
        replace(
            view,
            buyer_id=told.buyer_id,
            supplier_id=told.supplier_id,
            currency=told.currency,
            total_minor=told.total_minor,
            deposit_minor=told.deposit_minor,
            account_id=told.account_id,
            payment_reference=told.payment_reference,
            incoterm=told.incoterm,
            coverage=told.coverage,
            destination_country=destinations.pop() if len(destinations) == 1 else None,
            life="DRAFTED",
            open_minor=told.total_minor,
            drafted_at=_utc(told.drafted_at),
            lines=tuple(sorted(lines, key=lambda line: line.line_id)),
        )
    )


def _see_way(view: OrderView, told: Way) -> OrderView:
    others = tuple(s for s in view.shipments if s.shipment_id != told.shipment_id)
    shipment = next((s for s in view.shipments if s.shipment_id == told.shipment_id), None)
    shipment = shipment or OrderViewShipment(view.tenant, view.order_id, told.shipment_id)
    match told:
        case ShipmentLinked():
            shipment = replace(shipment, mode=told.mode, carrier=told.carrier)
        case ShipmentDispatched():
            at = _utc(told.shipped_at)
            shipment = replace(shipment, dispatched_at=at)
            view = replace(view, shipped_at=min(at, view.shipped_at or at))
        case MilestoneRecorded():
            shipment = _see_milestone(shipment, told)
        case ShipmentDelivered():
            shipment = replace(shipment, delivered_at=_utc(told.delivered_at))
            view = _deliver(view, told.lines)
        case _:
            assert_never(told)
    return replace(view, shipments=tuple(sorted((*others, shipment), key=lambda s: s.shipment_id)))


def _see_milestone(shipment: OrderViewShipment, told: MilestoneRecorded) -> OrderViewShipment:
    if told.questioned:
        return replace(shipment, questioned=shipment.questioned + 1)
    shipment = replace(shipment, state=told.state, milestones=shipment.milestones + 1)
    at, is_exception = _utc(told.occurred_at), told.kind == "EXCEPTION"
    is_older = shipment.last_at is not None and (at, is_exception) < (shipment.last_at, shipment.exception)
    if told.classifier != "ACTUAL" or is_older:
        return shipment
    return replace(
        shipment, last_milestone=told.kind, last_at=at, last_place=told.place, exception=is_exception
    )


def _deliver(view: OrderView, delivered: tuple[DeliveredLine, ...]) -> OrderView:
    lines = {line.line_id: line for line in view.lines}
    for told in delivered:
        line = lines.get(told.line_id) or OrderViewLine(view.tenant, view.order_id, told.line_id)
        lines[told.line_id] = replace(
            line,
            delivered_quantity=line.delivered_quantity + told.quantity,
            delivered_on=max(told.delivered_on, line.delivered_on or told.delivered_on),
            late=line.late or told.late,
        )
    return replace(view, lines=tuple(lines[line_id] for line_id in sorted(lines)))


def _see_cover(view: OrderView, told: Cover) -> OrderView:
    match told:
        case HoldGranted():
            return replace(
                view,
                assurance="HELD" if told.full else "PARTIAL",
                hold_id=told.hold_id,
                hold_granted_minor=told.granted_minor,
            )
        case HoldRefused():
            return replace(view, assurance="REFUSED", hold_reason=told.reason)
        case HoldReleased():
            return replace(
                view,
                assurance="RELEASED",
                hold_released_minor=told.released_minor,
                hold_released_at=_utc(told.released_at),
            )
        case _:
            assert_never(told)


def _with_money(view: OrderView, **changes: Any) -> OrderView:
    """The view after money moved: what came in and has not gone out is in escrow."""
    view = replace(view, **changes)
    return replace(view, escrow_minor=view.received_minor - view.paid_out_minor)


def _count(view: OrderView) -> OrderView:
    return replace(
        view,
        line_count=len(view.lines),
        lines_delivered=sum(line.delivered_on is not None for line in view.lines),
        lines_late=sum(line.late for line in view.lines),
        shipment_count=len(view.shipments),
        shipments_delivered=sum(shipment.delivered_at is not None for shipment in view.shipments),
    )


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC)


def _utc_or_none(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else _utc(moment)
