"""Whatever is posted, the answer is a problem that names the field and the remedy, and nothing is published."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silkway.order.api import API
from tests.unit.http.counter import TENANT, Counter, assert_problem, open_counter
from tests.unit.http.test_writes import CONFIRMED, DRAFT

PAYMENT = {
    "account_id": "VA-1",
    "bank_reference": "N-1",
    "payment_reference": "PO-1",
    "amount_minor": 100,
    "currency": "USD",
    "received_at": "2026-03-02T08:15:00+01:00",
}


@pytest.fixture
def counter() -> Counter:
    return open_counter(API)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "nothing"),
        (b"order PO-1", "no JSON"),
        (b'{"order_id": "PO-1"', "half a document"),
        (b'{"order_id": "\xe4"}', "Latin-1"),
        (b"\xff\xfe{\x00}\x00", "UTF-16"),
        (b"[1, 2]", "a list"),
        (b'"PO-1"', "a text"),
        (b"null", "null"),
        (b"NaN", "no number"),
        (b"[" * 100_000, "nesting without end"),
        (b'{"amount_minor": ' + b"9" * 5000 + b"}", "a number without end"),
    ],
)
async def test_what_is_no_json_object(counter: Counter, body: bytes, what: str) -> None:
    assert_problem(await counter.post_raw("/payments", body), 400, "bad-request", ["$"])
    assert counter.log.published == [], what


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/xml", "application/json; charset=latin-1", "nonsense"],
)
async def test_what_does_not_say_that_it_is_json(counter: Counter, content_type: str | None) -> None:
    response = await counter.post_raw("/payments", json.dumps(PAYMENT).encode(), content_type)
    assert_problem(response, 415, "unsupported-media-type")


async def test_json_says_so_in_several_ways(counter: Counter) -> None:
    for content_type in (
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=utf-8",
    ):
        response = await counter.post_raw("/payments", json.dumps(PAYMENT).encode(), content_type)
        assert response.status_code == 202, response.text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_minor": None}, "amount_minor"),
        ({"amount_minor": "100"}, "amount_minor"),
        ({"amount_minor": 1.5}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 2**63}, "amount_minor"),
        ({"amount_minor": 10**4000}, "amount_minor"),
        ({"currency": "XYZ"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"received_at": "2026-03-02T08:15:00"}, "received_at"),
        ({"received_at": "9999-12-31T23:59:59Z"}, "received_at"),
        ({"received_at": "1969-12-31T23:59:59Z"}, "received_at"),
        ({"received_at": "2026-02-30T00:00:00Z"}, "received_at"),
        ({"received_at": 1700000000}, "received_at"),
        ({"account_id": ""}, "account_id"),
        ({"account_id": "VA 1"}, "account_id"),
        ({"account_id": "VA\x00"}, "account_id"),
        ({"account_id": {"id": "VA-1"}}, "account_id"),
        ({"bank_reference": "x" * 65}, "bank_reference"),
        ({"bank_reference": "\x00"}, "bank_reference"),
    ],
)
async def test_a_wrong_field(counter: Counter, change: dict[str, Any], field: str) -> None:
    assert_problem(await counter.post("/payments", PAYMENT | change), 422, "invalid-content", [field])
    assert counter.log.published == []


@pytest.mark.parametrize("field", [field for field in PAYMENT if field != "payment_reference"])
async def test_a_missing_field(counter: Counter, field: str) -> None:
    body = {name: value for name, value in PAYMENT.items() if name != field}
    assert_problem(await counter.post("/payments", body), 422, "invalid-content", [field])


async def test_all_that_is_wrong_is_named_at_once(counter: Counter) -> None:
    body = DRAFT | {"currency": "XYZ", "lines": [{"line_id": "1", "description": "", "quantity": -1}]}
    response = await counter.post("/orders", body)
    named = ["currency", "lines[0].description", "lines[0].quantity", "lines[0].value_minor"]
    assert_problem(response, 422, "invalid-content", named)


@pytest.mark.parametrize("number", ["1e400", "NaN", "-Infinity", "1.0", "1e2", "0x64"])
async def test_a_number_that_is_no_whole_one(counter: Counter, number: str) -> None:
    body = json.dumps(PAYMENT).replace("100,", f"{number},").encode()
    assert (await counter.post_raw("/payments", body)).status_code in (400, 422)
    assert counter.log.published == []


async def test_half_a_character_is_no_text(counter: Counter) -> None:
    response = await counter.post_raw("/payments", json.dumps(PAYMENT).replace("N-1", "\\ud800").encode())
    assert response.status_code == 422


async def test_an_unknown_field_is_ignored(counter: Counter) -> None:
    response = await counter.post("/payments", PAYMENT | {"mood": "good", "nested": {"deep": [1]}})
    assert response.status_code == 202
    assert "mood" not in counter.log.published[0].event.model_dump()


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from([*DRAFT, *CONFIRMED]) | st.text(), inner, max_size=6)
        ),
        max_leaves=20,
    )
)
def test_no_body_whatever_is_our_fault(body: Any) -> None:
    async def post() -> int:
        counter = open_counter(API)
        response = await counter.post_raw("/orders/PO-1/confirmations", json.dumps(body).encode())
        return response.status_code

    assert asyncio.run(post()) in (202, 400, 422)


async def test_a_body_that_is_too_long(counter: Counter) -> None:
    two_megabytes = b'{"note": "' + b"x" * (2 << 20) + b'"}'
    assert_problem(await counter.post_raw("/orders", two_megabytes), 413, "body-too-long")


async def test_a_body_that_is_too_long_and_does_not_say_so(counter: Counter) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * (64 << 10)

    assert_problem(await counter.post_raw("/orders", chunks()), 413, "body-too-long")


async def test_the_largest_order_that_the_contract_allows_fits(counter: Counter) -> None:
    line = {"description": "\N{EARTH GLOBE EUROPE-AFRICA}" * 200, "quantity": 1, "value_minor": 1}
    lines = [line | {"line_id": f"{number:0>64}"} for number in range(500)]
    body = json.dumps(DRAFT | {"lines": lines}, ensure_ascii=False).encode()
    assert (await counter.post_raw("/orders", body)).status_code == 202


async def test_a_body_that_is_too_slow() -> None:
    counter = open_counter(API, body_timeout_s=0.05)

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"order_id":'
        await asyncio.sleep(0.3)
        yield b'"PO-1"}'

    assert_problem(await counter.post_raw("/orders", chunks()), 408, "body-too-slow")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not-found"),
        ("POST", "/orders/PO-1/unknown", 405, "method-not-allowed"),
        ("POST", "/unknown", 404, "not-found"),
        ("DELETE", "/orders", 405, "method-not-allowed"),
        ("PUT", "/payments", 405, "method-not-allowed"),
        ("GET", "/payments/1", 404, "not-found"),
    ],
)
async def test_paths_and_methods_that_are_not_there(
    counter: Counter, method: str, path: str, status: int, code: str
) -> None:
    assert_problem(await counter.client.request(method, path, headers=TENANT), status, code)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("supplier=S-1", "supplier"),
        ("supplier_id=%00", "supplier_id"),
        ("cursor=" + "x" * 1001, "cursor"),
    ],
)
async def test_lists_refuse_filters_they_do_not_know(counter: Counter, query: str, field: str) -> None:
    response = await counter.client.get(f"/orders?{query}", headers=TENANT)
    assert_problem(response, 422, "invalid-content", [field])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "id"),
        ("id=", "id"),
        ("id=%00", "id"),
        ("id=1&source=%00", "source"),
        ("id=1&wait=1h", "wait"),
        ("id=1&wait=31s", "wait"),
        ("id=1&wait=-1s", "wait"),
        ("id=1&wait=30001ms", "wait"),
    ],
)
async def test_an_outcome_that_cannot_be_asked_for(counter: Counter, query: str, field: str) -> None:
    response = await counter.client.get(f"/events?{query}", headers=TENANT)
    assert_problem(response, 422, "invalid-content", [field])
