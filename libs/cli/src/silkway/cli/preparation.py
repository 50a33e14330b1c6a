"""What has to be there before the services start: topics, databases, tables."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from silkway.cli import addresses
from silkway.cli.migrate import migrate_service
from silkway.cli.topics import create_topics
from silkway.contracts import TOPICS

if TYPE_CHECKING:
    from pathlib import Path

    from silkway.cli.addresses import Addresses


def migrate_all(found: Addresses) -> None:
    """Create and migrate the databases of all services and of the auditor, at the same time."""

    async def migrate() -> None:
        await asyncio.gather(
            *(migrate_service(name, url, found.prefix) for name, url in found.databases.items())
        )

    asyncio.run(migrate())


def create_all_topics(found: Addresses) -> None:
    """Create the topics that are missing."""
    asyncio.run(create_topics(found.kafka, found.prefix))


def topic_names(prefix: str) -> list[str]:
    """The topics as Kafka knows them."""
    return [prefix + name for name in TOPICS]


def topics_known(folder: Path, prefix: str) -> bool:
    """Whether an earlier start has created every topic in the Kafka of this folder."""
    return addresses.read_system(folder).get("topics") == topic_names(prefix)
