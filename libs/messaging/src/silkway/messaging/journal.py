"""What a transaction did, in the few words that let a replay of the log do the same."""

from __future__ import annotations

import datetime as dt

import msgspec


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """One transaction.

    ranges: (topic, partition, first offset, offset after the last). times: (clock, own, forward) of clocks that
    moved. fired: (rank, key, time) of deadlines, in order. parked: error by place.

    """

    ranges: list[tuple[str, int, int, int]]
    times: list[tuple[str, dt.datetime | None, dt.datetime | None]]
    fired: list[tuple[int, str, dt.datetime]]
    parked: dict[str, str]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Entry).decode


def write_entry(entry: Entry) -> bytes:
    return _encode(entry)


def read_entry(packed: bytes) -> Entry:
    return _decode(packed)
