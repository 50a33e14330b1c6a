"""Events of the credit service, on credit.events."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    AmountMinor,
    ClaimKind,
    ClaimOpener,
    Code,
    Currency,
    DerivedId,
    HoldRefusal,
    Id,
    Moment,
    Name,
    Party,
    PositiveMinor,
    Rate,
    ScorePart,
    SignedMinor,
    Text,
    WithdrawalReason,
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
    request: int = Field(default=1, ge=1, le=1_000_000)
    """Which request of this order it answers, from 1. One that no order asked for follows an expiry."""
    limit_minor: PositiveMinor | None = None
    """What it takes of the limit, in minor units of the limit's currency."""
    rate: Rate | None = None
    """The rate by which it was valued; none where the order's currency is the limit's."""
    expires_at: Moment | None = None
    """When it ends if nothing has been delivered by then."""


class HoldRefused(_HoldEvent):
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


class HoldPosted(_HoldEvent):
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


class HoldVoided(_HoldEvent):
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


class HoldExpired(_HoldEvent):
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


class CoverAtRisk(_HoldEvent):
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


class CoverSafe(_HoldEvent):
    """The goods arrived, or are expected again before the hold ends."""

    type = "silkway.cover.safe.v1"

    hold_id: DerivedId
    """The hold."""


class _ClaimEvent(_HoldEvent):
    claim_id: DerivedId
    """The claim; unique within the order."""


class ClaimOpened(_ClaimEvent):
    """A claim on the cover of an order is open, and the supplier is to answer it."""

    type = "silkway.claim.opened.v1"

    kind: ClaimKind
    """What is claimed."""
    by: ClaimOpener
    """Who opened it: the buyer, or we on a missed promise."""
    amount_minor: PositiveMinor
    """What is claimed, in minor units."""
    currency: Currency
    """ISO 4217."""
    text: Text | None = None
    """Why."""
    opened_at: Moment
    """When; for a missed promise the beginning of the day after it, in the supplier's time zone."""
    answer_by: Moment
    """Until when the supplier is to answer: the end of the third day, in its time zone."""
    escalate_from: Moment
    """From when the buyer may escalate it."""
    escalates_at: Moment
    """When it escalates by itself."""


class ClaimAgreed(_ClaimEvent):
    """The supplier agreed to a claim."""

    type = "silkway.claim.agreed.v1"

    amount_minor: PositiveMinor
    """What it agreed to, in minor units."""
    currency: Currency
    """ISO 4217."""
    text: Text | None = None
    """Its words."""
    answered_at: Moment
    """When it said so."""


class ClaimContested(_ClaimEvent):
    """The supplier does not agree to a claim; the buyer may escalate it."""

    type = "silkway.claim.contested.v1"

    text: Text | None = None
    """Its words."""
    answered_at: Moment
    """When it said so."""


class ClaimEscalated(_ClaimEvent):
    """The platform is to decide a claim."""

    type = "silkway.claim.escalated.v1"

    by: ClaimOpener
    """Whether the buyer wanted it or it came by itself on the eighth day."""
    escalated_at: Moment
    """When."""


class ClaimUpheld(_ClaimEvent):
    """The platform decided for the buyer."""

    type = "silkway.claim.upheld.v1"

    amount_minor: PositiveMinor
    """What is to be paid, in minor units."""
    currency: Currency
    """ISO 4217."""
    decided_by: Name
    """Who decided."""
    text: Text
    """Why."""


class ClaimRejected(_ClaimEvent):
    """The platform decided against the buyer."""

    type = "silkway.claim.rejected.v1"

    decided_by: Name
    """Who decided."""
    text: Text
    """Why."""


class ClaimWithdrawn(_ClaimEvent):
    """A claim has lost its ground. What was paid on it is to come back from the buyer."""

    type = "silkway.claim.withdrawn.v1"

    reason: WithdrawalReason
    """Why."""
    proof_at: Moment | None = None
    """When the goods left, by the proof that became known."""
    repaid_minor: AmountMinor = 0
    """What the supplier had repaid of it and is to get back, in minor units of the order's currency."""


class ClaimPaid(_ClaimEvent):
    """The buyer got money on a claim."""

    type = "silkway.claim.paid.v1"

    paid_minor: PositiveMinor
    """What was paid: at most what the buyer had paid and what was held, in minor units."""
    currency: Currency
    """ISO 4217."""
    paid_at: Moment
    """When."""


class ClaimClosed(_ClaimEvent):
    """A claim is over: what was paid on it has come back, or there was nothing that could be paid."""

    type = "silkway.claim.closed.v1"

    paid_minor: AmountMinor
    """What was paid on it, in minor units."""
    recovered_minor: AmountMinor
    """What has come back of it, in minor units."""
    currency: Currency
    """ISO 4217."""
    closed_at: Moment
    """When."""


class RecoveryDue(_ClaimEvent):
    """What was paid on a claim is to come back."""

    type = "silkway.recovery.due.v1"

    amount_minor: PositiveMinor
    """What is to come back, in minor units."""
    currency: Currency
    """ISO 4217."""
    due_from: Party
    """From whom: the supplier, or the buyer if the claim had no ground."""


class RecoveryRecorded(_ClaimEvent):
    """Some of what was paid on a claim has come back."""

    type = "silkway.recovery.recorded.v1"

    recovery_id: Id
    """The receipt, as its sender calls it."""
    amount_minor: PositiveMinor
    """What came back, in minor units."""
    open_minor: AmountMinor
    """What is still to come back, in minor units."""
    currency: Currency
    """ISO 4217."""
    received_at: Moment
    """When."""


class PartOfScore(Part):
    """One part of a supplier's score, and the events that moved it last."""

    part: ScorePart
    """What it rates."""
    points: int = Field(ge=0, le=100)
    """The points it has."""
    of: int = Field(ge=0, le=100)
    """The points it could have; those of all parts add up to 100."""
    event_ids: tuple[DerivedId, ...] = Field(max_length=20)
    """CloudEvents ids of the events that moved it this time; at most 20, none where it stayed."""


class ScoreChanged(Event):
    """A supplier's score of 100 points is another one."""

    type = "silkway.score.changed.v1"
    topic = CREDIT_EVENTS
    subject_kind = "supplier"

    supplier_id: Id
    """Whose score."""
    score: int = Field(ge=0, le=100)
    """The sum of its parts, 0 to 100."""
    rules_version: Code
    """Version of the rules that gave it."""
    parts: tuple[PartOfScore, ...] = Field(max_length=20)
    """Part by part, how it came about."""


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
