"""Whether Kafka still holds what a rebuild from the log, or a restore from a backup, would read again."""

from __future__ import annotations

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from silkway.messaging import metrics
from silkway.messaging.database import DATABASE_ERRORS, connect
from silkway.messaging.fence import Partition
from silkway.messaging.journal import read_entry
from silkway.messaging.journal_topic import journal_topic
from silkway.messaging.kafka import to_kafka
from silkway.messaging.routing import Service
from silkway.messaging.settings import Settings
from silkway.messaging.storage import Connection

_log = structlog.get_logger()

EVERY_S = 3600.0
AGAIN_S = 10.0
FIRST_ENTRIES = 1_000
"""Within so many of the first entries of a journal each of its partitions is named, if it ever was early."""
_FIRST = "SELECT entry FROM journal ORDER BY id LIMIT $1"
_KEPT_FOR_EVER = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}


async def retention_findings(
    kafka: str, connection: Connection, service: Service, prefix: str = ""
) -> list[str]:
    """What stands in the way of a rebuild or a restore, now or one day, a sentence each.

    Raises KafkaError and asyncpg's errors.
    """
    inputs = [prefix + topic for topic in service.inputs]
    journal = prefix + service.journal
    return [
        *await _not_for_ever(kafka, [*inputs, journal]),
        *await _log_gone(kafka, connection, set(inputs)),
        *await _journal_gone(kafka, journal),
    ]


async def watch(service: Service, settings: Settings) -> None:
    """Look at the start and every hour; log what is found, and count it for the alarm."""
    while True:
        try:
            connection = await connect(settings.database_url, f"{settings.name}-retention")
            try:
                found = await retention_findings(settings.kafka, connection, service, settings.prefix)
            finally:
                connection.terminate()
        except (KafkaError, *DATABASE_ERRORS) as error:
            _log.info("retention not looked at", error=repr(error)[:300])
            await asyncio.sleep(AGAIN_S)
            continue
        metrics.retention.set(len(found))
        for finding in found:
            _log.warning("the state cannot be rebuilt from the log for ever", finding=finding)
        await asyncio.sleep(EVERY_S)


async def _not_for_ever(kafka: str, topics: list[str]) -> list[str]:
    """The topics whose settings let records go."""
    admin = AIOKafkaAdminClient(**to_kafka(kafka))
    await admin.start()
    try:
        wanted = [
            ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(_KEPT_FOR_EVER)) for topic in topics
        ]
        found = [
            (resource[3], entry[0], entry[1])
            for answer in await admin.describe_configs(wanted)
            for resource in answer.resources
            for entry in resource[4]
        ]
    finally:
        await admin.close()
    return [
        f"{topic} has {name}={value}: what it lets go can be made anew only from a younger backup"
        for topic, name, value in sorted(found)
        if value != _KEPT_FOR_EVER[name]
    ]


async def _log_gone(kafka: str, connection: Connection, topics: set[str]) -> list[str]:
    """The partitions that begin after what the journal has read of them first."""
    first: dict[Partition, int] = {}
    for row in await connection.fetch(_FIRST, FIRST_ENTRIES):
        for topic, partition, start, _ in read_entry(row[0]).ranges:
            if topic in topics:
                first.setdefault((topic, partition), start)
    if not first:
        return []
    consumer = AIOKafkaConsumer(**to_kafka(kafka), enable_auto_commit=False)
    await consumer.start()
    try:
        begins = await consumer.beginning_offsets([TopicPartition(*place) for place in first])
    finally:
        await consumer.stop()
    return [
        f"{tp.topic}/{tp.partition} begins at {begin}, and the journal has read it from {first[tp.topic, tp.partition]}"
        " on: only a database from a backup can catch up, no empty one"
        for tp, begin in sorted(begins.items())
        if begin > first[tp.topic, tp.partition]
    ]


async def _journal_gone(kafka: str, topic: str) -> list[str]:
    async with journal_topic(kafka, topic) as journal:
        if journal.first == 0:
            return []
        async for entry in journal.since(0):
            return [f"{topic} begins with entry {entry.number}: older backups cannot catch up any more"]
    return [f"{topic} has lost all of its entries: no backup can catch up any more"]
