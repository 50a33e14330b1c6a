"""DBOS and Restate with the plainest whole life of an order, as processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Self

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.meter import trees_cpu_s
from bench.peers.durable.steps import Event, event
from bench.rounds import Rounds
from bench.straight import NOTICES, ORDERS_A_SUPPLIER, TOTAL_MINOR
from silkway.embedded import Daemon, Stack

ROOT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENT: Final = Path(os.environ.get("SILKWAY_PEERS", ROOT / ".venv-peers"))
"""Where `make peers` installs them: their packages never meet those of the product."""
READY_S: Final = 60.0
DBOS_PROCESSES: Final = 2
RESTATE_WORKERS: Final = 2
RESTATE_PARTITIONS: Final = 8
_SERVER: Final = "node_modules/@restatedev/restate-server-*/bin/restate-server"
_FINISHED: Final = "SELECT count(*) FROM notices WHERE rule = 'PAYOUT_MADE'"
_VERIFY: Final = """
    SELECT (SELECT count(*) FROM orders WHERE life = 'SETTLED' AND funds = 'FUNDED' AND logistics = 'DELIVERED'
                                              AND assurance = 'HELD' AND escrow_minor = 0),
           (SELECT count(*) FROM notices), (SELECT coalesce(sum(held_minor), 0)::bigint FROM suppliers)"""


def ask_for_peers() -> None:
    """Raises RuntimeError with the remedy where they are not installed."""
    if not ENVIRONMENT.exists():
        raise RuntimeError("not installed: run `make peers`")


class Peer:
    """What both have in common: the business tables, and processes that are stopped at the end."""

    name: str
    rounds: Rounds

    def __init__(self, stack: Stack, folder: Path, run: str) -> None:
        """run: what tells its topic, its files and its logs from those of another run."""
        self.stack, self.folder, self.topic = stack, folder / f"{self.name}-{run}", f"peer.{run}.orders"
        self.database = stack.postgres.url(f"peer_{self.name}")
        self.daemons: list[Daemon] = []
        self.running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._prepare()
            await self._start()
        except BaseException:
            await self.running.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.running.aclose()

    async def tell(self, facts: Sequence[tuple[int, int]]) -> None:
        """Order number and stage of each; returns when they are durable."""
        await self._send([self._event(number, stage) for number, stage in facts])

    async def finished(self) -> int:
        """Orders of which the last party has been told the last thing."""
        return int(await self._connection.fetchval(_FINISHED))

    async def verify(self, orders: int) -> None:
        """All of these and nothing else, exactly once."""
        found = tuple(await self._connection.fetchrow(_VERIFY) or ())
        expected = (orders, NOTICES * orders, TOTAL_MINOR * orders)
        if found != expected:
            raise RuntimeError(f"{self.name}: settled, notices, held: {found}, not {expected}")

    def cpu_s(self) -> Mapping[str, float]:
        """CPU seconds so far, by process."""
        return trees_cpu_s([*self.daemons, *self.stack.daemons])

    async def _prepare(self) -> None:
        ask_for_peers()
        server = await asyncpg.connect(self.stack.postgres.url("postgres"))
        try:
            for database in (f"peer_{self.name}", f"peer_{self.name}_system"):
                await server.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
                await server.execute(f'CREATE DATABASE "{database}"')
        finally:
            await server.close()
        self._connection = await asyncpg.connect(self.database)
        self.running.push_async_callback(self._connection.close)
        await self._connection.execute((ROOT / "bench/peers/durable/schema.sql").read_text())

    async def _start(self) -> None:
        raise NotImplementedError

    async def _send(self, events: Sequence[tuple[str, Event]]) -> None:
        raise NotImplementedError

    def _event(self, number: int, stage: int) -> tuple[str, Event]:
        order_id = f"PO-{number:07}"
        return order_id, event(order_id, number, ORDERS_A_SUPPLIER, TOTAL_MINOR, stage)

    def _daemon(self, name: str, command: Sequence[str], **environment: str) -> Daemon:
        shared = {"PEER_DATABASE_URL": self.database, "PYTHONPATH": str(ROOT), **environment}
        daemon = Daemon(name, command, self.folder / f"{name}.log", self.folder / f"{name}.json", shared)
        daemon.start()
        self.running.callback(daemon.stop)
        self.daemons.append(daemon)
        return daemon


class Dbos(Peer):
    name, rounds = "dbos", Rounds(cohort=5, slack=12)

    async def _start(self) -> None:
        self._system = {"PEER_SYSTEM_DATABASE_URL": self.stack.postgres.url("peer_dbos_system")}
        module = "bench.peers.durable.on_dbos"
        for number in range(DBOS_PROCESSES):
            environment = {**self._system, "PEER_EXECUTOR": f"peer-{number}"}
            daemon = self._daemon(f"dbos-{number}", [_python(), "-m", module], **environment)
            await _until(lambda d=daemon: b"ready" in d.log.read_bytes(), daemon)
        self._teller = await asyncio.create_subprocess_exec(
            _python(), "-m", "bench.peers.durable.tell_dbos",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, **self._system},
        )  # fmt: skip
        self.running.push_async_callback(self._end_teller)

    async def _send(self, events: Sequence[tuple[str, Event]]) -> None:
        assert self._teller.stdin is not None
        assert self._teller.stdout is not None
        self._teller.stdin.write(json.dumps(events).encode() + b"\n")
        if await self._teller.stdout.readline() != b"told\n":
            raise RuntimeError("the process that tells DBOS of events has ended")

    async def _end_teller(self) -> None:
        assert self._teller.stdin is not None
        self._teller.stdin.close()
        await self._teller.wait()


class Restate(Peer):
    name, rounds = "restate", Rounds(cohort=15, slack=12)

    async def _start(self) -> None:
        home = self.stack.home
        ports = {name: home.port(f"restate-{name}") for name in ("node", "ingress", "admin", "handlers")}
        await self._create_topic()
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "restate.toml"
        settings.write_text(_restate_settings(self.stack.kafka.bootstrap, self.folder / "restate", ports))
        server = self._daemon(
            "restate-server", [str(next(ENVIRONMENT.glob(_SERVER))), "--config-file", str(settings)]
        )
        handlers = self._daemon(
            "restate-handlers",
            [_python(), "-m", "hypercorn", "--config", str(ROOT / "bench/peers/durable/hypercorn.toml"),
             "--workers", str(RESTATE_WORKERS), "--bind", f"127.0.0.1:{ports['handlers']}",
             "bench.peers.durable.on_restate:app"],
        )  # fmt: skip
        admin = f"http://127.0.0.1:{ports['admin']}"
        await _until(lambda: _answers(f"{admin}/health"), server)
        await _until(lambda: _listens(ports["handlers"]), handlers)
        async with httpx.AsyncClient(base_url=admin, timeout=30) as client:
            handler = {"uri": f"http://127.0.0.1:{ports['handlers']}"}
            (await client.post("/deployments", json=handler)).raise_for_status()
            source = {"source": f"kafka://silkway/{self.topic}", "sink": "service://Order/event"}
            options = {"options": {"auto.offset.reset": "earliest"}}
            (await client.post("/subscriptions", json={**source, **options})).raise_for_status()
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self.stack.kafka.bootstrap, acks="all", enable_idempotence=True, linger_ms=5
        )
        await self._producer.start()
        self.running.push_async_callback(self._producer.stop)

    async def _send(self, events: Sequence[tuple[str, Event]]) -> None:
        sent = [
            await self._producer.send(self.topic, json.dumps(told).encode(), key=order_id.encode())
            for order_id, told in events
        ]
        await asyncio.gather(*sent)

    async def _create_topic(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.stack.kafka.bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(self.topic, RESTATE_PARTITIONS, 1)])
        finally:
            await admin.close()


def _restate_settings(kafka: str, data: Path, ports: Mapping[str, int]) -> str:
    """One node with all roles, as few partitions as there are cores to work on them, no reports to its makers."""
    address = "127.0.0.1:{}".format
    return f"""
roles = ["http-ingress", "admin", "worker", "log-server", "metadata-server"]
auto-provision = true
base-dir = "{data}"
default-num-partitions = {RESTATE_PARTITIONS}
bind-address = "{address(ports["node"])}"
advertised-address = "http://{address(ports["node"])}"
listen-mode = "tcp"
disable-telemetry = true
log-filter = "warn"
[ingress]
bind-address = "{address(ports["ingress"])}"
[[ingress.kafka-clusters]]
name = "silkway"
brokers = ["PLAINTEXT://{kafka}"]
[admin]
bind-address = "{address(ports["admin"])}"
disable-web-ui = true
"""


def _python() -> str:
    return str(ENVIRONMENT / "bin" / "python")


async def _until(done: object, daemon: Daemon) -> None:
    """Ask until the answer is yes. Raises RuntimeError with the end of its log where that takes too long."""
    assert callable(done)
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and daemon.pid is not None:
        if await asyncio.to_thread(done):
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"{daemon.name} did not start:\n{daemon.last_lines()}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
