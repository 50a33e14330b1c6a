"""What a service's database needs before the service starts."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from silkway.contracts import TOPICS
from silkway.messaging.database import plain_connection
from silkway.messaging.routing import Service
from silkway.messaging.storage import Connection

_ADD = """
    INSERT INTO offsets (topic, partition) SELECT t, p FROM unnest($1::text[], $2::int[]) AS n(t, p)
    ON CONFLICT DO NOTHING"""
_COUNT = "SELECT topic, count(*) FROM offsets GROUP BY topic"


class NotPrepared(SystemExit):
    """The database is not ready for its service; the words say what to run."""


async def prepare(database_url: str, service: Service, prefix: str = "") -> None:
    """Create the offset rows of all partitions that the service reads. Safe to repeat."""
    rows = [(prefix + topic, p) for topic in service.inputs for p in range(TOPICS[topic].partitions)]
    connection = await plain_connection(database_url)
    try:
        await connection.execute(_ADD, [r[0] for r in rows], [r[1] for r in rows])
    finally:
        await connection.close()


async def partitions_of(connection: Connection, service: Service, prefix: str = "") -> Mapping[str, int]:
    """How many partitions each input topic has, by its name without prefix. Raises NotPrepared."""
    try:
        counts = {row[0]: row[1] for row in await connection.fetch(_COUNT)}
    except asyncpg.UndefinedTableError:
        raise NotPrepared("the database has no tables: run `silkway migrate` first") from None
    missing = [topic for topic in service.inputs if prefix + topic not in counts]
    if missing:
        raise NotPrepared(f"no offsets of {', '.join(missing)} in the database: run `silkway migrate` first")
    return {topic: counts[prefix + topic] for topic in service.inputs}
