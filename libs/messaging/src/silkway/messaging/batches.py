"""Applies what was fetched, whatever becomes of the database, and finds the record that spoils a batch."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

import structlog

from silkway.messaging import metrics
from silkway.messaging.crash import reach
from silkway.messaging.database import ZOMBIE_TIMEOUT_MS, connect, is_away, is_conflict
from silkway.messaging.effects import Suspect
from silkway.messaging.fence import Done, Groups, Partition
from silkway.messaging.records import Item, Operator
from silkway.messaging.storage import Connection
from silkway.messaging.suspects import accused, place_of
from silkway.messaging.traces import OFF, Traces
from silkway.messaging.transaction import Engine

_log = structlog.get_logger()
_LONGEST_PAUSE_S = 5.0
_LONGEST_PATIENCE_MS = 600_000
MOST_AGAIN = 4_000
"""So many records are done again at most for the sake of culprits that are told at once; then the rest is parted. To
part a batch costs some twenty transactions of their own, by which others wait, and the next batch grows."""


class Batches:
    """One connection through which one batch after the other is applied."""

    def __init__(self, engine: Engine, database_url: str, name: str, traces: Traces = OFF) -> None:
        self.engine, self._url, self._name, self._traces = engine, database_url, name, traces
        self._connection: Connection | None = None
        self._patience_ms = ZOMBIE_TIMEOUT_MS
        """How long the database lets us think between two statements."""

    async def apply(
        self, groups: Groups, accept_gaps: Mapping[Partition, int], pending: frozenset[str] = frozenset()
    ) -> Done:
        """Apply all of `groups`, trying until the database takes it; what spoils it is parked by itself.

        `pending`: clocks whose deadlines a process may have left over that ended amid the transactions of a tick.
        """
        todo: deque[tuple[Groups, dict[str, str]]] = deque((part, {}) for part in self._apart(groups))
        total = Done(pending=pending)
        while todo:
            part, forced = todo.popleft()
            try:
                done = await self._stubbornly(part, forced, total.pending, accept_gaps)
            except Exception as error:  # the data itself: the database will never take it
                metrics.data_errors.inc()
                _log.warning("batch refused by the database", error=repr(error)[:500], partitions=len(part))
                parts = await self._smaller(part, forced, total.pending, accept_gaps, error)
                todo.extendleft(reversed(parts))
                continue
            total.applied += done.applied
            total.parked += done.parked
            total.refused += done.refused
            total.fired += done.fired
            total.emitted |= done.emitted
            total.gaps.update(done.gaps)
            total.halts.update(done.halts)
            total.pending = done.pending
            if done.pending:
                reach("left")
                todo.appendleft(({}, {}))
        return total

    def _apart(self, groups: Groups) -> Iterator[Groups]:
        """Commands about one parked record, one after the other: the journal keeps one fate of it in a transaction."""
        commands = self.engine.prefix + self.engine.service.redrive
        heads, rest = dict(groups), {}
        for partition, items in groups.items():
            if partition[0] == commands and (cut := _second_command(items)) < len(items):
                heads[partition], rest[partition] = items[:cut], items[cut:]
        yield heads
        if rest:
            yield from self._apart(rest)

    async def _smaller(
        self,
        part: Groups,
        forced: dict[str, str],
        pending: Iterable[str],
        accept_gaps: Mapping[Partition, int],
        error: Exception,
    ) -> list[tuple[Groups, dict[str, str]]]:
        """The same work without its culprit, where that is soon told; else in parts: by partition, by halves."""
        again = (len(forced) + 1) * sum(map(len, part.values()))
        if again <= MOST_AGAIN and (suspects := accused(error, self.engine.suspects, self.engine.tables)):
            # Who alone has written what was refused needs no rehearsal.
            alone = place_of(suspects[0]) if len(suspects) == 1 else None
            culprit = alone or await self._culprit(suspects, part, forced, pending, accept_gaps)
            if culprit is not None and culprit not in forced:
                return [(part, {**forced, culprit: _words(error)})]
        if len(part) > 1:
            return [({partition: items}, forced) for partition, items in sorted(part.items())]
        place = None
        for partition, items in part.items():
            if len(items) > 1:
                half = len(items) // 2
                return [({partition: items[:half]}, forced), ({partition: items[half:]}, forced)]
            place = items[0].record.place
        culprit = await self._culprit(self.engine.suspects, part, forced, pending, accept_gaps) or place
        if culprit is None or culprit in forced:
            raise error
        return [(part, {**forced, culprit: _words(error)})]

    async def _culprit(
        self,
        suspects: Sequence[Suspect],
        part: Groups,
        forced: Mapping[str, str],
        pending: Iterable[str],
        accept_gaps: Mapping[Partition, int],
    ) -> str | None:
        """The place of the first of these with which the database refuses the whole; None: of none.

        It may be one that was long waiting and was let go by an innocent one, even by a tick. So those that took
        effect are rehearsed: only so many of the first of them, the others set aside.
        """
        places = [place_of(suspect) for suspect in suspects]

        async def passes(count: int) -> bool:
            aside = dict.fromkeys(places[count:], "set aside")
            try:
                await self._stubbornly(part, {**forced, **aside}, pending, accept_gaps, rehearse=True)
            except Exception:  # outages are waited out below: this is the data being refused
                return False
            return True

        if not places or not await passes(0):
            return None
        good, bad = 0, len(places)
        while bad - good > 1:
            middle = (good + bad) // 2
            if await passes(middle):
                good = middle
            else:
                bad = middle
        return places[bad - 1]

    async def _stubbornly(
        self,
        part: Groups,
        forced: Mapping[str, str],
        pending: Iterable[str],
        accept_gaps: Mapping[Partition, int],
        rehearse: bool = False,
    ) -> Done:
        """One transaction; conflicts and outages are waited out. It is safe to repeat: offsets are fenced.

        What is too much to think about in the time that a stopped process keeps its locks (all that a clock's first
        tick lets go, say) would be cut off each time: so that time is doubled for as long as it takes.
        """
        pause_s = 0.05
        while True:
            began_s = time.monotonic()
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connect()
                began_ns = time.time_ns()
                done = await self.engine.run(
                    self._connection,
                    part,
                    forced=forced,
                    pending=pending,
                    accept_gaps=accept_gaps,
                    rehearse=rehearse,
                )
                if self._patience_ms > ZOMBIE_TIMEOUT_MS:
                    self._patience_ms = ZOMBIE_TIMEOUT_MS
                    self._drop()
                if self._traces.on and not rehearse:
                    self._traces.applied(self.engine.suspects, began_ns, time.time_ns())
                return done
            except Exception as error:
                if is_conflict(error):
                    metrics.retries.labels("conflict").inc()
                elif is_away(error):
                    metrics.retries.labels("database").inc()
                    _log.warning("database away", error=repr(error)[:300], pause_s=round(pause_s, 2))
                    self._drop()
                    if 1000 * (time.monotonic() - began_s) > self._patience_ms:
                        self._patience_ms = min(2 * self._patience_ms, _LONGEST_PATIENCE_MS)
                else:
                    raise
            await self._pause(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _connect(self) -> Connection:
        patience = str(self._patience_ms)
        return await connect(self._url, self._name, idle_in_transaction_session_timeout=patience)

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * random.uniform(0.5, 1.5))

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await self._connection.close(timeout=2)


def _second_command(items: Sequence[Item]) -> int:
    """The index of the first command about a record of which one before it is; without any, of the end."""
    places = set()
    for index, item in enumerate(items):
        if isinstance(item, Operator):
            if item.command.place in places:
                return index
            places.add(item.command.place)
    return len(items)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
