"""What the services show over HTTP against what the log says: some subjects at a time, now and then, read only."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from itertools import chain, islice, takewhile
from typing import Any, Final

import httpx
import structlog

from silkway.auditor import metrics, store
from silkway.auditor.domain import Book, Finding
from silkway.auditor.domain.shown import differences, expected
from silkway.messaging.storage import Connection

_log = structlog.get_logger()
EVERY_S: Final = 10.0
CHANGED: Final = 10
DOUBTED: Final = 5
"""So many of what changed lately, and of what is in doubt, are compared at a time: neither keeps the other waiting."""
REST_S: Final = 20.0
"""A book that has not changed for so long should have reached every service."""
AGAIN_S: Final = 20.0
"""What differs is looked at once more before it is a finding: a service may have been a moment behind."""
_RECENT: Final = 10_000
_TIMEOUT_S: Final = 3.0


class _Unanswered(Exception):
    """A service cannot be asked about a subject: this says neither that it agrees nor that it does not."""

    def __init__(self, service: str, reason: str) -> None:
        self.service, self.reason = service, reason


class Models:
    """Compares up to sixteen books every ten seconds: doubts, what has just come to rest, and the next of all in turn.

    apis: base URL by service.
    """

    def __init__(self, apis: Mapping[str, str], client: httpx.AsyncClient) -> None:
        self._apis, self._client = apis, client
        self._recent: dict[str, float] = {}  # when each changed last, in this order
        # Since when, and what differed.
        self._doubts: dict[str, tuple[float, frozenset[str]]] = {}
        self._cursor = ""
        self._next_at = time.monotonic() + EVERY_S
        # Of this time: services that did not answer at all, which are not asked again; a key by service and reason.
        self._silent: set[str] = set()
        self._unanswered: dict[tuple[str, str], str] = {}

    async def look(self, connection: Connection, changed: Iterable[str]) -> list[Finding]:
        """Compare some books if it is time to; what is a finding by now. changed: keys that were just written."""
        now = time.monotonic()
        self._note(changed, now)
        if now < self._next_at:
            return []
        self._next_at = now + EVERY_S
        told, self._unanswered, self._silent = self._unanswered, {}, set()
        findings: list[Finding] = []
        for key in chain(self._due(now), self._rested(now), [None]):
            chosen = await self._choose(connection, key)
            findings += [] if chosen is None else await self._compare(*chosen)
        for (service, reason), key in self._unanswered.items():
            if (service, reason) not in told:
                _log.warning("read model could not be compared", service=service, reason=reason, key=key)
        return findings

    def _note(self, changed: Iterable[str], now: float) -> None:
        """These have changed; of too many the first are left to the round of all."""
        for key in changed:
            self._recent.pop(key, None)
            self._recent[key] = now
        for key in list(islice(self._recent, max(len(self._recent) - _RECENT, 0))):
            del self._recent[key]

    def _due(self, now: float) -> list[str]:
        """Doubts that are old enough to be looked at again, the oldest first."""
        return list(islice((k for k, (since, _) in self._doubts.items() if now - since >= AGAIN_S), DOUBTED))

    def _rested(self, now: float) -> list[str]:
        """Of what has changed lately, what came to rest last: so it is seen in time, however much waits behind it."""
        rested = list(takewhile(lambda key: now - self._recent[key] >= REST_S, self._recent))[-CHANGED:]
        for key in rested:
            del self._recent[key]
        return rested

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
        now = time.monotonic()
        since, before = self._doubts.pop(key, (now, frozenset[str]()))
        try:
            differing = await self._differing(tenant, subject, book)
        except _Unanswered as why:
            metrics.compared.labels("unanswered").inc()
            self._unanswered.setdefault((why.service, why.reason), key)
            if before:  # a doubt is kept, behind all others
                self._doubts[key] = (now, before)
            return []
        metrics.compared.labels("differs" if differing else "same").inc()
        if not differing:
            return []
        if differing != before or now - since < AGAIN_S:
            self._doubts[key] = (since if differing == before else now, differing)
            return []
        return [Finding(tenant, subject, "MODEL_AGREES", text, "", changed_at) for text in sorted(differing)]

    async def _differing(self, tenant: str, subject: str, book: Book) -> frozenset[str]:
        """What is shown otherwise than the log says. Raises _Unanswered."""
        differing: list[str] = []
        for service, path, fields in expected(subject, book):
            wrong = differences(fields, await self._get(service, path, tenant))
            if wrong:
                await self._get(service, "/readyz", tenant)  # who is behind says so itself
            differing += [f"{service}: {text}" for text in wrong]
        return frozenset(differing)

    async def _get(self, service: str, path: str, tenant: str) -> dict[str, Any]:
        """What the service shows; empty where it knows nothing of it. Raises _Unanswered."""
        if service in self._silent:
            raise _Unanswered(service, "no answer")
        try:
            answer = await self._client.get(
                f"{self._apis[service]}{path}", headers={"Silkway-Tenant": tenant}, timeout=_TIMEOUT_S
            )
        except httpx.HTTPError:
            self._silent.add(service)
            raise _Unanswered(service, "no answer") from None
        if answer.status_code == httpx.codes.NOT_FOUND:
            return {}
        if answer.status_code != httpx.codes.OK:
            raise _Unanswered(
                service, f"{'not ready' if path == '/readyz' else 'answered'}: {answer.status_code}"
            )
        shown: dict[str, Any] = answer.json()
        return shown
