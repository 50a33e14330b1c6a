"""What a transaction leaves for the relay: batches in Kafka's own format, so that the relay need only send them on.

Source of the layout: Kafka's record batch, version 2 (Kafka documentation, "Message Format").
"""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence

import lz4.frame
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from silkway.contracts import KafkaMessage

MAX_BATCH_BYTES = 1 << 20
"""Before it is compressed; Kafka takes a little more by default."""
ROWS_A_ROUND = 400
"""The relay publishes so many rows, then deletes them, before it looks at the next."""
SURELY_SENT_ROWS = 2 * ROWS_A_ROUND
"""Once so many later rows have been begun, a row was published: only those of one round are ever half done, and few
join a round late, from transactions that drew their ids before it and committed after."""

_LENGTH = struct.Struct(">i")
_LENGTH_AT, _LENGTH_COUNTS_FROM = 8, 12
_CRC = struct.Struct(">I")
_CRC_AT = 17
_ATTRIBUTES = struct.Struct(">h")
_ATTRIBUTES_AT = 21
_PRODUCER = struct.Struct(">qhi")
_PRODUCER_AT = 43
_COUNT = struct.Struct(">i")
_COUNT_AT = 57
_RECORDS_AT = 61
_PLAIN, _LZ4 = 0, 3


def pack_messages(messages: Sequence[KafkaMessage]) -> list[bytes]:
    """Messages of one partition as one batch, or as several where they are too many for one."""
    packed: list[bytes] = []
    now_ms = int(time.time() * 1000)
    builder, count = _builder(), 0
    for key, headers, value in messages:
        # The first message of a batch always fits: none is larger than Kafka takes.
        if builder.append(count, now_ms, key, value, headers) is None:
            packed.append(_compressed(builder))
            builder, count = _builder(), 0
            builder.append(count, now_ms, key, value, headers)
        count += 1
    if count:
        packed.append(_compressed(builder))
    return packed


def _builder() -> DefaultRecordBatchBuilder:
    return DefaultRecordBatchBuilder(2, _PLAIN, 0, -1, -1, 0, MAX_BATCH_BYTES)


def _compressed(builder: DefaultRecordBatchBuilder) -> bytes:
    """The batch with its records under lz4: aiokafka's own way takes its slowest level, ten times as long."""
    batch = builder.build()
    batch[_RECORDS_AT:] = lz4.frame.compress(memoryview(batch)[_RECORDS_AT:].tobytes(), block_linked=False)
    _LENGTH.pack_into(batch, _LENGTH_AT, len(batch) - _LENGTH_COUNTS_FROM)
    _ATTRIBUTES.pack_into(batch, _ATTRIBUTES_AT, _LZ4)
    return bytes(batch)


class PackedBatch:
    """A packed batch, as aiokafka's producer takes it in the place of its own `BatchBuilder`."""

    def __init__(self, payload: bytes) -> None:
        self._batch = bytearray(payload)

    def record_count(self) -> int:
        count: int = _COUNT.unpack_from(self._batch, _COUNT_AT)[0]
        return count

    def size(self) -> int:
        return len(self._batch)

    def closed(self) -> bool:
        return True

    def close(self) -> None:
        """It is closed already."""

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        _PRODUCER.pack_into(self._batch, _PRODUCER_AT, producer_id, producer_epoch, base_sequence)

    def _build(self) -> bytearray:
        crc = calc_crc32c(memoryview(self._batch)[_ATTRIBUTES_AT:].tobytes())
        _CRC.pack_into(self._batch, _CRC_AT, crc)
        return self._batch


def unpack_messages(payload: bytes) -> list[KafkaMessage]:
    """The messages of a packed batch, in order: to look into an outbox."""
    return [KafkaMessage(r.key, list(r.headers), r.value) for r in DefaultRecordBatch(payload)]
