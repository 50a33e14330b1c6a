"""What is to be delivered to whom, and what became of each attempt."""

import datetime as dt
import uuid
from typing import Literal

import msgspec
from msgspec.structs import replace

from silkway.contracts import (
    DeliveryReported,
    Event,
    NotificationDelivered,
    NotificationFailed,
    ReplayAdvanced,
    SubscriptionPaused,
)
from silkway.contracts.fields import DeliveryOutcome, Severity
from silkway.notify.domain.subscription import Subscriber, Subscription, pause_for_silence

_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "silkway:deliveries")
_SEQUEL = 1000


class Message(msgspec.Struct, frozen=True):
    """Something to pass on, once for all who hear it: a CloudEvent as JSON. `notice`: it tells a notice."""

    tenant: str
    message_id: str
    type: str
    subject: str
    notice: bool
    body: str
    known_at: dt.datetime


class Delivery(msgspec.Struct, frozen=True):
    """One message to one subscription. Its id is the webhook's id, whenever it is sent.

    What is about one `subject` (order/PO-1) goes out by `position`. `round`: the replay that it was queued for
    last, 0 at first; `tries` since then, the first failure of which was `failing_since`; `attempts` in all;
    `reports` heard of. `retry_at` and `delivered_at` are the sender's times. FAILED: given up.
    """

    tenant: str
    delivery_id: str
    subscription_id: str
    message_id: str
    type: str
    subject: str
    position: int
    severity: Severity | None
    known_at: dt.datetime
    state: Literal["PENDING", "DELIVERED", "FAILED"] = "PENDING"
    round: int = 0
    reports: int = 0
    attempts: int = 0
    tries: int = 0
    failing_since: dt.datetime | None = None
    retry_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    outcome: DeliveryOutcome | None = None
    status: int | None = None
    detail: str | None = None

    @property
    def is_notice(self) -> bool:
        """Whether it tells a notice rather than an event as it is."""
        return self.severity is not None


class Attempt(msgspec.Struct, frozen=True):
    """One line of the delivery log: the `number`th report about a delivery."""

    tenant: str
    delivery_id: str
    number: int
    subscription_id: str
    attempt: int
    outcome: DeliveryOutcome
    status: int | None
    detail: str | None
    retry_at: dt.datetime | None
    reported_at: dt.datetime
    known_at: dt.datetime


def position_of(count: int, sequel: int = 0) -> int:
    """The place of a message among those about one subject.

    count: which event of the subject it follows from, from 1. sequel: 0 for the event itself, from 1 for what the
    event gave rise to.
    """
    return count * _SEQUEL + min(sequel, _SEQUEL - 1)


def deliver_to(
    subscriber: Subscriber, message: Message, position: int, severity: Severity | None
) -> Delivery:
    """The delivery of a message to a subscription."""
    name = f"{message.tenant}/{subscriber.subscription_id}/{message.message_id}"
    return Delivery(
        tenant=message.tenant,
        delivery_id=str(uuid.uuid5(_IDS, name)),
        subscription_id=subscriber.subscription_id,
        message_id=message.message_id,
        type=message.type,
        subject=message.subject,
        position=position,
        severity=severity,
        known_at=message.known_at,
    )


def queue_again(delivery: Delivery, told: ReplayAdvanced) -> Delivery:
    """A replay has come to it: it waits to be sent as if it never had been. Once in each replay."""
    if delivery.round >= told.replay:
        return delivery
    return replace(
        delivery,
        round=told.replay,
        state="PENDING",
        tries=0,
        failing_since=None,
        retry_at=None,
    )


def since_resumed(delivery: Delivery, subscription: Subscription) -> Delivery:
    """The delivery with what failed before the subscription was resumed forgotten: it may be tried at once."""
    if delivery.failing_since is None or subscription.resumed_at is None:
        return delivery
    if delivery.failing_since >= subscription.resumed_at:
        return delivery
    return replace(delivery, tries=0, failing_since=None, retry_at=None)


def logged(delivery: Delivery, told: DeliveryReported, known_at: dt.datetime) -> Attempt:
    """The line of the delivery log for a report."""
    return Attempt(
        tenant=delivery.tenant,
        delivery_id=delivery.delivery_id,
        number=delivery.reports + 1,
        subscription_id=delivery.subscription_id,
        attempt=told.attempt,
        outcome=told.outcome,
        status=told.status,
        detail=told.detail,
        retry_at=_utc(told.retry_at),
        reported_at=told.reported_at.astimezone(dt.UTC),
        known_at=known_at,
    )


def report(
    subscription: Subscription,
    delivery: Delivery,
    told: DeliveryReported,
    known_at: dt.datetime,
) -> tuple[Subscription, Delivery, list[Event]]:
    """What follows from a report of the sender's.

    Delivered is delivered, whichever report comes first; a failure counts once for each attempt. When nothing is
    to be tried any more, the delivery alone is given up if others have arrived meanwhile; otherwise the
    subscriber is dead: the subscription is paused, and the delivery waits.
    """
    reported_at = told.reported_at.astimezone(dt.UTC)
    counted = told.attempt > delivery.attempts
    delivery = replace(delivery, reports=delivery.reports + 1, attempts=max(delivery.attempts, told.attempt))
    if told.outcome == "DELIVERED":
        return _arrived(subscription, delivery, told, reported_at)
    if not counted or delivery.state != "PENDING":
        return subscription, delivery, []
    delivery = since_resumed(delivery, subscription)
    delivery = replace(
        delivery,
        tries=delivery.tries + 1,
        failing_since=delivery.failing_since or reported_at,
        retry_at=_utc(told.retry_at),
        outcome=told.outcome,
        status=told.status,
        detail=told.detail,
    )
    subscription = replace(
        subscription,
        failures=subscription.failures + 1,
        failing_since=subscription.failing_since or reported_at,
    )
    if told.outcome == "FAILED" and told.retry_at is not None:
        return subscription, delivery, []
    if told.outcome == "REFUSED" or (told.outcome == "FAILED" and _others_arrive(subscription, delivery)):
        return subscription, *_given_up(subscription, delivery, told, known_at)
    reason = (
        "the address is no more" if told.outcome == "GONE" else f"nothing arrived in {delivery.tries} tries"
    )
    subscription, paused = pause_for_silence(subscription, _worded(reason, told), known_at)
    # It begins anew when the subscription is resumed.
    delivery = replace(delivery, tries=0, failing_since=None, retry_at=None)
    events: list[Event] = [event for event in paused if isinstance(event, SubscriptionPaused)]
    return subscription, delivery, events


def _arrived(
    subscription: Subscription,
    delivery: Delivery,
    told: DeliveryReported,
    reported_at: dt.datetime,
) -> tuple[Subscription, Delivery, list[Event]]:
    latest = max(reported_at, subscription.delivered_at or reported_at)
    subscription = replace(subscription, delivered_at=latest, failures=0, failing_since=None)
    if delivery.state == "DELIVERED":
        return subscription, delivery, []
    delivery = replace(
        delivery,
        state="DELIVERED",
        tries=delivery.tries + 1,
        failing_since=None,
        retry_at=None,
        delivered_at=reported_at,
        outcome="DELIVERED",
        status=told.status,
        detail=told.detail,
    )
    if not delivery.is_notice:
        return subscription, delivery, []
    arrived = NotificationDelivered(
        subscription_id=subscription.subscription_id,
        delivery_id=delivery.delivery_id,
        channel=subscription.channel,
        notice_ids=(delivery.message_id,),
        attempts=delivery.attempts,
        delivered_at=reported_at,
    )
    return subscription, delivery, [arrived]


def _given_up(
    subscription: Subscription,
    delivery: Delivery,
    told: DeliveryReported,
    known_at: dt.datetime,
) -> tuple[Delivery, list[Event]]:
    failed = NotificationFailed(
        subscription_id=subscription.subscription_id,
        delivery_id=delivery.delivery_id,
        channel=subscription.channel,
        notice_ids=(delivery.message_id,) if delivery.is_notice else (),
        attempts=delivery.attempts,
        reason=_worded("refused" if told.outcome == "REFUSED" else "tried for too long", told),
        failed_at=known_at,
    )
    return replace(delivery, state="FAILED", retry_at=None), [failed]


def _others_arrive(subscription: Subscription, delivery: Delivery) -> bool:
    since = delivery.failing_since
    return since is not None and subscription.delivered_at is not None and subscription.delivered_at >= since


def _worded(reason: str, told: DeliveryReported) -> str:
    parts = [reason, str(told.status) if told.status else "", told.detail or ""]
    return ": ".join(part for part in parts if part)[:500]


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    return None if moment is None else moment.astimezone(dt.UTC)


def may_send_at(
    now: dt.datetime, quiet_from: str | None, quiet_until: str | None, zone: dt.tzinfo
) -> dt.datetime:
    """`now` outside of quiet hours, else when they end, UTC. Both are HH:MM in `zone`; until <= from: past midnight."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return now
    local = now.astimezone(zone)
    clock = f"{local:%H:%M}"
    past_midnight = quiet_until < quiet_from
    quiet = clock >= quiet_from or clock < quiet_until if past_midnight else quiet_from <= clock < quiet_until
    if not quiet:
        return now
    hour, minute = map(int, quiet_until.split(":"))
    end = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if past_midnight and clock >= quiet_from:
        end += dt.timedelta(days=1)
    return max(now, end.astimezone(dt.UTC))


RETRY_AFTER_S: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 10 * 3600, 10 * 3600)
"""Pauses after the first, second, … attempt that failed; about 31 hours in all."""


def retry_after_s(tries: int, schedule: tuple[float, ...], delivery_id: str) -> float | None:
    """The pause after so many attempts in a row have failed, None if that was the last one.

    Up to a fifth is added by the delivery's id, so that what failed at once is not tried at once.
    """
    if tries > len(schedule):
        return None
    spread = uuid.uuid5(_IDS, f"{delivery_id}/{tries}").int % 1000 / 1000
    return schedule[tries - 1] * (1 + spread / 5)
