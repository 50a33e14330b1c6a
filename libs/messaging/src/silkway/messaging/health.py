"""Health is progress: partitions assigned, batches applied, time moving. A port that answers says nothing."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import asyncpg
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from silkway.contracts.keys import LIVE_CLOCK
from silkway.messaging.consumer import Consumer
from silkway.messaging.database import DATABASE_ERRORS
from silkway.messaging.http.problems import MEDIA_TYPE

STUCK_S = 15.0
"""A consumer that has not polled or finished a batch for so long is stuck."""
TIME_LAG_S = 30.0
"""The live clock is late when it stands further behind than this."""


async def waits_for(consumer: Consumer, pool: asyncpg.Pool[asyncpg.Record] | None) -> list[str]:
    """What this instance still waits for before work can flow; empty when it is ready."""
    reasons: list[str] = []
    if consumer.trouble:
        reasons.append(consumer.trouble)
    if consumer.missing:
        reasons.append(f"topics are missing: {', '.join(consumer.missing)}")
    if not consumer.assigned:
        reasons.append("no partitions are assigned yet")
    elif time.monotonic() - consumer.last_poll > STUCK_S:
        reasons.append(f"no progress for {time.monotonic() - consumer.last_poll:.0f} s")
    reasons += [f"{topic}/{p} is halted: {why}" for (topic, p), why in sorted(consumer.halted.items())]
    if pool is None:
        return [*reasons, "the database is not connected"]
    try:
        own = await pool.fetchval("SELECT own FROM clocks WHERE clock = $1", LIVE_CLOCK, timeout=2)
    except DATABASE_ERRORS as error:
        return [*reasons, f"the database does not answer: {type(error).__name__}"]
    if own is not None and (lag := (dt.datetime.now(dt.UTC) - own).total_seconds()) > TIME_LAG_S:
        reasons.append(f"time is {lag:.0f} s behind: ticks of some partition are missing or not read yet")
    return reasons


def add_health(app: FastAPI, consumer: Consumer, alive: Callable[[], str]) -> None:
    """Add /livez, /readyz and /metrics. `alive` says what has died, or nothing."""

    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        dead = alive()
        return Response(dead or "ok", status_code=503 if dead else 200, media_type="text/plain")

    @app.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, Any]:
        reasons = await waits_for(consumer, getattr(app.state, "pool", None))
        if reasons:
            response.status_code = 503
            response.headers["content-type"] = MEDIA_TYPE
            return {"title": "not ready", "status": 503, "detail": "; ".join(reasons), "waits_for": reasons}
        return {"status": "ready", "partitions": len(consumer.assigned)}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
