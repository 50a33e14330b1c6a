"""The four services and, where wanted, the clock and the auditor, as processes of their own on the embedded servers."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

import httpx

from bench import load
from bench.meter import trees_cpu_s
from silkway.cli.addresses import PROCESSES, SERVICES, Addresses
from silkway.cli.migrate import migrate_service
from silkway.cli.topics import create_topics
from silkway.embedded import Daemon, Stack

READY_S: Final = 60.0


class System:
    """An async context manager: a fresh system whose topics and databases begin with `name`; all are ready inside.

    Its databases go with it: PostgreSQL would vacuum and write them back while the next part is measured.
    """

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        name: str,
        *,
        clock: bool = False,
        auditor: bool = False,
        instances: Mapping[str, int] | None = None,
    ) -> None:
        """instances: of services that have more than one."""
        home, processes = stack.home, PROCESSES if auditor else SERVICES
        self._server = stack.postgres.url("postgres")
        self.addresses = Addresses(
            kafka_servers=stack.kafka.bootstrap,
            databases={service: stack.postgres.url(f"{name}_{service}") for service in processes},
            apis={service: f"http://127.0.0.1:{home.port(service)}" for service in processes},
            prefix=f"{name}.",
        )
        modules: dict[str, tuple[str, ...]] = {service: (f"silkway.{service}",) for service in processes}
        if clock:
            modules["clock"] = ("silkway.cli", "clock")
        self._home, self._folder, self._name = home, folder, name
        self._own = [self._daemon(part, module) for part, module in modules.items()]
        self._daemons = [*self._own, *stack.daemons]
        self._others = instances or {}
        self.of = {part: [daemon] for part, daemon in zip(modules, self._own, strict=True)}
        """The processes of each service."""
        self._running = ExitStack()

    async def __aenter__(self) -> Self:
        await create_topics(self.addresses.kafka, self.addresses.prefix)
        for service in self.addresses.databases:
            await migrate_service(service, self.addresses.database(service), self.addresses.prefix)
        for daemon in self._own:
            daemon.start()
            self._running.callback(daemon.stop)
        try:
            await asyncio.gather(*map(self._ready, self.addresses.apis.values()))
            for service, count in self._others.items():
                for _ in range(count - 1):
                    await self.start_another(service)
        except BaseException:
            self._running.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.close()
        for service in self.addresses.databases:
            await load.drop(self._server, f"{self._name}_{service}")

    async def start_another(self, service: str) -> Daemon:
        """One instance more of a service, ready; it stops with the others at the latest."""
        name = f"{service}-{len(self.of[service]) + 1}"
        address = f"127.0.0.1:{self._home.port(name)}"
        daemon = self._daemon(name, (f"silkway.{service}",), {f"{service.upper()}_HTTP_ADDRESS": address})
        daemon.start()
        self._running.callback(daemon.stop)
        self.of[service].append(daemon)
        self._daemons.append(daemon)
        await self._ready(f"http://{address}")
        return daemon

    def cpu_s(self) -> Mapping[str, float]:
        """CPU seconds so far, user and system, by process: services, clock, PostgreSQL, Kafka."""
        return trees_cpu_s(self._daemons)

    def _daemon(
        self, part: str, module: tuple[str, ...], environment: Mapping[str, str] | None = None
    ) -> Daemon:
        own = {
            "SILKWAY_TOPIC_PREFIX": self.addresses.prefix,
            "SILKWAY_INSTANCE": part,
            **(environment or {}),
        }
        return Daemon(
            part,
            [sys.executable, "-m", *module],
            self._folder / f"{self._name}-{part}.jsonl",
            self._folder / f"{self._name}-{part}.json",
            {**self.addresses.environment(), **own},
        )

    async def _ready(self, api: str) -> None:
        deadline = time.monotonic() + READY_S
        async with httpx.AsyncClient() as client:
            while time.monotonic() < deadline:
                try:
                    answer = await client.get(f"{api}/readyz", timeout=2)
                except httpx.TransportError:
                    pass
                else:
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise RuntimeError(f"{api} was not ready after {READY_S:.0f} s")
