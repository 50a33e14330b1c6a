"""The offset rows, read and halted outside the batches' transactions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Any

import asyncpg

from silkway.messaging.database import DATABASE_ERRORS, connect, is_away, is_conflict
from silkway.messaging.fence import Partition
from silkway.messaging.journal_topic import JournalTopic, disagreement
from silkway.messaging.storage import Connection

_READ = """
    SELECT o.topic, o.partition, o.next_offset, o.halted
    FROM offsets o JOIN unnest($1::text[], $2::int[]) AS b(topic, partition) USING (topic, partition)"""
_CLOCKS = "SELECT clock FROM clocks"
EXCUSED = """
    SELECT DISTINCT ON (topic, partition) topic, partition, committed FROM offset_resets
    ORDER BY topic, partition, id DESC"""
_HALT = "UPDATE offsets SET halted = $3 WHERE topic = $1 AND partition = $2 AND halted IS NULL"


class Trouble(Exception):
    """The database cannot be asked just now."""


class Positions:
    """A connection of its own, so that it waits for no batch. Who asks at the same time waits for his turn."""

    def __init__(self, database_url: str, name: str) -> None:
        self._url, self._name = database_url, name
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def read(self, partitions: Collection[Partition]) -> dict[Partition, tuple[int, str | None]]:
        """Next offset, and why it is halted if it is, by partition. Raises Trouble."""
        topics, numbers = [p[0] for p in partitions], [p[1] for p in partitions]
        rows = await self._fetch(_READ, topics, numbers)
        return {(r[0], r[1]): (r[2], r[3]) for r in rows}

    async def clocks(self) -> frozenset[str]:
        """The clocks that have ticked here. Raises Trouble."""
        return frozenset(row[0] for row in await self._fetch(_CLOCKS))

    async def excused(self) -> dict[Partition, int]:
        """What Kafka had been told when operations last moved a partition: that proves nothing. Raises Trouble."""
        return {(r[0], r[1]): r[2] for r in await self._fetch(EXCUSED) if r[2] is not None}

    async def disagreement(self, journal: JournalTopic) -> str:
        """Why this database is not where its service was, or nothing. Raises Trouble."""
        try:
            async with self._turn:
                return await disagreement(journal, await self._connected())
        except DATABASE_ERRORS as error:
            await self.close()
            raise Trouble(repr(error)) from error

    async def halt(self, partition: Partition, reason: str) -> None:
        """Keep the reason with the offset, for operators and for the next instance."""
        try:
            async with self._turn:
                await (await self._connected()).execute(_HALT, *partition, reason)
        except DATABASE_ERRORS as error:
            if not is_away(error) and not is_conflict(
                error
            ):  # a batch has its row: whoever looks again sees it again
                raise
            await self.close()

    async def _fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        try:
            async with self._turn:
                return await (await self._connected()).fetch(query, *values)
        except DATABASE_ERRORS as error:
            await self.close()
            raise Trouble(repr(error)) from error

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url, self._name)
        return self._connection

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.terminate()
            self._connection = None
