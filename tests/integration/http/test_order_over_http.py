"""The order service as a process, over HTTP: facts go in, outcomes and orders come out."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx

from silkway.contracts import Envelope, OrderDrafted
from silkway.messaging.http import Place, Publisher
from tests.integration.http.conftest import TENANT
from tests.unit.http.counter import assert_problem
from tests.unit.http.test_writes import CONFIRMED, DRAFT

if TYPE_CHECKING:
    from tests.integration.http.conftest import Running


def draft(order_id: str, **changes: Any) -> dict[str, Any]:
    return DRAFT | {"order_id": order_id, "payment_reference": order_id} | changes


async def test_a_draft_becomes_an_order(order_service: Running) -> None:
    # When an order is drafted, confirmed by both and paid
    client = order_service.client
    accepted = await client.post("/orders", json=draft("A-1"))
    assert accepted.status_code == 202
    assert (await order_service.outcome(accepted))["outcome"] == "applied"
    for party in ("BUYER", "SUPPLIER"):
        accepted = await client.post("/orders/A-1/confirmations", json=CONFIRMED | {"party": party})
        assert (await order_service.outcome(accepted))["outcome"] == "applied"
    payment = {
        "account_id": "VA-1",
        "bank_reference": "N-1",
        "payment_reference": "A-1",
        "amount_minor": 1000,
        "currency": "USD",
        "received_at": "2026-03-02T08:15:00+01:00",
    }
    accepted = await client.post("/payments", json=payment)
    outcome = await order_service.outcome(accepted)

    # Then that is what is seen
    place = accepted.json()["place"]
    assert outcome["place"] == f"{place['topic']}/{place['partition']}/{place['offset']}"
    order = (await client.get("/orders/A-1")).json()
    assert (order["life"], order["funds"], order["received_minor"]) == ("PLACED", "FUNDED", 1000)
    assert [line["line_id"] for line in order["lines"]] == ["1"]
    assert [payment["state"] for payment in order["payments"]] == ["MATCHED"]
    assert order["payouts"] == []


async def test_an_order_nobody_drafted_is_not_there(order_service: Running) -> None:
    assert_problem(await order_service.client.get("/orders/NONE"), 404, "not-found")


async def test_a_confirmation_before_its_draft_waits_visibly(order_service: Running) -> None:
    early = await order_service.client.post("/orders/W-1/confirmations", json=CONFIRMED)
    waiting = await order_service.outcome(early, wait="1s")
    assert (waiting["outcome"], waiting["detail"]) == ("waiting", {"for": "order.drafted"})

    await order_service.client.post("/orders", json=draft("W-1"))
    assert (await order_service.outcome(early))["outcome"] == "applied"


async def test_a_draft_that_contradicts_another_is_refused_with_the_reason(order_service: Running) -> None:
    await order_service.outcome(await order_service.client.post("/orders", json=draft("R-1")))
    other = await order_service.client.post("/orders", json=draft("R-1", buyer_id="B-2"))
    outcome = await order_service.outcome(other)
    assert outcome["outcome"] == "refused"
    assert outcome["detail"]["field"] == "buyer_id"


async def test_an_event_that_nobody_sent_is_not_seen(order_service: Running) -> None:
    started = asyncio.get_running_loop().time()
    response = await order_service.client.get("/events", params={"id": "nobody", "wait": "300ms"})
    assert_problem(response, 404, "not-seen-yet")
    assert 0.3 <= asyncio.get_running_loop().time() - started < 5


async def test_a_repeat_with_its_key_is_harmless(order_service: Running) -> None:
    # Given a draft posted under a key
    client, key = order_service.client, {"Idempotency-Key": "draft-I-1"}
    first = await client.post("/orders", json=draft("I-1"), headers=key)
    assert first.json()["event"]["id"] == "draft-I-1"

    # When it is repeated at once, and again when the service has read it
    at_once = await client.post("/orders", json=draft("I-1"), headers=key)
    await order_service.outcome(first)
    later = await client.post("/orders", json=draft("I-1"), headers=key)

    # Then the answer is the same, to the place in the log
    assert first.status_code == at_once.status_code == later.status_code == 202
    assert first.json() == at_once.json() == later.json()


async def test_a_key_used_again_for_something_else_is_refused(order_service: Running) -> None:
    client, key = order_service.client, {"Idempotency-Key": "draft-I-2"}
    first = await client.post("/orders", json=draft("I-2"), headers=key)
    other = draft("I-2", buyer_id="B-2")
    at_once = await client.post("/orders", json=other, headers=key)
    await order_service.outcome(first)
    later = await client.post("/orders", json=other, headers=key)
    elsewhere = await client.post("/orders/I-2/confirmations", json=CONFIRMED, headers=key)
    for response in (at_once, later, elsewhere):
        assert_problem(response, 409, "idempotency-key-reused", ["Idempotency-Key"])
    assert (await order_service.outcome(first))["reused"] == []


async def test_the_inbox_knows_keys_that_another_instance_took(order_service: Running) -> None:
    # Given a draft that this instance has forgotten: its key came by another way
    publisher = Publisher(order_service.kafka, order_service.prefix)

    async def publish(body: dict[str, Any]) -> Place:
        event = OrderDrafted.model_validate_json(json.dumps(body))
        envelope = Envelope.of(
            event, tenant=TENANT, source="/silkway/order/api", id="draft-I-3", time=event.drafted_at
        )
        return await publisher.publish(envelope, event)

    place = await publish(draft("I-3"))
    await order_service.client.get("/events", params={"id": "draft-I-3", "wait": "10s"})
    # and another body that came under the same identity by the log
    reused = await publish(draft("I-3", buyer_id="B-2"))
    await publisher.close()

    # When it is posted
    key = {"Idempotency-Key": "draft-I-3"}
    same = await order_service.client.post("/orders", json=draft("I-3"), headers=key)
    different = await order_service.client.post("/orders", json=draft("I-3", buyer_id="B-3"), headers=key)

    # Then the same is answered with its place, another body is refused
    assert same.json()["place"] == place._asdict()
    assert_problem(different, 409, "idempotency-key-reused")
    # and the outcome tells of the one that was refused on the log
    for _ in range(100):
        outcome = await order_service.outcome(same)
        if outcome["reused"]:
            break
        await asyncio.sleep(0.1)
    assert outcome["outcome"] == "applied"
    assert [r["place"] for r in outcome["reused"]] == [f"{reused.topic}/{reused.partition}/{reused.offset}"]


async def test_lists_are_paged_and_filtered(order_service: Running) -> None:
    client = order_service.client
    for number in range(5):
        body = draft(f"L-{number}", buyer_id="B-list", supplier_id=f"S-list-{number % 2}")
        last = await client.post("/orders", json=body)
        await order_service.outcome(last)

    async def read(**query: str) -> list[str]:
        ids: list[str] = []
        while True:
            page = (await client.get("/orders", params={"limit": "2", **query})).json()
            ids += [order["order_id"] for order in page["items"]]
            if page["next"] is None:
                return ids
            query["cursor"] = page["next"]

    assert await read(buyer_id="B-list") == [f"L-{number}" for number in range(5)]
    assert await read(buyer_id="B-list", supplier_id="S-list-1") == ["L-1", "L-3"]
    assert await read(supplier_id="S-list-0") == ["L-0", "L-2", "L-4"]
    assert set(await read()) >= {f"L-{number}" for number in range(5)}
    response = await client.get("/orders", params={"cursor": "tampered"})
    assert_problem(response, 400, "bad-request", ["cursor"])


async def test_tenants_do_not_see_each_other(order_service: Running) -> None:
    accepted = await order_service.client.post("/orders", json=draft("T-1"))
    await order_service.outcome(accepted)
    other = {"Silkway-Tenant": "sim-other"}
    client = order_service.client
    assert_problem(await client.get("/orders/T-1", headers=other), 404, "not-found")
    assert (await client.get("/orders", headers=other)).json()["items"] == []
    assert_problem(await client.get(accepted.headers["location"], headers=other), 404, "not-seen-yet")


async def test_the_connection_of_a_body_too_long_is_closed(order_service: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", order_service.port)
    writer.write(
        b"POST /orders HTTP/1.1\r\nHost: x\r\nSilkway-Tenant: acme\r\nContent-Type: application/json\r\n"
        b"Content-Length: 99999999\r\n\r\n{"
    )
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer


async def test_many_at_once_all_come_through(order_service: Running) -> None:
    accepted = await asyncio.gather(
        *(order_service.client.post("/orders", json=draft(f"M-{number}")) for number in range(60))
    )
    outcomes = await asyncio.gather(*(order_service.outcome(response) for response in accepted))
    assert {outcome["outcome"] for outcome in outcomes} == {"applied"}


async def test_the_documents_are_served(order_service: Running) -> None:
    async with httpx.AsyncClient(base_url=str(order_service.client.base_url)) as anybody:
        assert (await anybody.get("/openapi.json")).json()["info"]["title"] == "Silkway order"
        assert (await anybody.get("/docs")).status_code == 200
