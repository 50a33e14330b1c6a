"""One trace leads through all services: from the sender's request to the webhook that tells of it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from tests.e2e.collector import KEPT
from tests.e2e.trade import SUPPLIER, Trade, draft, text
from tests.integration.channels.receiver import Receiver, receiving

if TYPE_CHECKING:
    from tests.e2e.collector import Collector, Told
    from tests.e2e.system import System

CALLER: Final = "00f067aa0ba902b7"
STATIONS: Final = {
    ("silkway-order", "POST /orders"),
    ("silkway-order", "publish trade.orders"),
    ("silkway-order", "apply silkway.order.drafted.v1"),
    ("silkway-order", "relay"),
    ("silkway-logistics", "apply silkway.order.recorded.v1"),
    ("silkway-credit", "apply silkway.order.recorded.v1"),
    ("silkway-notify", "apply silkway.order.recorded.v1"),
    ("silkway-notify", "webhook"),
}


async def test_one_trace_leads_through_all_services(system: System, collector: Collector) -> None:
    # Given somebody who hears of orders that were recorded
    trade = Trade(system, "sim-trace")
    await trade.tick(0.2)
    await trade.tell("credit", "/suppliers", SUPPLIER)
    async with receiving(Receiver()) as receiver:
        hook = {
            "subscription_id": "shop", "party": "OPERATIONS", "channel": "WEBHOOK", "address": receiver.url,
            "events": ["silkway.order.recorded.v1"], "registered_at": text(0.1),
        }  # fmt: skip
        registered = await trade.post("notify", "/subscriptions", hook)
        receiver.secret = registered.json()["secret"]
        await trade.outcome("notify", registered)

        # When a draft comes with a trace that is kept, and one with a trace that is not
        kept, other = secrets.token_hex(9) + KEPT, secrets.token_hex(16)
        async with system.client("order", trade.tenant) as client:
            for order_id, trace_id in (("PO-1", kept), ("PO-2", other)):
                told = {"traceparent": f"00-{trace_id}-{CALLER}-01"}
                assert (await client.post("/orders", json=draft(order_id), headers=told)).status_code == 202

        # Then its spans tell of all services
        async def all_told() -> set[Told] | None:
            found = collector.of(kept)
            return found if {(span.service, span.name) for span in found} >= STATIONS else None

        spans = await system.until(all_told, f"{STATIONS} are told")

    # The request is the caller's, everything else is the request's, and what was applied names its batch
    [request] = [span for span in spans if span.name == "POST /orders"]
    assert request.parent == CALLER
    assert {span.parent for span in spans - {request}} == {request.span_id}
    assert {span.links for span in spans if span.name.startswith("apply")} == {1}
    # and the receiver could go on with it
    assert f"00-{kept}-{request.span_id}-01" in {call.traceparent for call in receiver.taken}
    # Of the other nothing is told
    assert collector.of(other) == set()
