"""`silkway clock`: the process that ticks the clock `live`, which all live tenants share."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import time
from typing import TYPE_CHECKING, Annotated, Final

import structlog
import typer
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge

from silkway.cli import addresses
from silkway.cli.feed import Feed
from silkway.contracts import LIVE_CLOCK
from silkway.messaging.database import DATABASE_ERRORS, plain_connection
from silkway.messaging.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOCK: Final = "silkway-clock"
RETRY_S: Final = 1.0
STOPPED_MS: Final = 10_000
"""A clock whose process was stopped keeps the others waiting no longer than this."""
LATE_S: Final = 5.0
"""So long after a tick was due it is missed."""
_AWAY: Final = (*DATABASE_ERRORS, KafkaError)

_log = structlog.get_logger()
_ticks = Counter("silkway_ticks_total", "Ticks of the live clock that this process has published.")
_active = Gauge("silkway_clock_active", "1 where this process ticks, 0 where it waits to take over.")


def clock(
    interval_ms: Annotated[int, typer.Option(min=50, max=60_000, help="Time between two ticks.")] = 1000,
) -> None:
    """Tick the clock of the live tenants, every second, until SIGTERM or Ctrl-C.

    Any number may be started: one ticks, under a lock in the order service's database, the others wait to
    take over. Restarts are harmless: services ignore ticks that are not above the last. Where
    CLOCK_HTTP_ADDRESS (host:port) is set, it answers /livez, /readyz (does it tick?), /startupz and /metrics there.
    """
    system = addresses.find()
    configure_logs(
        "clock", os.environ.get("SILKWAY_INSTANCE", "1"), os.environ.get("SILKWAY_LOG_LEVEL", "INFO")
    )
    ticking = Ticking(system, interval_ms)
    asyncio.run(until_signalled(lambda: _keep_both(ticking, os.environ.get("CLOCK_HTTP_ADDRESS", ""))))


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


async def _keep_both(ticking: Ticking, address: str) -> None:
    """Tick, and answer who asks whether it does."""
    if not address:
        await ticking.run()
        return
    from silkway.cli.clock_http import server_of  # a second of loading, which only few need

    host, _, port = address.rpartition(":")
    async with asyncio.TaskGroup() as parts:
        parts.create_task(server_of(ticking.waits_for, host, int(port)).serve())
        parts.create_task(ticking.run())


class Ticking:
    """Ticks while it has the lock, and knows whether it does."""

    def __init__(self, system: addresses.Addresses, interval_ms: int) -> None:
        self._system, self._interval_ms = system, interval_ms
        self._stage = "the database"
        self._ticks = False
        self._ticked_at = 0.0

    def waits_for(self) -> list[str]:
        """Why this process neither ticks nor stands by to take over; empty while it does one of them."""
        if self._stage:
            return [f"it waits for {self._stage}"]
        late_s = time.monotonic() - self._ticked_at - self._interval_ms / 1000
        if self._ticks and late_s > LATE_S:
            return [f"no tick for {late_s:.0f} s"]
        return []

    async def run(self) -> None:
        """Tick, and start over whenever the database or Kafka were away."""
        while True:
            try:
                await self._tick_under_lock()
            except _AWAY as error:
                _log.warning("starting over", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(RETRY_S)

    async def _tick_under_lock(self) -> None:
        self._stage = "the database"
        session = await plain_connection(
            self._system.database("order"),
            timeout=10,
            server_settings={"application_name": "clock", "idle_session_timeout": str(STOPPED_MS)},
        )
        try:
            self._stage = ""
            await session.fetchval("SELECT pg_advisory_lock(hashtext($1))", LOCK)
            self._stage = "Kafka"
            async with Feed(self._system.kafka, self._system.prefix) as feed:
                _log.info("ticking", interval_ms=self._interval_ms)
                while True:
                    # The lock lives in this session: asking anything shows that it is still ours.
                    await session.execute("SELECT", timeout=10)
                    await feed.tick(LIVE_CLOCK, dt.datetime.now(dt.UTC))
                    await feed.flush()
                    self._ticked()
                    await asyncio.sleep((self._interval_ms - time.time() * 1000 % self._interval_ms) / 1000)
        finally:
            self._ticks = False
            _active.set(0)
            session.terminate()

    def _ticked(self) -> None:
        self._stage, self._ticks, self._ticked_at = "", True, time.monotonic()
        _ticks.inc()
        _active.set(1)
