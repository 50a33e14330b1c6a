"""Facts and requests on trade.orders: what buyers and suppliers do with an order."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    MAX_MINOR,
    AmountMinor,
    BalanceDue,
    Country,
    Coverage,
    Currency,
    Day,
    DerivedId,
    DisputeKind,
    DisputeOutcome,
    Id,
    Incoterm,
    InspectionGate,
    Moment,
    Name,
    Party,
    PersonalText,
    PlaceOn,
    Quantity,
    Reference,
)
from silkway.contracts.topics import TRADE_ORDERS

__all__ = [
    "AmendmentRequested", "CancellationRequested", "DisputeRaised", "DisputeResolved", "DisputeWithdrawn", "Inspection",
    "InspectionFailed", "InspectionPassed", "OrderConfirmed", "OrderDrafted", "OrderLine", "ReceiptConfirmed",
    "Terms",
]  # fmt: skip


class OrderLine(Part):
    """One line of an order. Promises left out are those of the order."""

    line_id: Id
    """Unique within the order."""
    description: Name
    """What is bought, 1 to 200 characters."""
    quantity: Quantity
    """Pieces, 1 to 10^12."""
    value_minor: AmountMinor
    """Price of the whole line, in minor units of the order's currency."""
    ship_by: Day | None = None
    """Promise: shipped by this date in the supplier's time zone."""
    deliver_by: Day | None = None
    """Promise: delivered by this local date."""
    destination_country: Country | None = None
    """Where the line goes, ISO 3166-1 alpha-2."""


class Terms(Part):
    """When which part of the money is due. The balance is the total less the deposit."""

    deposit_minor: AmountMinor
    """Part due before production, in minor units of the order's currency; 0 to the order's total."""
    balance_due: BalanceDue
    """Whether the rest is due before the goods are shipped or after they are delivered."""


class Inspection(Part):
    """An inspection of the goods that the order is to pass."""

    gate: InspectionGate
    """Before what it is to be passed: the payment of the balance, or shipping."""


def _lines_add_up(lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
    if len(lines) > 1 and len({line.line_id for line in lines}) < len(lines):
        raise PydanticCustomError("line_id", "Each line should have a line_id of its own")
    if sum([line.value_minor for line in lines]) > MAX_MINOR:  # a list: this runs for every draft read
        raise PydanticCustomError("total", "The values of all lines should add up to at most 2^63-1")
    return lines


Lines = Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=500), AfterValidator(_lines_add_up)]
"""1 to 500 lines, each with an id of its own; their values add up to at most 2^63-1."""


class _OrderFact(Event):
    topic = TRADE_ORDERS
    subject_kind = "order"

    order_id: Id
    """The order, as its platform calls it."""


class OrderDrafted(_OrderFact):
    """A platform's backend drafted an order of one buyer from one supplier in one currency."""

    type = "silkway.order.drafted.v1"

    buyer_id: Id
    """Who buys."""
    supplier_id: Id
    """Who sells."""
    currency: Currency
    """Currency of all amounts of the order, ISO 4217."""
    account_id: Id
    """The supplier's virtual account that the buyer pays into."""
    payment_reference: Reference
    """What the buyer quotes when paying, 1 to 64 characters; one order each."""
    lines: Lines
    """1 to 500 lines; their values add up to the order's total, at most 2^63-1."""
    terms: Terms
    """Deposit and balance."""
    incoterm: Incoterm | None = None
    """Who bears cost and risk from where."""
    place_on: PlaceOn = "BOTH_CONFIRMED"
    """What places the order: both parties' confirmations, or the first payment."""
    ship_by: Day | None = None
    """Promise for lines without one of their own: shipped by this date in the supplier's time zone."""
    deliver_by: Day | None = None
    """Promise for lines without one of their own: delivered by this local date."""
    destination_country: Country | None = None
    """Destination of lines without one of their own, ISO 3166-1 alpha-2."""
    acceptance_days: int = Field(default=7, ge=1, le=90)
    """Days after delivery, 1 to 90, after which silence of the buyer is acceptance."""
    coverage: Coverage = "AFTER_DELIVERY"
    """What the platform's assurance covers: nothing, the deposit, or the whole."""
    quote_id: Id | None = None
    """The quote of the logistics chosen for it, with the option below; both or none."""
    option_id: Id | None = Field(default=None, validate_default=True)
    """Which of the quote's options."""
    inspection: Inspection | None = None
    """The inspection that the goods are to pass, if any."""
    cover_until: Day | None = None
    """Until when the assurance is to hold at least; by default as the assurance's own rules say."""
    drafted_at: Moment
    """When it was drafted."""

    @property
    def total_minor(self) -> int:
        """Sum of the lines, in minor units of `currency`."""
        return sum([line.value_minor for line in self.lines])

    @field_validator("terms")
    @classmethod
    def _deposit_within_total(cls, terms: Terms, info: ValidationInfo) -> Terms:
        lines: tuple[OrderLine, ...] | None = info.data.get("lines")  # None: they were wrong themselves
        if lines is not None and terms.deposit_minor > sum([line.value_minor for line in lines]):
            raise PydanticCustomError("deposit", "The deposit should be at most the total of the lines")
        return terms

    @field_validator("option_id")
    @classmethod
    def _option_of_a_quote(cls, option_id: str | None, info: ValidationInfo) -> str | None:
        if (option_id is None) != (info.data.get("quote_id") is None):
            raise PydanticCustomError("option_id", "A quote_id and an option_id should be given, or neither")
        return option_id


class OrderConfirmed(_OrderFact):
    """One of the parties agreed to the order as drafted."""

    type = "silkway.order.confirmed.v1"

    party: Party
    """Who confirmed."""
    confirmed_at: Moment
    """When."""


class ReceiptConfirmed(_OrderFact):
    """The buyer accepted the goods."""

    type = "silkway.receipt.confirmed.v1"

    received_at: Moment
    """When the buyer said so."""


class AmendmentRequested(_OrderFact):
    """A party asks for other lines, another deposit or other promises; what is left out stays as it is.

    Answered by order.amended or amendment.refused.
    """

    type = "silkway.amendment.requested.v1"

    amendment_id: Id
    """The request, unique within the order."""
    party: Party
    """Who asks."""
    lines: Lines | None = None
    """All lines as they are to be: those left out are dropped."""
    deposit_minor: AmountMinor | None = None
    """Part due before production, in minor units of the order's currency; at most the new total."""
    ship_by: Day | None = None
    """New promise for lines without one of their own in this request."""
    deliver_by: Day | None = None
    """New promise for lines without one of their own in this request."""
    reason: PersonalText
    """Why, for people, 1 to 500 characters."""
    requested_at: Moment
    """When it was asked."""


class CancellationRequested(_OrderFact):
    """A party asks that the order be undone. Answered by order.cancelled or cancellation.refused."""

    type = "silkway.cancellation.requested.v1"

    cancellation_id: Id
    """The request, unique within the order."""
    party: Party
    """Who asks."""
    reason: PersonalText
    """Why, for people, 1 to 500 characters."""
    requested_at: Moment
    """When it was asked."""


class DisputeRaised(_OrderFact):
    """A party objects. While a dispute is open, silence accepts nothing and nothing is due to the supplier."""

    type = "silkway.dispute.raised.v1"

    dispute_id: Id
    """The dispute, unique within the order."""
    party: Party
    """Who objects."""
    kind: DisputeKind
    """What it is about."""
    text: PersonalText
    """What is wrong, for people, 1 to 500 characters."""
    raised_at: Moment
    """When it was raised."""


class DisputeResolved(_OrderFact):
    """A dispute was decided."""

    type = "silkway.dispute.resolved.v1"

    dispute_id: Id
    """The dispute."""
    outcome: DisputeOutcome
    """For whom."""
    refund_minor: AmountMinor
    """By how much the buyer has to pay less, in minor units of the order's currency; FOR_SUPPLIER: 0."""
    by: Name
    """Who decided."""
    resolved_at: Moment
    """When."""

    @field_validator("refund_minor")
    @classmethod
    def _refund_as_decided(cls, refund_minor: int, info: ValidationInfo) -> int:
        outcome = info.data.get("outcome")  # None: it was wrong itself
        if outcome is not None and (refund_minor == 0) != (outcome == "FOR_SUPPLIER"):
            text = "The refund should be 0 if it is decided for the supplier, else more than 0"
            raise PydanticCustomError("refund", text)
        return refund_minor


class DisputeWithdrawn(_OrderFact):
    """Who raised a dispute takes it back, before it is decided: it is closed, and nothing is given back for it."""

    type = "silkway.dispute.withdrawn.v1"

    dispute_id: Id
    """The dispute."""
    text: PersonalText | None = None
    """Why, for people, 1 to 500 characters."""
    withdrawn_at: Moment
    """When."""


class _Inspected(_OrderFact):
    inspection_id: DerivedId | None = None
    """The inspection, as inspection.booked named it; by default the one that is open."""
    inspected_at: Moment
    """When the goods were inspected."""
    by: Name
    """Who inspected them."""


class InspectionPassed(_Inspected):
    """The goods are as ordered."""

    type = "silkway.inspection.passed.v1"

    report: Reference | None = None
    """The inspector's own reference of the report."""


class InspectionFailed(_Inspected):
    """The goods are not as ordered; another inspection is booked."""

    type = "silkway.inspection.failed.v1"

    findings: PersonalText
    """What is wrong, for people, 1 to 500 characters."""
