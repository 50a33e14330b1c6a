"""Messages packed for one partition: what a transaction leaves for the relay."""

from __future__ import annotations

from collections.abc import Sequence

import lz4.frame
import msgspec

from silkway.contracts import KafkaMessage

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[bytes | None, list[tuple[str, bytes]], bytes | None]]).decode


def pack_messages(messages: Sequence[KafkaMessage]) -> bytes:
    return bytes(lz4.frame.compress(_encode([(m.key, m.headers, m.value) for m in messages])))


def unpack_messages(payload: bytes) -> list[tuple[bytes | None, list[tuple[str, bytes]], bytes | None]]:
    """(key, headers, value) of each message, in order."""
    return _decode(lz4.frame.decompress(payload))
