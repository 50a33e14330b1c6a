"""`silkway topics`: create the topics of silkway.contracts, and keep them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError, KafkaError, for_code

from silkway.cli import addresses
from silkway.cli.console import fail
from silkway.contracts.topics import TOPICS
from silkway.messaging.kafka import entrance, to_kafka

_TOPIC_ALREADY_EXISTS = 36
_PATIENCE_S = 60.0
# The log is kept for ever: every state can be rebuilt from it.
_KEPT = {"retention.ms": "-1", "retention.bytes": "-1", "cleanup.policy": "delete"}
_SETTINGS = {**_KEPT, "max.message.bytes": "1048588", "message.timestamp.type": "CreateTime"}


def topics(
    for_ever: Annotated[
        bool,
        typer.Option("--for-ever", help="Those that exist let no record go any more, as they were made."),
    ] = False,
) -> None:
    """Create all topics that are missing (prefix: SILKWAY_TOPIC_PREFIX); what exists stays as it is."""
    system = addresses.find()
    created = asyncio.run(create_topics(system.kafka, system.prefix))
    print(f"{len(created)} topics created, {len(TOPICS) - len(created)} were there")
    if for_ever:
        from confluent_kafka import KafkaException  # its library loads for a while: only this asks for it

        try:
            keep_for_ever(system.kafka, system.prefix)
        except KafkaException as error:
            fail(f"Kafka: {error.args[0].str()}")
        print(f"{len(TOPICS)} topics keep their records for ever")


async def create_topics(kafka: str, prefix: str) -> list[str]:
    """Create the missing topics of TOPICS on the brokers at `kafka` and return their names.

    Each partition gets three replicas, or as many as there are brokers. Raises KafkaError for what is wrong
    with the broker, not for a topic that another run has created meanwhile.
    """
    client = await _connected(kafka)
    try:
        present = set(await client.list_topics())
        missing = [topic for topic in TOPICS.values() if prefix + topic.name not in present]
        if not missing:
            return []
        replicas = min(3, len((await client.describe_cluster())["brokers"]))
        answer = await client.create_topics(
            [
                NewTopic(prefix + topic.name, topic.partitions, replicas, topic_configs=_SETTINGS)
                for topic in missing
            ]
        )
        for name, code, message in answer.topic_errors:
            if code not in (0, _TOPIC_ALREADY_EXISTS):
                raise for_code(code)(f"topic {name}: {message}")
        return [name for name, code, _ in answer.topic_errors if code == 0]
    finally:
        await client.close()


def keep_for_ever(kafka: str, prefix: str) -> None:
    """Let no topic of TOPICS forget records any more; its other settings stay. Raises KafkaException.

    By confluent-kafka: aiokafka's call for it would set all other settings back.
    """
    from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

    from silkway.cli.access.brokers import admin_client

    kept = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in _KEPT.items()
    ]
    asked = [ConfigResource(ResourceType.TOPIC, prefix + name, incremental_configs=kept) for name in TOPICS]
    admin = admin_client(entrance(kafka))  # by a name: what it does ends with it
    for done in admin.incremental_alter_configs(asked).values():
        done.result(_PATIENCE_S)


async def _connected(kafka: str) -> AIOKafkaAdminClient:
    """A client of brokers that may still be starting."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while True:
        client = AIOKafkaAdminClient(**to_kafka(kafka))
        try:
            await client.start()
        except KafkaConnectionError:
            await client.close()
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(0.3)
        except KafkaError:
            await client.close()
            raise
        else:
            return client
