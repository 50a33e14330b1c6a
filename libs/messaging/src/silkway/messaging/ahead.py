"""The batch that comes next, fetched and decoded while the database works on the one before it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice

from aiokafka import TopicPartition
from aiokafka.structs import ConsumerRecord

from silkway.messaging.fence import Partition
from silkway.messaging.records import Item, Reader, Record
from silkway.messaging.waves import KEPT_S, Waves

CHUNK_RECORDS = 50
"""So many are decoded at a stretch, some 0.7 ms: then it is looked whether the database has answered."""
WAIT_MS = 200

Fetched = Mapping[TopicPartition, Sequence[ConsumerRecord]]
Fetch = Callable[[int, int], Awaitable[Fetched]]
"""At most so many records, within so many milliseconds."""
Heard = Callable[[bool], None]
"""Told after each fetch, before anything else runs, whether records came that are worth gathering more for."""


class Ahead:
    """Reads ahead by one batch of at most `most` records, or of ticks that came one after the other.

    What stands ready here has not been applied. When its partition is read again from another place it must be
    forgotten in the same step: else the batch would seem to go on from there, and what lies between be lost.
    No batch has a gap but at its beginning, where it is looked for.
    """

    def __init__(self, fetch: Fetch, reader: Reader, most: int, waves: Waves, heard: Heard) -> None:
        self._fetch, self._reader, self._most = fetch, reader, most
        self._waves, self._heard = waves, heard
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
        self._waves.forget_all()

    async def close(self) -> None:
        """Stop fetching; nothing of what stands ready was applied or committed, so nothing is lost."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _fill(self) -> None:
        """Fetch once, and again for as long as only ticks came that move no time yet."""
        self._waves.begin()
        await self._fetch_once(WAIT_MS)
        until = time.monotonic() + KEPT_S
        while self._ready and self._waves.ticks_alone and not self._waves.moved():
            left_ms = int(1000 * (until - time.monotonic()))
            if left_ms <= 0:
                return
            await self._fetch_once(min(left_ms, WAIT_MS))

    async def _fetch_once(self, timeout_ms: int) -> None:
        """Add what is fetched to what stands ready, decoded."""
        fetched = await self._fetch(self._most, timeout_ms)
        # Without a pause since they came: whatever Kafka has handed out can be forgotten from now on.
        self._raw = {(tp.topic, tp.partition): iter(records) for tp, records in fetched.items()}
        self._begin_at_gaps(fetched)
        if sum(map(len, fetched.values())) <= CHUNK_RECORDS:
            while self._raw:
                self._decode()
        self._heard(bool(self._raw) or not self._waves.ticks_alone)
        while self._raw:
            self._decode()
            await asyncio.sleep(0)

    def _begin_at_gaps(self, fetched: Fetched) -> None:
        """Where the log does not go on behind the ticks that were kept, the batch begins behind the gap."""
        for tp, records in fetched.items():
            kept = self._ready.get((tp.topic, tp.partition))
            if kept and records[0].offset != kept[-1].record.offset + 1:
                del self._ready[tp.topic, tp.partition]

    def _decode(self) -> None:
        """Decode some records of one partition."""
        partition, records = next(iter(self._raw.items()))
        chunk = [self._read(record) for record in islice(records, CHUNK_RECORDS)]
        if chunk:
            self._ready.setdefault(partition, []).extend(chunk)
        else:
            del self._raw[partition]

    def _read(self, r: ConsumerRecord) -> Item:
        item = self._reader.read(
            Record(r.topic, r.partition, r.offset, r.key, r.headers, r.value, r.timestamp)
        )
        self._waves.read(item)
        return item
