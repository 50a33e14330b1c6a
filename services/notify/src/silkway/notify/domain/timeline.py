"""Each event of an order as one line that people can read."""

import datetime as dt

from silkway.contracts import (
    AcceptanceReversed,
    ClaimAgreed,
    ClaimClosed,
    ClaimContested,
    ClaimEscalated,
    ClaimOpened,
    ClaimPaid,
    CustomsCleared,
    DisputeClosed,
    DisputeOpened,
    HoldExpired,
    HoldPosted,
    HoldReleased,
    HoldVoided,
    InspectionRecorded,
    MilestoneRecorded,
    OrderAccepted,
    OrderCancelled,
    OrderCompleted,
    OrderDelivered,
    OrderFunded,
    OrderPlaced,
    OrderRecorded,
    OrderReinstated,
    OrderSettled,
    RecoveryRecorded,
    ShipmentDelivered,
    ShipmentDispatched,
)
from silkway.notify.domain.sentences import sentence
from silkway.notify.domain.state import Entry, OrderView
from silkway.notify.domain.told import Told, shipment_of, teller

_HAPPENED = {
    OrderRecorded: "drafted_at",
    OrderPlaced: "placed_at",
    OrderCancelled: "cancelled_at",
    OrderReinstated: "reinstated_at",
    OrderFunded: "funded_at",
    OrderDelivered: "delivered_at",
    OrderAccepted: "accepted_at",
    AcceptanceReversed: "reversed_at",
    OrderCompleted: "completed_at",
    OrderSettled: "settled_at",
    DisputeOpened: "opened_at",
    DisputeClosed: "closed_at",
    InspectionRecorded: "inspected_at",
    ShipmentDispatched: "shipped_at",
    MilestoneRecorded: "occurred_at",
    ShipmentDelivered: "delivered_at",
    CustomsCleared: "released_at",
    HoldReleased: "released_at",
    HoldPosted: "posted_at",
    HoldVoided: "voided_at",
    HoldExpired: "expired_at",
    ClaimOpened: "opened_at",
    ClaimAgreed: "answered_at",
    ClaimContested: "answered_at",
    ClaimEscalated: "escalated_at",
    ClaimPaid: "paid_at",
    ClaimClosed: "closed_at",
    RecoveryRecorded: "received_at",
}
"""The field that tells when it happened; all else happened when it became known."""


def entry(view: OrderView, told: Told, event_id: str, known_at: dt.datetime) -> Entry:
    """The line for an event that `view` (the order as it is after it) has taken in."""
    field = _HAPPENED.get(type(told))
    happened_at: dt.datetime = (field and getattr(told, field)) or known_at
    who = teller(told)
    positions = {"order": view.order_events, "logistics": view.logistics_events, "credit": view.credit_events}
    return Entry(
        tenant=view.tenant,
        order_id=view.order_id,
        teller=who,
        position=positions[who],
        event_id=event_id,
        type=told.type,
        shipment_id=shipment_of(told),
        happened_at=happened_at.astimezone(dt.UTC),
        known_at=known_at,
        summary=sentence(told, view.currency),
    )
