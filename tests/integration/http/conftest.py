"""Services as processes of their own, spoken to over HTTP."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from silkway.contracts import TOPICS, TopicKind
from silkway.messaging.ticks import tick_message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

TENANT = "sim-http"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass
class Running:
    """A service that runs: `client` speaks to it as the tenant `TENANT`, whose clock `tick` moves."""

    client: httpx.AsyncClient
    port: int
    database_url: str
    kafka: str
    prefix: str

    async def tick(self, at: dt.datetime) -> None:
        """The tenant's clock ticks in every partition of the topics from outside."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka)
        await producer.start()
        try:
            message = tick_message(TENANT, at, "/tests/clock")
            for topic in (topic.name for topic in TOPICS.values() if topic.kind is TopicKind.INGRESS):
                for partition in range(TOPICS[topic].partitions):
                    await producer.send(
                        self.prefix + topic, partition=partition, headers=message.headers, key=b"", value=None
                    )
            await producer.flush()
        finally:
            await producer.stop()

    async def outcome(self, accepted: httpx.Response, wait: str = "10s") -> dict[str, Any]:
        """What became of an event that was accepted."""
        response = await self.client.get(f"{accepted.headers['location']}&wait={wait}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(service: str, kafka: str, database_url: str, prefix: str) -> AsyncIterator[Running]:
    """Start a service, wait until it answers, stop it."""
    port = free_port()
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": kafka,
        f"{service.upper()}_DATABASE_URL": database_url,
        f"{service.upper()}_HTTP_ADDRESS": f"127.0.0.1:{port}",
        "SILKWAY_TOPIC_PREFIX": prefix,
        "SILKWAY_LOG_LEVEL": "WARNING",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"silkway.{service}", env=environment
    )
    headers = {"Silkway-Tenant": TENANT}
    base_url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=40) as client:
            await _answering(client, process)
            yield Running(client, port, database_url, kafka, prefix)
    finally:
        if process.returncode is None:
            process.terminate()
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def _answering(client: httpx.AsyncClient, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while process.returncode is None:
            try:
                if (await client.get("/livez")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise RuntimeError("the service ended before it answered")


@pytest.fixture(scope="module")
async def order_service(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> AsyncIterator[Running]:
    """The order service, whose tenant's clock has ticked once."""
    prefix = await new_topics()
    url = await service_database("order", prefix)
    async with running("order", kafka_bootstrap, url, prefix) as service:
        await service.tick(START)
        yield service
