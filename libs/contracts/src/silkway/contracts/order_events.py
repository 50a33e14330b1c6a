"""Events of the order service, on order.events."""

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
    DerivedId,
    DisputeKind,
    DisputeOutcome,
    FundsState,
    Id,
    Incoterm,
    InspectionGate,
    MatchedBy,
    Moment,
    Name,
    Party,
    PositiveMinor,
    Reference,
    RefundReason,
    RefundWithdrawal,
    ShippedState,
    SignedMinor,
    Text,
    UndeliveredState,
    UnmatchedReason,
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


class OrderPlaced(_OrderEvent):
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
    by: MatchedBy | None = None
    """By what the money found the order."""
    funds: FundsState | None = None
    """How far the order is paid now."""


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
    request: int | None = Field(default=None, ge=1, le=1000)
    """The how-manieth request of this order: 1, and more once it was reinstated."""
    cover_until: Day | None = None
    """Until when the hold is to last at least, if the draft says so."""


class OrderShipped(_OrderEvent):
    """The order moved on towards being shipped: each change up to SHIPPED."""

    type = "silkway.order.shipped.v1"

    state: ShippedState
    """How far it is now."""
    uninspected: bool | None = None
    """Whether goods left although the inspection before shipping was not passed as far as known."""


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
    """Whether the buyer said so or let the acceptance period pass, or a dispute was resolved."""
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
    again: bool | None = None
    """Whether it had been completed before, and that was undone meanwhile."""
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


class OrderAmended(_OrderEvent):
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
    """What is to be paid back to the buyer, in minor units."""
    ship_by: Day | None = None
    """The earliest promise of shipping among the lines."""
    deliver_by: Day | None = None
    """The latest promise of delivery among the lines."""


class AmendmentRefused(_OrderEvent):
    """The order stays as it is."""

    type = "silkway.amendment.refused.v1"

    amendment_id: Id
    """The request it answers."""
    reason: AmendmentRefusal
    """Why."""
    text: Text
    """Why, for people, 1 to 500 characters."""


class OrderCancelled(_OrderEvent):
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
    """What is to be paid back to the buyer, in minor units."""
    cancelled_at: Moment
    """When it was asked for."""


class CancellationRefused(_OrderEvent):
    """The order goes on."""

    type = "silkway.cancellation.refused.v1"

    cancellation_id: Id
    """The request it answers."""
    reason: CancellationRefusal
    """Why."""
    text: Text
    """Why, for people, 1 to 500 characters."""


class OrderReinstated(_OrderEvent):
    """The cancelled order goes on: its goods had left before the cancellation was known."""

    type = "silkway.order.reinstated.v1"

    shipment_id: Id
    """The shipment that had left."""
    supplier_id: Id
    """Who sells."""
    reinstated_at: Moment
    """When that became known."""


class PaymentReversed(_OrderEvent):
    """Money that had found this order was taken back by its bank."""

    type = "silkway.payment.reversed.v1"

    payment_id: DerivedId
    """The bank's entry, as the order service identifies it."""
    amount_minor: PositiveMinor
    """What was taken back, in minor units."""
    currency: Currency
    """ISO 4217."""
    received_minor: AmountMinor
    """All that came in for the order and was not returned, in minor units."""
    open_minor: AmountMinor
    """What is still to come, in minor units."""
    funds: FundsState
    """How far the order is paid now."""
    reason: Text
    """Why, as the bank says, 1 to 500 characters."""


class RefundDue(_OrderEvent):
    """Money is to be paid back to the buyer. A later one of the same order takes the place of this one."""

    type = "silkway.refund.due.v1"

    account_id: Id
    """The virtual account that holds the money."""
    amount_minor: PositiveMinor
    """All that is due now, in minor units, at least 1."""
    currency: Currency
    """ISO 4217."""
    reason: RefundReason
    """What made it grow."""


class RefundWithdrawn(_OrderEvent):
    """Money that was due as refund and not paid yet is not due any more."""

    type = "silkway.refund.withdrawn.v1"

    amount_minor: PositiveMinor
    """By how much less is due now, in minor units, at least 1."""
    currency: Currency
    """ISO 4217."""
    reason: RefundWithdrawal
    """Why."""


class OrderRefunded(_OrderEvent):
    """Money was paid back to the buyer."""

    type = "silkway.order.refunded.v1"

    amount_minor: PositiveMinor
    """This refund, in minor units."""
    currency: Currency
    """ISO 4217."""
    refunded_minor: AmountMinor
    """All that was paid back so far, in minor units."""
    escrow_minor: SignedMinor
    """What is in escrow now, in minor units; below 0 only where what had left already was taken back too."""
    refund_due_minor: AmountMinor
    """What is still to be paid back, in minor units."""


class PayoutMade(_OrderEvent):
    """Money was paid out to the supplier."""

    type = "silkway.payout.made.v1"

    supplier_id: Id
    """Who was paid."""
    amount_minor: PositiveMinor
    """This payout, in minor units."""
    currency: Currency
    """ISO 4217."""
    paid_out_minor: AmountMinor
    """All that was paid out so far, in minor units."""
    escrow_minor: SignedMinor
    """What is in escrow now, in minor units; below 0 only where what had left already was taken back too."""


class PayoutWithdrawn(_OrderEvent):
    """Money that was due to the supplier and not paid yet is not due any more; payout.due tells if it is again."""

    type = "silkway.payout.withdrawn.v1"

    amount_minor: PositiveMinor
    """What was still due, in minor units, at least 1."""
    currency: Currency
    """ISO 4217."""


class InspectionBooked(_OrderEvent):
    """The goods are to be inspected: when the order is placed, and again after each failure."""

    type = "silkway.inspection.booked.v1"

    inspection_id: DerivedId
    """The inspection."""
    supplier_id: Id
    """Whose goods."""
    gate: InspectionGate
    """Before what it is to be passed."""


class InspectionRecorded(_OrderEvent):
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


class DisputeOpened(_OrderEvent):
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


class DisputeClosed(_OrderEvent):
    """The dispute was decided."""

    type = "silkway.dispute.closed.v1"

    dispute_id: Id
    """The dispute."""
    supplier_id: Id
    """Who sells."""
    outcome: DisputeOutcome
    """For whom."""
    refund_minor: AmountMinor
    """By how much the buyer has to pay less, in minor units of the order's currency."""
    closed_at: Moment
    """When it was decided."""


class AcceptanceReversed(_OrderEvent):
    """Silence had accepted the goods although an objection was known in time; the acceptance does not count."""

    type = "silkway.acceptance.reversed.v1"

    dispute_id: Id | None = None
    """The dispute that was known in time; none where the delivery itself was taken back in time."""
    reversed_at: Moment
    """When that was known."""


class OrderUndelivered(_OrderEvent):
    """A delivery was taken back: less of the order is delivered than was told, and acceptance does not run."""

    type = "silkway.order.undelivered.v1"

    shipment_id: Id
    """The shipment whose delivery was taken back."""
    supplier_id: Id
    """Who sells."""
    state: UndeliveredState
    """How far the order is now."""


class _MoneyEvent(Event):
    topic = ORDER_EVENTS
    subject_kind = "account"

    account_id: Id
    """The virtual account concerned."""
    payment_id: DerivedId
    """The bank's entry, as the order service identifies it."""
    amount_minor: PositiveMinor
    """Amount of the entry, in minor units."""
    currency: Currency
    """ISO 4217."""


class PaymentUnmatched(_MoneyEvent):
    """Money came in and found no order. It waits for its order or for somebody to assign or return it."""

    type = "silkway.payment.unmatched.v1"

    payment_reference: Reference | None = None
    """What the payer quoted, if anything."""
    reason: UnmatchedReason
    """Why it found none."""
    order_ids: tuple[Id, ...] = Field(max_length=20)
    """Orders that it may be for, at most 20."""


class ReturnDue(_MoneyEvent):
    """Operations decided that unmatched money goes back to whom it came from."""

    type = "silkway.return.due.v1"

    by: Name
    """Who decided."""
    reason: Text
    """Why, for people, 1 to 500 characters."""
