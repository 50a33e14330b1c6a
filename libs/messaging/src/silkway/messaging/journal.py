"""What a transaction did, in the few words that let a replay of the log do the same; and as Kafka keeps it."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from silkway.contracts import KafkaMessage

MOST_BYTES = 900_000
"""Of one message. A longer entry, of thousands of parked records with their errors, takes several."""
_PARTS = "parts"
_OLD_FIELDS = 4
"""Of an entry that knows of no failures."""
_NUMBER = struct.Struct(">q")


class Failure(NamedTuple):
    """What a handler raised: full names of its class and of its cause's (or nothing), and the end of its trace."""

    kind: str
    cause: str
    trace: str


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """One transaction.

    ranges: (topic, partition, first offset, offset after the last). times: (clock, own, forward) of clocks that
    moved. fired: (rank, key, time) of deadlines, in order. parked: error by place. failures: what was raised, by
    place; None in entries of older versions, which kept no attempts at parked records and told nobody of them. early:
    how often one of the parked had come too early before, by place, where it had.
    """

    ranges: list[tuple[str, int, int, int]]
    times: list[tuple[str, dt.datetime | None, dt.datetime | None]]
    fired: list[tuple[int, str, dt.datetime]]
    parked: dict[str, str]
    failures: dict[str, Failure] | None = None
    early: dict[str, int] = {}


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def write_entry(entry: Entry) -> bytes:
    """As bytes. One of an older version stays without what it did not know: those bytes have been published."""
    return _encode(entry if entry.failures is not None else msgspec.structs.astuple(entry)[:_OLD_FIELDS])


def read_entry(packed: bytes) -> Entry:
    return _decode(packed)


class Numbered(NamedTuple):
    """An entry under its number, the id of its row in the table `journal`."""

    number: int
    packed: bytes


def read_row(payload: bytes) -> Numbered:
    """What the outbox holds of an entry: its number in eight bytes, then the entry."""
    return Numbered(_NUMBER.unpack_from(payload)[0], payload[_NUMBER.size :])


def journal_messages(numbered: Numbered) -> list[KafkaMessage]:
    """The entry for the journal's topic: the number is the key, the value the entry, or one part of it each."""
    key, packed = b"%d" % numbered.number, numbered.packed
    if len(packed) <= MOST_BYTES:
        return [KafkaMessage(key, [], packed)]
    parts = [packed[at : at + MOST_BYTES] for at in range(0, len(packed), MOST_BYTES)]
    return [
        KafkaMessage(key, [(_PARTS, b"%d/%d" % (number, len(parts)))], part)
        for number, part in enumerate(parts)
    ]


class Assembler:
    """Puts the entries of the journal's topic together again, record by record."""

    def __init__(self) -> None:
        self._key = b""
        self._parts: list[bytes] = []

    def add(self, key: bytes, headers: Sequence[tuple[str, bytes]], value: bytes) -> Numbered | None:
        """The entry that this record completes. What was cut off amid its parts comes again from its first."""
        told = dict(headers).get(_PARTS)
        if told is None:
            return Numbered(int(key), value)
        number, count = map(int, told.split(b"/"))
        if number == 0:
            self._key, self._parts = key, []
        if self._key != key or len(self._parts) != number:
            return None
        self._parts.append(value)
        return Numbered(int(key), b"".join(self._parts)) if number + 1 == count else None
