"""Claims on the cover of an order, on credit.events."""

from silkway.contracts.credit_hold_events import CoverEvent
from silkway.contracts.fields import (
    AmountMinor,
    ClaimKind,
    ClaimOpener,
    ClaimRefusal,
    Currency,
    DerivedId,
    Id,
    Moment,
    Name,
    Party,
    PositiveMinor,
    RecoveryReason,
    Text,
    WithdrawalReason,
)

__all__ = [
    "ClaimAgreed", "ClaimClosed", "ClaimContested", "ClaimEscalated", "ClaimOpened", "ClaimPaid",
    "ClaimRefused", "ClaimRejected", "ClaimUpheld", "ClaimWithdrawn", "RecoveryDue", "RecoveryRecorded",
]  # fmt: skip


class _ClaimEvent(CoverEvent):
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


class ClaimRefused(_ClaimEvent):
    """What the buyer claims cannot be claimed, by what was known when it asked."""

    type = "silkway.claim.refused.v1"

    kind: ClaimKind
    """What was claimed."""
    reason: ClaimRefusal
    """Why not."""
    text: Text
    """Why not, for people, 1 to 500 characters."""


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
    """What was paid on a claim is to come back; a later one takes the place of an earlier one."""

    type = "silkway.recovery.due.v1"

    amount_minor: PositiveMinor
    """What is to come back from `due_from`, in minor units."""
    currency: Currency
    """ISO 4217."""
    due_from: Party
    """From whom: the supplier, or the buyer if the claim had no ground or it got its money twice."""
    reason: RecoveryReason | None = None
    """PAID: the claim was; NO_GROUND: it had none; PAID_TWICE: the buyer got money of its order back as well, so it
    has more than it had paid; PAID_AGAIN: what it got twice has become less since it paid again."""
    buyer_minor: AmountMinor | None = None
    """All that is still to come back from the buyer, in minor units."""
    supplier_minor: AmountMinor | None = None
    """All that is still to come back from the supplier, in minor units."""
    back_minor: AmountMinor = 0
    """What the other one had repaid, owes no longer and is to get back, in minor units; of a claim without ground it
    is the `repaid_minor` of claim.withdrawn."""


class RecoveryRecorded(_ClaimEvent):
    """Some of what was paid on a claim has come back."""

    type = "silkway.recovery.recorded.v1"

    recovery_id: Id
    """The receipt, as its sender calls it."""
    amount_minor: PositiveMinor
    """What came back, in minor units."""
    open_minor: AmountMinor
    """What is still to come back, in minor units, from whomever."""
    currency: Currency
    """ISO 4217."""
    received_from: Party | None = None
    """Who paid it."""
    received_at: Moment
    """When."""
