"""Facts and requests on trade.credit: what the assurance has to know about suppliers, rates and claims."""

from silkway.contracts.event import Event
from silkway.contracts.fields import (
    AmountMinor,
    ClaimKind,
    Country,
    Currency,
    DerivedId,
    Id,
    Moment,
    Name,
    Party,
    PersonalName,
    PersonalText,
    PositiveMinor,
    Rate,
    Reference,
    TimeZone,
)
from silkway.contracts.topics import TRADE_CREDIT

__all__ = [
    "ClaimAnswered", "ClaimDecided", "ClaimRequested", "EscalationRequested", "OverrideApproved", "OverrideProposed",
    "ProofGiven", "RatePublished", "RecoveryReceived", "SupplierRegistered", "WithdrawalRequested",
]  # fmt: skip


class SupplierRegistered(Event):
    """A supplier joined the platform."""

    type = "silkway.supplier.registered.v1"
    topic = TRADE_CREDIT
    subject_kind = "supplier"

    supplier_id: Id
    """The supplier, as its platform calls it."""
    name: PersonalName
    """Its name, 1 to 200 characters."""
    country: Country | None = None
    """Its seat, ISO 3166-1 alpha-2."""
    time_zone: TimeZone = "UTC"
    """IANA time zone by which its promises to ship are judged."""
    registered_at: Moment
    """When it joined."""


class _Override(Event):
    topic = TRADE_CREDIT
    subject_kind = "supplier"

    supplier_id: Id
    """Whose limit it is about."""
    override_id: Id
    """The override, as its sender calls it; unique for the supplier."""


class OverrideProposed(_Override):
    """Somebody proposes another limit than the rules give, for a time. Nothing follows before another approves it."""

    type = "silkway.override.proposed.v1"

    limit_minor: AmountMinor
    """The limit, in minor units of the limits' currency; at most the cap of the rules."""
    until: Moment
    """Up to when it holds; then the limit is again what the rules give."""
    reason: PersonalText
    """Why, for people, 1 to 500 characters."""
    by: Name
    """Who proposes it."""
    proposed_at: Moment
    """When."""


class OverrideApproved(_Override):
    """A second person approves an override: from now on it is the limit. Answered by limit.reassessed."""

    type = "silkway.override.approved.v1"

    by: Name
    """Who approves it: somebody else than who proposed it."""
    approved_at: Moment
    """When."""


class RatePublished(Event):
    """What a currency is worth from now on. Holds keep the rate that was known when they were asked for."""

    type = "silkway.rate.published.v1"
    topic = TRADE_CREDIT
    subject_kind = "currency"

    currency_id: Currency
    """The currency, ISO 4217."""
    rate: Rate
    """What one unit of it (a euro, not a cent) is worth in units of the limits' currency, as decimal text."""
    published_at: Moment
    """When it was published."""


class _OrderFact(Event):
    topic = TRADE_CREDIT
    subject_kind = "order"

    order_id: Id
    """The order whose cover it is about."""


class ClaimRequested(_OrderFact):
    """The buyer claims on the cover of an order. Answered by claim.opened or claim.refused."""

    type = "silkway.claim.requested.v1"

    claim_id: Id
    """The claim, as its sender calls it; unique within the order."""
    kind: ClaimKind
    """What is claimed; of each kind at most one is open at a time."""
    amount_minor: PositiveMinor
    """What is claimed, in minor units."""
    currency: Currency
    """The order's, ISO 4217."""
    text: PersonalText
    """Why, for people, 1 to 500 characters."""
    requested_at: Moment
    """When."""


class _ClaimFact(_OrderFact):
    claim_id: DerivedId
    """The claim, as claim.opened named it."""


class ClaimAnswered(_ClaimFact):
    """The supplier answers a claim: agrees, wholly or to less, or contests it."""

    type = "silkway.claim.answered.v1"

    agreed: bool
    """Whether it agrees to pay."""
    amount_minor: PositiveMinor | None = None
    """What it agrees to, in minor units of the order's currency; all that is claimed if left out."""
    text: PersonalText | None = None
    """Its words, 1 to 500 characters."""
    answered_at: Moment
    """When."""


class EscalationRequested(_ClaimFact):
    """The buyer wants the platform to decide; from the fourth day of the claim on."""

    type = "silkway.escalation.requested.v1"

    requested_at: Moment
    """When."""


class WithdrawalRequested(_ClaimFact):
    """The buyer takes a claim back, its own or one that opened by itself, before anything was granted on it.

    Answered by claim.withdrawn.
    """

    type = "silkway.withdrawal.requested.v1"

    text: PersonalText | None = None
    """Why, for people, 1 to 500 characters."""
    requested_at: Moment
    """When."""


class ClaimDecided(_ClaimFact):
    """The platform decided an escalated claim."""

    type = "silkway.claim.decided.v1"

    upheld: bool
    """Whether the buyer is right."""
    amount_minor: PositiveMinor | None = None
    """What is to be paid, in minor units of the order's currency; all that is claimed if left out."""
    by: Name
    """Who decided."""
    text: PersonalText
    """Why, 1 to 500 characters."""
    decided_at: Moment
    """When."""


class RecoveryReceived(_ClaimFact):
    """Money came back for a claim that was paid."""

    type = "silkway.recovery.received.v1"

    recovery_id: Id
    """The receipt, as its sender calls it; the same receipt counts once."""
    amount_minor: PositiveMinor
    """What came back, in minor units; at most what is still to come back from who paid it."""
    currency: Currency
    """The order's, ISO 4217."""
    received_from: Party | None = None
    """Who paid it. Left out: the supplier, unless all that is to come back is the buyer's."""
    received_at: Moment
    """When."""


class ProofGiven(_OrderFact):
    """The supplier proves that goods have left. Where no tracking follows, it counts from when it was given."""

    type = "silkway.proof.given.v1"

    shipment_id: Id | None = None
    """The shipment that it proves; the whole order if left out."""
    shipped_at: Moment
    """When the goods left, as the proof says."""
    tracking_reference: Reference | None = None
    """By what the carrier's tracking finds it."""
    given_at: Moment
    """When the proof was given."""
