"""What those who run a process ask it: /livez, /readyz, /startupz and /metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from silkway.messaging.http.problems import MEDIA_TYPE

PROBES = frozenset({"/livez", "/readyz", "/startupz", "/metrics"})
_ready = Gauge("silkway_ready", "1 where work can flow, as /readyz says.")


async def _nothing() -> None:
    """Nothing to look up before the figures are told."""


def add_probes(
    app: FastAPI,
    waits_for: Callable[[], Awaitable[Sequence[str]]],
    *,
    alive: Callable[[], str] = lambda: "",
    shown: Callable[[], Awaitable[dict[str, Any]]] | None = None,
    before_metrics: Callable[[], Awaitable[None]] = _nothing,
) -> None:
    """Add the probes.

    waits_for: a sentence for each thing without which no work can flow just now. alive: what has died, or nothing.
    shown: what /readyz tells of a process that is ready. before_metrics: brings up to date what is read only when
    somebody asks.
    """
    has_been_ready = False

    async def reasons() -> Sequence[str]:
        nonlocal has_been_ready
        found = await waits_for()
        has_been_ready |= not found
        _ready.set(not found)
        return found

    def not_ready(response: Response, title: str, found: Sequence[str]) -> dict[str, Any]:
        response.status_code = 503
        response.headers["content-type"] = MEDIA_TYPE
        return {"title": title, "status": 503, "detail": "; ".join(found), "waits_for": list(found)}

    @app.get("/livez", include_in_schema=False)
    async def livez() -> Response:
        dead = alive()
        return Response(dead or "ok", status_code=503 if dead else 200, media_type="text/plain")

    @app.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, Any]:
        if found := await reasons():
            return not_ready(response, "not ready", found)
        return {"status": "ready", **(await shown() if shown is not None else {})}

    @app.get("/startupz", include_in_schema=False)
    async def startupz(response: Response) -> dict[str, Any]:
        """Whether it has been ready once: from then on an outage is no reason to start it again."""
        if not has_been_ready and (found := await reasons()):
            return not_ready(response, "starting", found)
        return {"status": "started"}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        await reasons()
        await before_metrics()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
