"""A service's own database, as its API reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import asyncpg

from silkway.messaging.database import is_away
from silkway.messaging.http.problems import unavailable

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = PoolConnectionProxy[asyncpg.Record]

QUERY_TIMEOUT_S: Final = 5.0


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for some reads, within 5 s in all. Problem 503 if the database does not answer in time."""
    try:
        async with asyncio.timeout(QUERY_TIMEOUT_S), pool.acquire() as acquired:
            yield acquired
    except Exception as error:
        if not is_away(error):
            raise
        raise unavailable("The database") from error
