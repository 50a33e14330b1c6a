"""Whether personal data is kept beside the log, and where."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from silkway.messaging.database import database_url
from silkway.messaging.secret import read_secret

SINCE: Final = "SILKWAY_PERSONAL_DATA_SEALED_SINCE"
KEY_BYTES: Final = 32


def sealed_since(environment: Mapping[str, str] = os.environ) -> dt.datetime | None:
    """From when on facts have to bring personal data sealed, by Kafka's time of the record; None: never.

    It is a time, because what was read before has to be read again in the same way. Raises SystemExit.
    """
    given = environment.get(SINCE)
    if not given:
        return None
    try:
        since = dt.datetime.fromisoformat(given)
    except ValueError:
        since = None
    if since is None or since.tzinfo is None:
        raise SystemExit(f"{SINCE} is {given!r}: give a time with offset, e.g. 2026-11-21T00:00:00Z")
    return since


@dataclass(frozen=True, slots=True)
class PersonalSettings:
    """Where sealed texts are kept, and the file of the keys that they are encrypted with.

    PERSONAL_DATABASE_URL, PERSONAL_DATABASE_PASSWORD_FILE, PERSONAL_KEY_FILE (one key a line, 32 bytes as base64).
    """

    database_url: str
    key_file: str

    def keys(self) -> tuple[bytes, ...]:
        """The keys as they are now: the first encrypts, all decrypt. Raises SystemExit."""
        try:
            lines = read_secret(self.key_file, "PERSONAL_KEY_FILE").split()
            keys = tuple(base64.b64decode(line, validate=True) for line in lines)
        except (binascii.Error, ValueError):
            keys = ()
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise SystemExit(
                f"PERSONAL_KEY_FILE: {self.key_file} has to hold keys of {KEY_BYTES} bytes as base64, one a line"
            )
        return keys

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> PersonalSettings | None:
        """None where personal data stays in the facts. Raises SystemExit with the name of what is missing."""
        if sealed_since(environment) is None:
            return None
        url, file = environment.get("PERSONAL_DATABASE_URL"), environment.get("PERSONAL_KEY_FILE")
        if not url or not file:
            raise SystemExit(f"{SINCE} is set: PERSONAL_DATABASE_URL and PERSONAL_KEY_FILE are needed too")
        password = environment.get("PERSONAL_DATABASE_PASSWORD_FILE")
        settings = cls(database_url("PERSONAL_DATABASE_URL", url, password), file)
        settings.keys()  # what is wrong with them is said now
        return settings
