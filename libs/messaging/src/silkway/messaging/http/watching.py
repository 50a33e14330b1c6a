"""Every request counted by its route, and how long its answer took to begin."""

from __future__ import annotations

import time
from typing import Final

from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from silkway.messaging.http.probes import PROBES
from silkway.messaging.traces import OFF

NO_ROUTE: Final = "(none)"
"""Of requests for which there is no route."""
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_requests = Counter("silkway_http_requests_total", "Requests answered.", ["method", "route", "status"])
_seconds = Histogram(
    "silkway_http_seconds",
    "Time from a request to the beginning of its answer; a live feed's begins at once.",
    ["method", "route"],
    buckets=(0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
)


class Watched:
    """Pure ASGI middleware, the outermost. What comes from outside never becomes a label: routes are templates."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        began, status, took = time.perf_counter(), 500, 0.0
        traced = getattr(scope["app"].state, "traces", OFF).request(scope)

        async def noting(message: Message) -> None:
            nonlocal status, took
            if message["type"] == "http.response.start":
                status, took = message["status"], time.perf_counter() - began
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            route = getattr(scope.get("route"), "path", NO_ROUTE)
            _requests.labels(method, route, str(status)).inc()
            _seconds.labels(method, route).observe(took or time.perf_counter() - began)
            if traced is not None:
                traced(method, route, status)
