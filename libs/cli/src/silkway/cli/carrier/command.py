"""`silkway carrier`: answers the bookings of some tenants, as carriers would."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from typing import TYPE_CHECKING, Annotated, Final

import structlog
import typer
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from silkway.cli import addresses
from silkway.cli.carrier.answers import Answer, Carriers
from silkway.cli.clock import until_signalled
from silkway.cli.fact import Fact
from silkway.cli.feed import Feed
from silkway.contracts import (
    BookingRefused,
    BookingRequested,
    BookingRolled,
    ContractError,
    Envelope,
    ShipmentBooked,
    read,
    read_envelope,
)
from silkway.contracts.topics import LOGISTICS_EVENTS
from silkway.messaging.kafka import to_kafka
from silkway.messaging.logs import configure_logs

if TYPE_CHECKING:
    from collections.abc import Collection

    from aiokafka.structs import ConsumerRecord

SOURCE: Final = "/silkway/cli/carrier"
GROUP: Final = "silkway-carrier"
RETRY_S: Final = 1.0
_AWAY: Final = (OSError, TimeoutError, KafkaError)

_log = structlog.get_logger()


def carrier(
    tenant: Annotated[list[str], typer.Option(help="Whose bookings to answer; may be repeated.")],
    seed: Annotated[int, typer.Option(help="The same seed answers the same.")] = 7,
) -> None:
    """Answer the bookings of these tenants until SIGTERM or Ctrl-C: confirm, refuse, move to a later departure.

    Restarts are harmless: an answer given twice is one.
    """
    system = addresses.find()
    configure_logs(
        "carrier", os.environ.get("SILKWAY_INSTANCE", "1"), os.environ.get("SILKWAY_LOG_LEVEL", "INFO")
    )
    asyncio.run(until_signalled(lambda: _keep_answering(system, frozenset(tenant), Carriers(seed))))


async def _keep_answering(system: addresses.Addresses, tenants: Collection[str], carriers: Carriers) -> None:
    """Answer, and start over whenever Kafka was away."""
    while True:
        try:
            await answer_bookings(system.kafka, system.prefix, tenants, carriers)
        except _AWAY as error:
            _log.warning("starting over", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(RETRY_S)


async def answer_bookings(kafka: str, prefix: str, tenants: Collection[str], carriers: Carriers) -> None:
    """Read what is asked, publish the answers, and only then go on. Raises KafkaError."""
    consumer = AIOKafkaConsumer(
        prefix + LOGISTICS_EVENTS,
        **to_kafka(kafka),
        group_id=prefix + GROUP,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with Feed(kafka, prefix) as feed:
        await consumer.start()
        try:
            while True:
                batches = await consumer.getmany(timeout_ms=1000)
                for records in batches.values():
                    for record in records:
                        for whose, fact in answers_to(record, tenants, carriers):
                            await feed.fact(whose, fact)
                            _log.info("answered", tenant=whose, answer=fact.event.type, id=fact.id)
                if batches:
                    await feed.flush()
                    await consumer.commit()
        finally:
            await consumer.stop()


def answers_to(
    record: ConsumerRecord[bytes, bytes], tenants: Collection[str], carriers: Carriers
) -> list[tuple[str, Fact]]:
    """The facts that answer a record, with their tenant; none where it is no booking of these tenants."""
    try:
        envelope = read_envelope(record.headers)
        if envelope.type != BookingRequested.type or envelope.tenant not in tenants:
            return []
        envelope, asked = read(record.key, record.headers, record.value)
    except ContractError as error:
        _log.warning("cannot be read", offset=record.offset, error=str(error))
        return []
    assert isinstance(asked, BookingRequested)
    at = _asked_at(envelope)
    return [(envelope.tenant, _fact(asked, answer)) for answer in carriers.answer(envelope.tenant, asked, at)]


def _asked_at(envelope: Envelope) -> dt.datetime:
    # Not our clock: an answer given again must be the same to the last byte.
    return (envelope.knowntime or envelope.time).astimezone(dt.UTC)


def _fact(asked: BookingRequested, answer: Answer) -> Fact:
    match answer:
        case ShipmentBooked():
            at, what = answer.booked_at, "confirmed"
        case BookingRefused():
            at, what = answer.refused_at, "refused"
        case BookingRolled():
            at, what = answer.rolled_at, "rolled"
    return Fact(at, answer, at, SOURCE, f"{asked.booking_id}/{what}")
