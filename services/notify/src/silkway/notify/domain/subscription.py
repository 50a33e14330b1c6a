"""Who wants to hear what, where: subscriptions, and what becomes of them."""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec.structs import replace

from silkway.contracts import (
    PauseRequested,
    ReplayAdvanced,
    ReplayRequested,
    ResumeRequested,
    SubscriptionPaused,
    SubscriptionRegistered,
    SubscriptionResumed,
)
from silkway.contracts.fields import Audience, Channel, Language, Severity

FIRST_SECRET = "V1"
OPERATIONS = "OPERATIONS"
_SEVERITIES: tuple[Severity, ...] = ("INFO", "WARNING", "CRITICAL")


class Subscription(msgspec.Struct, frozen=True):
    """A subscription as it was registered last, and how its deliveries fare.

    ENDED: registered as not active. PAUSED: what comes is kept and not sent, since `paused_at`, for
    `pause_reason`. `failures` counts attempts that failed since the last one that arrived (`delivered_at`), the
    first of them `failing_since`; these are the sender's times. What failed before `resumed_at` is forgotten.
    While a replay is open, `replay_from` is not None and `replays` is its number.
    """

    tenant: str
    subscription_id: str
    party: Audience
    party_id: str | None
    channel: Channel
    address: str
    language: Language
    time_zone: str
    quiet_from: str | None
    quiet_until: str | None
    min_severity: Severity
    bundle_minutes: int
    events: str | None
    secret_ref: str
    secret_since: dt.datetime
    registered_at: dt.datetime
    known_at: dt.datetime
    state: Literal["ACTIVE", "PAUSED", "ENDED"]
    pause_reason: str | None = None
    paused_at: dt.datetime | None = None
    resumed_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    failing_since: dt.datetime | None = None
    failures: int = 0
    replays: int = 0
    replay_from: dt.datetime | None = None


class Subscriber(msgspec.Struct, frozen=True):
    """A subscription in the directory of its party: what the rules ask for with each event.

    `events`: CloudEvents types, parted by spaces; None: notices alone.
    """

    tenant: str
    party: str
    subscription_id: str
    channel: Channel
    min_severity: Severity
    events: str | None
    active: bool


class Directory(msgspec.Struct, frozen=True):
    """All subscriptions of one party: OPERATIONS, BUYER/<id> or SUPPLIER/<id>."""

    tenant: str
    party: str
    subscribers: tuple[Subscriber, ...] = ()

    def for_event(self, event_type: str) -> list[Subscriber]:
        """Who asked for events of this type."""
        return [
            one
            for one in self.subscribers
            if one.active and one.channel == "WEBHOOK" and one.events and event_type in one.events.split(" ")
        ]

    def for_notice(self, event_type: str, severity: Severity) -> list[Subscriber]:
        """Who is to be told a notice of this severity, which is told as events of this type."""
        level = _SEVERITIES.index(severity)
        return [
            one
            for one in self.subscribers
            if one.active
            and _SEVERITIES.index(one.min_severity) <= level
            and (one.events is None or event_type in one.events.split(" "))
        ]


def party_key(party: Audience, party_id: str | None) -> str:
    """The name of a party's directory."""
    return OPERATIONS if party == OPERATIONS else f"{party}/{party_id}"


def buyer_of(buyer_id: str) -> str:
    """The name of a buyer's directory."""
    return f"BUYER/{buyer_id}"


def supplier_of(supplier_id: str) -> str:
    """The name of a supplier's directory."""
    return f"SUPPLIER/{supplier_id}"


def objections(known: Subscription | None, told: SubscriptionRegistered) -> list[tuple[str, str, str]]:
    """What is wrong with a registration: field, reason, remedy."""
    found: list[tuple[str, str, str]] = []
    if (told.party == OPERATIONS) != (told.party_id is None):
        remedy = "Name the buyer or supplier whose notices it is for; leave it out for operations."
        found.append(("party_id", f"it does not go with party {told.party}", remedy))
    if known is not None and (told.party, told.party_id) != (known.party, known.party_id):
        reason = f"it is {party_key(known.party, known.party_id)} and stays so"
        found.append(("party", reason, "Register another subscription under an id of its own."))
    if known is not None and told.channel != known.channel:
        remedy = "Register another subscription under an id of its own."
        found.append(("channel", f"it is {known.channel} and stays so", remedy))
    return found


def register(
    known: Subscription | None, tenant: str, told: SubscriptionRegistered, known_at: dt.datetime
) -> Subscription:
    """The subscription as told now; how its deliveries fared stays, and so does a pause."""
    secret_ref = told.secret_ref or (known.secret_ref if known else FIRST_SECRET)
    same_secret = known is not None and known.secret_ref == secret_ref
    state: Literal["ACTIVE", "PAUSED", "ENDED"] = "ENDED"
    if told.active:
        state = "PAUSED" if known is not None and known.state == "PAUSED" else "ACTIVE"
    registered = Subscription(
        tenant=tenant,
        subscription_id=told.subscription_id,
        party=told.party,
        party_id=told.party_id,
        channel=told.channel,
        address=told.address,
        language=told.language,
        time_zone=told.time_zone,
        quiet_from=told.quiet_hours.from_time if told.quiet_hours else None,
        quiet_until=told.quiet_hours.until_time if told.quiet_hours else None,
        min_severity=told.min_severity,
        bundle_minutes=told.bundle_minutes,
        events=" ".join(told.events) if told.events else None,
        secret_ref=secret_ref,
        secret_since=known.secret_since if known is not None and same_secret else known_at,
        registered_at=told.registered_at.astimezone(dt.UTC),
        known_at=known_at,
        state=state,
    )
    if known is None:
        return registered
    return replace(
        registered,
        pause_reason=known.pause_reason if state == "PAUSED" else None,
        paused_at=known.paused_at if state == "PAUSED" else None,
        resumed_at=known.resumed_at,
        delivered_at=known.delivered_at,
        failing_since=known.failing_since,
        failures=known.failures,
        replays=known.replays,
        replay_from=known.replay_from,
    )


def listed(directory: Directory | None, subscription: Subscription) -> Directory:
    """The directory of the subscription's party, with the subscription as it is now."""
    party = party_key(subscription.party, subscription.party_id)
    directory = directory or Directory(subscription.tenant, party)
    entry = Subscriber(
        tenant=subscription.tenant,
        party=party,
        subscription_id=subscription.subscription_id,
        channel=subscription.channel,
        min_severity=subscription.min_severity,
        events=subscription.events,
        active=subscription.state != "ENDED",
    )
    others = [one for one in directory.subscribers if one.subscription_id != entry.subscription_id]
    return replace(
        directory, subscribers=tuple(sorted((*others, entry), key=lambda one: one.subscription_id))
    )


def pause_on_request(
    subscription: Subscription, asked: PauseRequested, known_at: dt.datetime
) -> tuple[Subscription, Iterable[SubscriptionPaused]]:
    """Somebody wants a pause. One that is paused already stays as it is."""
    if subscription.state != "ACTIVE":
        return subscription, ()
    reason = asked.reason or "asked for"
    return _paused(subscription, reason, known_at), [
        SubscriptionPaused(
            subscription_id=subscription.subscription_id, reason=reason, by=asked.by, paused_at=known_at
        )
    ]


def pause_for_silence(
    subscription: Subscription, reason: str, known_at: dt.datetime
) -> tuple[Subscription, Iterable[SubscriptionPaused]]:
    """Nothing arrives there any more."""
    if subscription.state != "ACTIVE":
        return subscription, ()
    return _paused(subscription, reason, known_at), [
        SubscriptionPaused(
            subscription_id=subscription.subscription_id,
            reason=reason,
            failing_since=subscription.failing_since,
            paused_at=known_at,
        )
    ]


def resume(
    subscription: Subscription, asked: ResumeRequested, known_at: dt.datetime
) -> tuple[Subscription, Iterable[SubscriptionResumed]]:
    """It is served again, and what failed before is forgotten."""
    if subscription.state != "PAUSED":
        return subscription, ()
    resumed = replace(
        subscription,
        state="ACTIVE",
        pause_reason=None,
        paused_at=None,
        resumed_at=asked.requested_at.astimezone(dt.UTC),
        failures=0,
        failing_since=None,
    )
    return resumed, [SubscriptionResumed(subscription_id=subscription.subscription_id, resumed_at=known_at)]


def ask_replay(subscription: Subscription, asked: ReplayRequested) -> Subscription:
    """A replay opens; one that is open still is taken into it."""
    from_at = asked.from_at.astimezone(dt.UTC)
    if subscription.replay_from is not None:
        from_at = min(from_at, subscription.replay_from)
    return replace(subscription, replays=subscription.replays + 1, replay_from=from_at)


def advance_replay(subscription: Subscription, told: ReplayAdvanced) -> Subscription:
    """The open replay closes with its last step; steps of an earlier one close nothing."""
    if told.last and told.replay == subscription.replays:
        return replace(subscription, replay_from=None)
    return subscription


def _paused(subscription: Subscription, reason: str, known_at: dt.datetime) -> Subscription:
    return replace(subscription, state="PAUSED", pause_reason=reason, paused_at=known_at)
