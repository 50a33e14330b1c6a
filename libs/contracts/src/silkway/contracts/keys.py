"""Kafka keys, partitions and clocks."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

__all__ = ["LIVE_CLOCK", "clock_of", "key_of", "partition_of"]

LIVE_CLOCK: Final = "live"
SCENARIO_PREFIX: Final = "sim-"


def key_of(tenant: str, subject_id: str) -> str:
    """The Kafka key (as UTF-8) of everything about one subject of one tenant."""
    return f"{tenant}/{subject_id}"


def clock_of(tenant: str) -> str:
    """The clock that a tenant lives by: its own for a scenario tenant, else the one of the live tenants."""
    return tenant if tenant.startswith(SCENARIO_PREFIX) else LIVE_CLOCK


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition that Kafka's own clients choose for a key: murmur2, sign bit off, modulo `partitions`."""
    return (_murmur2(key) & 0x7FFFFFFF) % partitions


def _murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 (Austin Appleby, public domain) with the seed of Kafka's clients, unsigned."""
    multiplier, mask, length = 0x5BD1E995, 0xFFFFFFFF, len(data)
    mixed = 0x9747B28C ^ length
    whole = length & ~3
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        mixed = (mixed * multiplier & mask) ^ word
    if whole < length:
        mixed = (mixed ^ int.from_bytes(data[whole:], "little")) * multiplier & mask
    mixed = (mixed ^ mixed >> 13) * multiplier & mask
    return mixed ^ mixed >> 15
