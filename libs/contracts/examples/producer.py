"""Publish facts to Silkway. Copy it, put your own order in, run it twice: the second time changes nothing.

Needs silkway-contracts and aiokafka; KAFKA_BOOTSTRAP_SERVERS tells where Kafka is.
"""

import asyncio
import os
from datetime import datetime, timedelta, timezone

from aiokafka import AIOKafkaProducer

from silkway.contracts import Envelope, Event, OrderConfirmed, OrderDrafted, OrderLine, Terms, write

TENANT = "acme"  # who you are, as agreed with Silkway's operators
SOURCE = "/shops/eu"  # which of your systems speaks


async def publish(producer: AIOKafkaProducer, event: Event, fact_id: str, time: datetime) -> None:
    """Returns once Kafka has it. Its id names the fact, not the attempt: after a failure send it again."""
    message = write(Envelope.of(event, tenant=TENANT, source=SOURCE, id=fact_id, time=time), event)
    await producer.send_and_wait(event.topic, message.value, message.key, headers=message.headers)


async def main() -> None:
    at = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    order = OrderDrafted(
        order_id="PO-1",
        buyer_id="B-7",
        supplier_id="S-3",
        currency="USD",
        account_id="VA-3",
        payment_reference="PR-1",
        lines=(OrderLine(line_id="1", description="Solar lamps", quantity=500, value_minor=8_300_00),),
        terms=Terms(deposit_minor=2_490_00, balance_due="AFTER_DELIVERY"),
        drafted_at=at,
    )
    servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    async with AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True) as producer:
        await publish(producer, order, "PO-1/drafted", at)
        for party in ("BUYER", "SUPPLIER"):
            confirmed = OrderConfirmed(order_id="PO-1", party=party, confirmed_at=at)
            await publish(producer, confirmed, f"PO-1/confirmed/{party}", at)


if __name__ == "__main__":
    asyncio.run(main())
