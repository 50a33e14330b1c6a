"""Ready is who makes progress: a consumer that is stuck is not, though its port answers."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
from fastapi import FastAPI

from silkway.messaging import health
from silkway.messaging.health import Health
from silkway.messaging.http.probes import add_probes
from tests.integration.engine.facts import drafted
from tests.integration.engine.place import Place, until

if TYPE_CHECKING:
    import pytest

    from silkway.messaging.fence import Done


async def test_a_stuck_consumer_is_not_ready_though_its_port_answers(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "STUCK_S", 1.0)
    pool = await asyncpg.create_pool(place.url, min_size=0, max_size=2)
    instance, app = Health(pool), FastAPI()
    add_probes(app, instance.waits_for, shown=instance.shown)
    door = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy")

    async def ready() -> bool:
        return (await door.get("/readyz")).status_code == 200

    # Given an instance that starts: it says what it waits for
    starting = await door.get("/startupz")
    assert (starting.status_code, starting.json()["waits_for"]) == (
        503,
        ["it starts and waits for the database"],
    )

    # When it reads, and time moves, then it is ready, and has started
    await place.tick(dt.datetime.now(dt.UTC))
    async with place.service() as consumer:
        instance.consumer = consumer
        await until(ready, "it is ready")
        assert (await door.get("/startupz")).status_code == 200

        # When a batch hangs, then it is ready no more, says why, and lives all the same
        go_on, apply = asyncio.Event(), consumer._batches.apply

        async def hang(*arguments: Any) -> Done:
            await go_on.wait()
            return await apply(*arguments)

        consumer._batches.apply = hang  # type: ignore[method-assign, assignment]
        await place.fact(drafted(), "draft")

        async def stuck() -> bool:
            answer = await door.get("/readyz")
            return answer.status_code == 503 and "no progress for" in answer.json()["detail"]

        await until(stuck, "it says that it makes no progress")
        assert (await door.get("/livez")).text == "ok"
        assert (await door.get("/startupz")).status_code == 200

        # When it goes on, then it is ready again and nothing is lost
        go_on.set()
        await place.becomes("draft")
        await until(ready, "it is ready again")
    await pool.close()
