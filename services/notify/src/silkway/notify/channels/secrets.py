"""The secrets that sign webhooks: derived, so that none is kept anywhere and none travels by the log."""

from __future__ import annotations

import base64
import hmac
import re
from hashlib import sha256
from secrets import token_bytes
from typing import TYPE_CHECKING

from silkway.notify.channels.store import signing_key

if TYPE_CHECKING:
    from silkway.messaging.http.database import Connection as PooledConnection
    from silkway.messaging.storage import Connection

PREFIX = "whsec_"
_VERSION = re.compile(r"V([1-9][0-9]{0,8})")


class Secrets:
    """Derives the secret of each subscription from the one key of the installation."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, tenant: str, subscription_id: str, ref: str) -> bytes:
        """The secret of a subscription in its version `ref`, 32 bytes."""
        name = "\0".join(("silkway webhook", tenant, subscription_id, ref))
        return hmac.new(self._key, name.encode(), sha256).digest()

    def shown(self, tenant: str, subscription_id: str, ref: str) -> str:
        """The same as Standard Webhooks writes it: whsec_ and base64."""
        return PREFIX + base64.b64encode(self.of(tenant, subscription_id, ref)).decode()


def version_of(ref: str) -> int | None:
    """The number in V1, V2, …; None for any other name."""
    found = _VERSION.fullmatch(ref)
    return int(found[1]) if found else None


def before(ref: str) -> str | None:
    """The version before `ref`, if there was one."""
    number = version_of(ref)
    return f"V{number - 1}" if number is not None and number > 1 else None


async def load(connection: Connection | PooledConnection, given: bytes | None) -> Secrets:
    """The secrets by the key that is given, else by the database's, which is made by the first who asks."""
    return Secrets(given or await signing_key(connection, token_bytes(32)))
