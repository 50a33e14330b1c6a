"""No list reads more than its page: every filter of every list has an index that also gives the order."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import httpx
import pytest

from bench.catalogue import APIS, MIDDLE, lists, questions
from silkway.messaging.http import create_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

LISTS = [(service, path) for service, api in APIS.items() for path in lists(api)]
SORTED: Final = {"unacknowledged"}
"""Filters whose page is sorted from a page of each open incident."""


class Explaining:
    """A pool of itself as the only connection; it asks PostgreSQL how it would read if it wanted to scan nothing."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.connection = connection
        self.plans: list[str] = []

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Explaining]:
        yield self

    async def fetch(self, sql: str, *parameters: Any) -> list[Any]:
        rows = await self.connection.fetch("EXPLAIN " + sql, *parameters)
        self.plans.append("\n".join(row[0] for row in rows))
        return []

    async def fetchval(self, *_: Any) -> bool:
        """Whatever a list belongs to is there."""
        return True


def test_every_list_is_known_and_has_a_middle() -> None:
    assert set(LISTS) == set(MIDDLE)


@pytest.mark.parametrize(("service", "path"), LISTS)
async def test_every_filter_has_its_index(
    service: str, path: str, service_database: Callable[..., Awaitable[str]]
) -> None:
    connection = await asyncpg.connect(await service_database(service, ""))
    await connection.execute("SET enable_seqscan = off")
    app = create_api(APIS[service])
    app.state.pool = explaining = Explaining(connection)
    transport = httpx.ASGITransport(app)
    headers = {"Silkway-Tenant": "acme"}
    async with httpx.AsyncClient(transport=transport, base_url="http://silkway", headers=headers) as client:
        for question in questions(service, path, lists(APIS[service])[path]):
            explaining.plans.clear()
            answer = await client.get(question.path, params=dict(question.parameters))
            assert answer.status_code == 200, (str(question), answer.text)
            assert explaining.plans, str(question)
            for plan in explaining.plans:
                assert "Seq Scan" not in plan, (str(question), plan)
                assert "Sort" not in plan or SORTED & set(question.filters), (str(question), plan)
    await connection.close()
