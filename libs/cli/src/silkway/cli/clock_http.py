"""The door at which the clock is asked whether it ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from silkway.messaging.http.probes import add_probes
from silkway.messaging.http.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable


def server_of(waits_for: Callable[[], list[str]], host: str, port: int) -> Server:
    """A server of the probes alone. `waits_for`: why the clock does not tick."""

    async def missing() -> list[str]:
        return waits_for()

    app = FastAPI(title="Silkway clock", openapi_url=None)
    add_probes(app, missing)
    return Server(app, host or "127.0.0.1", port)
