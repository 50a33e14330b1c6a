"""Facts on trade.orders: what buyers and suppliers do with an order."""

from pydantic import Field, ValidationInfo, field_validator
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
    Id,
    Incoterm,
    Moment,
    Name,
    Party,
    PlaceOn,
    Quantity,
    Reference,
)
from silkway.contracts.topics import TRADE_ORDERS


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
    lines: tuple[OrderLine, ...] = Field(min_length=1, max_length=500)
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
    drafted_at: Moment
    """When it was drafted."""

    @property
    def total_minor(self) -> int:
        """Sum of the lines, in minor units of `currency`."""
        return sum([line.value_minor for line in self.lines])

    @field_validator("lines")
    @classmethod
    def _lines_add_up(cls, lines: tuple[OrderLine, ...]) -> tuple[OrderLine, ...]:
        if len(lines) > 1 and len({line.line_id for line in lines}) < len(lines):
            raise PydanticCustomError("line_id", "Each line should have a line_id of its own")
        if sum([line.value_minor for line in lines]) > MAX_MINOR:  # a list: this runs for every draft read
            raise PydanticCustomError("total", "The values of all lines should add up to at most 2^63-1")
        return lines

    @field_validator("terms")
    @classmethod
    def _deposit_within_total(cls, terms: Terms, info: ValidationInfo) -> Terms:
        lines: tuple[OrderLine, ...] | None = info.data.get("lines")  # None: they were wrong themselves
        if lines is not None and terms.deposit_minor > sum([line.value_minor for line in lines]):
            raise PydanticCustomError("deposit", "The deposit should be at most the total of the lines")
        return terms


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
