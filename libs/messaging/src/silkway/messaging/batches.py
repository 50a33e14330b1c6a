"""Applies what was fetched, whatever becomes of the database, and finds the record that spoils a batch."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import deque
from collections.abc import Iterable, Mapping

import structlog

from silkway.messaging import metrics
from silkway.messaging.application import timer_place
from silkway.messaging.database import connect, is_away, is_conflict
from silkway.messaging.records import Tick
from silkway.messaging.storage import Connection
from silkway.messaging.transaction import TIMERS_A_TRANSACTION, Done, Engine, Groups, Partition

_log = structlog.get_logger()
_LONGEST_PAUSE_S = 5.0


class Batches:
    """One connection through which one batch after the other is applied."""

    def __init__(self, engine: Engine, database_url: str, name: str) -> None:
        self.engine, self._url, self._name = engine, database_url, name
        self._connection: Connection | None = None

    async def apply(
        self, groups: Groups, accept_gaps: Mapping[Partition, int], pending: frozenset[str] = frozenset()
    ) -> Done:
        """Apply all of `groups`, trying until the database takes it; what spoils it is parked by itself.

        `pending`: clocks whose deadlines a process may have left over that ended amid the transactions of a tick.
        """
        todo: deque[tuple[Groups, dict[str, str], int]] = deque([(groups, {}, TIMERS_A_TRANSACTION)])
        total = Done(pending=pending)
        while todo:
            part, forced, timers = todo.popleft()
            try:
                done = await self._stubbornly(part, forced, total.pending, accept_gaps, timers)
            except Exception as error:  # the data itself: the database will never take it
                todo.extendleft(reversed(self._smaller(part, forced, timers, error)))
                continue
            total.applied += done.applied
            total.parked += done.parked
            total.emitted |= done.emitted
            total.gaps.update(done.gaps)
            total.halts.update(done.halts)
            total.pending = done.pending
            if done.pending:  # before anything else, so that nothing else is blamed for a deadline that fails
                todo.appendleft(({}, {}, TIMERS_A_TRANSACTION if forced else timers))
        return total

    def _smaller(
        self, part: Groups, forced: dict[str, str], timers: int, error: Exception
    ) -> list[tuple[Groups, dict[str, str], int]]:
        """The same work in parts: by partition, then by halves, until the culprit stands alone and is parked."""
        metrics.data_errors.inc()
        _log.warning("batch refused by the database", error=repr(error)[:500], partitions=len(part))
        if len(part) > 1:
            return [({partition: items}, forced, timers) for partition, items in sorted(part.items())]
        reason = f"{type(error).__name__}: {error}"
        for partition, items in part.items():
            if len(items) > 1:
                half = len(items) // 2
                return [
                    ({partition: items[:half]}, forced, timers),
                    ({partition: items[half:]}, forced, timers),
                ]
            if not isinstance(items[0], Tick) and items[0].record.place not in forced:
                return [(part, {**forced, items[0].record.place: reason}, timers)]
        fired = self.engine.last_fired
        if len(fired) > 1 and timers > 1:  # a tick is never parked: it is one of the deadlines
            return [(part, forced, 1)]
        culprit = next((place for place in map(timer_place, fired) if place not in forced), None)
        if culprit is None:
            raise error
        return [(part, {**forced, culprit: reason}, timers)]

    async def _stubbornly(
        self,
        part: Groups,
        forced: Mapping[str, str],
        pending: Iterable[str],
        accept_gaps: Mapping[Partition, int],
        timers: int,
    ) -> Done:
        """One transaction; conflicts and outages are waited out. It is safe to repeat: offsets are fenced."""
        pause_s = 0.05
        while True:
            try:
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect(self._url, self._name)
                return await self.engine.run(
                    self._connection,
                    part,
                    forced=forced,
                    pending=pending,
                    accept_gaps=accept_gaps,
                    timers=timers,
                )
            except Exception as error:
                if is_conflict(error):
                    metrics.retries.labels("conflict").inc()
                elif is_away(error):
                    metrics.retries.labels("database").inc()
                    _log.warning("database away", error=repr(error)[:300], pause_s=round(pause_s, 2))
                    self._drop()
                else:
                    raise
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(Exception):
                await self._connection.close(timeout=2)
