"""Who somebody is that comes in over HTTP, and what they may do."""

from __future__ import annotations

import datetime as dt
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from silkway.messaging.http.database import connection
from silkway.messaging.http.problems import Problem
from silkway.messaging.http.rates import Rate
from silkway.messaging.http.scopes import Scope
from silkway.messaging.keys import EVERY_TENANT, Key, read_key

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.http.database import Pool

FRESH_S: Final = 3.0
"""So long a key is believed to be what it was: so much later at the latest a revocation works."""
STRANGERS_PER_S: Final = 50.0
_MOST: Final = 10_000
_FIND: Final = (
    "SELECT secret_hash, tenant, scopes, name, expires_at, revoked_at FROM api_keys WHERE key_id = $1"
)


class Credential(NamedTuple):
    """Who comes in. `id` tells credentials apart, `subject` people: two keys of one name are one person."""

    id: str
    subject: str
    tenant: str
    """Whose data; `*`: of whichever tenant the request names."""
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether it permits this; whoever may do anything may read."""
        return scope in self.scopes or (scope == "read" and bool(self.scopes))

    @property
    def of_installation(self) -> bool:
        """It is of those who run the installation."""
        return self.tenant == EVERY_TENANT


def unauthorized(detail: str, error: str = "") -> Problem:
    """401; `error` as RFC 6750 calls it, where something was sent."""
    challenge = 'Bearer realm="silkway"' + (f', error="{error}"' if error else "")
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})


def not_good() -> Problem:
    """401 for a credential that does not open the door; which of the reasons it is concerns only those who made it."""
    return unauthorized(
        "The key or token is not known here, has expired or was revoked.", error="invalid_token"
    )


class Keyring:
    """The keys that the service's database knows, each looked up at most once in three seconds.

    Who tries ids at random meets the limit of keys that were not seen before; known keys go on.
    """

    def __init__(
        self, pool: Pool, strangers: Rate | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool, self._strangers, self._now = pool, strangers or Rate(STRANGERS_PER_S), now
        self._seen: OrderedDict[str, tuple[float, Record]] = OrderedDict()

    async def credential(self, text: str) -> Credential:
        """Whose key it is. Raises Problem 401 if it opens nothing, 503 if the database does not answer."""
        key = read_key(text)
        row = None if key is None else await self._row(key)
        if key is None or row is None or not _is_good(row, key):
            raise not_good()
        return Credential(f"key {key.key_id}", row["name"], row["tenant"], frozenset(row["scopes"]))

    async def _row(self, key: Key) -> Record | None:
        now = self._now()
        seen = self._seen.get(key.key_id)
        if seen is None:
            self._strangers.take("new")
        elif now < seen[0]:
            return seen[1]
        async with connection(self._pool) as reading:
            row = await reading.fetchrow(_FIND, key.key_id)
        self._seen.pop(key.key_id, None)
        if row is not None:
            self._seen[key.key_id] = now + FRESH_S, row
        if len(self._seen) > _MOST:
            self._seen.popitem(last=False)
        return row


def _is_good(row: Any, key: Key) -> bool:
    same = hmac.compare_digest(row["secret_hash"], key.secret_hash)
    expires_at: dt.datetime | None = row["expires_at"]
    expired = expires_at is not None and expires_at <= dt.datetime.now(dt.UTC)
    return same and not expired and row["revoked_at"] is None
