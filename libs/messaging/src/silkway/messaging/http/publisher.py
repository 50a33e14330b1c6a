"""Puts what came over HTTP onto the log."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from silkway.contracts import Envelope, Event, KafkaMessage, partition_of, write
from silkway.messaging.http.problems import Problem, unavailable
from silkway.messaging.kafka import to_kafka
from silkway.messaging.traces import OFF, Traces

PUBLISH_TIMEOUT_S: Final = 5.0
_MAX_MESSAGE_BYTES: Final = 1 << 20  # the broker's default too


class Place(NamedTuple):
    """Where a record stands in the log."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that the engine writes as topic/partition/offset."""
        topic, partition, offset = text.rsplit("/", 2)
        return cls(topic, int(partition), int(offset))


class Publisher:
    """Publishes single events to ingress topics and waits until Kafka has them on all replicas.

    It connects with the first event, and again after an error, so a service starts and stays up though Kafka
    is away. `prefix` stands before every topic's name.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        prefix: str = "",
        timeout_s: float = PUBLISH_TIMEOUT_S,
        traces: Traces = OFF,
    ) -> None:
        self._bootstrap_servers, self._prefix, self._timeout_s = bootstrap_servers, prefix, timeout_s
        self._traces = traces
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def publish(self, envelope: Envelope, event: Event) -> Place:
        """Publish a fact. Raises Problem as `send`; to repeat it under its id is harmless."""
        advice = f"Repeat the request with the header Idempotency-Key: {envelope.id}"
        with self._traces.span(f"publish {event.topic}", envelope.traceparent):
            return await self.send(event.topic, write(envelope, event), advice)

    async def send(
        self, topic: str, message: KafkaMessage, advice: str = "See whether it was done, else repeat it."
    ) -> Place:
        """Put a message into a topic, in the partition of its key.

        Raises Problem 413 if it is too large for Kafka, 503 with `advice` if Kafka does not take it in time. It may
        then be published all the same.
        """
        producer = None
        try:
            async with asyncio.timeout(self._timeout_s):
                producer = await self._connected()
                return await _send(producer, self._prefix + topic, message)
        except MessageSizeTooLargeError:
            await self._drop(producer)
            raise Problem(413, "body-too-long", "The event is larger than Kafka takes.") from None
        except (KafkaError, OSError, TimeoutError) as error:
            if not isinstance(error, TimeoutError):
                await self._drop(producer)
            raise unavailable("Kafka", advice) from error

    async def close(self) -> None:
        """Stop. What Kafka has not taken within a second is given up; its sender was told so."""
        await self._drop(self._producer)

    async def _drop(self, producer: AIOKafkaProducer | None) -> None:
        """Leave a producer after an error: an idempotent one cannot go on once a batch of it has failed."""
        if producer is None or producer is not self._producer:
            return
        self._producer = None
        await _stop(producer)

    async def _connected(self) -> AIOKafkaProducer:
        async with self._connecting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    **to_kafka(self._bootstrap_servers),
                    acks="all",
                    enable_idempotence=True,
                    max_request_size=_MAX_MESSAGE_BYTES,
                    request_timeout_ms=int(self._timeout_s * 1000),
                )
                try:
                    await producer.start()
                except BaseException:
                    await _stop(producer)
                    raise
                self._producer = producer
            return self._producer


async def _send(producer: AIOKafkaProducer, topic: str, message: KafkaMessage) -> Place:
    assert message.key is not None  # facts have keys; only ticks have none
    partition = partition_of(message.key, len(await producer.partitions_for(topic)))
    done = await producer.send_and_wait(topic, message.value, message.key, partition, headers=message.headers)
    return Place(topic, partition, done.offset)


async def _stop(producer: AIOKafkaProducer) -> None:
    try:
        await asyncio.wait_for(producer.stop(), timeout=1)
    except (TimeoutError, KafkaError):
        await producer.client.close()
