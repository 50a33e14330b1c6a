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
        self.ends: defaultdict[Place, int] = defaultdict(int)
        """The offset after the last record."""
        self.hasty: list[str] = []
        """Ticks that were passed on ahead of what was caused before them."""
        self._items: defaultdict[tuple[int, Place], list[Item]] = defaultdict(list)

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
        self._next[place] = self.ends[place] = offset + 1
        return record

    def leave_out(self, place: Place, offsets: int) -> None:
        """The next offsets are Kafka's own and belong to no record."""
        self._next[place] += offsets

    def read(self, place: Place, offset: int, most: int, reader: Reader) -> list[Item]:
        """At most so many records from `offset` on, as this reader understands them."""
        first = bisect_left(self._offsets[place], offset)
        return [copy(item) for item in self.items(place, reader, first + most)[first : first + most]]

    def between(self, place: Place, first: int, end: int, reader: Reader) -> list[Item]:
        """The records with first <= offset < end."""
        offsets = self._offsets[place]
        start, stop = bisect_left(offsets, first), bisect_left(offsets, end)
        return [copy(item) for item in self.items(place, reader, stop)[start:stop]]

    def items(self, place: Place, reader: Reader, most: int | None = None) -> list[Item]:
        """The first records, so many at least, as this reader understands them; who changes one takes a copy."""
        items = self._items[id(reader), place]
        items += [reader.read(record) for record in self.records[place][len(items) : most]]
        return items
