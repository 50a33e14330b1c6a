"""What the runbooks ask of the databases can be asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from silkway.cli.addresses import SERVICES
from silkway.messaging.database import plain_connection
from tests.unit.deploy.documents import commands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def test_every_query_suits_the_tables(service_database: Callable[[str, str], Awaitable[str]]) -> None:
    # Given the queries, `psql DATABASE -c QUERY`
    inside = [
        words[words.index("psql") + 1 :] for _, words in commands("docker", "compose") if "psql" in words
    ]
    queries = [(words[0], words[2]) for words in inside if words[0] in SERVICES]
    assert len(queries) > 5

    # When each is prepared in a database as migrations make it, then nothing in it is unknown
    for service in sorted({service for service, _ in queries}):
        connection = await plain_connection(await service_database(service, ""))
        for query in (query for database, query in queries if database == service):
            await connection.execute(query if query.startswith("VACUUM") else f"EXPLAIN {query}")
        await connection.close()
