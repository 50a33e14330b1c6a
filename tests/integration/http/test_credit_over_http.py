"""The credit service as a process: rates, cover, claims and their lists over HTTP, on the real tables."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.http.colleagues import Colleagues, colleagues_of
from tests.integration.http.conftest import Running, running
from tests.unit.credit.trade import asked, expected, linked, paid, recorded
from tests.unit.desk import day
from tests.unit.http.counter import assert_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from silkway.contracts import Event

TOTAL = 830_000
READ = ("trade.credit", "order.events", "logistics.events")


@dataclass
class Credit:
    """The service, and those that it hears."""

    running: Running
    colleagues: Colleagues

    async def tick(self, at: dt.datetime) -> None:
        await self.colleagues.tick(at)

    async def hear(self, *events: Event, at: dt.datetime) -> None:
        """Events of order's or logistics'."""
        await self.colleagues.tell(events, at)

    async def tell(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a fact; what became of it."""
        accepted = await self.running.client.post(path, json=body)
        assert accepted.status_code == 202, accepted.text
        return await self.running.outcome(accepted)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.running.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def until(self, path: str, state: str) -> Any:
        """What is to be seen at a path, once it has this state."""
        async with asyncio.timeout(20):
            while True:
                seen = await self.get(path)
                if seen["state"] == state:
                    return seen
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def credit(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[Credit]:
    prefix = await new_topics()
    url = await service_database("credit", prefix)
    async with (
        running("credit", kafka_bootstrap, url, prefix) as service,
        colleagues_of(service, "credit", READ) as colleagues,
    ):
        yield Credit(service, colleagues)


async def test_a_claim_from_the_missed_promise_to_the_last_cent(credit: Credit) -> None:
    # Given a supplier, a rate, and a covered order of EUR 8,300 that is to be shipped by 4 January
    await credit.tick(day(0))
    supplier = {
        "supplier_id": "S1", "name": "Mills", "country": "CN", "time_zone": "Asia/Shanghai",
        "registered_at": day(0).isoformat(),
    }  # fmt: skip
    assert (await credit.tell("/suppliers", supplier))["outcome"] == "applied"
    rate = {"currency_id": "EUR", "rate": "1.0842", "published_at": day(0).isoformat()}
    assert (await credit.tell("/rates", rate))["outcome"] == "applied"
    draft = recorded(currency="EUR", ship_by=dt.date(2026, 1, 4), cover_until=dt.date(2026, 2, 20))
    await credit.hear(draft, asked("PO-1", TOTAL, "EUR"), paid(TOTAL), linked(), expected(day(60)), at=day(1))

    # When the days go by
    for number in (1, 2, 4, 5):
        await credit.tick(day(number))
    answer = {
        "claim_id": "PO-1|LATE",
        "agreed": True,
        "amount_minor": 1000,
        "answered_at": day(5).isoformat(),
    }
    assert (await credit.tell("/orders/PO-1/claims/answers", answer))["outcome"] == "applied"

    await credit.tick(day(5.1))

    # Then the claim opened by itself, and was paid when the supplier agreed
    claim = await credit.until("/orders/PO-1/claims/PO-1|LATE", "PAID")
    assert (claim["state"], claim["paid_minor"], claim["open_minor"]) == ("PAID", 1000, 1000)
    assert [step["step"] for step in claim["steps"]] == ["OPENED", "SUPPLIER_REVIEW", "AGREED", "PAID"]
    (hold,) = (await credit.get("/holds", order_id="PO-1"))["items"]
    assert (hold["resolution"], hold["paid_minor"], hold["limit_minor"]) == ("POSTED", 1000, 899_886)
    shown = await credit.get("/suppliers/S1")
    assert (shown["held_minor"], shown["unrecovered_minor"], shown["claims_lost"]) == (0, 1085, 1)

    # And is closed when all has come back, which is too much at first
    receipt = {
        "claim_id": "PO-1|LATE", "recovery_id": "R1", "amount_minor": 1001, "currency": "EUR",
        "received_at": day(5).isoformat(),
    }  # fmt: skip
    refused = await credit.tell("/orders/PO-1/claims/recoveries", receipt)
    assert (refused["outcome"], refused["detail"]["field"]) == ("refused", "amount_minor")
    receipt |= {"amount_minor": 1000}
    assert (await credit.tell("/orders/PO-1/claims/recoveries", receipt))["outcome"] == "applied"
    closed = await credit.get("/claims", state="CLOSED")
    assert [item["claim_id"] for item in closed["items"]] == ["PO-1|LATE"]
    assert (await credit.get("/suppliers/S1"))["unrecovered_minor"] == 0


async def test_a_supplier_opens_the_events_behind_its_figures(credit: Credit) -> None:
    record = (await credit.get("/suppliers/S1/record"))["items"]
    assert [item["what"] for item in record] == ["CLAIM_PAID", "ANSWER_IN_TIME", "CLAIM_OPENED"]
    scores = await credit.get("/suppliers/S1/scores", limit=1)
    assert scores["items"][0]["part"] == "CLAIMS"
    older = await credit.get("/suppliers/S1/scores", limit=1, cursor=scores["next"])
    assert older["items"][0] != scores["items"][0]
    (limit,) = (await credit.get("/suppliers/S1/limits"))["items"]
    assert [reason["rule"] for reason in limit["reasons"]] == ["STARTING"]
    (rate,) = (await credit.get("/rates", currency_id="EUR"))["items"]
    assert rate["rate"] == "1.0842"


async def test_holds_that_end_too_early_are_listed(credit: Credit) -> None:
    # Given an order whose goods are expected after the end of its cover
    later = {"order_id": "PO-2"}
    draft, booking = recorded("PO-2", cover_until=dt.date(2026, 1, 20)), linked().model_copy(update=later)
    await credit.hear(draft, booking, asked("PO-2", 5000), at=day(5))
    await credit.hear(expected(day(40)).model_copy(update=later), at=day(5))
    await credit.tick(day(6))
    proof = {"shipped_at": day(5).isoformat(), "given_at": day(6).isoformat()}
    assert (await credit.tell("/orders/PO-2/proofs", proof))["outcome"] == "applied"

    # Then it is on the list
    (risk,) = (await credit.get("/holds/at-risk"))["items"]
    assert (risk["order_id"], risk["held_minor"], risk["eta"]) == ("PO-2", 5000, "2026-02-10T00:00:00Z")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/rates", {"currency_id": "EUR", "rate": "0", "published_at": "2026-01-01T00:00:00Z"}, "rate"),
        ("/rates", {"currency_id": "EUR", "rate": 1.1, "published_at": "2026-01-01T00:00:00Z"}, "rate"),
        ("/orders/PO-1/claims", {"claim_id": "C1", "kind": "BAD"}, "kind"),
    ],
)
async def test_bad_input_names_the_field(credit: Credit, path: str, body: dict[str, Any], field: str) -> None:
    answer = await credit.running.client.post(path, json=body)
    assert_problem(answer, 422, "invalid-content", [field])


async def test_what_nobody_knows_is_not_found(credit: Credit) -> None:
    for path in ("/suppliers/S9", "/suppliers/S9/scores", "/orders/PO-1/claims/C9"):
        assert_problem(await credit.running.client.get(path), 404, "not-found")


async def test_another_limit_takes_two_people(credit: Credit) -> None:
    # Given a supplier that is known
    await credit.tick(day(0))
    supplier = {"supplier_id": "S2", "name": "Looms", "country": "IN", "registered_at": day(0).isoformat()}
    assert (await credit.tell("/suppliers", supplier))["outcome"] == "applied"

    # When ana proposes another limit, then she cannot approve it, and bob can
    proposal = {
        "override_id": "OV-1", "limit_minor": 25_000_000, "until": day(3000).isoformat(), "by": "ana",
        "reason": "A guarantee of its bank is there.", "proposed_at": day(1).isoformat(),
    }  # fmt: skip
    assert (await credit.tell("/suppliers/S2/overrides", proposal))["outcome"] == "applied"
    approval = {"override_id": "OV-1", "approved_at": day(1).isoformat()}
    own = await credit.tell("/suppliers/S2/overrides/approvals", approval | {"by": "ana"})
    assert (own["outcome"], own["detail"]["field"]) == ("refused", "by")
    others = await credit.tell("/suppliers/S2/overrides/approvals", approval | {"by": "bob"})
    assert others["outcome"] == "applied"

    shown = await credit.get("/suppliers/S2")
    assert (shown["limit_minor"], shown["free_minor"]) == (25_000_000, 25_000_000)
    assert [reason["rule"] for reason in shown["reasons"]] == ["OVERRIDE", "STARTING"]
    assert [(o["proposed_by"], o["approved_by"]) for o in shown["overrides"]] == [("ana", "bob")]
