"""API keys: how they read, what is kept of them, and the one that a process sends itself.

A key reads silkway_<id>_<secret>. Its first word says to whoever finds it where it leaked from, its id is looked up and
may be named anywhere, its secret is 256 random bits, of which only the hash is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

EVERY_TENANT: Final = "*"
"""The tenant of the keys of those who run the installation: they name the tenant they mean with each request."""
_TEXT: Final = re.compile(r"silkway_([0-9a-f]{12})_([0-9a-f]{64})")


class Key(NamedTuple):
    """A key as it was shown: its id, and the SHA-256 of its secret."""

    key_id: str
    secret_hash: bytes


def new_key() -> str:
    """The text of a new key."""
    return f"silkway_{secrets.token_hex(6)}_{secrets.token_hex(32)}"


def read_key(text: str) -> Key | None:
    """The key of a text; None if it is none."""
    match = _TEXT.fullmatch(text)
    return None if match is None else Key(match[1], hashlib.sha256(bytes.fromhex(match[2])).digest())


def own_key(environment: Mapping[str, str] = os.environ) -> str | None:
    """The key that this process sends: SILKWAY_API_KEY_FILE holds it, or SILKWAY_API_KEY is it.

    Raises SystemExit if the file cannot be read.
    """
    file = environment.get("SILKWAY_API_KEY_FILE")
    if not file:
        return environment.get("SILKWAY_API_KEY") or None
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SystemExit(f"SILKWAY_API_KEY_FILE: {file}: {error.strerror}") from None


def authorization(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The header by which this process says who it is; none where it has no key."""
    key = own_key(environment)
    return {} if key is None else {"Authorization": f"Bearer {key}"}
