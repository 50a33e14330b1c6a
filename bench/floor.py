"""Bare relays over the hops of a notice: what Kafka and its clients take by themselves."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.hops import ROUTES
from bench.stage import PARTITIONS
from silkway.embedded import Daemon

PREFIX: Final = "floor."
RELAYS: Final = ("order", "logistics", "notify")
START_S: Final = 5.0
"""Until all of them have their partitions."""
_BODY: Final = b"x" * 300
"""About as much as a fact of the trade has."""


class Floor:
    """Three relays as processes of their own; see hops.Way."""

    def __init__(self, kafka: str, folder: Path) -> None:
        self._kafka, self._folder = kafka, folder
        self._running = AsyncExitStack()
        self.heard: dict[tuple[str, int], float] = {}

    async def __aenter__(self) -> Self:
        try:
            await self._create_topics()
            relays = [self._relay(name) for name in RELAYS]
            self._producer = AIOKafkaProducer(
                bootstrap_servers=self._kafka, acks="all", enable_idempotence=True
            )
            await self._producer.start()
            self._running.push_async_callback(self._producer.stop)
            self._running.callback(asyncio.create_task(self._listen()).cancel)
            await asyncio.sleep(START_S)
            for relay in relays:
                if relay.exit_code is not None:
                    raise RuntimeError(f"{relay.name} has ended: {relay.log.read_text()[-500:]}")
        except BaseException:
            await self._running.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.aclose()

    async def publish(self, run: str, facts: Sequence[tuple[int, int]]) -> None:
        """Send them on their routes."""
        for number, stage in facts:
            first, *route = ROUTES[stage]
            key, value = f"{run}-{number:07}".encode(), f"{stage} ".encode() + _BODY
            headers = [("route", ",".join(route).encode())]
            await self._producer.send(PREFIX + first, value, key, headers=headers)

    def _relay(self, name: str) -> Daemon:
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": self._kafka,
            "ORDER_DATABASE_URL": "postgresql://nobody@nowhere/none",  # asked for, and never opened
            "SILKWAY_TOPIC_PREFIX": PREFIX,
        }
        log, note = self._folder / f"floor-{name}.log", self._folder / f"floor-{name}.json"
        command = [sys.executable, "-m", "bench.peers.relay", name]
        daemon = Daemon(f"floor-{name}", command, log, note, environment)
        daemon.start()
        self._running.callback(daemon.stop)
        return daemon

    async def _listen(self) -> None:
        consumer = AIOKafkaConsumer(PREFIX + "out", bootstrap_servers=self._kafka)
        await consumer.start()
        try:
            async for record in consumer:
                stage = int(record.value.split(b" ", 1)[0])
                self.heard.setdefault((record.key.decode(), stage), time.monotonic())
        finally:
            await consumer.stop()

    async def _create_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(PREFIX + name, PARTITIONS, 1) for name in (*RELAYS, "out")])
        finally:
            await admin.close()
