"""The notify service as a process of its own, what our other services tell it, and who subscribes."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer

from silkway.cli.migrate import apply_migrations
from silkway.contracts import (
    TOPICS,
    Envelope,
    Event,
    MilestoneRecorded,
    OrderRecorded,
    TopicKind,
    partition_of,
    write,
)
from silkway.messaging.compare import compare
from silkway.messaging.replay import frozen, replay, scratch_database
from silkway.messaging.ticks import tick_message
from silkway.notify.consumer import SERVICE
from tests.integration.http.conftest import START, free_port
from tests.unit.notify import telling

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator

TENANT = "sim-hooks"
MILESTONE = MilestoneRecorded.type


def milestone(order_id: str, leg: int) -> MilestoneRecorded:
    """The leg tells which one it is."""
    return MilestoneRecorded(
        order_id=order_id, shipment_id="SH-1", kind="DEPARTED", classifier="ACTUAL", occurred_at=START,
        leg=leg, questioned=False, state="IN_TRANSIT",
    )  # fmt: skip


def recorded(order_id: str) -> OrderRecorded:
    return telling.recorded().model_copy(update={"order_id": order_id})


@dataclass
class World:
    """One notify service and its neighbours."""

    kafka: str
    database_url: str
    prefix: str
    settings: dict[str, str]
    producer: AIOKafkaProducer
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None
    versions: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    # --- the service -------------------------------------------------------------------------------------

    async def start(self) -> None:
        environment = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "NOTIFY_DATABASE_URL": self.database_url,
            "NOTIFY_HTTP_ADDRESS": f"127.0.0.1:{self.port}",
            "SILKWAY_TOPIC_PREFIX": self.prefix,
            "SILKWAY_LOG_LEVEL": "WARNING",
            "SILKWAY_SESSION_TIMEOUT_MS": "6000",
            "NOTIFY_WEBHOOK_NETWORKS": "127.0.0.0/8",
            **self.settings,
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "silkway.notify", env=environment
        )
        await self.until(self._answers, "the service answers")

    async def _answers(self) -> bool:
        try:
            async with self.client() as client:
                return (await client.get("/livez")).status_code == 200
        except httpx.TransportError:
            return False

    async def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), 15)

    def client(self) -> httpx.AsyncClient:
        headers = {"Silkway-Tenant": TENANT}
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=40)

    # --- what is told ------------------------------------------------------------------------------------

    async def tick(self) -> None:
        message = tick_message(TENANT, START, "/tests/clock")
        for topic in (topic.name for topic in TOPICS.values() if topic.kind is TopicKind.INGRESS):
            for partition in range(TOPICS[topic].partitions):
                await self.producer.send(
                    self.prefix + topic, partition=partition, headers=message.headers, key=b"", value=None
                )
        await self.producer.flush()

    async def tell(self, events: Iterable[Event]) -> None:
        """Our other services tell these, in this order; an order that none of them has drafted is recorded first."""
        for event in self._with_orders(events):
            service = event.topic.partition(".")[0]
            self.versions[service, event.subject] += 1
            version = self.versions[service, event.subject]
            envelope = Envelope.of(
                event,
                tenant=TENANT,
                source=f"/silkway/{service}",
                id=f"{service}-{event.subject}-{version}",
                time=START,
                knowntime=START,
                version=version,
            )
            message = write(envelope, event)
            assert message.key is not None
            partition = partition_of(message.key, TOPICS[event.topic].partitions)
            await self.producer.send(
                self.prefix + event.topic,
                message.value,
                message.key,
                partition,
                headers=message.headers,
            )
        await self.producer.flush()

    def _with_orders(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            new = event.subject_kind == "order" and ("order", event.subject) not in self.versions
            if new and not isinstance(event, OrderRecorded):
                yield recorded(event.subject_id)
            yield event

    async def ask(self, path: str, **body: Any) -> dict[str, Any]:
        """POST and wait until it is applied; the answer to the POST."""
        async with self.client() as client:
            accepted = await client.post(path, json=body)
            assert accepted.status_code == 202, accepted.text
            outcome = await client.get(f"{accepted.headers['location']}&wait=20s")
            assert outcome.json()["outcome"] == "applied", outcome.text
            answer: dict[str, Any] = accepted.json()
            return answer

    async def subscribe(self, address: str, **more: Any) -> str | None:
        """Register a subscription; its secret."""
        given: dict[str, Any] = {
            "subscription_id": "shop",
            "party": "OPERATIONS",
            "channel": "WEBHOOK",
            "address": address,
            "events": [MILESTONE],
            "registered_at": START.isoformat(),
        }
        answer = await self.ask("/subscriptions", **{**given, **more})
        secret: str | None = answer["secret"]
        return secret

    # --- what is seen ------------------------------------------------------------------------------------

    async def rows(self, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.database_url)
        try:
            found: list[asyncpg.Record] = await connection.fetch(query)
            return found
        finally:
            await connection.close()

    async def count(self, state: str) -> int:
        rows = await self.rows(f"SELECT count(*) FROM deliveries WHERE state = '{state}'")
        return int(rows[0][0])

    async def differences(self) -> list[str]:
        """What of the database is not what the log makes of it."""
        async with frozen(self.database_url) as live, scratch_database(self.database_url) as scratch:
            await apply_migrations("notify", scratch)
            await replay(SERVICE, live, scratch, self.kafka, self.prefix)
            return [str(difference) for difference in await compare(live, scratch)]

    async def until(
        self, condition: Callable[[], Awaitable[bool]], what: str, within_s: float = 60.0
    ) -> None:
        deadline = time.monotonic() + within_s
        while not await condition():
            if time.monotonic() > deadline:
                parked = await self.rows("SELECT type, error FROM parked LIMIT 3")
                raise AssertionError(f"not within {within_s:.0f} s: {what}; parked: {parked}")
            await asyncio.sleep(0.1)

    async def delivered(self, count: int, within_s: float = 60.0) -> None:
        """Wait until so many deliveries are known to have arrived."""

        async def are() -> bool:
            return await self.count("DELIVERED") >= count

        await self.until(are, f"{count} deliveries arrived", within_s)


@asynccontextmanager
async def world_of(
    kafka: str, database_url: str, prefix: str, settings: dict[str, str]
) -> AsyncIterator[World]:
    """Start a world whose tenant's clock has ticked once, and end it."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5)
    await producer.start()
    world = World(kafka, database_url, prefix, settings, producer)
    try:
        await world.start()
        await world.tick()
        yield world
    finally:
        await world.stop()
        await producer.stop()
