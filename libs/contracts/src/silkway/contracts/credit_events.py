"""Events of the credit service, on credit.events."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    AmountMinor,
    Code,
    Currency,
    DerivedId,
    HoldRefusal,
    Id,
    Moment,
    PositiveMinor,
    SignedMinor,
    Text,
)
from silkway.contracts.topics import CREDIT_EVENTS


class _HoldEvent(Event):
    topic = CREDIT_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order whose cover was asked for."""
    supplier_id: Id
    """Whose limit."""


class HoldGranted(_HoldEvent):
    """Part of the supplier's limit is reserved for the order."""

    type = "silkway.hold.granted.v1"

    hold_id: DerivedId
    """The hold."""
    currency: Currency
    """ISO 4217."""
    requested_minor: PositiveMinor
    """What was asked for, in minor units."""
    granted_minor: PositiveMinor
    """What is reserved, in minor units; at most what was asked for."""
    full: bool
    """Whether all that was asked for is reserved."""


class HoldRefused(_HoldEvent):
    """Nothing is reserved for the order."""

    type = "silkway.hold.refused.v1"

    reason: HoldRefusal
    """Why."""
    requested_minor: PositiveMinor
    """What was asked for, in minor units."""
    currency: Currency
    """ISO 4217."""


class HoldReleased(_HoldEvent):
    """The claim window ended; the limit is free again."""

    type = "silkway.hold.released.v1"

    hold_id: DerivedId
    """The hold."""
    released_minor: PositiveMinor
    """What is free again, in minor units."""
    currency: Currency
    """ISO 4217."""
    released_at: Moment
    """When the claim window ended."""


class LimitReason(Part):
    """What one rule gave to a limit or took from it."""

    rule: Code
    """Name of the rule."""
    amount_minor: SignedMinor
    """What it gave (or took, below 0), in minor units of the limit's currency."""
    text: Text
    """Why, for people, 1 to 500 characters."""


class LimitReassessed(Event):
    """A supplier's limit was computed anew from its completed trade."""

    type = "silkway.limit.reassessed.v1"
    topic = CREDIT_EVENTS
    subject_kind = "supplier"

    supplier_id: Id
    """Whose limit."""
    limit_minor: AmountMinor
    """The limit, in minor units."""
    shortfall_minor: AmountMinor
    """What is in use beyond the limit, in minor units; then nothing is free."""
    currency: Currency = "USD"
    """Currency of the limit, ISO 4217."""
    rules_version: Code
    """Version of the rules that gave it."""
    reasons: tuple[LimitReason, ...] = Field(max_length=50)
    """Rule by rule, how it came about; at most 50."""
