"""Three brokers, one after the other lost and back again, while a trade is told: `python -m tests.chaos.brokers`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from rich.console import Console

from silkway.embedded import Stack
from silkway.embedded.kafka import Kafka
from tests.chaos.check import audit, check, settle
from tests.chaos.load import Load
from tests.e2e.system import System, prepare_servers

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDERS: Final = 150
_AWAY_S: Final = 8.0
_WHOLE_S: Final = 120.0
_SETTINGS: Final = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
}
console = Console(highlight=False, soft_wrap=True)


class Broker(Kafka):
    """One of three nodes of a cluster, each broker and controller. ports: (clients', controllers') of each node."""

    def __init__(self, home: Path, node: int, ports: Sequence[tuple[int, int]]) -> None:
        super().__init__(home / f"broker-{node}", *ports[node])
        self._node, self._ports = node, ports
        self._cluster = "sThreeBrokersOfAStorm0"

    def _properties(self) -> str:
        voters = ",".join(f"{n + 1}@127.0.0.1:{port}" for n, (_, port) in enumerate(self._ports))
        own = {"node.id": str(self._node + 1), "controller.quorum.voters": voters, **_SETTINGS}
        return super()._properties() + "".join(f"{name}={value}\n" for name, value in own.items())


def main() -> int:
    """0 where nothing was found."""
    with tempfile.TemporaryDirectory(prefix="silkway-brokers-", ignore_cleanup_errors=True) as folder:
        return uvloop.run(_run(Path(folder)))


async def _run(folder: Path) -> int:
    with Stack(folder / "home", with_kafka=False) as stack:
        home = stack.home
        ports = [(home.port(f"kafka-{n}"), home.port(f"controller-{n}")) for n in range(3)]
        brokers = [Broker(folder, node, ports) for node in range(3)]
        try:
            for broker in brokers:
                broker.prepare(lambda what, done, total: None)
                broker.start()
            for broker in brokers:
                await asyncio.to_thread(broker.wait)
            kafka = ",".join(broker.bootstrap for broker in brokers)
            await _whole(kafka)
            async with System(kafka, "", await prepare_servers(stack, kafka), folder / "services") as system:
                return await _storm(system, brokers)
        finally:
            for broker in brokers:
                broker.stop()


async def _storm(system: System, brokers: Sequence[Broker]) -> int:
    """Kill one after the other, again and again, as long as the trade goes on; then check."""
    began, lost = time.monotonic(), 0
    async with system.feed() as aside:
        load = Load(system, aside, seed=7, orders=ORDERS)
        telling = asyncio.create_task(
            load.run(lambda: lost < 2 * len(brokers) and time.monotonic() < began + 120)
        )
        while not telling.done():
            broker = brokers[lost % len(brokers)]
            broker.daemon.kill()
            lost += 1
            await asyncio.sleep(_AWAY_S)
            broker.start()
            await asyncio.to_thread(broker.wait)
            await _whole(system.kafka)
        await telling
    findings = await settle(system)
    await system.stop()
    for found, counted in await asyncio.gather(check(system, load.told, 0), audit(system)):
        findings += found
        console.print(", ".join(f"{number:,} {name}" for name, number in sorted(counted.items())))
    for finding in findings[:20]:
        console.print(finding, style="red", markup=False)
    console.print(
        f"{load.facts:,} facts while a broker of three was lost {lost} times: {len(findings)} violations",
        style="red" if findings else "green",
    )
    return 1 if findings else 0


async def _whole(kafka: str) -> None:
    """Wait until all three are there and every partition has all of its replicas."""
    deadline = time.monotonic() + _WHOLE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(KafkaError, OSError):
            client = AIOKafkaAdminClient(bootstrap_servers=kafka)
            try:
                await client.start()
                topics = await client.describe_topics()
                partitions = [partition for topic in topics for partition in topic["partitions"]]
                cluster = await client.describe_cluster()
                if len(cluster["brokers"]) == 3 and all(len(p["isr"]) == 3 for p in partitions):
                    return
            finally:
                await client.close()
        await asyncio.sleep(0.5)
    raise AssertionError(f"not all replicas are there after {_WHOLE_S:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
