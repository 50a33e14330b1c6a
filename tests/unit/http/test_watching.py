"""Requests are counted by the template of their route: nothing that a stranger writes becomes a label."""

from __future__ import annotations

from prometheus_client import REGISTRY

from silkway.order.api import API
from tests.unit.http.counter import open_counter
from tests.unit.http.test_writes import CONFIRMED, DRAFT

_CONFIRMATIONS = "/orders/{order_id:path}/confirmations"


def counted(method: str, route: str, status: str) -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("silkway_http_requests_total", labels) or 0


def routes() -> set[str]:
    return {
        sample.labels["route"]
        for family in REGISTRY.collect()
        if family.name == "silkway_http_requests"
        for sample in family.samples
    }


async def test_requests_are_counted_by_route_method_and_status() -> None:
    # Given the counter of a service
    counter = open_counter(API)
    well, badly = counted("POST", "/orders", "202"), counted("POST", "/orders", "422")
    confirmed, lost = counted("POST", _CONFIRMATIONS, "202"), counted("GET", "(none)", "404")
    odd = counted("other", "(none)", "405") + counted("other", "/orders", "405")

    # When some requests come, right, wrong, astray
    await counter.post("/orders", DRAFT)
    await counter.post("/orders", DRAFT | {"currency": "?"})
    for order in ("PO-1", "PO-2"):
        await counter.post(f"/orders/{order}/confirmations", CONFIRMED)
    await counter.client.get("/../../etc/passwd")
    await counter.client.request("BREW", "/orders")

    # Then each is counted under its route
    assert counted("POST", "/orders", "202") == well + 1
    assert counted("POST", "/orders", "422") == badly + 1
    assert counted("POST", _CONFIRMATIONS, "202") == confirmed + 2
    assert counted("GET", "(none)", "404") == lost + 1
    assert counted("other", "(none)", "405") + counted("other", "/orders", "405") == odd + 1
    assert not any("PO-1" in route or "passwd" in route for route in routes())
    seconds = REGISTRY.get_sample_value("silkway_http_seconds_count", {"method": "POST", "route": "/orders"})
    assert (seconds or 0) >= well + badly + 2
