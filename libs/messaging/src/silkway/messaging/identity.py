"""By what an event from outside is known again."""

from __future__ import annotations

import uuid
from hashlib import blake2b, sha1

from asyncpg.pgproto.pgproto import UUID

_IDS = uuid.UUID("6f1d1c1e-5a1c-5b7e-9d0a-2f7f3f6c8e11").bytes
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
"""The digit of RFC 9562's variant: its two upper bits are 10."""


def identity(tenant: str, source: str, event_id: str) -> uuid.UUID:
    """A digest of tenant, source and id: one event from outside, however often it is sent."""
    return UUID(blake2b(f"{tenant}\0{source}\0{event_id}".encode(), digest_size=16).digest())


def body_hash(event_type: str, value: bytes) -> uuid.UUID:
    """A digest of type and data: tells a repeat from another event under the same identity."""
    return UUID(blake2b(event_type.encode() + b"\0" + value, digest_size=16).digest())


def derived_id(name: str) -> str:
    """The UUIDv5 (RFC 9562) of an event of ours, by its name: the same whenever the log is replayed."""
    h = sha1(_IDS + name.encode(), usedforsecurity=False).hexdigest()
    return f"{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"
