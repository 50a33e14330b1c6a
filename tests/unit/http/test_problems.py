"""What goes wrong on our side is told without our internals."""

import asyncio
from typing import TYPE_CHECKING, Any, cast

import asyncpg
import httpx
import pytest

from silkway.messaging.http import Api, connection
from silkway.messaging.http.problems import not_found
from tests.unit.http.counter import TENANT, assert_problem, open_counter

if TYPE_CHECKING:
    from silkway.messaging.http.database import Pool


def service_that(raises: BaseException) -> httpx.AsyncClient:
    """A service whose only read fails in this way."""
    api = Api("test")

    @api.router.get("/read")
    async def read() -> None:
        raise raises

    return open_counter(api).client


async def test_a_defect_says_nothing_of_itself() -> None:
    response = await service_that(RuntimeError("password=secret")).get("/read", headers=TENANT)
    assert_problem(response, 500, "internal-error")
    assert "secret" not in response.text


async def test_what_is_not_there_is_named() -> None:
    response = await service_that(not_found("order PO-1")).get("/read", headers=TENANT)
    assert_problem(response, 404, "not-found")
    assert "PO-1" in response.json()["detail"]


class PoolThatFails:
    """A pool whose database fails in this way. The real pool's failing is tested with a real database."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def acquire(self) -> Any:
        return self

    async def __aenter__(self) -> None:
        if self.error is None:
            await asyncio.sleep(60)
        elif self.error:
            raise self.error

    async def __aexit__(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        asyncpg.CannotConnectNowError("starting up"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.ConnectionDoesNotExistError("cut"),
        asyncpg.AdminShutdownError("bye"),
        asyncpg.InterfaceError("pool is closing"),
        asyncpg.InternalClientError("another operation is in progress"),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_database_that_is_away_is_not_the_callers_fault(error: Exception) -> None:
    api = Api("test")

    @api.router.get("/read")
    async def read() -> None:
        async with connection(cast("Pool", PoolThatFails(error))):
            raise AssertionError

    response = await open_counter(api).client.get("/read", headers=TENANT)
    assert_problem(response, 503, "unavailable")
    assert response.headers["retry-after"] == "1"


async def test_a_database_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("silkway.messaging.http.database.QUERY_TIMEOUT_S", 0.05)
    api = Api("test")

    @api.router.get("/read")
    async def read() -> None:
        async with connection(cast("Pool", PoolThatFails(None))):
            raise AssertionError

    assert_problem(await open_counter(api).client.get("/read", headers=TENANT), 503, "unavailable")
