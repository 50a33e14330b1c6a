"""What the services show over HTTP against what the log says: one subject at a time, now and then, read only."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpx

from silkway.auditor import metrics, store
from silkway.auditor.domain import Book, Finding
from silkway.auditor.domain.shown import differences, expected
from silkway.messaging.storage import Connection

EVERY_S: Final = 10.0
REST_S: Final = 20.0
"""A book that has not changed for so long should have reached every service."""
AGAIN_S: Final = 20.0
"""What differs is looked at once more before it is a finding: a service may have been a moment behind."""
_RECENT: Final = 500
_TIMEOUT_S: Final = 3.0


class Models:
    """Compares one book every ten seconds: lately changed ones first, else the next of all, round and round.

    apis: base URL by service.
    """

    def __init__(self, apis: Mapping[str, str], client: httpx.AsyncClient) -> None:
        self._apis, self._client = apis, client
        self._recent: dict[str, float] = {}  # when each changed last, in this order
        self._doubts: dict[str, tuple[float, frozenset[str]]] = {}
        self._cursor = ""
        self._next_at = time.monotonic() + EVERY_S

    async def look(self, connection: Connection, changed: Iterable[str]) -> list[Finding]:
        """Compare one book if it is time to; what is a finding by now. changed: keys that were just written."""
        now = time.monotonic()
        self._note(changed, now)
        if now < self._next_at:
            return []
        self._next_at = now + EVERY_S
        key = next((key for key, (since, _) in self._doubts.items() if now - since >= AGAIN_S), None)
        chosen = await self._choose(connection, key or self._rested(now))
        return [] if chosen is None else await self._compare(*chosen)

    def _note(self, changed: Iterable[str], now: float) -> None:
        """These have changed; of too many the first are left to the round of all."""
        for key in changed:
            self._recent.pop(key, None)
            self._recent[key] = now
        for key in list(self._recent)[:-_RECENT]:
            del self._recent[key]

    def _rested(self, now: float) -> str | None:
        """Of what has changed lately, the first, if it has been at rest for long enough."""
        key = next(iter(self._recent), None)
        if key is None or now - self._recent[key] < REST_S:
            return None
        del self._recent[key]
        return key

    async def _choose(self, connection: Connection, key: str | None) -> tuple[str, Book, dt.datetime] | None:
        found = await store.sample(connection, key or self._cursor, REST_S)
        if key is None:
            self._cursor = "" if found is None else f"{found[0]}\x01"
        elif found is None or found[0] != key:
            self._doubts.pop(key, None)  # it has changed meanwhile
            return None
        return found

    async def _compare(self, key: str, book: Book, changed_at: dt.datetime) -> list[Finding]:
        tenant, _, subject = key.partition("/")
        differing: list[str] = []
        for service, path, fields in expected(subject, book):
            shown = await self._get(service, path, tenant)
            if shown is None:
                return []  # it cannot be asked: its health is another's matter
            wrong = differences(fields, shown)
            if wrong and await self._get(service, "/readyz", tenant) is None:
                return []  # it is behind, and says so itself
            differing += [f"{service}: {text}" for text in wrong]
        metrics.compared.labels("differs" if differing else "same").inc()
        _, before = self._doubts.pop(key, (0.0, frozenset[str]()))
        if not differing:
            return []
        if frozenset(differing) != before:
            self._doubts[key] = (time.monotonic(), frozenset(differing))
            return []
        return [Finding(tenant, subject, "MODEL_AGREES", text, "", changed_at) for text in differing]

    async def _get(self, service: str, path: str, tenant: str) -> dict[str, Any] | None:
        """What the service shows; empty where it knows nothing of it, None where it does not answer."""
        try:
            answer = await self._client.get(
                f"{self._apis[service]}{path}", headers={"Silkway-Tenant": tenant}, timeout=_TIMEOUT_S
            )
        except httpx.HTTPError:
            return None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {}
        if answer.status_code != httpx.codes.OK:
            return None
        shown: dict[str, Any] = answer.json()
        return shown
