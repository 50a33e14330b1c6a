"""The journal as Kafka keeps it: what outlives the database, and by which a restored one catches up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from silkway.messaging import lenient
from silkway.messaging.compare import MOST_DIFFERENCES, Difference
from silkway.messaging.journal import Assembler, Numbered, read_row
from silkway.messaging.kafka import to_kafka
from silkway.messaging.storage import Connection

lenient.install()

DISORDER = 10_000
"""Numbers that may stand in another order than their own: those of transactions beside each other, of what was rolled
back, and of what one relay has published again after another."""
_TAIL_RECORDS = 1_000
"""More than a relay publishes once again after another one, so that the newest is among them."""
_READ_TIMEOUT_MS = 10_000
_PAGE = 1_000
_NUMBERS = "SELECT id FROM journal ORDER BY id"
_LEFT = "SELECT payload FROM outbox WHERE topic = $1"
_ENTRIES = "SELECT id, entry FROM journal WHERE id = ANY($1::bigint[])"


class JournalTopic:
    """The topic from offset `first` to `end`, as it was when it was opened."""

    def __init__(self, consumer: AIOKafkaConsumer, place: TopicPartition, first: int, end: int) -> None:
        self._consumer, self._place = consumer, place
        self.topic: str = place.topic
        self.first, self.end = first, end
        self._tail: dict[int, bytes] | None = None

    async def tail(self) -> Mapping[int, bytes]:
        """The last entries by their numbers, the newest among them; read once."""
        if self._tail is None:
            start = max(self.first, self.end - _TAIL_RECORDS)
            self._tail = {e.number: e.packed async for e in self._read(start)}
        return self._tail

    async def since(self, number: int) -> AsyncIterator[Numbered]:
        """The entries in the order of their publication, from somewhere before the first above `number` on.

        Those that were published twice come twice.
        """
        low, high = self.first, self.end
        while low < high:
            middle = (low + high) // 2
            if await self._number(middle) < number - DISORDER:
                low = middle + 1
            else:
                high = middle
        async for entry in self._read(low):
            yield entry

    async def _number(self, offset: int) -> int:
        self._consumer.seek(self._place, offset)
        return int((await self._consumer.getone(self._place)).key)

    async def _read(self, start: int) -> AsyncIterator[Numbered]:
        assembler = Assembler()
        self._consumer.seek(self._place, start)
        while start < self.end:
            fetched = await self._consumer.getmany(self._place, timeout_ms=_READ_TIMEOUT_MS)
            if not fetched:
                raise TimeoutError(f"{self._place.topic}: nothing comes after offset {start}")
            for record in fetched[self._place]:
                start = record.offset + 1
                if record.offset < self.end and (
                    entry := assembler.add(record.key, record.headers, record.value)
                ):
                    yield entry


@asynccontextmanager
async def journal_topic(kafka: str, topic: str) -> AsyncIterator[JournalTopic]:
    """The journal's topic, opened to be read. Raises KafkaError."""
    consumer = AIOKafkaConsumer(
        **to_kafka(kafka), enable_auto_commit=False, max_partition_fetch_bytes=4 << 20
    )
    try:
        await consumer.start()
        if topic not in await consumer.topics():
            raise UnknownTopicOrPartitionError(f"{topic} is missing: create it with `silkway topics`")
        place = TopicPartition(topic, 0)
        consumer.assign([place])
        first = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        yield JournalTopic(consumer, place, first, end)
    finally:
        await consumer.stop()


async def disagreement(journal: JournalTopic, connection: Connection) -> str:
    """Why this database must not go on by itself: its journal is not the one that was published; or nothing.

    The last entries are compared: each names how far the log had been read, so that no other history ends alike.
    """
    published = await journal.tail()
    kept = {row[0]: row[1] for row in await connection.fetch(_ENTRIES, list(published))}
    for number, packed in sorted(published.items()):
        if kept.get(number, packed) != packed:
            return (
                f"its journal says something else under {number} than what was published: it has gone on by itself"
                " since it was restored. Restore it once more, then let it catch up (silkway restore)"
            )
    if missing := published.keys() - kept.keys():
        return (
            f"the database is older than its journal, which was published up to {max(missing)}:"
            " it was restored, and has to catch up (silkway restore)"
        )
    return ""


async def journal_differences(journal: JournalTopic, live: Connection) -> list[Difference]:
    """Where the journal of `live` (in its open transaction) and what was published of it differ, at most 100 places.

    The topic was opened after that transaction began, so that all is in it that had been published by then.
    """
    published: set[int] = set()
    differences: list[Difference] = []
    page: dict[int, bytes] = {}

    def differs(number: int, expected: str | None, found: str) -> None:
        if len(differences) < MOST_DIFFERENCES:
            owner = f"journal {number}"
            differences.append(Difference("journal", str(number), "entry", expected, found, owner))

    async def look() -> None:
        for number, packed in await live.fetch(_ENTRIES, list(page)):
            if packed != page[number]:
                differs(number, page[number].hex(), packed.hex())
        page.clear()

    async for entry in journal.since(0):
        published.add(entry.number)
        page[entry.number] = entry.packed
        if len(page) == _PAGE:
            await look()
    await look()
    published.update(read_row(row[0]).number for row in await live.fetch(_LEFT, journal.topic))
    from_here = min(published, default=0)
    async for row in live.cursor(_NUMBERS):
        if row[0] >= from_here and row[0] not in published:
            differs(row[0], None, "there")
    return differences
