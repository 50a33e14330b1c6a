"""The auditor as a process on real servers: what contradicts itself on the log is an incident within a minute."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import httpx
from aiokafka import AIOKafkaProducer

from silkway.cli.migrate import apply_migrations
from silkway.contracts import TOPICS, Envelope, FindingSettled, partition_of, write
from silkway.contracts.topics import TopicKind
from silkway.embedded import Daemon
from silkway.messaging.ticks import tick_message
from tests.unit.auditor.story import beginning, with_other
from tests.unit.desk import day

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from silkway.contracts import Event
    from tests.unit.auditor.story import Say

TENANT: Final = "acme"
WITHIN_S: Final = 60.0
_STARTED_WITHIN_S: Final = 60.0


class House:
    """The auditor and notify, as processes, and a hand that writes to the log."""

    def __init__(self, environment: dict[str, str], prefix: str, folder: Path, stack: ExitStack) -> None:
        self._prefix = prefix
        self._versions: dict[tuple[str, str], int] = {}
        self.ports = {name: _free_port() for name in ("auditor", "notify")}
        addresses = {f"{name.upper()}_HTTP_ADDRESS": f"127.0.0.1:{port}" for name, port in self.ports.items()}
        self.daemons = {
            name: Daemon(
                name, [sys.executable, "-m", f"silkway.{name}"], folder / f"{name}.jsonl",
                folder / f"{name}.json", {**environment, **addresses},
            )
            for name in self.ports
        }  # fmt: skip
        for daemon in self.daemons.values():
            stack.callback(daemon.stop)
            daemon.start()

    async def get(self, name: str, path: str) -> Any:
        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{self.ports[name]}{path}"
            answer = await client.get(url, headers={"Silkway-Tenant": TENANT})
            return answer.json() if answer.is_success else None

    async def until(self, name: str, path: str, seen: Callable[[Any], bool], within_s: float) -> Any:
        """What is shown there, once it is as expected."""
        deadline, shown = time.monotonic() + within_s, None
        while time.monotonic() < deadline:
            try:
                shown = await self.get(name, path)
            except httpx.HTTPError as error:
                shown = repr(error)
            else:
                if shown is not None and seen(shown):
                    return shown
            await asyncio.sleep(0.3)
        words = {name: daemon.log.read_text()[-2000:] for name, daemon in self.daemons.items()}
        raise AssertionError(f"{name}{path} shows {shown}\n{words}")

    async def tell(self, producer: AIOKafkaProducer, topic: str, event: Event, known_at: dt.datetime) -> None:
        """Write one record as its sender would: an outside fact, or the next event about its subject."""
        version = None
        if topic.endswith(".events"):
            version = self._versions[topic, event.subject] = self._versions.get((topic, event.subject), 0) + 1
        envelope = Envelope.of(
            event, tenant=TENANT, source=f"/{topic}", id=f"{event.type}/{event.subject}/{version or known_at}",
            time=known_at, knowntime=known_at if version else None, version=version,
        )  # fmt: skip
        message = write(envelope, event)
        assert message.key is not None
        partition = partition_of(message.key, TOPICS[topic].partitions)
        await producer.send_and_wait(
            self._prefix + topic, message.value, message.key, partition, headers=message.headers
        )

    async def tick(self, producer: AIOKafkaProducer) -> None:
        """Now, in every partition."""
        message = tick_message("live", dt.datetime.now(dt.UTC), "/clock")
        for topic in TOPICS.values():
            ticks = topic.kind in (TopicKind.INGRESS, TopicKind.SERVICE)
            for number in range(topic.partitions if ticks else 0):
                batch = producer.create_batch()
                batch.append(key=None, value=None, timestamp=None, headers=message.headers)
                await producer.send_batch(batch, self._prefix + topic.name, partition=number)
        await producer.flush()

    async def write(self, producer: AIOKafkaProducer, story: Sequence[Say]) -> None:
        for said in story:
            await self.tell(producer, said.topic, said.event, day(said.at))
        await self.tick(producer)


async def test_a_breach_on_the_log_is_an_incident_within_a_minute_until_it_is_settled(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    new_database: Callable[..., Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
    tmp_path: Path,
) -> None:
    prefix = await new_topics()
    audited = await new_database("auditor")
    await apply_migrations("auditor", audited)
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
        "SILKWAY_TOPIC_PREFIX": prefix,
        "AUDITOR_DATABASE_URL": audited,
        "NOTIFY_DATABASE_URL": await service_database("notify", prefix),
    }
    with ExitStack() as stack:
        # Given the auditor and notify, and an order whose log is in order
        house = House(environment, prefix, tmp_path, stack)
        producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
        await producer.start()
        try:
            story = beginning()
            await house.write(producer, story[:9])
            await house.until("auditor", "/readyz", lambda shown: shown["findings"] == {}, _STARTED_WITHIN_S)
            await house.until("notify", "/readyz", lambda shown: True, _STARTED_WITHIN_S)

            # When somebody writes a payment by hand that is counted one cent short
            began = time.monotonic()
            wrong = with_other(story, type(story[10].event), received_minor=99_99)
            await house.write(producer, wrong[9:11])

            # Then it is an incident within a minute
            shown = await house.until(
                "notify", "/incidents?cause=INVARIANT", lambda shown: shown["items"], WITHIN_S
            )
            took_s = time.monotonic() - began
            assert took_s < WITHIN_S
            (incident,) = shown["items"]
            assert (incident["cause_reference"], incident["findings"], incident["severity"]) == (
                "INVARIANT/MONEY_ADDS_UP", 1, "CRITICAL",
            )  # fmt: skip
            # And the auditor shows it, in its list, its figures and its log
            (finding,) = (await house.get("auditor", "/findings"))["items"]
            assert finding["subject"] == "order/PO-1"
            assert "received_minor is told as 9999 and adds up to 10000" in finding["text"]
            async with httpx.AsyncClient() as client:
                figures = (await client.get(f"http://127.0.0.1:{house.ports['auditor']}/metrics")).text
            assert 'silkway_findings{invariant="MONEY_ADDS_UP"} 1.0' in figures
            assert "invariant broken" in house.daemons["auditor"].log.read_text()

            # When the auditor is started again and somebody settles the finding
            await asyncio.to_thread(house.daemons["auditor"].stop)
            house.daemons["auditor"].start()
            settled = FindingSettled(
                finding_id=finding["finding_id"], invariant="MONEY_ADDS_UP", by="ana@ops", reason="A test.",
                settled_at=dt.datetime.now(dt.UTC),
            )  # fmt: skip
            await house.tell(producer, "trade.notices", settled, dt.datetime.now(dt.UTC))
            await house.tick(producer)

            # Then nothing is open any more, and nothing was found a second time
            await house.until("auditor", "/readyz", lambda shown: shown["findings"] == {}, WITHIN_S)
            await house.until(
                "notify", "/incidents?cause=INVARIANT", lambda shown: shown["items"][0]["state"] == "CLOSED",
                WITHIN_S,
            )  # fmt: skip
            assert len((await house.get("auditor", "/findings"))["items"]) == 1
        finally:
            await producer.stop()


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port
