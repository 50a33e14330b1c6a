"""Who hears of what: rules that read one event each, so that a notice never depends on what came first."""

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from silkway.contracts import (
    HoldGranted,
    HoldRefused,
    MilestoneRecorded,
    NotificationSent,
    OrderCompleted,
    ShipmentDelivered,
)
from silkway.contracts.fields import Severity
from silkway.notify.domain.state import Notice
from silkway.notify.domain.timeline import money
from silkway.notify.domain.view import Told

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "silkway:notices")


@dataclass(frozen=True)
class Rule:
    """A kind of notice: `text` answers with what to say of an event, or None if it is not a case for it."""

    kind: str
    severity: Severity
    text: Callable[[Told], str | None]


def delivery_late(told: Told) -> str | None:
    if not isinstance(told, ShipmentDelivered):
        return None
    days = [
        (line.delivered_on - line.deliver_by).days for line in told.lines if line.late and line.deliver_by
    ]
    if not days:
        return None
    return (
        f"Shipment {told.shipment_id} brought {len(days)} of {len(told.lines)} lines of order {told.order_id} "
        f"late, by up to {max(days)} days."
    )


def hold_refused(told: Told) -> str | None:
    if not isinstance(told, HoldRefused):
        return None
    asked = money(told.requested_minor, told.currency)
    return f"No cover for order {told.order_id}: {asked} on {told.supplier_id} refused, {told.reason}."


def hold_partial(told: Told) -> str | None:
    if not isinstance(told, HoldGranted) or told.full:
        return None
    granted, asked = (money(m, told.currency) for m in (told.granted_minor, told.requested_minor))
    return f"Order {told.order_id} is covered in part: {granted} of {asked} on {told.supplier_id}."


def milestone_questioned(told: Told) -> str | None:
    if not isinstance(told, MilestoneRecorded) or not told.questioned:
        return None
    return (
        f"Shipment {told.shipment_id} of order {told.order_id}: {told.kind} is reported as actual for "
        f"{told.occurred_at.isoformat()}, which was still to come."
    )


def shipment_exception(told: Told) -> str | None:
    if not isinstance(told, MilestoneRecorded) or told.questioned:
        return None
    if (told.kind, told.classifier) != ("EXCEPTION", "ACTUAL"):
        return None
    place = f" at {told.place}" if told.place else ""
    return f"Shipment {told.shipment_id} of order {told.order_id} is in exception{place}."


def order_completed(told: Told) -> str | None:
    if not isinstance(told, OrderCompleted):
        return None
    total = money(told.total_minor, told.currency)
    return (
        f"Order {told.order_id} over {total} is completed; {told.lines_late} of {told.lines} lines were late."
    )


RULES = (
    Rule("DELIVERY_LATE", "WARNING", delivery_late),
    Rule("HOLD_REFUSED", "WARNING", hold_refused),
    Rule("HOLD_PARTIAL", "WARNING", hold_partial),
    Rule("MILESTONE_QUESTIONED", "WARNING", milestone_questioned),
    Rule("SHIPMENT_EXCEPTION", "WARNING", shipment_exception),
    Rule("ORDER_COMPLETED", "INFO", order_completed),
)
"""What operations must hear, and how much it matters."""


def notices(tenant: str, told: Told, event_id: str, known_at: dt.datetime) -> list[Notice]:
    """The notices that an event gives rise to. Their ids follow from it: told again, they are the same."""
    return [
        Notice(
            tenant=tenant,
            notice_id=str(uuid.uuid5(_IDS, f"{tenant}/{told.order_id}/{rule.kind}/{event_id}")),
            order_id=told.order_id,
            shipment_id=getattr(told, "shipment_id", None),
            audience="OPERATIONS",
            kind=rule.kind,
            severity=rule.severity,
            text=text,
            cause_type=told.type,
            cause_id=event_id,
            known_at=known_at,
        )
        for rule in RULES
        if (text := rule.text(told)) is not None
    ]


def sent(notice: Notice) -> NotificationSent:
    """The event that says the notice was given."""
    return NotificationSent(
        notice_id=notice.notice_id,
        order_id=notice.order_id,
        audience=notice.audience,
        kind=notice.kind,
        text=notice.text,
        severity=notice.severity,
    )
