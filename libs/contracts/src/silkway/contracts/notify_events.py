"""Events of the notify service, on notify.events."""

from pydantic import Field

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    Audience,
    Channel,
    Code,
    Count,
    DerivedId,
    Id,
    Language,
    Moment,
    Name,
    Severity,
    Text,
)
from silkway.contracts.topics import NOTIFY_EVENTS

__all__ = [
    "IncidentAcknowledged", "IncidentChanged", "IncidentClosed", "IncidentEscalated", "IncidentNotified",
    "IncidentOpened", "NotificationDelivered", "NotificationFailed", "NotificationSent", "SubscriptionPaused",
    "SubscriptionResumed", "SupplierNotified",
]  # fmt: skip


class _Notice(Event):
    topic = NOTIFY_EVENTS

    notice_id: DerivedId
    """The notice."""
    audience: Audience
    """Who was told."""
    kind: Code
    """What kind of notice, e.g. HOLD_REFUSED."""
    text: Text
    """What was said, 1 to 500 characters. In English; channels and lists write it in the reader's language."""
    severity: Severity
    """How much it matters."""
    recipient: Id | None = None
    """Which buyer or supplier was told; none: operations."""
    language: Language | None = None
    """Language of `text`."""
    incident_id: Id | None = None
    """The incident that it belongs to."""
    incident_number: int | None = Field(default=None, ge=1, le=1_000_000)
    """Which time the incident was open."""
    rule: Code | None = None
    """The rule that asked for it."""
    rules_version: Code | None = None
    """Version of the rules."""
    channel: Channel | None = None
    """The channel, where only one was used."""


class NotificationSent(_Notice):
    """Somebody was told something about an order."""

    type = "silkway.notification.sent.v1"
    subject_kind = "order"

    order_id: Id
    """The order it is about."""


class IncidentNotified(_Notice):
    """Somebody was told of an incident that is about no single order."""

    type = "silkway.incident.notified.v1"
    subject_kind = "incident"

    incident_id: Id
    """The incident."""


class SupplierNotified(_Notice):
    """Somebody was told something about a supplier that is about no single order."""

    type = "silkway.supplier.notified.v1"
    subject_kind = "supplier"

    supplier_id: Id
    """The supplier it is about."""


class _IncidentEvent(Event):
    topic = NOTIFY_EVENTS
    subject_kind = "incident"

    incident_id: Id
    """The incident: all that ever has this one cause."""
    number: int = Field(ge=1, le=1_000_000)
    """Which time it is open, counted from 1."""
    cause: Code
    """What kind of cause, e.g. DELAY."""
    cause_reference: DerivedId
    """The one cause, e.g. VOYAGE/MSC OSCAR/024W or SHIPMENT/SH-1."""
    orders: Count
    """How many orders are concerned now."""
    payments: Count = 0
    """How many payments are concerned now, where they have no order."""
    suppliers: Count = 0
    """How many suppliers are concerned now, where it is about them and no single order."""
    findings: Count = 0
    """How many findings of the auditor it is about now."""
    severity: Severity
    """How much it matters."""


class IncidentOpened(_IncidentEvent):
    """Something went wrong that nothing else has for a cause."""

    type = "silkway.incident.opened.v1"

    order_id: Id | None = None
    """The order that opened it."""
    opened_at: Moment
    """When it became known."""
    acknowledge_by: Moment | None = None
    """Until when somebody is to acknowledge it; then it is escalated."""


class IncidentChanged(_IncidentEvent):
    """An order, a payment, a supplier or a finding more, or less, is concerned."""

    type = "silkway.incident.changed.v1"

    joined: DerivedId | None = None
    """Order, payment, supplier or finding that is concerned from now on."""
    left: DerivedId | None = None
    """Order, payment, supplier or finding that is not concerned any more."""
    changed_at: Moment
    """When it became known."""


class IncidentAcknowledged(_IncidentEvent):
    """Somebody has taken it in hand."""

    type = "silkway.incident.acknowledged.v1"

    by: Name
    """Who."""
    note: Text | None = None
    """What is being done."""
    acknowledged_at: Moment
    """When."""


class IncidentEscalated(_IncidentEvent):
    """Nobody acknowledged it in time."""

    type = "silkway.incident.escalated.v1"

    step: int = Field(ge=1, le=20)
    """Which step of the rules, counted from 1."""
    escalated_at: Moment
    """When it was due."""


class IncidentClosed(_IncidentEvent):
    """Nothing is concerned any more. Should the cause come back, it opens under the next number."""

    type = "silkway.incident.closed.v1"

    opened_at: Moment
    """When it became known."""
    closed_at: Moment
    """When it became known that nothing is left."""
    orders_at_most: Count
    """Orders and payments that were concerned at once, at most."""


class _SubscriptionEvent(Event):
    topic = NOTIFY_EVENTS
    subject_kind = "subscription"

    subscription_id: Id
    """The subscription."""


class NotificationDelivered(_SubscriptionEvent):
    """A message with notices reached the address of a subscription."""

    type = "silkway.notification.delivered.v1"

    delivery_id: DerivedId
    """What was delivered."""
    channel: Channel
    """How."""
    notice_ids: tuple[DerivedId, ...] = Field(max_length=200)
    """The notices in it."""
    attempts: Count
    """How many attempts it took."""
    delivered_at: Moment
    """When."""


class NotificationFailed(_SubscriptionEvent):
    """A message did not reach the address of a subscription and is not tried again."""

    type = "silkway.notification.failed.v1"

    delivery_id: DerivedId
    """What was to be delivered."""
    channel: Channel
    """How."""
    notice_ids: tuple[DerivedId, ...] = Field(max_length=200)
    """The notices in it; none where it was an event."""
    attempts: Count
    """How many attempts were made."""
    reason: Text
    """Why, 1 to 500 characters."""
    failed_at: Moment
    """When it was given up."""


class SubscriptionPaused(_SubscriptionEvent):
    """Nothing is sent to a subscription any more until somebody resumes it; what comes meanwhile is kept."""

    type = "silkway.subscription.paused.v1"

    reason: Text
    """Why, 1 to 500 characters."""
    by: Name | None = None
    """Who asked for it; none: nothing arrived for too long."""
    failing_since: Moment | None = None
    """Since when nothing arrived, where that is why."""
    paused_at: Moment
    """When."""


class SubscriptionResumed(_SubscriptionEvent):
    """A subscription that was paused is served again; what waited is sent first."""

    type = "silkway.subscription.resumed.v1"

    resumed_at: Moment
    """When."""
