"""By what an event from outside is known again."""

from __future__ import annotations

import uuid
from hashlib import blake2b


def identity(tenant: str, source: str, event_id: str) -> uuid.UUID:
    """A digest of tenant, source and id: one event from outside, however often it is sent."""
    return uuid.UUID(bytes=blake2b(f"{tenant}\0{source}\0{event_id}".encode(), digest_size=16).digest())


def body_hash(event_type: str, value: bytes) -> uuid.UUID:
    """A digest of type and data: tells a repeat from another event under the same identity."""
    return uuid.UUID(bytes=blake2b(event_type.encode() + b"\0" + value, digest_size=16).digest())
