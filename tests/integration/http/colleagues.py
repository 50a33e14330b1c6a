"""The other services, as far as one of ours hears of them: their events, numbered, and their ticks."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer

from silkway.cli.pace import Pace
from silkway.contracts import TOPICS, Envelope, Event, partition_of, write
from silkway.messaging.ticks import tick_message
from tests.integration.http.conftest import START, TENANT, Running

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

STALL_S = 30.0


class Colleagues:
    """Whatever they say has been read by the service when they return: what comes of it can be looked at."""

    def __init__(self, service: Running, name: str, reads: Sequence[str], producer: AIOKafkaProducer) -> None:
        """`reads`: the topics, but those of redrives, from which the service called `name` reads."""
        self.service, self._name, self._reads, self._producer = service, name, reads, producer
        self._versions: dict[tuple[str, str], int] = {}

    async def tell(self, events: Iterable[Event], at: dt.datetime = START) -> None:
        """Our other services tell these, in this order; they were known then."""
        sent = {}
        for event in events:
            about = (event.topic, event.subject)
            self._versions[about] = version = self._versions.get(about, 0) + 1
            envelope = Envelope.of(
                event, tenant=TENANT, source=f"/silkway/{event.topic.partition('.')[0]}",
                id=f"{event.topic}/{event.subject}/{version}", time=at, knowntime=at, version=version,
            )  # fmt: skip
            key, headers, value = write(envelope, event)
            assert key is not None
            partition, topic = (
                partition_of(key, TOPICS[event.topic].partitions),
                self.service.prefix + event.topic,
            )
            written = await self._producer.send_and_wait(topic, value, key, partition, headers=headers)
            sent[topic, partition] = written.offset + 1
        await self._heard(sent)

    async def tick(self, at: dt.datetime = START) -> None:
        """The tenant's clock ticks in everything that the service reads."""
        message = tick_message(TENANT, at, "/tests/clock")
        sent = {}
        for topic in (self.service.prefix + name for name in self._reads):
            for partition in range(TOPICS[topic.removeprefix(self.service.prefix)].partitions):
                written = await self._producer.send_and_wait(
                    topic, partition=partition, headers=message.headers, key=b"", value=None
                )
                sent[topic, partition] = written.offset + 1
        await self._heard(sent)

    async def _heard(self, sent: Mapping[tuple[str, int], int]) -> None:
        async with Pace({self._name: self.service.database_url}, TENANT, stall_s=STALL_S) as pace:
            await pace.read(sent)


@asynccontextmanager
async def colleagues_of(service: Running, name: str, reads: Sequence[str]) -> AsyncIterator[Colleagues]:
    """Those of the service called `name`, which reads these topics."""
    async with AIOKafkaProducer(bootstrap_servers=service.kafka) as producer:
        yield Colleagues(service, name, reads, producer)
