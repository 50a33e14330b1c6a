"""A log in memory: partitions of records, whose offsets may have gaps as Kafka's do."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from copy import copy

from silkway.contracts import KafkaMessage
from silkway.messaging.records import Item, Reader, Record

Place = tuple[str, int]
PARTITIONS = 2


class Log:
    """All topics. What was read once is kept as it was understood: reading again must give the same."""

    def __init__(self) -> None:
        self.records: defaultdict[Place, list[Record]] = defaultdict(list)
        self._offsets: defaultdict[Place, list[int]] = defaultdict(list)
        self._next: defaultdict[Place, int] = defaultdict(int)
        self.hasty: list[str] = []
        """Ticks that were passed on ahead of what was caused before them."""
        self._items: dict[tuple[int, Place, int], Item] = {}

    def publish(self, place: Place, messages: Sequence[KafkaMessage]) -> None:
        """What one transaction left for a partition. A tick is the last of it."""
        ticked = False
        for message in messages:
            if ticked and message.value is not None:
                self.hasty.append(f"{place[0]}: a tick was passed on before what was caused before it")
            ticked = message.value is None
            self.append(place, message)

    def append(self, place: Place, message: KafkaMessage) -> Record:
        offset = self._next[place]
        record = Record(*place, offset, message.key, message.headers, message.value)
        self.records[place].append(record)
        self._offsets[place].append(offset)
        self._next[place] = offset + 1
        return record

    def leave_out(self, place: Place, offsets: int) -> None:
        """The next offsets are Kafka's own and belong to no record."""
        self._next[place] += offsets

    def has(self, place: Place, offset: int) -> bool:
        """Whether there is anything to read from `offset` on."""
        offsets = self._offsets[place]
        return bool(offsets) and offsets[-1] >= offset

    def end(self, place: Place) -> int:
        """The offset after the last record."""
        offsets = self._offsets[place]
        return offsets[-1] + 1 if offsets else 0

    def read(self, place: Place, offset: int, most: int, reader: Reader) -> list[Item]:
        """At most so many records from `offset` on, as this reader understands them."""
        first = bisect_left(self._offsets[place], offset)
        return [self._item(record, reader) for record in self.records[place][first : first + most]]

    def between(self, place: Place, first: int, end: int, reader: Reader) -> list[Item]:
        """The records with first <= offset < end."""
        offsets = self._offsets[place]
        taken = self.records[place][bisect_left(offsets, first) : bisect_left(offsets, end)]
        return [self._item(record, reader) for record in taken]

    def _item(self, record: Record, reader: Reader) -> Item:
        name = (id(reader), record[:2], record.offset)
        item = self._items.get(name)
        if item is None:
            item = self._items[name] = reader.read(record)
        return copy(item)
