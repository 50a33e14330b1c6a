"""Facts on trade.notices: what people and channels answer, who wants to hear what, and what the auditor found."""

from pydantic import Field

from silkway.contracts.event import Event, Part
from silkway.contracts.fields import (
    Audience,
    Channel,
    ClockTime,
    Code,
    DeliveryOutcome,
    DerivedId,
    Id,
    Language,
    Moment,
    Name,
    PersonalText,
    Severity,
    Text,
    TimeZone,
)
from silkway.contracts.topics import TRADE_NOTICES

__all__ = [
    "AcknowledgementRequested", "DataErased", "DeliveryReported", "FindingSettled", "InvariantBroken", "PauseRequested",
    "QuietHours", "ReplayAdvanced", "ReplayRequested", "ResumeRequested", "SubscriptionRegistered",
]  # fmt: skip


class AcknowledgementRequested(Event):
    """Somebody takes an incident in hand: it is not escalated any more."""

    type = "silkway.acknowledgement.requested.v1"
    topic = TRADE_NOTICES
    subject_kind = "incident"

    incident_id: Id
    """The incident."""
    number: int | None = Field(default=None, ge=1, le=1_000_000)
    """Which time it opened; the last one if not given."""
    by: Name
    """Who, 1 to 200 characters."""
    note: PersonalText | None = None
    """What is being done, 1 to 500 characters."""
    acknowledged_at: Moment
    """When."""


class QuietHours(Part):
    """A span of each day, local to the subscription's time zone, in which only CRITICAL notices are sent."""

    from_time: ClockTime
    """When it begins, HH:MM. Later than `until_time`: it lasts past midnight."""
    until_time: ClockTime
    """When it ends, HH:MM; what was kept back is sent then."""


class SubscriptionRegistered(Event):
    """Somebody wants to hear at an address, or, told again with the same id, hears otherwise from now on."""

    type = "silkway.subscription.registered.v1"
    topic = TRADE_NOTICES
    subject_kind = "subscription"

    subscription_id: Id
    """The subscription."""
    party: Audience
    """Whose notices: those for operations, for buyers, for suppliers."""
    party_id: Id | None = None
    """Which buyer or supplier; needed for these, none for operations."""
    channel: Channel
    """How."""
    address: PersonalText
    """URL of a webhook (https), or e-mail address, 1 to 500 characters."""
    secret_ref: Code | None = None
    """Version of the secret that signs a webhook, V1 at first; the secret itself is derived and never travels."""
    language: Language = "en"
    """Language of texts."""
    time_zone: TimeZone = "UTC"
    """IANA time zone of times in texts and of quiet hours."""
    quiet_hours: QuietHours | None = None
    """When not to disturb; none if not given."""
    min_severity: Severity = "INFO"
    """The least severity to send."""
    bundle_minutes: int = Field(default=0, ge=0, le=1440)
    """Minutes over which notices are gathered into one message; 0: each by itself. E-mail only."""
    events: tuple[DerivedId, ...] | None = Field(default=None, min_length=1, max_length=50)
    """CloudEvents types to send, e.g. silkway.notification.sent.v1; notices alone if not given. Webhooks only."""
    active: bool = True
    """False: it has ended; nothing is kept for it or sent from now on."""
    registered_at: Moment
    """When."""


class DeliveryReported(Event):
    """A channel tells what became of one attempt to deliver to a subscription."""

    type = "silkway.delivery.reported.v1"
    topic = TRADE_NOTICES
    subject_kind = "subscription"

    subscription_id: Id
    """The subscription."""
    delivery_id: DerivedId
    """What was to be delivered."""
    attempt: int = Field(ge=1, le=1000)
    """Which attempt, counted from 1."""
    outcome: DeliveryOutcome
    """What became of it."""
    status: int | None = Field(default=None, ge=0, le=999)
    """Status of HTTP or SMTP, if the other side answered."""
    detail: PersonalText | None = None
    """What it said or what failed, 1 to 500 characters."""
    retry_at: Moment | None = None
    """When it is tried again; none: it is not."""
    reported_at: Moment
    """When the attempt ended."""


class ReplayRequested(Event):
    """Everything for a subscription since some time is to be sent again, in order, with the ids it had."""

    type = "silkway.replay.requested.v1"
    topic = TRADE_NOTICES
    subject_kind = "subscription"

    subscription_id: Id
    """The subscription."""
    from_at: Moment
    """From what became known then on. What became known before it subscribed was not for it, and is not sent."""
    by: Name
    """Who asks, 1 to 200 characters."""
    requested_at: Moment
    """When."""


class ReplayAdvanced(Event):
    """The sender found the next deliveries of a replay: they wait to be sent again from now on."""

    type = "silkway.replay.advanced.v1"
    topic = TRADE_NOTICES
    subject_kind = "subscription"

    subscription_id: Id
    """The subscription."""
    replay: int = Field(ge=1, le=1_000_000)
    """Which replay of this subscription, counted from 1."""
    delivery_ids: tuple[DerivedId, ...] = Field(default=(), max_length=200)
    """Deliveries, in the order in which they go out."""
    last: bool
    """Whether these were the last ones."""
    advanced_at: Moment
    """When."""


class PauseRequested(Event):
    """Nothing is to be sent to a subscription for a while; what comes meanwhile is kept."""

    type = "silkway.pause.requested.v1"
    topic = TRADE_NOTICES
    subject_kind = "subscription"

    subscription_id: Id
    """The subscription."""
    by: Name
    """Who asks, 1 to 200 characters."""
    reason: PersonalText | None = None
    """Why, 1 to 500 characters."""
    requested_at: Moment
    """When."""


class ResumeRequested(Event):
    """A subscription that was paused, by request or because nothing arrived, is to be served again."""

    type = "silkway.resume.requested.v1"
    topic = TRADE_NOTICES
    subject_kind = "subscription"

    subscription_id: Id
    """The subscription."""
    by: Name
    """Who asks, 1 to 200 characters."""
    requested_at: Moment
    """When."""


class _Finding(Event):
    topic = TRADE_NOTICES
    subject_kind = "finding"

    finding_id: Id
    """The finding: the same for the same breach, however often the log is read."""
    invariant: Code
    """What should hold, e.g. MONEY_ADDS_UP."""


class InvariantBroken(_Finding):
    """The auditor found that the log, or what a service shows of it, contradicts itself. An incident follows."""

    type = "silkway.invariant.broken.v1"

    about: DerivedId
    """What it is about, e.g. order/PO-1."""
    text: Text
    """What contradicts what, for people, 1 to 500 characters."""
    event_id: DerivedId | None = None
    """The event that broke it, if it was one."""
    known_at: Moment
    """When that event, or what it contradicts, was known."""
    found_at: Moment
    """When the auditor found it."""


class FindingSettled(_Finding):
    """Somebody has dealt with a finding: it counts in its incident no more."""

    type = "silkway.finding.settled.v1"

    by: Name
    """Who, 1 to 200 characters."""
    reason: PersonalText
    """What it was and what was done, 1 to 500 characters."""
    settled_at: Moment
    """When."""


class DataErased(Event):
    """What people had written or were named in about somebody or something is gone, and goes again from every backup.

    Facts stay: ids, amounts, times. What was sealed later than `erased_at` is not meant.
    """

    type = "silkway.data.erased.v1"
    topic = TRADE_NOTICES
    subject_kind = "erasure"

    erasure_id: Id
    """The erasure, as who asked for it calls it."""
    about: DerivedId
    """Whose or which: supplier/S-1 or buyer/B-1 with all their orders; subscription/shop, order/PO-1, … alone."""
    by: Name
    """Who asked, 1 to 200 characters."""
    erased_at: Moment
    """When it was done."""
