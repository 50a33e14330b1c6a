"""The batch that comes next, fetched and decoded while the database works on the one before it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from silkway.messaging.fence import Partition
from silkway.messaging.records import Item, Reader, Record

CHUNK_RECORDS = 50
"""So many are decoded at a stretch, some 0.7 ms: then it is looked whether the database has answered."""
WAIT_MS = 200

Fetch = Callable[[int, int], Awaitable[Mapping[TopicPartition, Sequence[ConsumerRecord]]]]
"""At most so many records, within so many milliseconds."""


class Ahead:
    """Reads ahead by one batch of at most `most` records.

    What stands ready here has not been applied. When its partition is read again from another place it must be
    forgotten in the same step: else the batch would seem to go on from there, and what lies between be lost.
    One batch is one fetch, so that a gap always stands at the beginning of a batch, where it is looked for.
    """

    def __init__(self, fetch: Fetch, reader: Reader, most: int) -> None:
        self._fetch, self._reader, self._most = fetch, reader, most
        self._raw: dict[Partition, Iterator[ConsumerRecord]] = {}
        self._ready: dict[Partition, list[Item]] = {}
        self._task: asyncio.Task[None] | None = None

    async def take(self) -> dict[Partition, list[Item]]:
        """The next batch, empty if nothing came; from now on the one after it is on its way."""
        await (self._task or self._fill())
        taken, self._ready = self._ready, {}
        self._task = asyncio.create_task(self._fill())
        return taken

    def forget(self, partition: Partition) -> None:
        """Drop what was read of this one: it has just been sought."""
        self._raw.pop(partition, None)
        self._ready.pop(partition, None)

    def forget_all(self) -> None:
        """Partitions come and go: whoever has them now reads them from where the database says."""
        self._raw.clear()
        self._ready.clear()

    async def close(self) -> None:
        """Stop fetching; nothing of what stands ready was applied or committed, so nothing is lost."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _fill(self) -> None:
        fetched = await self._fetch(self._most, WAIT_MS)
        # Without a pause since they came: whatever Kafka has handed out can be forgotten from now on.
        self._raw = {(tp.topic, tp.partition): iter(records) for tp, records in fetched.items()}
        while self._raw:
            partition, records = next(iter(self._raw.items()))
            chunk = [self._read(record) for record in islice(records, CHUNK_RECORDS)]
            if chunk:
                self._ready.setdefault(partition, []).extend(chunk)
            else:
                del self._raw[partition]
            await asyncio.sleep(0)

    def _read(self, r: ConsumerRecord) -> Item:
        return self._reader.read(
            Record(r.topic, r.partition, r.offset, r.key, r.headers, r.value, r.timestamp)
        )
