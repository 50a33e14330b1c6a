"""Shipments over HTTP, with real Kafka and PostgreSQL: facts in, the way and what is foreseen out, lists by filter."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.http.conftest import START, Running, running
from tests.unit.http.counter import assert_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

NOW = START + dt.timedelta(days=60)
BOOKING: dict[str, Any] = {
    "mode": "SEA", "carrier": "Blue Line", "booked_at": "2026-01-02T00:00:00Z",
    "lines": [{"order_id": "PO-1", "line_id": "1", "quantity": 10}],
    "legs": [
        {"leg": 0, "mode": "ROAD", "from_location": "CNYIW", "to_location": "CNNGB"},
        {
            "leg": 1, "mode": "SEA", "from_location": "CNNGB", "to_location": "DEHAM", "vessel": "MSC OSCAR",
            "voyage": "024W",
        },
    ],
    "service": {"promises": ["FIVE_DAY_LINE", "ANSWER_24H"], "insured": True},
}  # fmt: skip


@pytest.fixture(scope="module")
async def logistics(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[Running]:
    """The logistics service; its tenant's clock stands at `NOW`."""
    prefix = await new_topics()
    url = await service_database("logistics", prefix)
    async with running("logistics", kafka_bootstrap, url, prefix) as service:
        await service.tick(NOW)
        yield service


async def tell(service: Running, path: str, body: dict[str, Any], outcome: str = "applied") -> dict[str, Any]:
    accepted = await service.client.post(path, json=body)
    assert accepted.status_code == 202, accepted.text
    found = await service.outcome(accepted)
    assert found["outcome"] == outcome, found
    return found


async def book(
    service: Running, shipment_id: str, container: str, since: str, until: str | None = None
) -> None:
    named = {"kind": "CONTAINER", "value": container, "valid_from": since, "valid_until": until}
    await tell(service, "/shipments", BOOKING | {"shipment_id": shipment_id, "references": [named]})


async def track(service: Running, shipment_id: str, kind: str, at: str, **more: Any) -> None:
    body = {"kind": kind, "classifier": "ACTUAL", "occurred_at": at, "leg": 1} | more
    await tell(service, f"/shipments/{shipment_id}/milestones", body)


async def ids(service: Running, **query: Any) -> list[str]:
    found = await service.client.get("/shipments", params=query)
    assert found.status_code == 200, found.text
    return [item["shipment_id"] for item in found.json()["items"]]


async def test_a_shipment_shows_its_way_and_what_is_foreseen(logistics: Running) -> None:
    await book(logistics, "SH-1", "MSKU9070323", "2026-01-02T00:00:00Z")
    await tell(logistics, "/shipments/SH-1/dispatch", {"shipped_at": "2026-02-27T08:00:00+08:00"})
    await track(logistics, "SH-1", "CUSTOMS_HOLD", "2026-02-27T10:00:00+08:00", location="CNNGB")
    await track(logistics, "SH-1", "CUSTOMS_RELEASED", "2026-02-27T13:00:00+08:00", location="CNNGB")
    await track(
        logistics, "SH-1", "ARRIVED", "2026-03-20T08:00:00+01:00", classifier="ESTIMATED", cause="WEATHER"
    )
    question = {"inquiry_id": "Q-1", "by": "B1", "text": "Where?", "raised_at": "2026-03-01T12:00:00Z"}
    await tell(logistics, "/shipments/SH-1/inquiries", question)

    seen = (await logistics.client.get("/shipments/SH-1")).json()
    assert (seen["state"], seen["lane"], seen["insured"]) == ("IN_TRANSIT", "CN-DE", True)
    assert [leg["vessel"] for leg in seen["legs"]] == [None, "MSC OSCAR"]
    assert seen["eta_at"].startswith("2026-03-25T07:00:00"), "five days from the port to the consignee"
    assert [(eta["basis"], eta["cause"]) for eta in seen["eta_history"]] == [("ARRIVED", "WEATHER")]
    assert [(c["minutes"], c["country"]) for c in seen["customs"]] == [(180, "CN")]
    promised = {(p["promise"], p["inquiry_id"]): p["status"] for p in seen["promises"]}
    assert promised == {("FIVE_DAY_LINE", None): "AT_RISK", ("ANSWER_24H", "Q-1"): "OPEN"}
    (departed, *_) = [m for m in seen["milestones"] if m["kind"] == "CUSTOMS_HOLD"]
    assert [report["source"] for report in departed["reports"]] == ["/silkway/logistics/api"]


async def test_clearance_times_are_told_by_lane(logistics: Running) -> None:
    held = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    for number, minutes in enumerate((20, 30, 200, 40)):
        await book(logistics, f"CU-{number}", f"CUST{number}", "2026-01-02T00:00:00Z")
        await track(logistics, f"CU-{number}", "CUSTOMS_HOLD", held.isoformat(), location="DEHAM")
        released = held + dt.timedelta(minutes=minutes)
        await track(logistics, f"CU-{number}", "CUSTOMS_RELEASED", released.isoformat())
    await track(logistics, "CU-0", "CUSTOMS_RELEASED", "2026-02-01T00:25:00Z")  # the source corrects itself
    back = {
        "kind": "CUSTOMS_RELEASED", "classifier": "ACTUAL", "leg": 1, "by": "Wang Fang", "reason": "Another one.",
        "retracted_at": "2026-02-21T00:00:00Z",
    }  # fmt: skip
    await tell(logistics, "/shipments/CU-3/retractions", back)

    period = {"since": "2026-02-01T00:00:00Z", "until": "2026-02-02T00:00:00Z"}
    answer = await logistics.client.get("/clearance-times", params=period)
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()["items"]
    assert told == {
        "lane": "CN-DE", "mode": "SEA", "country": "DE", "clearances": 3, "p50_minutes": 30, "p95_minutes": 200,
    }  # fmt: skip
    shown = [(await logistics.client.get(f"/shipments/CU-{number}")).json() for number in range(4)]
    rules_say = sorted(customs["minutes"] for one in shown for customs in one["customs"])
    assert rules_say == [25, 30, 200], "what is asked of SQL is what the rules make of the reports"

    before = await logistics.client.get("/clearance-times", params={"until": period["since"]})
    assert before.json()["items"] == []
    backwards = {"since": period["until"], "until": period["since"]}
    answer = await logistics.client.get("/clearance-times", params=backwards)
    assert_problem(answer, 400, "bad-request", ["since"])


async def test_a_milestone_that_was_taken_back_is_shown_with_the_reason(logistics: Running) -> None:
    await book(logistics, "SH-2", "TCLU4265717", "2026-01-02T00:00:00Z")
    await track(logistics, "SH-2", "DELIVERED", "2026-02-20T08:00:00+01:00")
    back = {
        "kind": "DELIVERED", "classifier": "ACTUAL", "leg": 1, "by": "Wang Fang", "reason": "Another parcel.",
        "retracted_at": "2026-02-21T00:00:00Z",
    }  # fmt: skip
    await tell(logistics, "/shipments/SH-2/retractions", back)

    seen = (await logistics.client.get("/shipments/SH-2")).json()
    assert (seen["state"], seen["delivered_at"], seen["milestones"]) == ("BOOKED", None, [])
    assert [report["retracted"] for report in seen["retracted"]] == ["Another parcel."]


async def test_goods_part_and_each_part_is_a_shipment(logistics: Running) -> None:
    await book(logistics, "SH-3", "CAIU2885402", "2026-01-02T00:00:00Z")
    line = BOOKING["lines"][0] | {"quantity": 4}
    parting = {"into": [{"shipment_id": "SH-3/A", "lines": [line]}], "split_at": "2026-02-25T00:00:00Z"}
    await tell(logistics, "/shipments/SH-3/splits", parting)
    refused = await tell(
        logistics, "/shipments/SH-3/splits",
        {"into": [{"shipment_id": "SH-3/B", "lines": [BOOKING["lines"][0]]}], "split_at": "2026-02-26T00:00:00Z"},
        "refused",
    )  # fmt: skip
    assert refused["detail"]["field"] == "into[0].lines"

    rest, part = [(await logistics.client.get(f"/shipments/{i}")).json() for i in ("SH-3", "SH-3/A")]
    assert (rest["split_into"], rest["lines"][0]["quantity"]) == (["SH-3/A"], 6)
    assert (part["split_from"], part["lines"][0]["quantity"]) == ("SH-3", 4)


async def test_a_reference_finds_a_shipment_within_its_time(logistics: Running) -> None:
    await book(logistics, "SH-4", "OOLU1548378", "2026-01-02T00:00:00Z", "2026-02-01T00:00:00Z")
    await book(logistics, "SH-5", "OOLU1548378", "2026-02-10T00:00:00Z")
    named = {"reference_kind": "CONTAINER", "reference": "OOLU1548378"}

    assert await ids(logistics, **named) == ["SH-4", "SH-5"]
    assert await ids(logistics, **named, at="2026-01-20T00:00:00Z") == ["SH-4"]
    assert await ids(logistics, **named, at="2026-02-05T00:00:00Z") == []
    assert await ids(logistics, **named, at="2026-02-20T00:00:00Z") == ["SH-5"]
    await track(logistics, "SH-5", "DELIVERED", "2026-02-25T08:00:00+01:00")
    assert await ids(logistics, **named, at="2026-02-26T00:00:00Z") == [], "used again after the delivery"


async def test_shipments_are_listed_by_what_is_wrong_with_them(logistics: Running) -> None:
    await book(logistics, "SH-6", "HLXU8009490", "2026-01-02T00:00:00Z")
    await track(logistics, "SH-6", "EXCEPTION", "2026-02-25T08:00:00+01:00")
    assert await ids(logistics, exception="true") == ["SH-6"]
    assert "SH-6" in await ids(logistics, mode="SEA", state="BOOKED")
    assert await ids(logistics, silent="true") == await ids(logistics, delayed="true") == []
    first = (await logistics.client.get("/shipments", params={"mode": "SEA", "limit": 2})).json()
    assert "SH-6" not in [item["shipment_id"] for item in first["items"]]
    assert "SH-6" in await ids(logistics, mode="SEA", cursor=first["next"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"reference": "X"}, "reference_kind"),
        ({"reference_kind": "CONTAINER"}, "reference"),
        ({"at": "2026-01-20T00:00:00Z"}, "at"),
        ({"reference_kind": "CONTAINER", "reference": "X", "state": "BOOKED"}, "state"),
    ],
)
async def test_a_query_that_cannot_be_answered_says_what_to_send(
    logistics: Running, query: dict[str, str], field: str
) -> None:
    assert_problem(await logistics.client.get("/shipments", params=query), 400, "bad-request", [field])
