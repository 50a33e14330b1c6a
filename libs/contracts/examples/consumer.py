"""Follow what Silkway says about your orders. Copy it, put your own work into `handle`, run it.

Needs silkway-contracts and aiokafka; KAFKA_BOOTSTRAP_SERVERS tells where Kafka is. A record can come twice
(after a crash, before its commit): make `handle` harmless to repeat, e.g. by keeping (subject, version) of what
you have done, in one transaction with your own change. Versions of one subject come without gaps, in order.
"""

import asyncio
import os

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from silkway.contracts import ContractError, Envelope, Event, OrderPlaced, OrderSettled, read

TENANT = "acme"
TOPICS = ("order.events", "logistics.events", "credit.events")


def handle(envelope: Envelope, event: Event) -> None:
    """Your work. Raise, and the record comes again; all types that you do not name here are none of your concern."""
    match event:
        case OrderPlaced():
            print(envelope.time, f"{event.order_id} binds both parties: {event.total_minor} {event.currency}")
        case OrderSettled():
            print(envelope.time, f"{event.order_id} is settled")


def receive(record: ConsumerRecord) -> None:
    """One record: read it, leave others' tenants and what is newer than these contracts, hand over the rest."""
    try:
        envelope, event = read(record.key, record.headers, record.value)
    except ContractError as error:
        if error.code not in ("unknown_type", "unknown_version"):
            raise
        return
    if envelope.tenant == TENANT:
        handle(envelope, event)


async def main() -> None:
    consumer = AIOKafkaConsumer(
        *TOPICS,
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        group_id="acme-shop",
        enable_auto_commit=False,  # commit only what was handled
        auto_offset_reset="earliest",
    )
    async with consumer:
        async for record in consumer:
            receive(record)
            await consumer.commit()


if __name__ == "__main__":
    asyncio.run(main())
