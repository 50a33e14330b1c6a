"""Every wish that can be told over HTTP has its outcome, and an event that answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer

from silkway.contracts import TOPICS
from silkway.contracts.registry import EVENTS
from tests.e2e.trade import SUPPLIER, Trade, confirmation, draft, payment, text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.e2e.system import System

TENANT = "sim-requests"


class Ask(NamedTuple):
    """A request, where it goes, and the type of what answers it."""

    service: str
    path: str
    body: dict[str, Any]
    answer: str


BY = {"by": "ann@ops"}
ASKS: dict[str, list[Ask]] = {
    "amendment.requested": [
        Ask("order", "/orders/PO-1/amendments", {
            "amendment_id": "A-1", "party": "BUYER", "deliver_by": "2026-05-30", "reason": "No hurry.",
            "requested_at": text(2),
        }, "order.amended"),
        Ask("order", "/orders/PO-3/amendments", {
            "amendment_id": "A-2", "party": "BUYER", "deliver_by": "2026-05-30", "reason": "Too late.",
            "requested_at": text(2),
        }, "amendment.refused"),
    ],
    "cancellation.requested": [
        Ask("order", "/orders/PO-2/cancellations", {
            "cancellation_id": "C-1", "party": "BUYER", "reason": "The shop closes.", "requested_at": text(2),
        }, "order.cancelled"),
        Ask("order", "/orders/PO-3/cancellations", {
            "cancellation_id": "C-2", "party": "SUPPLIER", "reason": "Again.", "requested_at": text(2),
        }, "cancellation.refused"),
    ],
    "claim.requested": [
        Ask("credit", "/orders/PO-1/claims", {
            "claim_id": "CL-1", "kind": "NOT_RECEIVED", "amount_minor": 100_000, "currency": "USD",
            "text": "Nothing came.", "requested_at": text(2),
        }, "claim.opened"),
        Ask("credit", "/orders/PO-1/claims", {
            "claim_id": "CL-2", "kind": "QUALITY", "amount_minor": 830_001, "currency": "USD",
            "text": "All of it is broken, and more.", "requested_at": text(2),
        }, "claim.refused"),
    ],
    "escalation.requested": [
        Ask("credit", "/orders/PO-1/claims/escalations", {"claim_id": "CL-1", "requested_at": text(7.5)},
            "claim.escalated"),
    ],
    "withdrawal.requested": [
        Ask("credit", "/orders/PO-1/claims/withdrawals", {
            "claim_id": "CL-1", "text": "It has come.", "requested_at": text(7.6),
        }, "claim.withdrawn"),
    ],
    "acknowledgement.requested": [
        Ask("notify", "/incidents/{incident}/acknowledgement", BY | {"acknowledged_at": text(8)},
            "incident.acknowledged"),
    ],
    "pause.requested": [
        Ask("notify", "/subscriptions/S/pause", BY | {"reason": "repairs", "requested_at": text(8)},
            "subscription.paused"),
    ],
    "resume.requested": [
        Ask("notify", "/subscriptions/S/resume", BY | {"requested_at": text(8)}, "subscription.resumed"),
    ],
}  # fmt: skip
REPLAYED = {"replay.requested"}
"""Answered by what is sent again: the subscription counts its replays."""


@pytest.fixture
async def answers(system: System) -> AsyncIterator[AIOKafkaConsumer]:
    """What our services say."""
    topics = [system.prefix + topic for topic in TOPICS if topic.endswith(".events")]
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=system.kafka, auto_offset_reset="earliest")
    await consumer.start()
    yield consumer
    await consumer.stop()


def test_every_request_from_outside_is_asked_here() -> None:
    requests = {
        name.removeprefix("silkway.").removesuffix(".v1")
        for name, event in EVENTS.items()
        if ".requested." in name and event.topic.startswith("trade.")
    }
    assert requests == set(ASKS) | REPLAYED


async def prepare(trade: Trade) -> None:
    """Three orders, the last cancelled; money without an order; a subscription."""
    await trade.tick(0.2)
    await trade.tell("credit", "/suppliers", SUPPLIER)
    for order_id in ("PO-1", "PO-2", "PO-3"):
        await trade.tell("order", "/orders", draft(order_id))
        for party in ("BUYER", "SUPPLIER"):
            await trade.tell("order", f"/orders/{order_id}/confirmations", confirmation(party))
    undone = {"cancellation_id": "C-0", "party": "BUYER", "reason": "No.", "requested_at": text(0.3)}
    await trade.tell("order", "/orders/PO-3/cancellations", undone)
    await trade.tick(1)
    await trade.tell("order", "/payments", payment("PO-1", "N-1", 830_000))
    await trade.tell("order", "/payments", payment("NONE", "N-9", 17))
    subscription = {
        "subscription_id": "S", "party": "OPERATIONS", "channel": "EMAIL", "address": "ops@shop.example",
        "registered_at": text(1),
    }  # fmt: skip
    await trade.tell("notify", "/subscriptions", subscription)
    await trade.seen("PO-1", assurance="HELD", funds="FUNDED")


async def incident_of(trade: Trade) -> str:
    """The incident of the money that found no order."""

    async def found() -> str | None:
        async with trade.system.client("notify", trade.tenant) as client:
            page = (await client.get("/incidents", params={"open": "true"})).json()
        return page["items"][0]["incident_id"] if page["items"] else None

    incident: str = await trade.system.until(found, "there is an incident")
    return incident


async def test_every_request_has_its_outcome_and_its_answer(
    system: System, answers: AIOKafkaConsumer
) -> None:
    # Given orders, money without one, and somebody who listens
    trade = Trade(system, TENANT)
    await prepare(trade)
    await trade.tick(2)
    incident = await incident_of(trade)

    # When each request is told, then it is applied
    for kind, asks in ASKS.items():
        if kind == "escalation.requested":
            await trade.tick(7.4)  # the supplier's three days are over
        for ask in asks:
            await trade.tell(ask.service, ask.path.format(incident=incident), ask.body)
    replay = BY | {"from_at": text(0), "requested_at": text(8)}
    await trade.tell("notify", "/subscriptions/S/replays", replay)

    # Then each has its answer on the log, and a replay is counted
    wanted, seen = {f"silkway.{ask.answer}.v1" for asks in ASKS.values() for ask in asks}, set[str]()

    async def answered() -> bool:
        for records in (await answers.getmany(timeout_ms=200)).values():
            headers = [dict(record.headers) for record in records]
            seen.update(h["ce_type"].decode() for h in headers if h.get("ce_tenant") == TENANT.encode())
        return wanted <= seen

    await system.until(answered, f"answers to all: {wanted}")
    async with system.client("notify", TENANT) as client:
        assert (await client.get("/subscriptions/S")).json()["replays"] == 1
