"""Subscriptions and deliveries over HTTP."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel

from silkway.contracts import PauseRequested, ReplayRequested, ResumeRequested, SubscriptionRegistered
from silkway.contracts.fields import DerivedId, Id
from silkway.messaging.http import (
    Api,
    Page,
    PageQuery,
    Pages,
    TenantId,
    connection,
    not_found,
    problem_responses,
)
from silkway.messaging.http.personal import reached
from silkway.messaging.http.problems import FieldError, invalid
from silkway.messaging.http.requests import IdempotencyKey, json_object
from silkway.messaging.http.writes import Accepted, Writer, parse
from silkway.notify.channels import store
from silkway.notify.channels.secrets import Secrets, load, version_of
from silkway.notify.channels.webhook import may_call
from silkway.notify.domain.subscription import FIRST_SECRET
from silkway.notify.settings import ChannelSettings


class AcceptedSubscription(Accepted):
    """The registration is on the log."""

    secret: str | None = None
    """Of a webhook whose secret is new: what signs it, as Standard Webhooks writes it. It is not shown again."""


class SubscriptionView(BaseModel):
    """Who hears what, where, and how that fares; `replay_from` is not null while a replay is being queued.

    Times are in UTC; `delivered_at`, `failing_since` and `resumed_at` are wall-clock times.
    """

    subscription_id: str
    party: str
    party_id: str | None
    channel: str
    address: str
    language: str
    time_zone: str
    quiet_from: str | None
    quiet_until: str | None
    min_severity: str
    bundle_minutes: int
    events: str | None
    secret_ref: str
    secret_since: dt.datetime
    registered_at: dt.datetime
    state: Literal["ACTIVE", "PAUSED", "ENDED"]
    pause_reason: str | None
    paused_at: dt.datetime | None
    resumed_at: dt.datetime | None
    delivered_at: dt.datetime | None
    failing_since: dt.datetime | None
    failures: int
    replays: int
    replay_from: dt.datetime | None


class DeliveryView(BaseModel):
    """One message to one subscription; its id is the header webhook-id, whenever it is sent."""

    delivery_id: str
    subscription_id: str
    message_id: str
    type: str
    subject: str
    severity: str | None
    known_at: dt.datetime
    state: Literal["PENDING", "DELIVERED", "FAILED"]
    round: int
    attempts: int
    retry_at: dt.datetime | None
    delivered_at: dt.datetime | None
    outcome: str | None
    status: int | None
    detail: str | None


class AttemptView(BaseModel):
    """One line of the delivery log."""

    number: int
    attempt: int
    outcome: str
    status: int | None
    detail: str | None
    retry_at: dt.datetime | None
    reported_at: dt.datetime
    known_at: dt.datetime


class DeliveryDetail(DeliveryView):
    """A delivery with the CloudEvent it carries, and its log: the latest 200 attempts, the last first."""

    body: str
    log: list[AttemptView]


class SubscriptionQuery(PageQuery):
    """Which subscriptions to list."""

    state: Literal["ACTIVE", "PAUSED", "ENDED"] | None = None


class DeliveryQuery(PageQuery):
    """Which deliveries to list."""

    subscription_id: Id | None = None
    order_id: Id | None = None
    state: Literal["PENDING", "DELIVERED", "FAILED"] | None = None


_SUBSCRIPTIONS = Pages(SubscriptionView, subscription_id=Id)
_DELIVERIES = Pages(DeliveryView, known_at=dt.datetime, delivery_id=DerivedId)
_BODY = {"schema": {"$ref": f"#/components/schemas/{SubscriptionRegistered.__name__}"}, "example": {
    "subscription_id": "shop-eu", "party": "OPERATIONS", "channel": "WEBHOOK",
    "address": "https://shop.example/silkway", "events": ["silkway.order.placed.v1"],
    "registered_at": "2026-03-01T09:30:00+08:00",
}}  # fmt: skip


async def secrets_of(request: Request) -> Secrets:
    """The secrets of this installation, read once."""
    state = request.app.state
    if not hasattr(state, "secrets"):
        async with connection(state.pool) as reading:
            state.secrets = await load(reading, ChannelSettings.read().key)
    found: Secrets = state.secrets
    return found


async def register(
    request: Request, response: Response, tenant: TenantId, key: IdempotencyKey
) -> AcceptedSubscription:
    """Publish a registration; where the secret is new, answer with it."""
    data = await json_object(request)
    told = parse(SubscriptionRegistered, data, request.path_params)
    assert isinstance(told, SubscriptionRegistered)
    _check_address(told)
    async with connection(request.app.state.pool) as reading:
        known = await store.read_subscription(reading, tenant, told.subscription_id)
    writer: Writer = request.app.state.writer
    accepted = await writer.accept(request, response, SubscriptionRegistered, "registered_at", tenant, key)
    return AcceptedSubscription(
        **accepted.model_dump(), secret=await _new_secret(request, tenant, told, known)
    )


async def _new_secret(request: Request, tenant: str, told: SubscriptionRegistered, known: Any) -> str | None:
    ref = told.secret_ref or (known["secret_ref"] if known else FIRST_SECRET)
    if told.channel != "WEBHOOK" or (known is not None and known["secret_ref"] == ref):
        return None
    return (await secrets_of(request)).shown(tenant, told.subscription_id, ref)


def _check_address(told: SubscriptionRegistered) -> None:
    errors = []
    if told.channel == "WEBHOOK" and (reason := may_call(told.address, ChannelSettings.read().networks)):
        remedy = "Send an https URL that our sender can reach."
        errors.append(FieldError(field="address", reason=reason, remedy=remedy))
    if told.secret_ref is not None and version_of(told.secret_ref) is None:
        reason = f"{told.secret_ref} is no version of a secret"
        remedy = "Send V1, V2, …: the next number asks for a new secret."
        errors.append(FieldError(field="secret_ref", reason=reason, remedy=remedy))
    if errors:
        raise invalid(errors)


async def list_subscriptions(
    request: Request, tenant: TenantId, query: Annotated[SubscriptionQuery, Query()]
) -> Page[SubscriptionView]:
    """Subscriptions by id."""
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_subscriptions(
            reading, tenant, query.state, _SUBSCRIPTIONS.after(query), query.limit + 1
        )
    return _SUBSCRIPTIONS.page(rows, query)


async def get_subscription(request: Request, tenant: TenantId, subscription_id: Id) -> SubscriptionView:
    """One subscription."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_subscription(reading, tenant, subscription_id)
    if found is None:
        raise not_found(f"subscription {subscription_id}")
    return SubscriptionView.model_validate(dict(found))


async def list_deliveries(
    request: Request, tenant: TenantId, query: Annotated[DeliveryQuery, Query()]
) -> Page[DeliveryView]:
    """Deliveries, newest first."""
    filters = {
        "subscription_id": query.subscription_id,
        "subject": f"order/{query.order_id}" if query.order_id else None,
        "state": query.state,
    }
    async with connection(request.app.state.pool) as reading:
        rows = await store.list_deliveries(
            reading, tenant, filters, _DELIVERIES.after(query), query.limit + 1
        )
    return _DELIVERIES.page(rows, query)


async def get_delivery(request: Request, tenant: TenantId, delivery_id: DerivedId) -> DeliveryDetail:
    """A delivery with what it carries and its log."""
    async with connection(request.app.state.pool) as reading:
        found = await store.read_delivery(reading, tenant, delivery_id)
    if found is None:
        raise not_found(f"delivery {delivery_id}")
    vault = request.app.state.vault
    if vault is not None:  # JSON in a text of a JSON answer: opened as what it is
        found["body"] = await reached(vault.shown_json(tenant, found["body"]))
    return DeliveryDetail.model_validate(found)


def add_to(api: Api) -> None:
    """Add the paths of the channels."""
    subscription, asks = "/subscriptions/{subscription_id:path}", {"by": "ops/lin"}
    api.facts.append(SubscriptionRegistered)
    api.router.add_api_route(
        "/subscriptions", register, methods=["POST"], status_code=202, operation_id="SubscriptionRegistered",
        summary="Subscribe to notices or events",
        description=f"{SubscriptionRegistered.__doc__} Published as `{SubscriptionRegistered.type}` to "
        f"`{SubscriptionRegistered.topic}`. Register again with the next `secret_ref` for a new secret; the old one "
        "signs beside it for a day.",
        responses=problem_responses(408, 409, 413, 415),
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": _BODY}}},
    )  # fmt: skip
    api.publishes(
        f"{subscription}/replays", ReplayRequested, at="requested_at",
        summary="Send everything since a time again",
        example={**asks, "from_at": "2026-03-01T00:00:00Z", "requested_at": "2026-03-02T09:30:00Z"},
    )  # fmt: skip
    api.publishes(
        f"{subscription}/pause", PauseRequested, at="requested_at", summary="Pause a subscription",
        example={**asks, "reason": "maintenance", "requested_at": "2026-03-02T09:30:00Z"},
    )  # fmt: skip
    api.publishes(
        f"{subscription}/resume", ResumeRequested, at="requested_at", summary="Resume a subscription",
        example={**asks, "requested_at": "2026-03-02T09:30:00Z"},
    )  # fmt: skip
    get = api.router.get
    get("/subscriptions", summary="List subscriptions")(list_subscriptions)
    get(subscription, summary="See a subscription", responses=problem_responses(404))(get_subscription)
    get("/deliveries", summary="List deliveries, newest first")(list_deliveries)
    get("/deliveries/{delivery_id}", summary="See a delivery", responses=problem_responses(404))(get_delivery)
