"""Fenced offsets: what another instance has done is not done twice, and what is missing is not passed over."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from silkway.messaging.records import Item, Record
from silkway.messaging.storage import Storage

ADDED = "the partition was added to a topic that is in use: none of its records are read, and no key belongs there"
Partition = tuple[str, int]
Groups = Mapping[Partition, Sequence[Item]]
RECREATED = "the topic was recreated: the last record read is not in it"


@dataclass(slots=True)
class Done:
    """What a transaction came to, for the consumer."""

    applied: int = 0
    parked: int = 0
    refused: int = 0
    fired: int = 0
    """Deadlines that were judged."""
    emitted: bool = False
    pending: frozenset[str] = frozenset()
    """Clocks whose due deadlines did not all fit: time has not moved yet, another transaction must follow."""
    gaps: dict[Partition, int] = field(default_factory=dict)
    """Partitions whose batch begins beyond the next offset: read again from there."""
    halts: dict[Partition, str] = field(default_factory=dict)
    """Partitions whose log is not the one that was read."""


@dataclass(slots=True)
class Span:
    """What a transaction reads of one partition."""

    first: int
    items: Sequence[Item]

    @property
    def last(self) -> Record:
        return self.items[-1].record


async def fence(
    storage: Storage, groups: Groups, done: Done, accept_gaps: Mapping[Partition, int], *, told: bool
) -> dict[Partition, Span]:
    """Lock the offsets and leave out what was read before; what is new, by partition.

    Into `done` go the partitions that must be read again (a gap, unless `accept_gaps` says that it was read
    again from there already) and those whose log is not the one that was read. told: the journal leads, whose
    gaps were accepted before.
    """
    spans: dict[Partition, Span] = {}
    rows = await storage.lock_offsets(sorted(groups)) if groups else []
    done.halts.update(dict.fromkeys(groups.keys() - {(row[0], row[1]) for row in rows}, ADDED))
    for topic, partition, next_offset, known, halted in rows:
        place = (topic, partition)
        items = groups[place]
        if halted or _recreated(items, next_offset, known):
            done.halts[place] = halted or RECREATED
            continue
        fresh = [item for item in items if item.record.offset >= next_offset]
        if not fresh:
            continue
        if fresh[0].record.offset > next_offset and accept_gaps.get(place) != next_offset and not told:
            done.gaps[place] = next_offset
            continue
        spans[place] = Span(fresh[0].record.offset, fresh)
    return spans


def _recreated(items: Sequence[Item], next_offset: int, known: int | None) -> bool:
    """Whether the last record that was read now is another one."""
    for item in items:
        if item.record.offset >= next_offset:
            break
        if item.record.offset == next_offset - 1 and known not in (None, fingerprint(item.record)):
            return True
    return False


def fingerprint(record: Record) -> int:
    """Tells a record from another at the same offset of a recreated topic."""
    return zlib.crc32(
        b"\0".join([record.key or b"", *(v or b"" for _, v in record.headers), record.value or b""])
    )
