"""The cover of an order, on credit.events: held, refused, ended, at risk."""

from pydantic import Field

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    AmountMinor,
    Currency,
    DerivedId,
    HoldRefusal,
    Id,
    Moment,
    PositiveMinor,
    Rate,
    Text,
)
from silkway.contracts.topics import CREDIT_EVENTS

__all__ = [
    "CoverAtRisk", "CoverSafe", "HoldExpired", "HoldGranted", "HoldPosted", "HoldRefused", "HoldReleased",
    "HoldVoided",
]  # fmt: skip


class CoverEvent(Event):
    """What is told about the cover of one order."""

    topic = CREDIT_EVENTS
    subject_kind = "order"

    order_id: Id
    """The order whose cover was asked for."""
    supplier_id: Id
    """Whose limit."""


class HoldGranted(CoverEvent):
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
    request: int = Field(default=1, ge=1, le=1_000_000)
    """Which request of this order it answers, from 1. One that no order asked for follows an expiry."""
    limit_minor: PositiveMinor | None = None
    """What it takes of the limit, in minor units of the limit's currency."""
    rate: Rate | None = None
    """The rate by which it was valued; none where the order's currency is the limit's."""
    expires_at: Moment | None = None
    """When it ends if nothing has been delivered by then."""


class HoldRefused(CoverEvent):
    """Nothing is reserved for the order."""

    type = "silkway.hold.refused.v1"

    reason: HoldRefusal
    """Why."""
    requested_minor: PositiveMinor
    """What was asked for, in minor units."""
    currency: Currency
    """ISO 4217."""
    request: int = Field(default=1, ge=1, le=1_000_000)
    """Which request of this order it answers, from 1."""


class HoldReleased(CoverEvent):
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


class HoldPosted(CoverEvent):
    """A claim was paid out of the hold; the rest of the hold is free again."""

    type = "silkway.hold.posted.v1"

    hold_id: DerivedId
    """The hold."""
    claim_id: DerivedId
    """The claim that was paid."""
    paid_minor: PositiveMinor
    """What was paid, in minor units."""
    freed_minor: AmountMinor
    """What of the hold is free again, in minor units."""
    currency: Currency
    """ISO 4217."""
    posted_at: Moment
    """When."""


class HoldVoided(CoverEvent):
    """The order was cancelled; the limit is free again."""

    type = "silkway.hold.voided.v1"

    hold_id: DerivedId
    """The hold."""
    voided_minor: PositiveMinor
    """What is free again, in minor units."""
    currency: Currency
    """ISO 4217."""
    voided_at: Moment
    """When that became known."""


class HoldExpired(CoverEvent):
    """No delivery was known by the end of the cover; the limit is free again."""

    type = "silkway.hold.expired.v1"

    hold_id: DerivedId
    """The hold."""
    expired_minor: PositiveMinor
    """What is free again, in minor units."""
    currency: Currency
    """ISO 4217."""
    expired_at: Moment
    """When it ended."""


class CoverAtRisk(CoverEvent):
    """As things stand the hold ends before the goods arrive."""

    type = "silkway.cover.at_risk.v1"

    hold_id: DerivedId
    """The hold."""
    held_minor: PositiveMinor
    """What it holds, in minor units."""
    currency: Currency
    """ISO 4217."""
    expires_at: Moment
    """When the hold ends."""
    eta: Moment
    """When the last of the goods is expected."""
    cause_reference: Text | None = None
    """What all share whose goods are expected then for the same reason, as eta.changed told it."""


class CoverSafe(CoverEvent):
    """The goods arrived, or are expected again before the hold ends."""

    type = "silkway.cover.safe.v1"

    hold_id: DerivedId
    """The hold."""
