"""Lets aiokafka read records whose header names are not UTF-8: one such record would stop its partition for good.

Senders on librdkafka can write any bytes as a header's name. aiokafka's compiled parser raises on them, for the
whole batch of records and each time anew. Here such a batch is read again by its slower parser, and what is not
UTF-8 in a name is replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy


class _Bytes(bytes):
    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, "replace")


class _Buffer(bytearray):
    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Bytes(found) if isinstance(place, slice) else found


class _LenientBatch:
    """A batch of records as aiokafka's fetcher uses it."""

    def __init__(self, batch: Any, raw: bytes) -> None:
        self._batch, self._raw = batch, raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._batch))
        except (UnicodeDecodeError, CorruptRecordException):
            again = _DefaultRecordBatchPy(self._raw)
            again._maybe_uncompress()
            again._buffer = _Buffer(again._buffer)
            return iter(list(again))


class _LenientRecords(_MemoryRecordsPy):  # type: ignore[misc]  # aiokafka is untyped
    def next_batch(self, *arguments: Any) -> Any:
        raw = self._next_slice
        batch = super().next_batch(*arguments)
        return batch if batch is None else _LenientBatch(batch, bytes(raw))


def install() -> None:
    """From now on, all of this process's consumers read so."""
    fetcher.MemoryRecords = _LenientRecords
