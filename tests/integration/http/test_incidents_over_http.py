"""Notices and incidents over HTTP: fifty late orders told by logistics, read in the reader's language."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from silkway.contracts import AcknowledgementRequested, Event
from tests.integration.http.colleagues import colleagues_of
from tests.integration.http.conftest import Running, running
from tests.unit.desk import day
from tests.unit.http.counter import assert_problem
from tests.unit.notify import telling as tell
from tests.unit.notify import trouble

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ORDERS = 50
READ = ("order.events", "logistics.events", "credit.events", "trade.notices")
MANY = {"limit": "200"}


@pytest.fixture(scope="module")
async def late(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[Running]:
    """Fifty orders of five buyers on one late vessel, and money that found no order."""
    prefix = await new_topics()
    url = await service_database("notify", prefix)
    async with running("notify", kafka_bootstrap, url, prefix) as service:
        events: list[Event] = []
        for number in range(ORDERS):
            order_id = f"PO-{number}"
            events += [tell.recorded(order_id, f"B{number % 5}"), trouble.delayed(order_id, f"SH-{number}")]
        async with colleagues_of(service, "notify", READ) as colleagues:
            await colleagues.tick()
            await colleagues.tell(
                [*events, trouble.unmatched(), trouble.scored(80), tell.reassessed(5_000_00, 1_00)]
            )
        yield service


async def the(service: Running, path: str, **query: str) -> list[dict[str, Any]]:
    """The items of a list."""
    answer = await service.client.get(path, params={**MANY, **query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_fifty_late_orders_are_one_incident(late: Running) -> None:
    (incident,) = await the(late, "/incidents", cause="DELAY", open="true")
    assert (incident["orders"], incident["state"], incident["number"]) == (ORDERS, "OPEN", 1)
    assert incident["cause_reference"] == "VOYAGE/MSC OSCAR/024W"

    whole = (await late.client.get(f"/incidents/{incident['incident_id']}")).json()
    assert {member["order_id"] for member in whole["members"]} == {f"PO-{n}" for n in range(ORDERS)}
    assert len(whole["notices"]) == 7  # operations, five buyers, one supplier

    order = (await late.client.get("/orders/PO-7")).json()
    assert [i["incident_id"] for i in order["incidents"]] == [incident["incident_id"]]
    assert (order["delayed_days"], order["shipments"][0]["delay_reference"]) == (3, "VOYAGE/MSC OSCAR/024W")


async def test_a_buyers_notices_are_found_and_read_in_every_language(late: Running) -> None:
    (english,) = await the(late, "/notices", audience="BUYER", recipient="B3")
    assert english["text"].startswith("MSC OSCAR is late: shipment SH-")
    (chinese,) = await the(late, "/notices", audience="BUYER", recipient="B3", language="zh-Hans")
    assert "延误" in chinese["text"]
    assert chinese["notice_id"] == english["notice_id"]
    answer = await late.client.get(
        "/notices", params={"recipient": "B3"}, headers={"Accept-Language": "fr, ar-EG;q=0.8, en;q=0.5"}
    )
    (arabic,) = answer.json()["items"]
    assert (arabic["language"], f"\u2068{arabic['order_id']}\u2069" in arabic["text"]) == ("ar", True)
    assert_problem(
        await late.client.get("/notices", params={"language": "tlh"}), 422, "invalid-content", ["language"]
    )


async def test_a_notice_says_why_it_was_sent(late: Running) -> None:
    (notice,) = await the(late, "/notices", audience="BUYER", recipient="B3")
    why = (await late.client.get(f"/notices/{notice['notice_id']}")).json()
    assert (why["rule"]["rule"], why["rule"]["version"]) == ("SHIPMENT_DELAYED", "V2")
    assert why["event"]["type"] == "silkway.shipment.delayed.v1"
    assert why["event"]["event_id"] == notice["cause_id"]
    assert (why["order"]["order_id"], why["incident"]["orders"]) == (notice["order_id"], ORDERS)
    assert_problem(await late.client.get("/notices/none"), 404, "not-found")


async def test_a_supplier_is_seen_with_limit_and_score(late: Running) -> None:
    (supplier,) = await the(late, "/suppliers")
    assert (supplier["supplier_id"], supplier["limit_minor"], supplier["score"]) == ("S1", 5_000_00, 80)
    assert (await late.client.get("/suppliers/S1")).json() == supplier


async def test_a_supplier_whose_limit_is_short_is_an_incident(late: Running) -> None:
    (incident,) = await the(late, "/incidents", cause="SHORTFALL", open="true")
    assert (incident["cause_reference"], incident["suppliers"], incident["orders"]) == ("SUPPLIER/S1", 1, 0)
    whole = (await late.client.get(f"/incidents/{incident['incident_id']}")).json()
    assert [member["supplier_id"] for member in whole["members"]] == ["S1"]
    assert {notice["audience"] for notice in whole["notices"]} == {"OPERATIONS", "SUPPLIER"}


async def test_the_feed_tells_of_incidents_and_notices(late: Running) -> None:
    told: Counter[str] = Counter()
    least = {
        "incident": ORDERS + 1,
        "order": 2 * ORDERS,
        "notice": 8,
    }  # in which order they come is nobody's promise
    headers = {"Last-Event-ID": "1-1", "Accept-Language": "zh"}
    async with late.client.stream("GET", "/feed", headers=headers) as stream:
        event = ""
        async for line in stream.aiter_lines():
            if line.startswith("event:"):
                event = line.removeprefix("event:").strip()
                told[event] += 1
            if line.startswith("data:") and event == "notice" and "MSC OSCAR" in line:
                assert "延误" in line
            if all(told[kind] >= count for kind, count in least.items()):
                break
    assert all(told[kind] >= count for kind, count in least.items())


async def test_an_incident_is_acknowledged_over_http(late: Running) -> None:
    unacknowledged = await the(late, "/notices", unacknowledged="true", audience="BUYER")
    assert {notice["recipient"] for notice in unacknowledged} == {f"B{n}" for n in range(5)}

    (incident,) = await the(late, "/incidents", cause="DELAY")
    path = f"/incidents/{incident['incident_id']}/acknowledgement"
    body = {"by": "ana@ops", "note": "The carrier is asked.", "acknowledged_at": day(1).isoformat()}
    accepted = await late.client.post(path, json=body)
    assert accepted.status_code == 202, accepted.text
    assert accepted.json()["event"]["type"] == AcknowledgementRequested.type
    assert (await late.outcome(accepted))["outcome"] == "applied"

    (incident,) = await the(late, "/incidents", state="ACKNOWLEDGED")
    assert (incident["acknowledged_by"], incident["escalate_at"]) == ("ana@ops", None)
    assert await the(late, "/notices", unacknowledged="true", audience="BUYER") == []

    unknown = await late.client.post("/incidents/DELAY-none/acknowledgement", json=body)
    outcome = await late.outcome(unknown)
    assert (outcome["outcome"], outcome["detail"]["field"]) == ("refused", "incident_id")
