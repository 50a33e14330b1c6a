"""A service answers from its first moment on, says what its start waits for, and stops while it waits."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

import httpx

from silkway.cli.migrate import apply_migrations
from silkway.credit.consumer import SERVICE
from silkway.messaging.deploy import prepare
from tests.integration.http.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def test_the_start_says_what_it_waits_for_and_ends_when_it_is_told_to(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    new_database: Callable[..., Awaitable[str]],
) -> None:
    # Given a service whose database has no tables yet
    prefix, url, port = await new_topics(), await new_database("start"), free_port()
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "CREDIT_DATABASE_URL": url,
        "CREDIT_HTTP_ADDRESS": f"127.0.0.1:{port}",
        "SILKWAY_TOPIC_PREFIX": prefix,
        "SILKWAY_LOG_LEVEL": "ERROR",
    }

    async def start(**changes: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "silkway.credit", env=environment | changes
        )

    async def until_told(path: str, status: int, words: str = "") -> httpx.Response:
        async with asyncio.timeout(60):
            while True:
                try:
                    answer = await client.get(path)
                    if answer.status_code == status and words in answer.text:
                        return answer
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.1)

    process = await start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        try:
            # Then it answers, lives, and says what is missing
            await until_told("/startupz", 503, "its migrations: the database has no tables")
            assert (await client.get("/livez")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503

            # When the migrations have been run, then it starts by itself
            await apply_migrations("credit", url)
            await prepare(url, SERVICE, prefix)
            await until_told("/startupz", 200)
            assert (await client.get("/readyz")).json() == {"status": "ready", "partitions": _partitions()}
        finally:
            await _stop(process)

        # When its database is away, then it says so, and stops though it has never begun
        process = await start(CREDIT_DATABASE_URL="postgresql://nobody@127.0.0.1:1/credit")
        try:
            await until_told("/startupz", 503, "the database: ConnectionRefusedError")
        finally:
            await _stop(process)


def _partitions() -> Any:
    return 8 * len(SERVICE.inputs)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """As an orderly deploy does: within 10 s, with exit code 0."""
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0
