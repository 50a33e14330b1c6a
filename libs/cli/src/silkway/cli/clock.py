"""`silkway clock`: the process that ticks the clock `live`, which all live tenants share."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import time
from typing import TYPE_CHECKING, Annotated, Final

import asyncpg
import structlog
import typer
from aiokafka.errors import KafkaError

from silkway.cli import addresses
from silkway.cli.feed import Feed
from silkway.contracts import LIVE_CLOCK
from silkway.messaging.database import DATABASE_ERRORS
from silkway.messaging.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOCK: Final = "silkway-clock"
RETRY_S: Final = 1.0
STOPPED_MS: Final = 10_000
"""A clock whose process was stopped keeps the others waiting no longer than this."""
_AWAY: Final = (*DATABASE_ERRORS, KafkaError)

_log = structlog.get_logger()


def clock(
    interval_ms: Annotated[int, typer.Option(min=50, max=60_000, help="Time between two ticks.")] = 1000,
) -> None:
    """Tick the clock of the live tenants, every second, until SIGTERM or Ctrl-C.

    Any number may be started: one ticks, under a lock in the order service's database, the others wait to
    take over. Restarts are harmless: services ignore ticks that are not above the last.
    """
    system = addresses.find()
    configure_logs(
        "clock", os.environ.get("SILKWAY_INSTANCE", "1"), os.environ.get("SILKWAY_LOG_LEVEL", "INFO")
    )
    asyncio.run(until_signalled(lambda: _keep_ticking(system, interval_ms)))


async def until_signalled(work: Callable[[], Awaitable[None]]) -> None:
    """Do `work` until SIGTERM or Ctrl-C."""
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        _log.info("stopped")


async def _keep_ticking(system: addresses.Addresses, interval_ms: int) -> None:
    """Tick, and start over whenever the database or Kafka were away."""
    while True:
        try:
            await _tick_under_lock(system, interval_ms)
        except _AWAY as error:
            _log.warning("starting over", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(RETRY_S)


async def _tick_under_lock(system: addresses.Addresses, interval_ms: int) -> None:
    session = await asyncpg.connect(
        system.database("order"),
        timeout=10,
        server_settings={"application_name": "clock", "idle_session_timeout": str(STOPPED_MS)},
    )
    try:
        await session.fetchval("SELECT pg_advisory_lock(hashtext($1))", LOCK)
        async with Feed(system.kafka, system.prefix) as feed:
            _log.info("ticking", interval_ms=interval_ms)
            while True:
                # The lock lives in this session: asking anything shows that it is still ours.
                await session.execute("SELECT", timeout=10)
                await feed.tick(LIVE_CLOCK, dt.datetime.now(dt.UTC))
                await feed.flush()
                await asyncio.sleep((interval_ms - time.time() * 1000 % interval_ms) / 1000)
    finally:
        session.terminate()
