"""What people do with orders and money, over HTTP against the real service: requests, queues, refunds, disputes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.http.counter import assert_problem
from tests.unit.http.test_writes import CONFIRMED, DRAFT

if TYPE_CHECKING:
    import httpx

    from tests.integration.http.conftest import Running

AT = "2026-03-02T08:15:00+01:00"


def draft(order_id: str, **but: Any) -> dict[str, Any]:
    return DRAFT | {"order_id": order_id, "payment_reference": order_id, "account_id": f"VA-{order_id}"} | but


def payment(order_id: str, amount_minor: int, entry: str = "N-1", **but: Any) -> dict[str, Any]:
    return {
        "account_id": f"VA-{order_id}", "bank_reference": entry, "payment_reference": order_id,
        "amount_minor": amount_minor, "currency": "USD", "received_at": AT,
    } | but  # fmt: skip


class Desk:
    """Speaks to the order service; everything said is applied, or the test fails."""

    def __init__(self, service: Running) -> None:
        self._service, self._client = service, service.client

    async def tell(self, path: str, body: dict[str, Any], outcome: str = "applied") -> dict[str, Any]:
        accepted: httpx.Response = await self._client.post(path, json=body)
        assert accepted.status_code == 202, accepted.text
        told = await self._service.outcome(accepted)
        assert told["outcome"] == outcome, told
        return told

    async def order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self._client.get(f"/orders/{order_id}")).json()
        return found

    async def page(self, path: str, **query: str) -> list[dict[str, Any]]:
        response = await self._client.get(path, params=query)
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    async def ids(self, path: str, **query: str) -> list[str]:
        return [item.get("payment_id") or item["order_id"] for item in await self.page(path, **query)]

    async def placed(self, order_id: str, **but: Any) -> None:
        await self.tell("/orders", draft(order_id, **but))
        for party in ("BUYER", "SUPPLIER"):
            await self.tell(f"/orders/{order_id}/confirmations", CONFIRMED | {"party": party})


async def test_amended_cancelled_refunded(order_service: Running) -> None:
    desk = Desk(order_service)
    await desk.placed("T-1")
    await desk.tell("/payments", payment("T-1", 1000))
    line = DRAFT["lines"][0] | {"value_minor": 700}
    wish = {"amendment_id": "A-1", "party": "BUYER", "lines": [line], "reason": "Less.", "requested_at": AT}
    await desk.tell("/orders/T-1/amendments", wish)
    order = await desk.order("T-1")
    assert (order["total_minor"], order["refund_due_minor"], order["funds"]) == (700, 300, "FUNDED")
    assert "T-1" in await desk.ids("/refunds/due")
    assert "T-1" in await desk.ids("/refunds/due", buyer_id=order["buyer_id"], currency="USD")
    assert "T-1" not in await desk.ids("/refunds/due", currency="EUR")
    assert "T-1" not in await desk.ids("/payouts/due", supplier_id=order["supplier_id"])

    wish = {"cancellation_id": "C-1", "party": "BUYER", "reason": "No need.", "requested_at": AT}
    await desk.tell("/orders/T-1/cancellations", wish)
    await desk.tell("/orders/T-1/cancellations", wish | {"cancellation_id": "C-2"})
    refund = {"account_id": "VA-T-1", "refund_reference": "R-1", "amount_minor": 1000, "currency": "USD"}
    await desk.tell("/refunds", refund | {"order_id": "T-1", "paid_at": AT})
    order = await desk.order("T-1")
    assert (order["life"], order["escrow_minor"], order["refunded_minor"]) == ("CANCELLED", 0, 1000)
    assert [(r["kind"], r["id"], r["answer"]) for r in order["requests"]] == [
        ("AMENDMENT", "A-1", "DONE"),
        ("CANCELLATION", "C-1", "DONE"),
        ("CANCELLATION", "C-2", "ALREADY_CANCELLED"),
    ]
    assert "T-1" in await desk.ids("/orders", life="CANCELLED")
    assert "T-1" not in await desk.ids("/refunds/due")


async def test_unmatched_assigned_returned(order_service: Running) -> None:
    desk = Desk(order_service)
    await desk.tell("/payments", payment("T-2", 400, "N-early"))
    assert await desk.ids("/payments/unmatched", account_id="VA-T-2") == ["VA-T-2|N-early|400"]
    (early,) = await desk.page("/payments/unmatched", account_id="VA-T-2")
    assert "VA-T-2|N-early|400" in await desk.ids(
        "/payments/unmatched", reason=early["reason"], currency="USD"
    )
    assert await desk.ids("/payments/unmatched", reason="BEYOND_LIMIT") == []
    await desk.placed("T-2")
    assert (await desk.order("T-2"))["received_minor"] == 400

    await desk.tell("/payments", payment("T-2", 600, "N-bare", payment_reference=None))
    order = await desk.order("T-2")
    assert [p["matched_by"] for p in order["payments"]] == ["AMOUNT", "REFERENCE"]
    assert order["funds"] == "FUNDED"

    await desk.tell("/payments", payment("T-2", 5, "N-odd", payment_reference="T 2"))
    entry = {"account_id": "VA-T-2", "bank_reference": "N-odd", "amount_minor": 5, "by": "Desk"}
    decision = {"reason": "Said on the phone.", "assigned_at": AT}
    await desk.tell("/payments/assignments", entry | decision | {"action": "ASSIGN", "order_id": "T-2"})
    await desk.tell("/payments/assignments", entry | decision | {"action": "RETURN"}, "refused")
    await desk.tell("/payments", payment("T-2", 7, "N-no", payment_reference="T 2"))
    await desk.tell(
        "/payments/assignments",
        entry | decision | {"bank_reference": "N-no", "amount_minor": 7, "action": "RETURN"},
    )
    assert await desk.ids("/payments/return-due", account_id="VA-T-2") == ["VA-T-2|N-no|7"]
    back = {
        "account_id": "VA-T-2", "bank_reference": "N-early", "entry_minor": 400, "return_reference": "B-1",
        "amount_minor": 400, "currency": "USD", "reason": "Closed.", "returned_at": AT,
    }  # fmt: skip
    await desk.tell("/payments/returns", back)
    order = await desk.order("T-2")
    assert (order["received_minor"], order["returned_minor"], order["funds"]) == (605, 400, "PART_PAID")


async def test_disputed_resolved_inspected(order_service: Running) -> None:
    desk = Desk(order_service)
    await desk.placed("T-3", inspection={"gate": "BEFORE_BALANCE"})
    found = {"inspected_at": AT, "by": "Li"}
    await desk.tell("/orders/T-3/inspections/failed", found | {"findings": "Loose handles."})
    await desk.tell("/orders/T-3/inspections/passed", found | {"report": "R-1"})
    await desk.tell("/payments", payment("T-3", 1000))
    dispute = {
        "dispute_id": "D-1",
        "party": "BUYER",
        "kind": "LATE",
        "text": "Nothing came.",
        "raised_at": AT,
    }
    await desk.tell("/orders/T-3/disputes", dispute)
    assert "T-3" in await desk.ids("/orders", issue="DISPUTED")
    decided = {"dispute_id": "D-1", "outcome": "FOR_BUYER", "refund_minor": 1000, "by": "Desk"}
    await desk.tell("/orders/T-3/disputes/resolutions", decided | {"resolved_at": AT})

    order = await desk.order("T-3")
    assert (order["life"], order["cancelled_by"], order["refund_due_minor"]) == (
        "CANCELLED",
        "RESOLUTION",
        1000,
    )
    assert [i["passed"] for i in order["inspected"]] == [False, True]
    assert [d["outcome"] for d in order["disputed"]] == ["FOR_BUYER"]


async def test_a_filter_that_is_none_is_refused(order_service: Running) -> None:
    response = await order_service.client.get("/orders", params={"life": "ENDED"})
    assert_problem(response, 422, "invalid-content", ["life"])
