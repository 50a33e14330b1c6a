"""No list reads more than its page: every filter has an index that also gives the order."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import pytest

from silkway.credit import store as credit
from silkway.logistics import store as logistics
from silkway.notify import store as notify
from silkway.order import store as order
from tests.integration.http.conftest import START

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class ListCase(NamedTuple):
    service: str
    read: Callable[..., Awaitable[list[Any]]]
    filters: tuple[Any, ...]
    after: tuple[Any, ...]


async def notify_orders(
    reading: Any, tenant: str, life: Any, supplier: Any, buyer: Any, issue: Any, *page: Any
) -> Any:
    filters = {"life": life, "supplier_id": supplier, "buyer_id": buyer, "issue": issue}
    return await notify.list_orders(reading, tenant, filters, *page)


async def logistics_shipments(
    reading: Any, tenant: str, state: Any, mode: Any, delayed: Any, silent: Any, exception: Any, *page: Any
) -> Any:
    filters = {"state": state, "mode": mode, "delayed": delayed, "silent": silent, "exception": exception}
    return await logistics.list_shipments(reading, tenant, filters, *page)


async def logistics_found(reading: Any, tenant: str, at: Any, *page: Any) -> Any:
    return await logistics.find_shipments(reading, tenant, "CONTAINER", "MSKU9070323", at, *page)


async def notices(
    reading: Any, tenant: str, order: Any, severity: Any, audience: Any, incident: Any, *page: Any
) -> Any:
    filters = {"order_id": order, "severity": severity, "audience": audience, "incident_id": incident}
    return await notify.list_notices(reading, tenant, filters, *page)


async def a_buyers_notices(reading: Any, tenant: str, *page: Any) -> Any:
    return await notify.list_notices(reading, tenant, {"audience": "BUYER", "recipient": "B-1"}, *page)


async def incidents(reading: Any, tenant: str, state: Any, cause: Any, *page: Any) -> Any:
    return await notify.list_incidents(reading, tenant, {"state": state, "cause": cause}, *page)


async def open_incidents(reading: Any, tenant: str, *page: Any) -> Any:
    return await notify.list_incidents(reading, tenant, {}, *page, is_open=True)


CASES = [
    ListCase("order", order.list_orders, ("B-1", "S-1"), ("PO-1",)),
    ListCase("logistics", logistics.list_rate_cards, ("CNNGB-DEHAM",), ("CNNGB-DEHAM", "C-1")),
    ListCase("logistics", logistics.list_bookings, ("CONFIRMED",), ("PO-1", 1)),
    ListCase("logistics", logistics_shipments, ("BOOKED", "SEA", "true", "true", "true"), ("SH-1",)),
    ListCase("logistics", logistics_found, (START,), ("SH-1",)),
    ListCase("credit", credit.list_suppliers, (), ("S-1",)),
    ListCase("credit", credit.list_holds, ("S-1", "PO-1"), ("H-1",)),
    ListCase("notify", notify_orders, ("PLACED", "S-1", "B-1", "DISPUTED"), ("PO-1",)),
    ListCase("notify", notices, ("PO-1", "WARNING", "BUYER", "I-1"), (START, "N-1")),
    ListCase("notify", a_buyers_notices, (), (START, "N-1")),
    ListCase("notify", incidents, ("OPEN", "DELAY"), (START, "I-1")),
    ListCase("notify", open_incidents, (), (START, "I-1")),
    ListCase("notify", notify.list_suppliers, (), ("S-1",)),
]


class Explaining:
    """Reads by asking PostgreSQL how it would read if it wanted to scan nothing."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.connection = connection
        self.plan = ""

    async def fetch(self, sql: str, *parameters: Any) -> list[Any]:
        rows = await self.connection.fetch("EXPLAIN " + sql, *parameters)
        self.plan = "\n".join(row[0] for row in rows)
        return []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.service}.{case.read.__name__}")
async def test_every_filter_has_its_index(
    case: ListCase, service_database: Callable[..., Awaitable[str]]
) -> None:
    connection = await asyncpg.connect(await service_database(case.service, ""))
    await connection.execute("SET enable_seqscan = off")
    # one filter at a time, or none: with several, the index of the best is enough
    chosen = [
        tuple(f if i == n else None for i, f in enumerate(case.filters)) for n in range(len(case.filters))
    ]
    for filters, after in itertools.product([tuple(None for _ in case.filters), *chosen], [None, case.after]):
        explaining = Explaining(connection)
        await case.read(explaining, "acme", *filters, after, 51)
        assert "Seq Scan" not in explaining.plan, (filters, explaining.plan)
        assert "Sort" not in explaining.plan, (filters, explaining.plan)
    await connection.close()
