"""What becomes of a batch of the log, and of what had to wait: books loaded, judged, written, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import structlog

from silkway.auditor import metrics, store
from silkway.auditor.domain import Finding, Fold, Seen, books_of, see
from silkway.contracts import FindingSettled
from silkway.contracts.topics import CREDIT_EVENTS

if TYPE_CHECKING:
    from silkway.auditor.domain.fold import Record
    from silkway.messaging.storage import Connection

_log = structlog.get_logger()
_AT_ONCE: Final = 1000


class Desk:
    """The fold and its database. `positions`: by place, the next offset."""

    def __init__(self, fold: Fold, positions: dict[store.Place, int]) -> None:
        self.fold, self.positions = fold, positions
        self._waiting = True  # until it is known that nothing waits
        self._unsaved = False

    @property
    def waiting(self) -> bool:
        """Whether any book may hold something that is still to be judged."""
        return self._waiting

    async def take(
        self, connection: Connection, records: Sequence[Record], positions: Mapping[store.Place, int]
    ) -> int:
        """Read records of the log; how many new findings there are. `positions`: by place, the next offset."""
        read = [see(record) for record in records]
        metrics.records.inc(len(records))
        found = [one for one in read if isinstance(one, Finding)]
        seen = [one for one in read if isinstance(one, Seen)]
        keys = {key for one in seen for key in books_of(one)}
        settled = [
            (one.envelope.tenant, one.event.finding_id)
            for one in seen
            if isinstance(one.event, FindingSettled)
        ]
        if not keys and not found and not settled:
            for one in seen:
                self.fold.observe(one)
            self.positions.update(positions)
            self._unsaved = True
            return 0
        async with connection.transaction():
            self.fold.books = await store.load(connection, sorted(keys))
            for one in seen:
                found += self.fold.observe(one)
            self.positions.update(positions)
            await store.write_books(connection, self.fold.books)
            await self._write_positions(connection)
            new = await self._keep(connection, found)
            await store.settle(connection, settled)
        if settled:
            await self.count(connection)
        self._waiting = self._waiting or any(book.waits for book in self.fold.books.values())
        return new

    async def turn(self, connection: Connection) -> int:
        """All that was there when this turn began has been read: judge what waited before it; new findings."""
        after, new, left = "", 0, False
        while self._waiting:
            async with connection.transaction():
                self.fold.books = books = await store.load_waiting(connection, after, _AT_ONCE)
                found = self.fold.conclude()
                await store.write_books(connection, books)
                new += await self._keep(connection, found)
            left = left or any(book.waits for book in books.values())
            if len(books) < _AT_ONCE:
                break
            after = max(books)
        self._waiting = left
        metrics.turns.inc()
        return new

    async def save(self, connection: Connection) -> None:
        """Keep how far was read, where nothing but ticks has come since it was kept."""
        if self._unsaved:
            await self._write_positions(connection)

    async def keep(self, connection: Connection, found: Sequence[Finding]) -> int:
        """Keep findings that were made elsewhere; how many of them are new."""
        return await self._keep(connection, found)

    async def count(self, connection: Connection) -> None:
        """Show how many findings are open."""
        counts = await store.count_open(connection)
        metrics.findings.clear()
        for invariant, count in counts.items():
            metrics.findings.labels(invariant).set(count)

    async def _write_positions(self, connection: Connection) -> None:
        ticks: dict[store.Place, dict[str, str]] = {}
        for clock, by_partition in self.fold.ticks.items():
            for partition, tick in by_partition.items():
                ticks.setdefault((CREDIT_EVENTS, partition), {})[clock] = tick
        await store.write_positions(connection, self.positions, ticks)
        self._unsaved = False

    async def _keep(self, connection: Connection, found: Sequence[Finding]) -> int:
        if not found:
            return 0
        unique = {one.finding_id: one for one in found}
        new = await store.write_findings(connection, list(unique.values()))
        for finding_id in sorted(new):
            one = unique[finding_id]
            _log.error(
                "invariant broken", invariant=one.invariant, tenant=one.tenant, subject=one.subject,
                text=one.text, event_id=one.event_id, finding_id=finding_id,
            )  # fmt: skip
        if new:
            await self.count(connection)
        return len(new)
