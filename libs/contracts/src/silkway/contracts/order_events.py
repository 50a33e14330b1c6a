"""The life of an order, on order.events: recorded, placed, changed, delivered, accepted, settled."""

from pydantic import Field

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    AcceptedBy,
    AmendmentRefusal,
    AmountMinor,
    BalanceDue,
    CancellationRefusal,
    CancelledBy,
    Count,
    Coverage,
    Currency,
    Day,
    DeliveredState,
    Id,
    Incoterm,
    InspectionGate,
    LogisticsState,
    Moment,
    PositiveMinor,
    Reference,
    ShippedState,
    Text,
    UndeliveredState,
)
from silkway.contracts.order import OrderLine
from silkway.contracts.topics import ORDER_EVENTS

__all__ = [
    "AmendmentRefused", "CancellationRefused", "HoldRequested", "OrderAccepted",
    "OrderAmended", "OrderCancelled", "OrderCompleted", "OrderDelivered", "OrderPlaced", "OrderRecorded",
    "OrderReinstated", "OrderSettled", "OrderShipped", "OrderUndelivered",
]  # fmt: skip


class OrderEvent(Event):
    """What is told about one order."""

    topic = ORDER_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order, as its platform calls it."""


class OrderRecorded(OrderEvent):
    """A draft was taken in. Carries what the other services need of the order."""

    type = "silkway.order.recorded.v1"

    buyer_id: Id
    """Who buys."""
    supplier_id: Id
    """Who sells."""
    currency: Currency
    """Currency of all amounts of the order, ISO 4217."""
    total_minor: AmountMinor
    """Sum of the lines, in minor units."""
    deposit_minor: AmountMinor
    """Part due before production, in minor units."""
    account_id: Id
    """The supplier's virtual account that the buyer pays into."""
    payment_reference: Reference
    """What the buyer quotes when paying."""
    lines: tuple[OrderLine, ...] = Field(min_length=1, max_length=500)
    """As drafted, with the order's promises and destination where a line had none."""
    incoterm: Incoterm | None = None
    """Who bears cost and risk from where."""
    acceptance_days: int = Field(ge=1, le=90)
    """Days after delivery after which silence of the buyer is acceptance."""
    coverage: Coverage
    """What the assurance is to cover."""
    balance_due: BalanceDue | None = None
    """Whether the balance is due before the goods are shipped or after they are delivered."""
    quote_id: Id | None = None
    """The quote of the logistics chosen in the draft, if any."""
    option_id: Id | None = None
    """Which of the quote's options."""
    inspection_gate: InspectionGate | None = None
    """Before what an inspection is to be passed, if one is."""
    cover_until: Day | None = None
    """Until when the assurance is to hold at least, if the draft says so."""
    drafted_at: Moment
    """When it was drafted."""


class OrderPlaced(OrderEvent):
    """The order binds both parties."""

    type = "silkway.order.placed.v1"

    supplier_id: Id
    """Who sells."""
    currency: Currency
    """ISO 4217."""
    total_minor: AmountMinor
    """Total of the order, in minor units."""
    quote_id: Id | None = None
    """The quote of the logistics to book now, if one was chosen."""
    option_id: Id | None = None
    """Which of the quote's options."""
    ship_by: Day | None = None
    """The earliest promise of shipping among the lines, in the supplier's time zone."""
    deliver_by: Day | None = None
    """The latest promise of delivery among the lines."""
    cover_until: Day | None = None
    """Until when the assurance is to hold at least, if the draft says so."""
    placed_at: Moment
    """When what placed it happened."""


class HoldRequested(OrderEvent):
    """The placed order asks for cover by the supplier's credit limit."""

    type = "silkway.hold.requested.v1"

    supplier_id: Id
    """Whose limit."""
    currency: Currency
    """ISO 4217."""
    amount_minor: PositiveMinor
    """What is to be covered, in minor units, at least 1."""
    coverage: Coverage
    """What the amount stands for."""
    request: int | None = Field(default=None, ge=1, le=1000)
    """The how-manieth request of this order: 1, and more once it was reinstated."""
    cover_until: Day | None = None
    """Until when the hold is to last at least, if the draft says so."""


class OrderAmended(OrderEvent):
    """The order was changed as asked. What it now lacks is open, what it now has too much is due as refund."""

    type = "silkway.order.amended.v1"

    amendment_id: Id
    """The request it answers."""
    lines: tuple[OrderLine, ...] = Field(min_length=1, max_length=500)
    """All lines as they are now."""
    total_minor: AmountMinor
    """Sum of the lines, in minor units."""
    deposit_minor: AmountMinor
    """Part due before production, in minor units."""
    received_minor: AmountMinor
    """All that came in for the order and was not returned, in minor units."""
    open_minor: AmountMinor
    """What is still to come, in minor units."""
    refund_due_minor: AmountMinor
    """All that is to be paid back to the buyer now; refund.due or refund.withdrawn tells it again if it has changed."""
    ship_by: Day | None = None
    """The earliest promise of shipping among the lines."""
    deliver_by: Day | None = None
    """The latest promise of delivery among the lines."""
    logistics: LogisticsState | None = None
    """How far the goods of the lines that are left are; NONE where nothing of them is booked."""


class AmendmentRefused(OrderEvent):
    """The order stays as it is."""

    type = "silkway.amendment.refused.v1"

    amendment_id: Id
    """The request it answers."""
    reason: AmendmentRefusal
    """Why."""
    text: Text
    """Why, for people, 1 to 500 characters."""


class OrderCancelled(OrderEvent):
    """The order is undone; what was received is due as refund."""

    type = "silkway.order.cancelled.v1"

    cancellation_id: Id
    """The request it answers; for RESOLUTION the dispute."""
    supplier_id: Id
    """Who sold."""
    by: CancelledBy
    """Who asked, or RESOLUTION: a dispute gave all the money back before the goods had come."""
    reason: Text
    """Why, for people, 1 to 500 characters."""
    refund_due_minor: AmountMinor
    """All that is to be paid back to the buyer now, in minor units; refund.due tells it again."""
    cancelled_at: Moment
    """When it was asked for."""


class CancellationRefused(OrderEvent):
    """The order goes on."""

    type = "silkway.cancellation.refused.v1"

    cancellation_id: Id
    """The request it answers."""
    reason: CancellationRefusal
    """Why."""
    text: Text
    """Why, for people, 1 to 500 characters."""


class OrderReinstated(OrderEvent):
    """The cancelled order goes on: its goods had left before the cancellation was known."""

    type = "silkway.order.reinstated.v1"

    shipment_id: Id
    """The shipment that had left."""
    supplier_id: Id
    """Who sells."""
    reinstated_at: Moment
    """When that became known."""


class OrderShipped(OrderEvent):
    """The order moved on towards being shipped: each change up to SHIPPED."""

    type = "silkway.order.shipped.v1"

    state: ShippedState
    """How far it is now."""
    uninspected: bool | None = None
    """Whether goods left although the inspection before shipping was not passed as far as known."""


class OrderDelivered(OrderEvent):
    """More of the order was delivered, or all of it at another time, or more or less late, than was told."""

    type = "silkway.order.delivered.v1"

    supplier_id: Id
    """Who sells."""
    state: DeliveredState
    """Whether all of it is delivered now."""
    delivered_at: Moment | None = None
    """When the last of it was delivered; given once all of it is."""
    lines_late: Count
    """Lines delivered after their promise, so far."""


class OrderUndelivered(OrderEvent):
    """A delivery was taken back: less of the order is delivered than was told, and acceptance does not run."""

    type = "silkway.order.undelivered.v1"

    shipment_id: Id
    """The shipment whose delivery was taken back."""
    supplier_id: Id
    """Who sells."""
    state: UndeliveredState
    """How far the order is now."""


class OrderAccepted(OrderEvent):
    """The delivered order counts as accepted by the buyer."""

    type = "silkway.order.accepted.v1"

    by: AcceptedBy
    """Whether the buyer said so or let the acceptance period pass, or a dispute was resolved."""
    accepted_at: Moment
    """When."""


class OrderCompleted(OrderEvent):
    """The order is delivered, accepted and funded."""

    type = "silkway.order.completed.v1"

    supplier_id: Id
    """Who sold."""
    currency: Currency
    """ISO 4217."""
    total_minor: AmountMinor
    """Total of the order, in minor units."""
    lines: Count
    """How many lines it had."""
    lines_late: Count
    """How many of them were delivered after their promise."""
    again: bool | None = None
    """Whether it had been completed before, and that was undone meanwhile."""
    completed_at: Moment
    """When the last of the three came true."""


class OrderSettled(OrderEvent):
    """The money was paid out to the supplier; nothing is open."""

    type = "silkway.order.settled.v1"

    settled_at: Moment
    """When the last payout was made."""
    paid_out_minor: AmountMinor
    """All that was paid out, in minor units."""
