"""The floor of delays: reads a topic and passes each record on to the next place of its route; nothing is kept.

Run as `python -m bench.peers.relay NAME`: it reads `floor.NAME`. The header `route` names the places that follow,
separated by commas; a record without any goes nowhere. It fetches as the engine does.
"""

from __future__ import annotations

import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.stage import serve
from silkway.messaging.gathering import MIN_BYTES
from silkway.messaging.settings import Settings


async def main() -> None:
    settings, name = Settings.read("order"), sys.argv[1]
    consumer = AIOKafkaConsumer(
        settings.prefix + name,
        bootstrap_servers=settings.kafka,
        group_id=settings.prefix + name,
        fetch_min_bytes=MIN_BYTES,
        fetch_max_wait_ms=settings.fetch_wait_ms,
    )
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    await consumer.start()
    try:
        while True:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    following, _, rest = dict(record.headers)["route"].partition(b",")
                    if following:
                        topic, headers = settings.prefix + following.decode(), [("route", rest)]
                        await producer.send(topic, record.value, record.key, headers=headers)
    finally:
        await consumer.stop()
        await producer.stop()


if __name__ == "__main__":
    serve(main)
