"""Runs the auditor: the reader of the log and its HTTP side in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import httpx
import structlog
import uvloop

from silkway.auditor.api import create_api
from silkway.auditor.consumer import Reader
from silkway.auditor.models import Models
from silkway.auditor.reports import Reports
from silkway.messaging.database import connection_pool
from silkway.messaging.files import watch_files
from silkway.messaging.http import Publisher
from silkway.messaging.http.gate import Gate, GateSettings
from silkway.messaging.http.server import Server
from silkway.messaging.keys import authorization
from silkway.messaging.logs import configure_logs
from silkway.messaging.settings import PORTS, Settings

_log = structlog.get_logger()
_SHOWN: Final = ("order", "credit", "notify")
_NICE: Final = 10
_STUCK_S: Final = 60.0


def main() -> None:
    """Read, judge and answer until told to stop. It gives way to the services it audits."""
    settings = Settings.read("auditor")
    configure_logs("auditor", settings.instance, settings.log_level)
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    watch_files()
    uvloop.run(_serve(settings, apis(os.environ)))


def apis(environment: Mapping[str, str]) -> dict[str, str]:
    """Where the services that are compared with the log answer: <SERVICE>_HTTP_ADDRESS, else the usual ports."""
    return {
        name: "http://" + environment.get(f"{name.upper()}_HTTP_ADDRESS", f"127.0.0.1:{PORTS[name]}")
        for name in _SHOWN
    }


async def _serve(settings: Settings, shown: Mapping[str, str]) -> None:
    stop, gate_settings = asyncio.Event(), GateSettings.read()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    publisher = Publisher(settings.kafka, settings.prefix)
    async with httpx.AsyncClient(headers=authorization()) as client:
        reader = Reader(settings, Reports(publisher), Models(shown, client))
        app = create_api(lambda: _waits_for(reader))
        app.state.pool = pool = await _pool(settings)
        app.state.gate = gate = Gate.of(gate_settings, pool)
        server = Server(app, settings.http_host, settings.http_port)
        tasks = [asyncio.create_task(part) for part in (reader.run(), server.serve())]
        _log.info("started", http=f"{settings.http_host}:{settings.http_port}", kafka=settings.kafka)
        gate.warn(settings.http_host)
        waiting = asyncio.create_task(stop.wait())
        everything: list[asyncio.Task[Any]] = [waiting, *tasks]
        done, _ = await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await asyncio.wait(tasks[1:], timeout=5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await publisher.close()
        await gate.close()
        pool.terminate()
        # A part that ends by itself takes the process along; it is started again.
        for task in done - {waiting}:
            task.result()
            raise SystemExit("a part of the auditor ended by itself")


def _waits_for(reader: Reader) -> list[str]:
    if reader.waits_for:
        return [reader.waits_for]
    idle_s = time.monotonic() - reader.last_poll
    return [f"no progress for {idle_s:.0f} s"] if idle_s > _STUCK_S else []


async def _pool(settings: Settings) -> asyncpg.Pool[asyncpg.Record]:
    """As soon as the database answers."""
    while True:
        try:
            return await connection_pool(
                settings.database_url, min_size=0, max_size=2, timeout=5, command_timeout=10,
                server_settings={"application_name": f"{settings.name}-http"},
            )  # fmt: skip
        except (asyncpg.PostgresError, OSError, TimeoutError) as error:
            _log.warning("database away", error=repr(error)[:300])
            await asyncio.sleep(2)
