"""`silkway clock` as processes: one ticks at a time, and another takes over when it is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import httpx

from silkway.contracts import LIVE_CLOCK, ClockTicked
from tests.integration.cli.log import read_ingress
from tests.integration.http.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path


class Clock:
    """A clock that ticks ten times a second, as a process."""

    def __init__(self, name: str, environment: dict[str, str], folder: Path) -> None:
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "silkway.cli", "clock", "--interval-ms", "100"],
                stdout=log, stderr=log, env={**os.environ, **environment, "SILKWAY_INSTANCE": name},
            )  # fmt: skip

    @property
    def ticks(self) -> bool:
        """Whether it has said that it ticks."""
        return '"ticking"' in self._log.read_text()


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def until_ok(door: httpx.AsyncClient, path: str) -> None:
    """Until it is answered with 200."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await door.get(path)).status_code == 200:
                    return
            await asyncio.sleep(0.1)


async def test_one_clock_ticks_and_another_takes_over(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    new_database: Callable[[str], Awaitable[str]],
    tmp_path: Path,
) -> None:
    prefix = await new_topics()
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "SILKWAY_TOPIC_PREFIX": prefix,
        "ORDER_DATABASE_URL": await new_database("clock"),
        "SILKWAY_HOME": str(tmp_path),
    }
    # Given one clock that ticks, and one that waits
    first = Clock("first", environment, tmp_path)
    second = None
    try:
        await until(lambda: first.ticks)
        address = f"127.0.0.1:{free_port()}"
        second = Clock("second", environment | {"CLOCK_HTTP_ADDRESS": address}, tmp_path)
        await asyncio.sleep(2)
        assert not second.ticks
        async with httpx.AsyncClient(base_url=f"http://{address}") as door:
            await until_ok(door, "/readyz")
            assert "silkway_ticks_total 0.0" in (await door.get("/metrics")).text

        # When the first is killed, then the second takes over, and stops when it is told to
        first.process.kill()
        await until(lambda: second.ticks)
        async with httpx.AsyncClient(base_url=f"http://{address}") as door:
            figures = ""
            async with asyncio.timeout(30):
                while "silkway_clock_active 1.0" not in figures or "silkway_ticks_total 0.0" in figures:
                    await asyncio.sleep(0.1)
                    figures = (await door.get("/metrics")).text
            await until_ok(door, "/readyz")
        second.process.terminate()
        assert await asyncio.to_thread(second.process.wait, 10) == 0
    finally:
        for clock in (first, second):
            if clock is not None:
                clock.process.kill()
                clock.process.wait()

    # Then every partition has the ticks of the live clock, each once and in order, over the change too; only
    # the one that the broker had in hand at the kill may come behind a later one, where services ignore it
    log = await read_ingress(kafka_bootstrap, prefix)
    assert len(log) == 40
    for events in log.values():
        assert all(isinstance(event, ClockTicked) for _, event in events)
        assert {envelope.tenant for envelope, _ in events} == {LIVE_CLOCK}
        times = [envelope.time for envelope, _ in events]
        assert len(times) == len(set(times))
        assert sum(later < earlier for earlier, later in pairwise(times)) <= 1
        assert len(times) > 5
