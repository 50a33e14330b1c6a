"""What goes out shows what its seals stand for: answers, streams event by event; parked records stay as they are."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from silkway.contracts import SEALED
from silkway.messaging.http import TenantId, personal
from silkway.messaging.http.personal import Shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SEAL = "sealed:" + "a" * 32
TEXT = 'Zhāo \\"Mei\\"'


class Words:
    """A vault that has one word for every seal of the tenant acme, is away, or has no connection free."""

    def __init__(self, *, is_away: bool = False, is_busy: bool = False) -> None:
        self.is_away, self.is_busy = is_away, is_busy

    async def shown_json(self, tenant: str, document: str) -> str:
        if self.is_busy:
            await asyncio.Event().wait()
        if self.is_away:
            raise ConnectionRefusedError
        return SEALED.sub(TEXT.replace("\\", "\\\\") if tenant == "acme" else "[erased]", document)

    def close(self) -> None:
        """Nothing to close."""


def as_nobody(request: Request) -> None:
    """Nobody is asked who they are."""
    request.state.credential = None


def service(vault: Words | None) -> httpx.AsyncClient:
    app = FastAPI(dependencies=[Depends(as_nobody)])
    app.state.vault = vault
    app.add_middleware(Shown)

    @app.get("/name")
    async def name(tenant: TenantId) -> JSONResponse:
        return JSONResponse({"name": SEAL, "of": tenant})

    @app.get("/parked")
    async def parked(tenant: TenantId) -> JSONResponse:
        return JSONResponse({"name": SEAL, "of": tenant})

    @app.get("/feed")
    async def feed(tenant: TenantId) -> StreamingResponse:
        async def told() -> AsyncIterator[str]:
            for number in range(2):
                yield f'data: {{"name": "{SEAL}", "number": {number}, "of": "{tenant}"}}\n\n'

        return StreamingResponse(told(), media_type="text/event-stream")

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://silkway")


async def get(vault: Words | None, path: str, tenant: str = "acme") -> httpx.Response:
    async with service(vault) as client:
        return await client.get(path, headers={"Silkway-Tenant": tenant})


async def test_an_answer_shows_its_text_and_has_its_length() -> None:
    answer = await get(Words(), "/name")
    assert answer.json() == {"name": 'Zhāo "Mei"', "of": "acme"}
    assert answer.headers["content-length"] == str(len(answer.content))
    assert (await get(Words(), "/name", "other")).json()["name"] == "[erased]"


async def test_a_stream_shows_it_too() -> None:
    assert (await get(Words(), "/feed")).text.count(TEXT) == 2


@pytest.mark.parametrize(("vault", "path"), [(None, "/name"), (None, "/feed"), (Words(), "/parked")])
async def test_without_a_vault_and_where_records_are_mended_seals_stay(vault: Any, path: str) -> None:
    assert SEAL in (await get(vault, path)).text


async def test_where_the_vault_is_away_an_answer_says_so_and_a_stream_goes_on() -> None:
    answer = await get(Words(is_away=True), "/name")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:silkway:problem:unavailable")
    assert (await get(Words(is_away=True), "/feed")).text.count(SEAL) == 2


async def test_who_asks_a_vault_that_has_no_connection_free_is_told_so_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(personal, "QUERY_TIMEOUT_S", 0.05)
    async with asyncio.timeout(5):
        answer = await get(Words(is_busy=True), "/name")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
