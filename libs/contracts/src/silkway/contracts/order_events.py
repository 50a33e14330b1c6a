"""Events of the order service, on order.events."""

from pydantic import Field

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    AcceptedBy,
    AmountMinor,
    Count,
    Coverage,
    Currency,
    DeliveredState,
    DerivedId,
    Id,
    Incoterm,
    Moment,
    PositiveMinor,
    Reference,
    ShippedState,
)
from silkway.contracts.order import OrderLine
from silkway.contracts.topics import ORDER_EVENTS


class _OrderEvent(Event):
    topic = ORDER_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order, as its platform calls it."""


class OrderRecorded(_OrderEvent):
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
    drafted_at: Moment
    """When it was drafted."""


class OrderPlaced(_OrderEvent):
    """The order binds both parties."""

    type = "silkway.order.placed.v1"

    supplier_id: Id
    """Who sells."""
    currency: Currency
    """ISO 4217."""
    total_minor: AmountMinor
    """Total of the order, in minor units."""
    placed_at: Moment
    """When what placed it happened."""


class PaymentMatched(_OrderEvent):
    """Money that came in found this order."""

    type = "silkway.payment.matched.v1"

    payment_id: DerivedId
    """The bank's entry, as the order service identifies it."""
    amount_minor: PositiveMinor
    """What this entry brought, in minor units."""
    currency: Currency
    """ISO 4217."""
    received_minor: AmountMinor
    """All that came in for the order so far, in minor units."""
    open_minor: AmountMinor
    """What is still to come, in minor units."""


class OrderFunded(_OrderEvent):
    """All the money of the order is there."""

    type = "silkway.order.funded.v1"

    total_minor: AmountMinor
    """Total of the order, in minor units."""
    funded_at: Moment
    """When the last missing money came in."""


class HoldRequested(_OrderEvent):
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


class OrderShipped(_OrderEvent):
    """The order moved on towards being shipped: each change up to SHIPPED."""

    type = "silkway.order.shipped.v1"

    state: ShippedState
    """How far it is now."""


class OrderDelivered(_OrderEvent):
    """More of the order was delivered."""

    type = "silkway.order.delivered.v1"

    supplier_id: Id
    """Who sells."""
    state: DeliveredState
    """Whether all of it is delivered now."""
    delivered_at: Moment | None = None
    """When the last of it was delivered; given once all of it is."""
    lines_late: Count
    """Lines delivered after their promise, so far."""


class OrderAccepted(_OrderEvent):
    """The delivered order counts as accepted by the buyer."""

    type = "silkway.order.accepted.v1"

    by: AcceptedBy
    """Whether the buyer said so or let the acceptance period pass."""
    accepted_at: Moment
    """When."""


class OrderCompleted(_OrderEvent):
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
    completed_at: Moment
    """When the last of the three came true."""


class PayoutDue(_OrderEvent):
    """The money of the completed order is to be paid out to the supplier."""

    type = "silkway.payout.due.v1"

    supplier_id: Id
    """Who is to be paid."""
    account_id: Id
    """The virtual account that holds the money."""
    currency: Currency
    """ISO 4217."""
    amount_minor: PositiveMinor
    """What is to be paid out, in minor units, at least 1."""


class OrderSettled(_OrderEvent):
    """The money was paid out to the supplier; nothing is open."""

    type = "silkway.order.settled.v1"

    settled_at: Moment
    """When the last payout was made."""
    paid_out_minor: AmountMinor
    """All that was paid out, in minor units."""
