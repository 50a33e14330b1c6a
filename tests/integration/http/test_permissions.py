"""The whole permission table: every operation of every service, asked with every kind of credential."""

from __future__ import annotations

import asyncio
import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest

from silkway.cli.addresses import PROCESSES
from silkway.cli.migrate import apply_migrations
from silkway.messaging.http import credentials, gate
from silkway.messaging.http.credentials import Keyring
from silkway.messaging.http.gate import Gate
from silkway.messaging.http.probes import PROBES
from silkway.messaging.http.rates import Rate
from silkway.messaging.http.scopes import SCOPES
from silkway.messaging.keys import new_key
from tests.integration.http.gatehouse import Gatehouse, Operation, filled, gatehouse, let_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ADMITTED: Final = {200, 404, 422}
"""What an operation answers to an empty body and to ids that are not there, once it was let in."""
PAST: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
async def pools(
    new_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[dict[str, asyncpg.Pool[asyncpg.Record]]]:
    """A database of each service, as its migrations leave it."""
    opened = {}
    for name in PROCESSES:
        url = await new_database(name)
        await apply_migrations(name, url)
        opened[name] = await asyncpg.create_pool(url, min_size=1, max_size=4)
    yield opened
    for pool in opened.values():
        pool.terminate()


@pytest.mark.parametrize("name", PROCESSES)
async def test_the_whole_table(name: str, pools: dict[str, asyncpg.Pool[asyncpg.Record]]) -> None:
    pool, house = pools[name], gatehouse(name, pools[name])

    # Given a key with each scope alone, those that open nothing, and one of who runs the installation
    keys = {scope: await let_in(pool, "acme", [scope]) for scope in SCOPES}
    dead = {
        "unknown": new_key(),
        "of another secret": keys["operate"][:-64] + "0" * 64,
        "no key": "silkway_nothing",
        "expired": await let_in(pool, "acme", SCOPES, expires_at=PAST),
        "revoked": await let_in(pool, "acme", SCOPES, revoked_at=PAST),
    }
    others = await let_in(pool, "beta", SCOPES)
    everywhere = await let_in(pool, "*", SCOPES)

    walked = 0
    for operation in house.operations():
        what = f"{name} {operation.method} {operation.path}"
        assert operation.scope is not None, f"{what}: it has no scope"
        ask = partial(_asked, house, operation)

        # Then nobody comes in without a key, with one that opens nothing, or with another tenant's
        assert (await ask(None, "acme"))[0] == 401, what
        for why, key in dead.items():
            assert (await ask(key, "acme"))[0] == 401, (what, why)
        for tenant in ("acme", "nobody-has-this-one"):
            status, text = await ask(others, tenant)
            assert status == 403, what
            assert "another tenant" in text, what
        # and each scope opens what it is for, and reading
        for scope, key in keys.items():
            status, text = await ask(key)
            if operation.scope in (scope, "read"):
                assert status in ADMITTED, (what, scope, status, text)
            else:
                assert status == 403, (what, scope)
                assert f"the scope {operation.scope} is missing" in text, what
        # and who runs the installation names the tenant
        assert (await ask(everywhere, "acme"))[0] in ADMITTED, what
        assert (await ask(everywhere))[0] == 400, what
        walked += 1
    assert walked == sum(
        len(item) for item in (await house.ask("GET", "/openapi.json")).body["paths"].values()
    )
    assert house.log.published == []


async def _asked(
    house: Gatehouse, operation: Operation, key: str | None, tenant: str | None = None
) -> tuple[int, str]:
    """The status, and of a refusal what it says."""
    body: dict[str, str] | None = {} if operation.method == "POST" else None
    answer = await house.ask(operation.method, filled(operation.path, {}), key, tenant, body)
    if answer.status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer"), operation
    if answer.status in (401, 403):
        assert answer.headers["content-type"] == "application/problem+json", operation
        return answer.status, str(answer.body["errors"])
    return answer.status, ""


@pytest.mark.parametrize("name", PROCESSES)
async def test_what_is_free_is_health_alone(
    name: str, pools: dict[str, asyncpg.Pool[asyncpg.Record]]
) -> None:
    house = gatehouse(name, pools[name])
    answer = await house.ask("GET", "/openapi.json")
    assert answer.status == 200  # how to ask is no secret
    for path, item in answer.body["paths"].items():
        assert path not in PROBES
        assert all(operation["security"] for operation in item.values()), path


async def test_a_revoked_key_opens_nothing_three_seconds_later(
    pools: dict[str, asyncpg.Pool[asyncpg.Record]],
) -> None:
    pool, now = pools["order"], 1000.0
    house = gatehouse("order", pool)
    house.app.state.gate = Gate(Keyring(pool, Rate(0), now=lambda: now))

    # Given a key that was used
    key = await let_in(pool, "acme", ["read"])
    assert (await house.ask("GET", "/orders", key)).status == 200
    # When it is revoked, then it is believed for a moment, and no longer
    await pool.execute("UPDATE api_keys SET revoked_at = now() WHERE key_id = $1", key.split("_")[1])
    assert (await house.ask("GET", "/orders", key)).status == 200
    now += 3
    assert (await house.ask("GET", "/orders", key)).status == 401


async def test_who_listens_is_cut_off_when_the_key_is_revoked(
    pools: dict[str, asyncpg.Pool[asyncpg.Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "FRESH_S", 0.05)
    monkeypatch.setattr(credentials, "FRESH_S", 0.05)
    pool = pools["notify"]
    house = gatehouse("notify", pool)
    key = await let_in(pool, "acme", ["read"])

    listening = asyncio.create_task(_listen(house, key))
    await asyncio.sleep(0.3)
    assert not listening.done()
    await pool.execute("UPDATE api_keys SET revoked_at = now() WHERE key_id = $1", key.split("_")[1])
    assert await asyncio.wait_for(listening, 5) == 200


async def _listen(house: Gatehouse, key: str) -> int:
    """Listen to the feed until it ends; the status it began with."""
    began: list[int] = []

    async def receive() -> dict[str, object]:
        if began:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            began.append(int(str(message["status"])))

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "path": "/feed", "raw_path": b"/feed",
        "query_string": b"", "headers": [(b"authorization", f"Bearer {key}".encode())], "scheme": "http",
        "server": ("silkway", 80), "client": ("test", 1), "root_path": "",
    }  # fmt: skip
    await house.app(scope, receive, send)  # type: ignore[arg-type]  # plain dicts
    return began[0]


async def test_who_tries_keys_at_random_is_slowed_down_and_nobody_else(
    pools: dict[str, asyncpg.Pool[asyncpg.Record]],
) -> None:
    pool = pools["order"]
    house = gatehouse("order", pool)
    house.app.state.gate = Gate(Keyring(pool, Rate(5, now=lambda: 0.0)))
    key = await let_in(pool, "acme", ["read"])
    assert (await house.ask("GET", "/orders", key)).status == 200
    statuses = [(await house.ask("GET", "/orders", new_key())).status for _ in range(12)]
    assert set(statuses[:9]) == {401}
    assert set(statuses[9:]) == {429}
    assert (await house.ask("GET", "/orders", key)).status == 200
