"""What both FastStream peers share: the broker's settings and the decoding of a message."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from faststream.kafka import KafkaBroker, KafkaMessage

from silkway.contracts import OrderConfirmed
from silkway.contracts.cloudevents import read_envelope
from silkway.messaging.identity import identity


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A fact as the peers need it; `identity` is its place in the inbox."""

    identity: uuid.UUID
    tenant: str
    data: OrderConfirmed


def new_broker(kafka: str) -> KafkaBroker:
    """As durable as the engine's relay. Logging is off: at its default it takes half of the speed."""
    return KafkaBroker(kafka, logger=None, acks="all", enable_idempotence=True, max_batch_size=1 << 20)


def read_record(record: Any) -> Confirmation | None:
    """The fact in a Kafka record; None for all others, such as ticks."""
    envelope = read_envelope(record.headers)
    if envelope.type != OrderConfirmed.type:
        return None
    data = OrderConfirmed.model_validate_json(record.value)
    return Confirmation(identity(envelope.tenant, envelope.source, envelope.id), envelope.tenant, data)


async def read_message(message: KafkaMessage) -> Confirmation | None:
    """FastStream's decoder: the broker's own would read JSON, and no headers."""
    return read_record(message.raw_message)


async def read_batch(message: KafkaMessage) -> list[Confirmation]:
    """The same for a batch."""
    assert isinstance(message.raw_message, tuple)
    return [fact for record in message.raw_message if (fact := read_record(record)) is not None]
