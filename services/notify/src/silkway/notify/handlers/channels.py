"""What leaves by the channels, and what is heard of it: subscriptions, deliveries, replays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from silkway.contracts import (
    DeliveryReported,
    Event,
    PauseRequested,
    ReplayAdvanced,
    ReplayRequested,
    ResumeRequested,
    SubscriptionPaused,
    SubscriptionRegistered,
)
from silkway.messaging import Fact, Name, Refused, Work
from silkway.notify.books import CATALOGS
from silkway.notify.channels.store import (
    ATTEMPTS,
    DELIVERY,
    DIRECTORY,
    MESSAGES,
    NEW_DELIVERIES,
    SUBSCRIPTION,
)
from silkway.notify.domain import delivery as deliveries
from silkway.notify.domain import subscription as subscriptions
from silkway.notify.domain.delivery import Delivery, Message, position_of
from silkway.notify.domain.notices import paused_notice
from silkway.notify.domain.state import Step
from silkway.notify.domain.subscription import (
    OPERATIONS,
    Subscriber,
    Subscription,
    party_key,
)
from silkway.notify.handlers.routing import directories_of, router
from silkway.notify.store import FEED, NOTICES, ORDER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from silkway.contracts.fields import Audience, Severity
    from silkway.notify.domain.state import OrderView

_encode = msgspec.json.Encoder().encode

# --- what goes out -------------------------------------------------------------------------------------------


def pass_on(work: Work, fact: Fact[Any]) -> None:
    """Hand an event as it is to those who asked for its type. The state it is about has been put."""
    told = fact.data
    hearers = [
        one
        for name in directories_of(told, _view(work, told))
        if (directory := work.get(DIRECTORY, name.id)) is not None
        for one in directory.for_event(told.type)
    ]
    if hearers:
        body = cloud_event(
            told, fact.tenant, fact.source, fact.id, fact.time, fact.known_at, work.traceparent
        )
        _hand_over(work, told, fact.id, body, hearers, None)


def pass_on_ours(work: Work, told: Event, message_id: str, position: int) -> None:
    """Hand an event of our own to those of operations who asked for its type, the `position`th about its subject."""
    directory = work.get(DIRECTORY, OPERATIONS)
    hearers = directory.for_event(told.type) if directory is not None else []
    if hearers:
        at = work.known_at
        body = cloud_event(told, work.tenant, "/silkway/notify", message_id, at, at, work.traceparent)
        _hand_over(work, told, message_id, body, hearers, None, position)


def tell(
    work: Work, told: Event, notice_id: str, audience: Audience, recipient: str | None, severity: Severity
) -> None:
    """Hand a notice to those who are to hear it. `told` is what notify.events says of it."""
    directory = work.get(DIRECTORY, party_key(audience, recipient))
    hearers = directory.for_notice(told.type, severity) if directory is not None else []
    if hearers:
        at = work.known_at
        body = cloud_event(told, work.tenant, "/silkway/notify", notice_id, at, at, work.traceparent)
        _hand_over(work, told, notice_id, body, hearers, severity)


def _view(work: Work, told: Event) -> OrderView | None:
    return work.get(ORDER, told.subject_id) if told.subject_kind == "order" else None


def _position(work: Work, told: Event) -> int:
    """The place of a message about a subject: for orders as their events were told, else as they became known.

    What one event gives rise to goes by the rows that its handler has written before.
    """
    view = _view(work, told)
    if view is None:
        return int(work.known_at.timestamp() * 1_000_000)
    return position_of(view.order_events + view.logistics_events + view.credit_events, len(work.rows))


def cloud_event(
    event: Event,
    tenant: str,
    source: str,
    event_id: str,
    time: dt.datetime,
    known_at: dt.datetime,
    traceparent: str | None,
) -> str:
    """An event as structured JSON, as CloudEvents 1.0 and its extension for traces write it."""
    attributes = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": event.type,
        "subject": event.subject,
        "time": time.isoformat(),
        "tenant": tenant,
        "knowntime": known_at.isoformat(),
        "datacontenttype": "application/json",
    }
    if traceparent is not None:
        attributes["traceparent"] = traceparent
    head = _encode(attributes).decode()
    data = event.__pydantic_serializer__.to_json(event, exclude_none=True).decode()
    return f'{head[:-1]},"data":{data}}}'


def _hand_over(
    work: Work,
    event: Event,
    message_id: str,
    body: str,
    hearers: Sequence[Subscriber],
    severity: Severity | None,
    position: int | None = None,
) -> None:
    position = _position(work, event) if position is None else position
    message = Message(
        tenant=work.tenant,
        message_id=message_id,
        type=event.type,
        subject=event.subject,
        notice=severity is not None,
        body=body,
        known_at=work.known_at,
    )
    work.append(MESSAGES, message)
    for one in hearers:
        work.append(NEW_DELIVERIES, deliveries.deliver_to(one, message, position, severity))


# --- subscriptions -------------------------------------------------------------------------------------------


def _known(work: Work, subscription_id: str) -> Subscription:
    known = work.get(SUBSCRIPTION, subscription_id)
    if known is None:
        remedy = "Register it first with POST /subscriptions."
        raise Refused("subscription_id", f"there is no subscription {subscription_id}", remedy)
    return known


@router.on(
    SubscriptionRegistered,
    names=lambda told: [
        SUBSCRIPTION[told.subscription_id],
        DIRECTORY[party_key(told.party, told.party_id)],
    ],
)
def subscription_registered(work: Work, fact: Fact[SubscriptionRegistered]) -> None:
    told = fact.data
    known = work.get(SUBSCRIPTION, told.subscription_id)
    for field, reason, remedy in subscriptions.objections(known, told):
        raise Refused(field, reason, remedy)
    now = subscriptions.register(known, fact.tenant, told, fact.known_at)
    work.put(SUBSCRIPTION, told.subscription_id, now)
    party = party_key(told.party, told.party_id)
    work.put(DIRECTORY, party, subscriptions.listed(work.get(DIRECTORY, party), now))


@router.on(PauseRequested, names=lambda asked: [SUBSCRIPTION[asked.subscription_id]])
def pause_requested(work: Work, fact: Fact[PauseRequested]) -> None:
    known = _known(work, fact.data.subscription_id)
    paused, events = subscriptions.pause_on_request(known, fact.data, fact.known_at)
    work.apply(SUBSCRIPTION, known.subscription_id, (paused, [(e, fact.known_at) for e in events]))


@router.on(ResumeRequested, names=lambda asked: [SUBSCRIPTION[asked.subscription_id]])
def resume_requested(work: Work, fact: Fact[ResumeRequested]) -> None:
    known = _known(work, fact.data.subscription_id)
    resumed, events = subscriptions.resume(known, fact.data, fact.known_at)
    work.apply(SUBSCRIPTION, known.subscription_id, (resumed, [(e, fact.known_at) for e in events]))


@router.on(ReplayRequested, names=lambda asked: [SUBSCRIPTION[asked.subscription_id]])
def replay_requested(work: Work, fact: Fact[ReplayRequested]) -> None:
    known = _known(work, fact.data.subscription_id)
    work.put(SUBSCRIPTION, known.subscription_id, subscriptions.ask_replay(known, fact.data))


def _replayed(told: ReplayAdvanced) -> list[Name]:
    return [SUBSCRIPTION[told.subscription_id], *(DELIVERY[one] for one in told.delivery_ids)]


@router.on(ReplayAdvanced, names=_replayed)
def replay_advanced(work: Work, fact: Fact[ReplayAdvanced]) -> None:
    told = fact.data
    known = _known(work, told.subscription_id)
    for delivery_id in told.delivery_ids:
        work.put(DELIVERY, delivery_id, deliveries.queue_again(_delivery(work, told, delivery_id), told))
    work.put(SUBSCRIPTION, known.subscription_id, subscriptions.advance_replay(known, told))


# --- what became of deliveries -------------------------------------------------------------------------------


def _delivery(work: Work, told: DeliveryReported | ReplayAdvanced, delivery_id: str) -> Delivery:
    delivery = work.get(DELIVERY, delivery_id)
    if delivery is None or delivery.subscription_id != told.subscription_id:
        reason = f"subscription {told.subscription_id} has no delivery {delivery_id}"
        raise Refused("delivery_id", reason, "See GET /deliveries; only the sender reports.")
    return delivery


@router.on(
    DeliveryReported,
    names=lambda told: [
        SUBSCRIPTION[told.subscription_id],
        DELIVERY[told.delivery_id],
        DIRECTORY[OPERATIONS],
    ],
)
def delivery_reported(work: Work, fact: Fact[DeliveryReported]) -> None:
    told = fact.data
    subscription = _known(work, told.subscription_id)
    delivery = _delivery(work, told, told.delivery_id)
    work.append(ATTEMPTS, deliveries.logged(delivery, told, fact.known_at))
    subscription, delivery, events = deliveries.report(subscription, delivery, told, fact.known_at)
    work.put(DELIVERY, delivery.delivery_id, delivery)
    work.apply(
        SUBSCRIPTION, subscription.subscription_id, (subscription, [(e, fact.known_at) for e in events])
    )
    for event in events:
        if isinstance(event, SubscriptionPaused):
            _tell_pause(work, event, delivery)


def _tell_pause(work: Work, paused: SubscriptionPaused, delivery: Delivery) -> None:
    """Operations hear that nobody hears any more."""
    notice = paused_notice(
        CATALOGS, work.tenant, paused, delivery.delivery_id, delivery.reports, work.known_at
    )
    work.append(NOTICES, notice)
    tell(work, paused, notice.notice_id, "OPERATIONS", None, notice.severity)
    work.append(FEED, Step(work.tenant, notice_id=notice.notice_id))
