"""The simulated carrier on a real Kafka: asked on logistics.events, it answers on trade.shipments, once in effect."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer

from silkway.cli.carrier.answers import Carriers
from silkway.cli.carrier.command import answer_bookings
from silkway.contracts import Envelope, write
from tests.integration.cli.log import read_ingress
from tests.unit.cli.test_carrier import asked
from tests.unit.desk import day

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ALL = 30


async def test_bookings_of_its_tenants_are_answered(
    kafka_bootstrap: str, new_topics: Callable[[], Awaitable[str]]
) -> None:
    prefix = await new_topics()
    async with AIOKafkaProducer(bootstrap_servers=kafka_bootstrap) as producer:
        for number in range(ALL):
            booking = asked(number)
            for tenant in ("acme", "other"):
                envelope = Envelope.of(
                    booking, tenant=tenant, source="/silkway/logistics", id=f"{tenant}/{number}", time=day(3),
                    knowntime=day(3), version=1,
                )  # fmt: skip
                key, headers, value = write(envelope, booking)
                await producer.send(
                    f"{prefix}logistics.events", value, key, partition=number % 8, headers=headers
                )

    # When the carrier runs, dies before it has noted how far it came, and runs again
    for _ in range(2):
        answering = asyncio.create_task(answer_bookings(kafka_bootstrap, prefix, {"acme"}, Carriers(7)))
        async with asyncio.timeout(30):
            while await answered(kafka_bootstrap, prefix) != wanted():
                assert not answering.done()
                await asyncio.sleep(0.3)
        answering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answering


def wanted() -> set[tuple[str, str]]:
    answers = {"ShipmentBooked": "confirmed", "BookingRefused": "refused", "BookingRolled": "rolled"}
    return {
        ("acme", f"PO-{number}/1/{answers[type(answer).__name__]}")
        for number in range(ALL)
        for answer in Carriers(7).answer("acme", asked(number), day(3))
    }


async def answered(kafka: str, prefix: str) -> set[tuple[str, str]]:
    log = await read_ingress(kafka, prefix)
    return {(envelope.tenant, envelope.id) for records in log.values() for envelope, _ in records}
