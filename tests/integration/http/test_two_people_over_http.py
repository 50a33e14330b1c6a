"""A payout over HTTP with keys: who signs is who the key says, and it takes two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest

from silkway.contracts import (
    CarriedLine,
    DeliveredLine,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentLinked,
)
from tests.integration.http.colleagues import colleagues_of
from tests.integration.http.conftest import START, TENANT, Running, running
from tests.integration.http.gatehouse import let_in
from tests.integration.http.test_order_trade_over_http import AT, Desk, payment
from tests.unit.http.counter import assert_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

READ: Final = ("trade.orders", "trade.payments", "logistics.events", "credit.events")
PAYOUT: Final = {"account_id": "VA-P-1", "order_id": "P-1", "amount_minor": 600}


@pytest.fixture(scope="module")
async def service(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[Running]:
    """The order service, which asks for keys."""
    prefix = await new_topics()
    url = await service_database("order", prefix)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SILKWAY_HTTP_KEYS", "required")
        async with running("order", kafka_bootstrap, url, prefix) as started:
            await started.tick(START)
            yield started


class People:
    """A platform's backend, ana and bob of operations, each with a key of their own."""

    def __init__(self, service: Running, keys: dict[str, str]) -> None:
        self._client, self._keys = service.client, keys
        self.desk = Desk(service)

    def speaks(self, name: str) -> Desk:
        """From now on it is this one who asks."""
        self._client.headers["Authorization"] = f"Bearer {self._keys[name]}"
        return self.desk


async def people_of(service: Running) -> People:
    pool = await asyncpg.create_pool(service.database_url, min_size=1, max_size=1)
    try:
        keys = {name: await let_in(pool, TENANT, ["operate"], name) for name in ("ana", "bob")}
        keys["backend"] = await let_in(pool, TENANT, ["publish"], "backend")
    finally:
        pool.terminate()
    return People(service, keys)


async def delivered(service: Running) -> None:
    """All of the order is shipped and has come."""
    part: dict[str, Any] = {"line_id": "1", "quantity": 2}
    about: dict[str, Any] = {"order_id": "P-1", "shipment_id": "SH-1"}
    come = DeliveredLine(
        **part, deliver_by=None, delivered_on=START.date(), late=False, mode="SEA", destination_country=None
    )
    async with colleagues_of(service, "order", READ) as colleagues:
        await colleagues.tell([
            ShipmentLinked(**about, mode="SEA", carrier=None, lines=(CarriedLine(**part),)),
            ShipmentDispatched(**about, lines=(CarriedLine(**part),), shipped_at=START),
            ShipmentDelivered(**about, delivered_at=START, lines=(come,)),
        ])  # fmt: skip


async def test_it_takes_two(service: Running) -> None:
    people = await people_of(service)
    # Without a key nobody comes in, but health is told
    assert_problem(await service.client.get("/orders"), 401, "unauthorized")
    assert (await service.client.get("/startupz")).status_code in (200, 503)

    # Given an order that is completed
    backend = people.speaks("backend")
    await backend.placed("P-1")
    await backend.tell("/payments", payment("P-1", 1000))
    await delivered(service)
    await backend.tell("/orders/P-1/receipt", {"received_at": AT})
    assert (await backend.order("P-1"))["payout_due_minor"] == 1000
    answer = await service.client.post("/payouts/approvals", json=PAYOUT | {"approved_at": AT})
    assert_problem(answer, 403, "missing-scope")

    # When ana approves a payout, as herself and as nobody else
    ana = people.speaks("ana")
    await ana.tell("/payouts/approvals", PAYOUT | {"approved_at": AT})
    signature = PAYOUT | {"countersigned_at": AT}
    answer = await service.client.post("/payouts/countersignatures", json=signature | {"by": "bob"})
    assert_problem(answer, 403, "other-person", ["by"])
    # Then she cannot be the second as well
    refused = await ana.tell("/payouts/countersignatures", signature, "refused")
    assert refused["detail"]["field"] == "by"
    # And bob can
    await people.speaks("bob").tell("/payouts/countersignatures", signature)

    order = await people.desk.order("P-1")
    assert [(a["approved_by"], a["amount_minor"]) for a in order["approvals"]] == [("ana", 600)]
    assert [(c["countersigned_by"], c["amount_minor"]) for c in order["countersignatures"]] == [("bob", 600)]
