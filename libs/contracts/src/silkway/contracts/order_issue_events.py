"""What may keep an order from going on, on order.events: inspections, disputes, and what those undo."""

from silkway.contracts.fields import (
    AmountMinor,
    DerivedId,
    DisputeEnd,
    DisputeKind,
    Id,
    InspectionGate,
    Moment,
    Name,
    Party,
    Text,
)
from silkway.contracts.order_events import OrderEvent

__all__ = ["AcceptanceReversed", "DisputeClosed", "DisputeOpened", "InspectionBooked", "InspectionRecorded"]


class InspectionBooked(OrderEvent):
    """The goods are to be inspected: when the order is placed, and again after each failure."""

    type = "silkway.inspection.booked.v1"

    inspection_id: DerivedId
    """The inspection."""
    supplier_id: Id
    """Whose goods."""
    gate: InspectionGate
    """Before what it is to be passed."""


class InspectionRecorded(OrderEvent):
    """The goods were inspected."""

    type = "silkway.inspection.recorded.v1"

    inspection_id: DerivedId
    """The inspection."""
    passed: bool
    """Whether the goods are as ordered."""
    by: Name
    """Who inspected them."""
    inspected_at: Moment
    """When."""


class DisputeOpened(OrderEvent):
    """A party objects: until it is closed, silence accepts nothing and nothing is due to the supplier."""

    type = "silkway.dispute.opened.v1"

    dispute_id: Id
    """The dispute."""
    supplier_id: Id
    """Who sells."""
    party: Party
    """Who objects."""
    kind: DisputeKind
    """What it is about."""
    opened_at: Moment
    """When it was raised."""


class DisputeClosed(OrderEvent):
    """The dispute was decided, or taken back by who had raised it."""

    type = "silkway.dispute.closed.v1"

    dispute_id: Id
    """The dispute."""
    supplier_id: Id
    """Who sells."""
    outcome: DisputeEnd
    """For whom it was decided; WITHDRAWN: it was taken back."""
    refund_minor: AmountMinor
    """By how much the buyer has to pay less, in minor units of the order's currency."""
    text: Text | None = None
    """Why it was taken back, in the words of who did."""
    closed_at: Moment
    """When it was decided, or taken back."""


class AcceptanceReversed(OrderEvent):
    """Silence had accepted the goods although an objection was known in time; the acceptance does not count."""

    type = "silkway.acceptance.reversed.v1"

    dispute_id: Id | None = None
    """The dispute that was known in time; none where the delivery itself was taken back in time."""
    reversed_at: Moment
    """When that was known."""
