"""The whole system as processes of their own: started, killed, asked and looked into by tests."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self, TypeVar

import asyncpg
import httpx

from silkway.cli.addresses import SERVICES, Addresses
from silkway.cli.feed import Feed
from silkway.cli.migrate import apply_migrations
from silkway.cli.pace import STALL_S, Pace
from silkway.cli.topics import create_topics
from silkway.embedded.daemon import Daemon
from silkway.messaging.deploy import prepare

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from silkway.embedded import Stack

POLL_S = 0.05
READY_S = 60.0
_RELAY_HOLDER = """
    SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
    WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database
          WHERE datname = current_database()) AND application_name LIKE '%-relay'"""

T = TypeVar("T")


@dataclass
class Instance:
    """One process of a service."""

    service: str
    number: int
    port: int
    daemon: Daemon

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        assert self.stdout, self.stderr[-3000:]
        return json.loads(self.stdout)


@dataclass
class System:
    """Four services of `instances` processes each, on a Kafka and databases that are already there.

    As a context manager it starts all, waits until they are ready, and stops them, whatever has happened.
    """

    kafka: str
    prefix: str
    databases: Mapping[str, str]
    folder: Path
    instances: int = 1
    doors: Mapping[str, str] = field(default_factory=dict)
    """Variables by which the services are sent elsewhere than the test: to a proxy in between."""
    processes: list[Instance] = field(default_factory=list, init=False)

    # --- life ------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        try:
            for service in SERVICES:
                for number in range(1, self.instances + 1):
                    self._start(service, number)
            await asyncio.gather(*(self.ready(instance) for instance in self.processes))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def grow(self, service: str) -> Instance:
        """Start one more process of a service, and wait until it is ready."""
        instance = self.add(service)
        await self.ready(instance)
        return instance

    def add(self, service: str) -> Instance:
        """Start one more process of a service."""
        number = 1 + max(i.number for i in self.processes if i.service == service)
        return self._start(service, number)

    async def stop(self) -> None:
        """Stop all processes, as an orderly deploy does; they can still be looked into."""
        await asyncio.gather(*(asyncio.to_thread(instance.daemon.stop) for instance in self.processes))

    async def shrink(self, instance: Instance) -> None:
        """Stop a process for good, as an orderly deploy does."""
        self.processes.remove(instance)
        await asyncio.to_thread(instance.daemon.stop)

    def _start(self, service: str, number: int) -> Instance:
        instance = self._instance(service, number)
        instance.daemon.start()
        self.processes.append(instance)
        return instance

    def _instance(self, service: str, number: int) -> Instance:
        port, name = _free_port(), f"{service}-{number}"
        environment = {
            **self.addresses.environment(),
            f"{service.upper()}_HTTP_ADDRESS": f"127.0.0.1:{port}",
            **self.doors,
            "SILKWAY_TOPIC_PREFIX": self.prefix,
            "SILKWAY_INSTANCE": str(number),
            "SILKWAY_SESSION_TIMEOUT_MS": "6000",  # the least that Kafka takes: for so long a dead one keeps its share
            "SILKWAY_FETCH_WAIT_MS": "20",  # scenarios wait for their services, one window after the other
        }
        daemon = Daemon(
            name,
            [sys.executable, "-m", f"silkway.{service}"],
            self.folder / f"{name}.jsonl",
            self.folder / f"{name}.json",
            environment,
        )
        return Instance(service, number, port, daemon)

    def of(self, service: str, number: int = 1) -> Instance:
        return next(i for i in self.processes if (i.service, i.number) == (service, number))

    async def restart(self, instance: Instance) -> None:
        """Start a process that has been killed, and wait until it is ready."""
        assert instance.daemon.pid is None, f"{instance.daemon.name} runs"
        instance.daemon.start()
        await self.ready(instance)

    async def ready(self, instance: Instance) -> None:
        async with httpx.AsyncClient() as client:

            async def answers() -> bool:
                if instance.daemon.pid is None:
                    raise AssertionError(f"{instance.daemon.name} ended:\n{instance.daemon.last_lines()}")
                try:
                    return (await client.get(f"{instance.url}/readyz", timeout=5)).status_code == 200
                except httpx.TransportError:
                    return False

            await self.until(answers, f"{instance.daemon.name} is ready", READY_S)

    async def relay_holder(self, service: str) -> Instance:
        """The process that publishes what the service says, once there is one."""

        async def holder() -> str | None:
            names = await self.relay_names(service)
            return names[0] if len(names) == 1 else None

        name = await self.until(holder, f"one relay of {service} is active")
        return next(i for i in self.processes if f"{i.daemon.name}-relay" == name)

    async def relay_names(self, service: str) -> list[str]:
        """Names of the sessions that hold the relay's lock. Raises asyncpg's and OS errors."""
        return [row[0] for row in await self.rows(service, _RELAY_HOLDER)]

    # --- waiting ---------------------------------------------------------------------------------------

    async def until(
        self, condition: Callable[[], Awaitable[T | None]], what: str, within_s: float = 30.0
    ) -> T:
        """The first answer that is true. Fails with the ends of all logs when none comes in time."""
        deadline = time.monotonic() + within_s
        while not (answer := await condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s:.0f} s: {what}\n{self.last_words()}")
            await asyncio.sleep(POLL_S)
        return answer

    def last_words(self) -> str:
        """What the processes said last."""
        return "\n".join(f"--- {i.daemon.name}\n{i.daemon.last_lines(5)}" for i in self.processes)

    # --- doors -----------------------------------------------------------------------------------------

    def feed(self) -> Feed:
        """Where facts and ticks go in."""
        return Feed(self.kafka, self.prefix)

    def pace(self, clock: str, stall_s: float = STALL_S) -> Pace:
        """How far all services have come with a clock."""
        return Pace(self.databases, clock, stall_s=stall_s)

    async def tick(self, clock: str, at: dt.datetime) -> None:
        """Tick a clock and wait until all services have got there, with all that was published before."""
        async with self.feed() as feed, self.pace(clock) as pace:
            await feed.tick(clock, at)
            await feed.flush()
            await pace.reach(at)

    def client(self, service: str, tenant: str, number: int = 1) -> httpx.AsyncClient:
        """Speaks to an instance as a tenant."""
        headers = {"Silkway-Tenant": tenant}
        return httpx.AsyncClient(base_url=self.of(service, number).url, headers=headers, timeout=40)

    async def cli(self, *arguments: str, within_s: float = 120.0) -> Done:
        """Run `silkway …` on this system."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "silkway.cli", *arguments),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                **self.addresses.environment(),
                "SILKWAY_TOPIC_PREFIX": self.prefix,
                "SILKWAY_HOME": str(self.folder),
                "COLUMNS": "200",
                "TYPER_STANDARD_TRACEBACK": "1",  # short enough to be read in a failed test
            },
        )
        try:
            stdout, stderr = await asyncio.wait_for(process.communicate(), within_s)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        return Done(process.returncode, stdout.decode(), stderr.decode())

    async def rows(self, service: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Look into the database of a service."""
        connection = await asyncpg.connect(self.databases[service])
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return rows
        finally:
            await connection.close()

    async def count(self, service: str, table: str, where: str = "true") -> int:
        rows = await self.rows(service, f"SELECT count(*) FROM {table} WHERE {where}")
        return int(rows[0][0])

    @property
    def addresses(self) -> Addresses:
        """Where everything is."""
        apis = {i.service: i.url for i in reversed(self.processes)}
        return Addresses(self.kafka, dict(self.databases), apis, self.prefix)


async def system_on(stack: Stack, folder: Path, instances: int) -> System:
    """A system, not started yet, that has a stack of its own: then Kafka and PostgreSQL may be killed too."""
    return System(stack.kafka.bootstrap, "", await prepare_servers(stack), folder, instances)


async def prepare_servers(stack: Stack, kafka: str = "") -> dict[str, str]:
    """Topics and databases on servers that are new; the URLs of the databases. kafka: another than the stack's."""
    databases = {service: stack.postgres.url(service) for service in SERVICES}
    for service, url in databases.items():
        await apply_migrations(service, url)
        await prepare(url, import_module(f"silkway.{service}.consumer").SERVICE)
    await create_topics(kafka or stack.kafka.bootstrap, "")
    return databases


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
