"""Facts on trade.shipments: what carriers charge, what was quoted, and what was chosen of it."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    AmountMinor,
    BasisPoints,
    CarriageMode,
    Code,
    Currency,
    Day,
    Grams,
    Id,
    Location,
    Moment,
    Name,
    PositiveMinor,
    Promise,
    VolumeCm3,
    Weekday,
)
from silkway.contracts.topics import TRADE_SHIPMENTS

__all__ = [
    "Charge", "PeakSeason", "QuoteChosen", "QuoteGiven", "QuoteNeed", "QuoteOption", "RateCardPublished",
    "RateContainer", "RateFee", "RateTier",
]  # fmt: skip


class RateTier(Part):
    """The price of a unit of chargeable weight from a weight on."""

    from_g: Grams
    """Chargeable weight from which the price holds, in grams."""
    unit_minor: AmountMinor
    """Price of one unit (`unit_g`) in minor units; not above that of the tier before."""


class RateContainer(Part):
    """The price of a whole container, however full."""

    kind: Code
    """Type of the container, e.g. C20GP, C40HC."""
    capacity_g: int = Field(ge=1, le=1_000_000_000)
    """What it carries, in grams, 1 to 1,000 t."""
    capacity_cm3: int = Field(ge=1, le=10_000_000_000)
    """What goes into it, in cubic centimetres, 1 to 10,000 m³."""
    price_minor: PositiveMinor
    """Price of one, in minor units."""


class RateFee(Part):
    """A fee that a shipment pays once, whatever its weight."""

    code: Code
    """What for, e.g. DOCUMENTS, ORIGIN_HANDLING, CUSTOMS."""
    amount_minor: AmountMinor
    """How much, in minor units."""


class PeakSeason(Part):
    """Days of departure on which freight costs more."""

    first: Day
    """First day."""
    last: Day
    """Last day, counted in."""
    surcharge_bp: BasisPoints
    """Surcharge in hundredths of a per cent of the freight."""


class RateCardPublished(Event):
    """A carrier's price of one service from one place to another, valid for departures in a period.

    The same id again on the same lane takes the place of what it said before. Quotes that were given stay as they are.
    """

    type = "silkway.rate_card.published.v1"
    topic = TRADE_SHIPMENTS
    subject_kind = "rate_card"

    rate_card_id: Id
    """The rate card, as its sender calls it."""
    carrier: Name
    """Who carries."""
    service: Code = "STANDARD"
    """Which of the carrier's services."""
    mode: CarriageMode
    """How it travels for the main part."""
    origin: Location
    """Where it begins, UN/LOCODE."""
    destination: Location
    """Where it ends, UN/LOCODE."""
    currency: Currency
    """Currency of all amounts of the card, ISO 4217."""
    valid_from: Day
    """First day of departure, local at the origin."""
    valid_until: Day
    """Last day of departure, counted in."""
    tiers: tuple[RateTier, ...] = Field(default=(), max_length=20)
    """Prices by chargeable weight, from 0 g upwards; at most 20. Either these or `container`."""
    container: RateContainer | None = None
    """Price by the container."""
    unit_g: int = Field(default=1000, ge=1, le=1_000_000)
    """Grams that a tier's price is for, 1 to 1,000,000 (a kilogram by default; a tonne for sea freight)."""
    step_g: int = Field(default=1000, ge=1, le=1_000_000)
    """Chargeable weight is rounded up to a multiple of so many grams."""
    divisor_cm3_per_kg: int | None = Field(default=None, ge=100, le=100_000)
    """Cubic centimetres that count as a kilogram; that of the mode if left out."""
    most_g: int | None = Field(default=None, ge=1, le=10**12)
    """Greatest chargeable weight that is taken, in grams; no limit if left out."""
    minimum_minor: AmountMinor = 0
    """Least freight, in minor units, before surcharges and fees."""
    fuel_bp: BasisPoints = 0
    """Fuel surcharge in hundredths of a per cent of the freight."""
    seasons: tuple[PeakSeason, ...] = Field(default=(), max_length=20)
    """Peak seasons by day of departure, apart from each other; at most 20."""
    fees: tuple[RateFee, ...] = Field(default=(), max_length=20)
    """Fees for each shipment, at most 20."""
    priority_minor: AmountMinor | None = None
    """Price of guaranteed space in a peak season, in minor units; not offered if left out."""
    insurance_bp: BasisPoints | None = None
    """Premium in hundredths of a per cent of the goods' value; not offered if left out."""
    insurance_minimum_minor: AmountMinor = 0
    """Least premium, in minor units."""
    transit_days: int = Field(ge=0, le=365)
    """Days from departure to arrival."""
    lead_days: int = Field(default=0, ge=0, le=90)
    """Days from the goods' being ready to the first departure that takes them."""
    weekdays: tuple[Weekday, ...] = Field(default=(), max_length=7)
    """Days of departure, 1 (Monday) to 7; every day if left out."""
    promises: tuple[Promise, ...] = Field(default=(), max_length=3)
    """What the service promises besides: shipping and arriving on time, arrival within five days, answers in a day."""
    stands_hours: int = Field(default=72, ge=1, le=720)
    """Hours, 1 to 720, for which a quote from this card stands."""
    published_at: Moment
    """When the carrier published it."""


class QuoteNeed(Part):
    """What is to be carried from where to where."""

    origin: Location
    """Where it is, UN/LOCODE."""
    destination: Location
    """Where it is to go, UN/LOCODE."""
    ready_on: Day
    """Local day from which the goods can be collected."""
    deliver_by: Day | None = None
    """Only options that arrive by this local day."""
    gross_g: Grams
    """Gross weight of all packages, in grams."""
    volume_cm3: VolumeCm3
    """Volume of all packages, in cubic centimetres."""
    packages: int = Field(default=1, ge=1, le=1_000_000)
    """How many packages, 1 to a million."""
    value_minor: AmountMinor | None = None
    """Value of the goods in minor units of `currency`: what insurance covers. Without it none is offered."""
    currency: Currency | None = None
    """Currency of `value_minor`, ISO 4217."""


class Charge(Part):
    """One part of a price."""

    code: Code
    """FREIGHT, FUEL, PEAK_SEASON, PRIORITY, INSURANCE, or the code of a fee."""
    amount_minor: AmountMinor
    """How much, in minor units of the option's currency."""


class QuoteOption(Part):
    """One way to have it carried, with its price."""

    option_id: Id
    """Unique within the quote."""
    rate_card_id: Id
    """The rate card it was priced by."""
    carrier: Name
    """Who carries."""
    service: Code
    """Which of the carrier's services."""
    mode: CarriageMode
    """How it travels for the main part."""
    departs_on: Day
    """First departure that takes the goods, local at the origin."""
    arrives_on: Day
    """Arrival, local at the destination."""
    distance_km: int | None = Field(default=None, ge=0, le=100_000)
    """Length of the way: by sea routes for SEA, else along the great circle; unknown if left out."""
    chargeable_g: Grams
    """Weight that was charged, in grams."""
    containers: int | None = Field(default=None, ge=1, le=1_000_000)
    """Containers charged, where the price is by the container."""
    priority: bool = False
    """With guaranteed space in the peak season."""
    insured: bool = False
    """With insurance of the goods' value."""
    promises: tuple[Promise, ...] = Field(default=(), max_length=3)
    """What the service promises."""
    currency: Currency
    """Currency of the price, ISO 4217."""
    price_minor: AmountMinor
    """The whole price: the sum of `charges`."""
    charges: tuple[Charge, ...] = Field(min_length=1, max_length=30)
    """What the price is made of, at most 30."""


class QuoteGiven(Event):
    """Priced ways to have goods carried, valid until a time."""

    type = "silkway.quote.given.v1"
    topic = TRADE_SHIPMENTS
    subject_kind = "quote"

    quote_id: Id
    """The quote."""
    need: QuoteNeed
    """What was asked for."""
    options: tuple[QuoteOption, ...] = Field(min_length=1, max_length=200)
    """1 to 200 options."""
    given_at: Moment
    """When it was given."""
    valid_until: Moment
    """Until when an order may name it: known by then is in time."""


class QuoteChosen(Event):
    """The platform chose an option for an order that was drafted already, mostly of a new quote.

    An order's first choice is made in `order.drafted`; this follows where that was refused or declined.
    """

    type = "silkway.quote.chosen.v1"
    topic = TRADE_SHIPMENTS
    subject_kind = "quote"

    quote_id: Id
    """The quote."""
    option_id: Id
    """The option."""
    order_id: Id
    """The order."""
    chosen_at: Moment
    """When."""
