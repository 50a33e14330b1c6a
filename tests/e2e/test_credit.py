"""Credit under strain: a rush on one limit by two instances, and a weekend without logistics."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from silkway.cli.addresses import SERVICES
from silkway.cli.fact import Fact
from silkway.contracts import (
    Event,
    MilestoneTracked,
    OrderConfirmed,
    OrderDrafted,
    OrderLine,
    PaymentReceived,
    ReceiptConfirmed,
    ShipmentBooked,
    ShipmentLine,
    ShipmentShipped,
    SupplierRegistered,
    Terms,
)
from tests.e2e.system import System
from tests.e2e.trade import day

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from tests.conftest import Backing

RUSH = 5_000
LIMIT_MINOR = 100_000_000
"""USD 1,000,000, the most that a supplier can have."""
EACH_MINOR = 30_000
WHOLE = LIMIT_MINOR // EACH_MINOR


@pytest.fixture(scope="module")
async def pair(
    stack: Backing,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[System]:
    """Two processes of each service, which tests may stop."""
    prefix = await new_topics()
    databases = {service: await service_database(service, prefix) for service in SERVICES}
    folder = tmp_path_factory.mktemp("pair")
    async with System(stack.kafka, prefix, databases, folder, instances=2) as running:
        yield running


def fact(event: Event, at: dt.datetime, fact_id: str) -> Fact:
    return Fact(at, event, at, "/tests/credit", fact_id)


def registered(at: dt.datetime) -> Fact:
    event = SupplierRegistered(
        supplier_id="S-1", name="Mills", country="CN", time_zone="Asia/Shanghai", registered_at=at
    )
    return fact(event, at, "S-1")


def placed(order_id: str, at: dt.datetime, total_minor: int, **changes: Any) -> Iterator[Fact]:
    """Drafted and confirmed by both."""
    line = OrderLine(line_id="1", description="Mugs", quantity=10, value_minor=total_minor)
    values: dict[str, Any] = {
        "order_id": order_id, "buyer_id": "B-1", "supplier_id": "S-1", "currency": "USD", "account_id": "VA-1",
        "payment_reference": f"PAY-{order_id}", "lines": (line,),
        "terms": Terms(deposit_minor=0, balance_due="AFTER_DELIVERY"), "drafted_at": at,
    }  # fmt: skip
    yield fact(OrderDrafted(**(values | changes)), at, f"{order_id}/drafted")
    for party in ("BUYER", "SUPPLIER"):
        event = OrderConfirmed(order_id=order_id, party=party, confirmed_at=at)
        yield fact(event, at, f"{order_id}/{party}")


def booked(order_id: str, at: dt.datetime) -> Fact:
    load = ShipmentLine(order_id=order_id, line_id="1", quantity=10)
    event = ShipmentBooked(
        shipment_id=f"SH-{order_id}", mode="AIR", lines=(load,), references=(), booked_at=at
    )
    return fact(event, at, f"{order_id}/booked")


def completed(order_id: str, at: dt.datetime, total_minor: int) -> Iterator[Fact]:
    """The whole life of an order without cover."""
    yield from placed(order_id, at, total_minor, coverage="NONE")
    paid = PaymentReceived(
        account_id="VA-1", bank_reference=order_id, payment_reference=f"PAY-{order_id}", amount_minor=total_minor,
        currency="USD", received_at=at,
    )  # fmt: skip
    yield fact(paid, at, f"{order_id}/paid")
    yield booked(order_id, at)
    shipment_id = f"SH-{order_id}"
    yield fact(ShipmentShipped(shipment_id=shipment_id, shipped_at=at), at, f"{order_id}/shipped")
    arrived = MilestoneTracked(
        shipment_id=shipment_id, kind="DELIVERED", classifier="ACTUAL", occurred_at=at
    )  # fmt: skip
    yield fact(arrived, at, f"{order_id}/delivered")
    yield fact(ReceiptConfirmed(order_id=order_id, received_at=at), at, f"{order_id}/received")


async def test_a_rush_on_one_limit_never_overdraws_it(pair: System) -> None:
    # Given a supplier whose trade has given it the greatest limit there is
    tenant = "sim-rush"
    history = [registered(day(0)), *completed("PO-0", day(1), 400_000_000)]
    rush = [fact for n in range(1, RUSH + 1) for fact in placed(f"PO-{n}", day(3), EACH_MINOR)]
    async with pair.feed() as feed, pair.pace(tenant) as pace:
        await feed.drive(tenant, history, [day(2)], pace)

        async def greatest() -> bool:
            async with pair.client("credit", tenant) as client:
                return bool((await client.get("/suppliers/S-1")).json().get("limit_minor") == LIMIT_MINOR)

        # Completed is told on another partition than what follows, and read when its turn comes.
        await pair.until(greatest, "the limit is the greatest")

        # When five thousand orders, half as much again as it can hold, are placed at once
        await feed.drive(tenant, rush, [day(4), day(5)], pace)

    # Then it is used to the last cent, one order gets what was left, and the others nothing
    rows = await pair.rows(
        "credit", "SELECT granted_minor, reason, count(*) FROM holds WHERE tenant = $1 GROUP BY 1, 2", tenant
    )
    rest = LIMIT_MINOR - WHOLE * EACH_MINOR
    assert {(row[0], row[1]): row[2] for row in rows} == {
        (EACH_MINOR, None): WHOLE,
        (rest, None): 1,
        (0, "NO_FREE_LIMIT"): RUSH - WHOLE - 1,
    }
    async with pair.client("credit", tenant, number=2) as client:
        supplier = (await client.get("/suppliers/S-1")).json()
    assert (supplier["limit_minor"], supplier["held_minor"]) == (LIMIT_MINOR, LIMIT_MINOR)
    assert (supplier["free_minor"], supplier["shortfall_minor"]) == (0, 0)

    # And the orders know it
    states = await pair.rows(
        "order", "SELECT assurance, count(*) FROM orders WHERE tenant = $1 GROUP BY 1", tenant
    )
    assert dict(map(tuple, states)) == {
        "NONE": 1, "HELD": WHOLE, "PARTIAL": 1, "REFUSED": RUSH - WHOLE - 1,
    }  # fmt: skip


async def test_after_a_weekend_without_logistics_nobody_is_claimed_on_who_shipped(pair: System) -> None:
    # Given two orders that are to be shipped by the fifth day, covered and booked
    tenant = "sim-weekend"
    start = [registered(day(0))]
    for order_id in ("PO-1", "PO-2"):
        start += placed(order_id, day(1), 10_000, ship_by=day(5).date(), coverage="AFTER_DELIVERY")
        start.append(booked(order_id, day(2)))
    start.sort(key=lambda one: one.known_at)
    async with pair.feed() as feed, pair.pace(tenant) as pace:
        await feed.drive(tenant, start, [day(3)], pace)

        # When logistics stands still from Friday on, while one of them is shipped and days go by
        stopped = [pair.of("logistics", 1), pair.of("logistics", 2)]
        for instance in stopped:
            await asyncio.to_thread(instance.daemon.stop)
        shipped = ShipmentShipped(shipment_id="SH-PO-1", shipped_at=day(4))
        await feed.tick(tenant, day(4))
        await feed.fact(tenant, fact(shipped, day(4), "shipped"))
        for number in (5, 6, 7):
            await feed.tick(tenant, day(number))
        await feed.flush()

        async def passed_on() -> bool:
            await pace.look()
            return pace.clocks["order"] is not None and await _forwarded(pair, tenant) >= day(7)

        await pair.until(passed_on, "order has passed the ticks on")
        assert await pair.count("credit", "claims", f"tenant = '{tenant}'") == 0

        # And comes back on Monday
        for instance in stopped:
            await pair.restart(instance)
        await feed.tick(tenant, day(8))
        await feed.flush()
        await pace.reach(day(8))

    # Then only the order that was not shipped is claimed on, as of the day after its promise
    rows = await pair.rows(
        "credit", "SELECT order_id, opened_at FROM claims WHERE tenant = $1 ORDER BY order_id", tenant
    )
    assert [row["order_id"] for row in rows] == ["PO-2"]
    assert day(5) < rows[0]["opened_at"] < day(6)


async def _forwarded(system: System, clock: str) -> dt.datetime:
    """The last tick that order has passed on."""
    rows = await system.rows("order", "SELECT forward FROM clocks WHERE clock = $1", clock)
    assert rows
    forwarded: dt.datetime = rows[0][0]
    return forwarded
