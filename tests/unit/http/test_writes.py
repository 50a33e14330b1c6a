"""What is posted becomes a fact on the log, once, and the answer says where to look."""

import json
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from silkway.contracts import MilestoneTracked, OrderConfirmed, OrderDrafted
from silkway.credit.api import API as CREDIT
from silkway.logistics.api import API as LOGISTICS
from silkway.messaging.http.writes import uuid7
from silkway.order.api import API as ORDER
from tests.unit.http.counter import TENANT, Counter, assert_problem, open_counter

DRAFT: dict[str, Any] = {
    "order_id": "PO-1",
    "buyer_id": "B-1",
    "supplier_id": "S-1",
    "currency": "USD",
    "account_id": "VA-1",
    "payment_reference": "PO-1",
    "lines": [{"line_id": "1", "description": "Mugs", "quantity": 2, "value_minor": 1000}],
    "terms": {"deposit_minor": 300, "balance_due": "BEFORE_SHIPMENT"},
    "drafted_at": "2026-03-01T09:30:00+08:00",
}
CONFIRMED = {"party": "BUYER", "confirmed_at": "2026-03-01T10:00:00+08:00"}


@pytest.fixture
def counter() -> Counter:
    return open_counter(ORDER)


async def test_a_draft_is_published_and_the_answer_says_where_to_look(counter: Counter) -> None:
    # When a platform's backend posts a draft
    response = await counter.post("/orders", DRAFT)

    # Then it is on the log, as drafted, at the time at which it was drafted
    [published] = counter.log.published
    assert published.event == OrderDrafted.model_validate_json(json.dumps(DRAFT))
    assert published.envelope.time.isoformat() == DRAFT["drafted_at"]
    assert published.envelope.tenant == "acme"
    # and the answer has the event, its place and the path of its outcome
    assert response.status_code == 202
    accepted = response.json()
    event_id = accepted["event"]["id"]
    assert accepted["event"] == {
        "id": event_id, "source": "/silkway/order/api", "tenant": "acme", "type": "silkway.order.drafted.v1",
    }  # fmt: skip
    assert accepted["place"] == published.place._asdict()
    assert response.headers["location"] == accepted["status"]
    status = urlsplit(accepted["status"])
    assert status.path == "/events"
    assert parse_qs(status.query) == {"source": ["/silkway/order/api"], "id": [event_id]}


async def test_without_a_key_an_event_gets_a_new_uuid_of_version_7(counter: Counter) -> None:
    ids = [(await counter.post("/orders", DRAFT)).json()["event"]["id"] for _ in range(2)]
    assert len(set(ids)) == 2
    assert {uuid.UUID(event_id).version for event_id in ids} == {7}


async def test_the_order_in_the_path_need_not_be_said_again(counter: Counter) -> None:
    response = await counter.post("/orders/PO-1/confirmations", CONFIRMED)
    assert response.status_code == 202
    [published] = counter.log.published
    assert isinstance(published.event, OrderConfirmed)
    assert published.event.order_id == "PO-1"


async def test_the_order_in_the_path_must_be_that_of_the_body(counter: Counter) -> None:
    response = await counter.post("/orders/PO-1/confirmations", CONFIRMED | {"order_id": "PO-2"})
    assert_problem(response, 422, "invalid-content", ["order_id"])
    assert counter.log.published == []


@pytest.mark.parametrize("order_id", ["SCMS/4#1:a.b_c-d", "a/confirmations", "x" * 64])
async def test_any_id_that_the_contract_allows_can_stand_in_a_path(counter: Counter, order_id: str) -> None:
    path = order_id.replace("#", "%23")
    response = await counter.post(f"/orders/{path}/confirmations", CONFIRMED)
    assert response.status_code == 202, response.text
    assert counter.log.published[0].event.subject_id == order_id


async def test_an_id_that_no_contract_allows_is_named(counter: Counter) -> None:
    for order_id in ("x" * 65, "a b", "%00", "ü"):
        response = await counter.post(f"/orders/{order_id}/confirmations", CONFIRMED)
        assert_problem(response, 422, "invalid-content", ["order_id"])


async def test_the_callers_trace_goes_on_and_a_missing_one_begins(counter: Counter) -> None:
    given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await counter.post("/orders", DRAFT, traceparent=given)
    await counter.post("/orders", DRAFT, traceparent="nonsense")
    await counter.post("/orders", DRAFT)
    first, second, third = (p.envelope.traceparent for p in counter.log.published)
    assert first == given
    assert second is not None
    assert third is not None
    assert len({first, second, third}) == 3


async def test_an_actual_milestone_in_the_future_is_a_fact_to_be_questioned_not_an_error() -> None:
    counter = open_counter(LOGISTICS)
    body = {"kind": "ARRIVED", "classifier": "ACTUAL", "occurred_at": "2150-01-01T00:00:00Z"}
    assert (await counter.post("/shipments/SH-1/milestones", body)).status_code == 202
    [published] = counter.log.published
    assert isinstance(published.event, MilestoneTracked)


async def test_every_service_publishes_under_its_own_source() -> None:
    counter = open_counter(CREDIT)
    body = {"supplier_id": "S-1", "name": "Mugs Ltd", "registered_at": "2026-01-01T00:00:00Z"}
    await counter.post("/suppliers", body)
    assert counter.log.published[0].envelope.source == "/silkway/credit/api"


@pytest.mark.parametrize("key", ["", "x" * 201, "with space", "ümlaut".encode().decode("latin-1")])
async def test_a_malformed_key_is_refused(counter: Counter, key: str) -> None:
    headers = [(b"silkway-tenant", b"acme"), (b"idempotency-key", key.encode("latin-1"))]
    response = await counter.client.post("/orders", json=DRAFT, headers=headers)
    assert_problem(response, 400, "bad-request", ["Idempotency-Key"])
    assert counter.log.published == []


def test_uuids_of_version_7_rise_with_time() -> None:
    before = time.time_ns() // 1_000_000
    first = uuid7()
    time.sleep(0.002)
    second = uuid7()
    assert first < second
    assert first.variant == uuid.RFC_4122
    assert before <= first.int >> 80 <= time.time_ns() // 1_000_000


async def test_nobody_writes_without_a_tenant(counter: Counter) -> None:
    response = await counter.client.post("/orders", json=DRAFT)
    assert_problem(response, 400, "bad-request", ["Silkway-Tenant"])
    for tenant in ("", "Acme", "-a", "a" * 41, "live", "a/b", "ünï"):
        headers = [(b"silkway-tenant", tenant.encode())]
        response = await counter.client.post("/orders", json=DRAFT, headers=headers)
        assert_problem(response, 400, "bad-request", ["Silkway-Tenant"])
    response = await counter.client.post("/orders", json=DRAFT, headers=[(b"silkway-tenant", b"\xff\xfe")])
    assert_problem(response, 400, "bad-request", ["Silkway-Tenant"])
    assert counter.log.published == []
    assert (await counter.client.post("/orders", json=DRAFT, headers=TENANT)).status_code == 202
