"""The four services and, where wanted, the clock, as processes of their own on the embedded servers."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

import httpx

from bench.meter import trees_cpu_s
from silkway.cli.addresses import SERVICES, Addresses
from silkway.cli.migrate import migrate_service
from silkway.cli.topics import create_topics
from silkway.embedded import Daemon, Stack

READY_S: Final = 60.0


class System:
    """An async context manager: a fresh system whose topics and databases begin with `name`; all are ready inside."""

    def __init__(self, stack: Stack, folder: Path, name: str, *, clock: bool = False) -> None:
        home = stack.home
        self.addresses = Addresses(
            kafka_servers=stack.kafka.bootstrap,
            databases={service: stack.postgres.url(f"{name}_{service}") for service in SERVICES},
            apis={service: f"http://127.0.0.1:{home.port(service)}" for service in SERVICES},
            prefix=f"{name}.",
        )
        modules: dict[str, tuple[str, ...]] = {service: (f"silkway.{service}",) for service in SERVICES}
        if clock:
            modules["clock"] = ("silkway.cli", "clock")
        environment = {**self.addresses.environment(), "SILKWAY_TOPIC_PREFIX": self.addresses.prefix}
        self._own = [
            Daemon(
                part,
                [sys.executable, "-m", *module],
                folder / f"{name}-{part}.jsonl",
                folder / f"{name}-{part}.json",
                environment,
            )
            for part, module in modules.items()
        ]
        self._daemons = [*self._own, *stack.daemons]
        self._running = ExitStack()

    async def __aenter__(self) -> Self:
        await create_topics(self.addresses.kafka, self.addresses.prefix)
        for service in SERVICES:
            await migrate_service(service, self.addresses.database(service), self.addresses.prefix)
        for daemon in self._own:
            daemon.start()
            self._running.callback(daemon.stop)
        try:
            await asyncio.gather(*map(self._ready, SERVICES))
        except BaseException:
            self._running.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.close()

    def cpu_s(self) -> Mapping[str, float]:
        """CPU seconds so far, user and system, by process: services, clock, PostgreSQL, Kafka."""
        return trees_cpu_s(self._daemons)

    async def _ready(self, service: str) -> None:
        deadline = time.monotonic() + READY_S
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                try:
                    answer = await client.get(f"{self.addresses.apis[service]}/readyz", timeout=2)
                except httpx.TransportError:
                    pass
                else:
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise RuntimeError(f"{service} was not ready after {READY_S:.0f} s")
