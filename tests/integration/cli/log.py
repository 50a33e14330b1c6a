"""Reading what was written to Kafka."""

from __future__ import annotations

from collections import defaultdict

from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.cli.feed import INGRESS
from silkway.contracts import Envelope, Event, read

Log = dict[tuple[str, int], list[tuple[Envelope, Event]]]


async def read_ingress(kafka: str, prefix: str) -> Log:
    """All events in the topics that take facts from outside, in order, by topic (without prefix) and partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        partitions = [TopicPartition(prefix + topic, number) for topic in INGRESS for number in range(8)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        log: Log = defaultdict(list)
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                place = (partition.topic.removeprefix(prefix), partition.partition)
                log[place] += [read(record.key, record.headers, record.value) for record in records]
        return log
    finally:
        await consumer.stop()
