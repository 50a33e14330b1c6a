"""Trouble is caused on a running service, its figures are scraped, and Prometheus' own tool is asked who fires.

It needs no Docker, but three quarters of a minute: an alert has to be waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import sys
from typing import TYPE_CHECKING, Final

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from silkway.cli.clock import LOCK as CLOCK_LOCK
from silkway.contracts import TOPICS, Envelope, KafkaMessage, MilestoneRecorded, partition_of, write
from silkway.messaging.relay import LOCK as RELAY_LOCK
from silkway.messaging.ticks import tick_message
from silkway.order.consumer import SERVICE
from tests.integration.http.conftest import Running, free_port, running
from tests.unit.observability.rules import Case, check, promtool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

pytestmark = pytest.mark.docker

CAUSED: Final = {
    "RecordsParked": {"job": "order"},
    "PartitionHalted": {"job": "order"},
    "ConsumerStuck": {"job": "order", "instance": "here"},
    "NotReady": {"job": "order"},
    "TimeStandsStill": {"job": "order"},
    "OutboxOld": {"job": "order"},
    "RelayWithoutHolder": {"job": "order"},
    "ClockStopped": {},
}
"""About whom each fires."""
FIRES_BY_MINUTE: Final = 5
WITHIN_S: Final = 60.0


class Watch:
    """Scrapes the processes as Prometheus does."""

    def __init__(self, ports: dict[str, int]) -> None:
        self._ports = ports

    async def scrape(self) -> dict[str, float]:
        """All series of ours, with the labels that Prometheus adds."""
        found: dict[str, float] = {}
        async with httpx.AsyncClient(timeout=10) as client:
            for job, port in self._ports.items():
                text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
                for family in text_string_to_metric_families(text):
                    for sample in family.samples if family.name.startswith("silkway_") else ():
                        labels = {"job": job, "instance": "here", **sample.labels}
                        told = ",".join(f'{name}="{value}"' for name, value in labels.items())
                        found[f"{sample.name}{{{told}}}"] = sample.value
        return found

    async def until(self, name: str, more_than: float) -> dict[str, float]:
        """The first scrape in which one of these series is more than that."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                found = dict[str, float]()
                with contextlib.suppress(httpx.TransportError):
                    found = await self.scrape()
                if any(key.startswith(f"{name}{{") and value > more_than for key, value in found.items()):
                    return found
                await asyncio.sleep(0.5)


def cases(scraped: dict[str, float], about: bool) -> list[Case]:
    """These figures, told again and again: each of the alerts fires, or none."""
    told = {name: f"{value:f}x60" if value == value else "_x60" for name, value in scraped.items()}
    return [
        Case(alert, told, FIRES_BY_MINUTE, (labels,) if about else ()) for alert, labels in CAUSED.items()
    ]


@contextlib.asynccontextmanager
async def clock(environment: dict[str, str]) -> AsyncIterator[None]:
    command = (sys.executable, "-m", "silkway.cli", "clock", "--interval-ms", "500")
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | environment)
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)


async def send(service: Running, topic: str, message: KafkaMessage, partition: int | None = None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=service.kafka)
    await producer.start()
    try:
        if partition is None:
            partition = partition_of(message.key or b"", TOPICS[topic].partitions)
        await producer.send_and_wait(
            service.prefix + topic, message.value, message.key, partition, headers=message.headers
        )
    finally:
        await producer.stop()


async def tick(service: Running) -> None:
    """It is now, in all that order reads."""
    message = tick_message("live", dt.datetime.now(dt.UTC), "/clock")
    places = [(topic, number) for topic in SERVICE.gates() for number in range(TOPICS[topic].partitions)]
    producer = AIOKafkaProducer(bootstrap_servers=service.kafka)
    await producer.start()
    try:
        for topic, number in places:
            batch = producer.create_batch()
            batch.append(key=None, value=None, timestamp=None, headers=message.headers)
            await producer.send_batch(batch, service.prefix + topic, partition=number)
        await producer.flush()
    finally:
        await producer.stop()


def without_a_version() -> KafkaMessage:
    """An event of ours that nobody can read: it is parked."""
    now = dt.datetime.now(dt.UTC)
    event = MilestoneRecorded(
        order_id="PO-1", shipment_id="SH-1", kind="DEPARTED", classifier="ACTUAL", occurred_at=now, leg=1,
        questioned=False, state="IN_TRANSIT",
    )  # fmt: skip
    return write(Envelope.of(event, tenant="acme", source="/silkway/logistics", id="x", time=now), event)


async def test_what_goes_wrong_on_a_running_service_fires_its_alert(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
    tmp_path: Path,
) -> None:
    promtool()
    prefix, clock_port = await new_topics(), free_port()
    url = await service_database("order", prefix)
    told_to_clock = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "SILKWAY_TOPIC_PREFIX": prefix, "ORDER_DATABASE_URL": url,
        "CLOCK_HTTP_ADDRESS": f"127.0.0.1:{clock_port}", "SILKWAY_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    stranger, blocker = await asyncpg.connect(url), await asyncpg.connect(url)
    async with running("order", kafka_bootstrap, url, prefix) as service, clock(told_to_clock):
        watch = Watch({"order": service.port, "clock": clock_port})

        # Given a service and a clock that work
        await watch.until("silkway_ticks_total", 3)
        await tick(service)
        (well := tmp_path / "well").mkdir()
        await watch.until("silkway_relay_active", 0)
        first = await watch.until("silkway_time_lag_seconds", -1)
        second = await watch.scrape()
        growing = {
            name: f"{first[name]:f}+{max(second[name] - first[name], 1):f}x60"
            for name in second
            if name.startswith("silkway_ticks_total")
        }
        check([Case(c.alert, {**c.series, **growing}, c.minute) for c in cases(second, about=False)], well)

        # When strangers take the locks of relay and clock, so that nothing is published and nobody ticks
        waiting = [
            asyncio.create_task(stranger.execute(f"SELECT pg_advisory_lock({RELAY_LOCK})")),
            asyncio.create_task(blocker.execute(f"SELECT pg_advisory_lock(hashtext('{CLOCK_LOCK}'))")),
        ]
        await asyncio.sleep(0.5)
        async with contextlib.AsyncExitStack() as stack:
            ending = await asyncpg.connect(url)
            stack.push_async_callback(ending.close)
            await ending.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND (application_name = 'clock' OR application_name LIKE '%-relay')"
            )
            await asyncio.gather(*waiting)

            # and a record comes that nobody can read, a partition is halted, and a lock is held for ever
            await send(service, "logistics.events", without_a_version())
            await watch.until("silkway_parked_records", 0)
            halt = "UPDATE offsets SET halted = 'tried' WHERE topic = $1 AND partition = 3"
            await ending.execute(halt, prefix + "trade.payments")
            await watch.until("silkway_halted_partitions", 0)
            async with ending.transaction():
                await ending.execute("SELECT FROM offsets FOR UPDATE")
                await send(service, "logistics.events", without_a_version())
                await watch.until("silkway_progress_age_seconds", 15)
                await watch.until("silkway_time_lag_seconds", 30)
                scraped = await watch.until("silkway_outbox_oldest_seconds", 30)
        await stranger.close()
        await blocker.close()

    # Then each has its alert
    (caused := tmp_path / "caused").mkdir()
    check(cases(scraped, about=True), caused)
