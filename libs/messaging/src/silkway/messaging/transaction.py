"""One batch, one transaction: the order of its statements is the engine.

Offsets are locked first, then clocks, then aggregates by rank and key; only then is anything decided.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from silkway.messaging import metrics
from silkway.messaging import statements as sql
from silkway.messaging.application import Application
from silkway.messaging.crash import reach, timers_a_transaction
from silkway.messaging.deadletters import failures_of, pack_parked
from silkway.messaging.effects import Effects, Fired, Parked, Restart, Suspect
from silkway.messaging.fence import Done, Groups, Partition, Span, fence, fingerprint
from silkway.messaging.journal import Entry, write_entry
from silkway.messaging.locking import Locks
from silkway.messaging.outbox import SURELY_SENT_ROWS, pack_messages
from silkway.messaging.places import CLOCK_RANK, clock_key
from silkway.messaging.records import (
    Invalid,
    Item,
    Operator,
    Outside,
    Readable,
    Reader,
    Tick,
    unpack,
)
from silkway.messaging.routing import Service
from silkway.messaging.storage import Connection, Storage
from silkway.messaging.table import Statement
from silkway.messaging.ticks import tick_message
from silkway.messaging.timekeeping import Ticks, Times, clocks_of, later
from silkway.messaging.work import Key

TIMERS_A_TRANSACTION = timers_a_transaction(500)
MOST_KNOWN = 200_000
"""Aggregates remembered as there, some 20 MB."""


class Engine:
    """Applies batches for one service.

    partitions: how many each input topic has. outputs: how many its own topic has. sealed_since: from when on facts
    have to bring personal data sealed; None: never.
    """

    def __init__(
        self,
        service: Service,
        partitions: Mapping[str, int],
        outputs: int,
        prefix: str = "",
        sealed_since: dt.datetime | None = None,
    ) -> None:
        self.service, self.prefix, self.outputs = service, prefix, outputs
        self.reader = Reader(service, prefix, sealed_since)
        self.tables = {kind.rank: kind.table for kind in service.kinds}
        spread = [(prefix + t, p) for t in service.gates() for p in range(partitions[t])]
        back = {prefix + topic for topic in service.feedback}
        self.own_gate = spread
        self.known: set[Key] = set()
        """Aggregates that are known to be in the database: none is ever removed."""
        self.suspects: Sequence[Suspect] = ()
        """What took effect in the last attempt, in order; where it was refused, one of these is at fault."""
        self.forward_gate = [(topic, p) for topic, p in spread if topic not in back]

    async def run(
        self,
        connection: Connection,
        groups: Groups,
        *,
        forced: Mapping[str, str] | None = None,
        pending: Iterable[str] = (),
        accept_gaps: Mapping[Partition, int] | None = None,
        told: Entry | None = None,
        number: int | None = None,
        timers: int = TIMERS_A_TRANSACTION,
        rehearse: bool = False,
    ) -> Done:
        """Apply the records of `groups` in one transaction, starting anew when more aggregates come up.

        forced: error by place of records that must be parked. pending: clocks left over by the last transaction.
        accept_gaps: next offsets from which a partition was read again, so that a gap is the log's own.
        told: the journal's entry of this transaction, when the log is replayed; number: under which the journal has
        it, where it is to stand in this database's too and to be published if nobody has seen it yet.
        rehearse: undo it all at the end; it only had to be seen whether the database takes it.
        Raises asyncpg's errors; nothing has happened then.
        """
        extra: frozenset[Key] = frozenset()
        self.suspects = ()
        while True:
            try:
                async with connection.transaction():
                    run = Run(self, Storage(connection), forced or {}, extra, told, number, timers)
                    done = await run.execute(groups, set(pending), accept_gaps or {})
                    if rehearse:
                        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                        raise _Rehearsed
                reach("committed")
                run.stages.over("commit")
                self._remember(run.locks.held.keys())
                return done
            except _Rehearsed:
                return Done()
            except Restart as restart:
                metrics.restarts.inc()
                extra |= restart.keys

    def _remember(self, keys: Iterable[Key]) -> None:
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
        self.known.update(keys)


class _Rehearsed(Exception):
    """Rolls a rehearsal back."""


class Run:
    """One attempt at one transaction."""

    def __init__(
        self,
        engine: Engine,
        storage: Storage,
        forced: Mapping[str, str],
        extra: frozenset[Key],
        told: Entry | None,
        number: int | None,
        timers: int,
    ) -> None:
        self.engine, self.storage = engine, storage
        self.forced, self.told, self.number, self.timers = forced, told, number, timers
        self.locks = Locks(engine.service, engine.reader, storage, extra, engine.known)
        self.done, self.stages = Done(), metrics.Stages()
        self.parked: dict[str, Parked] = {}

    async def execute(self, groups: Groups, pending: set[str], accept_gaps: Mapping[Partition, int]) -> Done:
        spans = await fence(self.storage, groups, self.done, accept_gaps, told=self.told is not None)
        if not spans and not pending and self.told is None:
            return self.done
        reach("fenced")
        items = [item for partition in sorted(spans) for item in spans[partition].items]
        await self.apply(spans, items, pending)
        return self.done

    async def apply(
        self, spans: Mapping[Partition, Span], items: Sequence[Item], pending: set[str]
    ) -> Effects:
        """Apply these records and write what came of them; `spans`: those that were read from the log."""
        await self._load_parked(items)
        ticks, before, order = await self._tell_time(items, pending)
        reach("timed")
        if self.told is None:
            moved, times = ticks.advance(before, pending, self.engine.own_gate, self.engine.forward_gate)
        else:
            moved, times = {}, {clock: (own, forward) for clock, own, forward in self.told.times}
        due = await self._due(moved, times)
        fresh, seen = await self._remember(order)
        reach("remembered")
        await self.locks.hold(order, due, self.parked)
        await self.locks.load_waiting()
        reach("locked")
        self.stages.over("lock")

        application = Application(
            self.engine.service,
            self.engine.outputs,
            self.locks.held,
            self.locks.states,
            seen,
            fresh,
            self.parked,
            self.forced,
            self.told.early if self.told is not None and self.told.failures is not None else None,
        )
        for item, released in order:
            application.offer(item, released)
        if self.told is not None:
            application.fire_told(Fired(*fired) for fired in self.told.fired)
        else:
            # Also where time stands still: what came late may have set a deadline that is past already.
            for clock, (own, _) in sorted(before.items()):
                until = moved.get(clock, own)
                if until is not None:
                    application.fire_due(clock, until)
        effects = application.effects
        self.engine.suspects = effects.suspects
        self._pass_ticks_on(effects, before, times)
        reach("applied")
        self.stages.over("apply")
        await self._write(spans, ticks, before, times, effects)
        reach("written")
        self.stages.over("write")
        self.done.applied, self.done.parked = effects.applied, len(effects.park)
        self.done.refused, self.done.fired = len(effects.refused), len(effects.fired)
        self.done.emitted = bool(effects.messages or effects.park)
        return effects

    # --- time --------------------------------------------------------------------------------------------

    async def _tell_time(
        self, items: Sequence[Item], pending: set[str]
    ) -> tuple[Ticks, Times, list[tuple[Item, bool]]]:
        """Lock the clocks that may move, read the ticks after that, and stamp the records."""
        clocks = clocks_of(items)
        told = {clock for clock, _, _ in self.told.times} if self.told else set()
        moving = clocks.ticking | pending | told
        # Those that rest are held where they are, so that no deadline set here escapes a move of time beside
        # us. All in one statement, hence in one order: two instances with each other's clocks would tie.
        locked = moving | clocks.followed
        before = await self.storage.lock_clocks(locked, share=not moving) if locked else {}
        needed = clocks.ticking | clocks.stamping | pending
        ticks = Ticks(await self.storage.ticks(needed) if needed else {})
        first = {
            clock_key(item.clock, item.record.topic, item.record.partition)
            for item in items
            if isinstance(item, Tick) and (item.clock, *item.record[:2]) not in ticks.last
        }
        released: dict[str, list[Outside]] = {}
        for row in await self.storage.waiting([(CLOCK_RANK, key) for key in sorted(first)]) if first else ():
            item = self.engine.reader.read(unpack(row.place, row.record))
            if isinstance(item, Outside):
                released.setdefault(row.key, []).append(item)
        return ticks, before, ticks.walk(items, released)

    async def _due(self, until: dict[str, dt.datetime], times: Times) -> list[Key]:
        """The aggregates whose deadline falls; where they do not all fit, time stays where it is for now."""
        keys: list[Key] = [(rank, key) for rank, key, _ in self.told.fired] if self.told else []
        for clock in sorted(until):
            rows = await self.storage.due(clock, until[clock], self.timers)
            if len(rows) == self.timers:
                until[clock] = rows[-1][2]
                times.pop(clock)
                self.done.pending |= {clock}
            keys.extend((rank, key) for rank, key, _ in rows)
        return keys

    def _pass_ticks_on(self, effects: Effects, before: Times, times: Times) -> None:
        """Ticks go into every partition of our own topic, behind everything that was caused before them."""
        for clock, (_, forward) in sorted(times.items()):
            if forward is not None and later(forward, before[clock][1]):
                message = tick_message(clock, forward, f"/silkway/{self.engine.service.name}")
                for partition in range(self.engine.outputs):
                    effects.messages[partition].append(message)

    # --- what is read --------------------------------------------------------------------------------------

    async def _remember(self, order: Sequence[tuple[Item, bool]]) -> tuple[set[Any], Mapping[Any, Any]]:
        """Put identities from outside into the inbox; those that are new, and all body hashes as first seen."""
        hashes: dict[Any, Any] = {}
        places: dict[Any, str] = {}
        for item, released in order:
            if isinstance(item, (Outside, Invalid)) and not released:
                identity = item.identity
                if identity is not None and identity not in hashes:
                    hashes[identity] = item.body_hash
                    places[identity] = item.record.place
        return await self.storage.remember(hashes, places) if hashes else (set(), {})

    async def _load_parked(self, items: Sequence[Item]) -> None:
        commands = [item for item in items if isinstance(item, Operator)]
        if commands or self.forced:
            places = {c.command.place for c in commands} | set(self.forced)
            self.parked = await self.storage.parked(sorted(places))
        for item in commands:
            row = self.parked.get(item.command.place)
            if row is not None and row.record is None:
                item.tenant = row.tenant
            elif row is not None and row.record is not None:
                record, fix = unpack(row.place, row.record), item.command.fix
                if fix is not None:  # new words, as of now: personal data in them has to be sealed
                    record = record._replace(value=fix.encode(), recorded_ms=item.record.recorded_ms)
                again = self.engine.reader.read(record)
                assert isinstance(again, Readable)
                again.known_at = row.known_at
                again.keys = again.keys or [(row.rank, row.key)]
                item.parked = again

    # --- what is written -----------------------------------------------------------------------------------

    async def _write(
        self, spans: Mapping[Partition, Span], ticks: Ticks, before: Times, times: Times, effects: Effects
    ) -> None:
        held, states = self.locks.held, self.locks.states
        if self.told is not None and self.told.failures is None:
            effects.attempts.clear()
        statements: list[Statement] = sql.state_statements(self.engine.tables, held, states, effects.changed)
        statements += sql.aggregate_statements(held, effects.dirty)
        statements += sql.effect_statements(effects, held, self.locks.stored)
        if ticks.moved:
            statements.append(sql.tick_statement(ticks.moved))
        if times:
            statements.append(sql.clock_statement((c, *t) for c, t in sorted(times.items())))
        if spans:
            rows = [(*p, s.last.offset + 1, fingerprint(s.last)) for p, s in sorted(spans.items())]
            statements.append(sql.offset_statement(rows))
        if self.told is None or self.number is not None:
            statements += self._journal(spans, times, effects, len(statements))
        await self.storage.write(statements)
        if self.number is not None:
            await self.storage.trim_outbox(SURELY_SENT_ROWS)

    def _journal(
        self, spans: Mapping[Partition, Span], times: Times, effects: Effects, before: int
    ) -> list[Statement]:
        """What the transaction did, and what the relay is to publish of it."""
        topic = self.engine.prefix + self.engine.service.output
        packed = [(topic, p, b) for p, m in sorted(effects.messages.items()) for b in pack_messages(m)]
        failures = failures_of(effects) if self.told is None else self.told.failures
        if failures is not None:
            packed += pack_parked(effects, failures, self.engine.prefix + self.engine.service.name)
        if self.told is not None and self.number is not None:
            kept = [sql.kept_journal_statement(self.number, write_entry(self.told))]
            return kept + ([sql.outbox_statement(packed)] if packed else [])
        entry = Entry(
            [(*p, s.first, s.last.offset + 1) for p, s in sorted(spans.items())],
            [(clock, *time) for clock, time in sorted(times.items())],
            [(f.rank, f.key, f.at) for f in effects.fired],
            {place: row.error for place, row in effects.park.items()},
            failures,
            {place: effects.early[place] for place in effects.park if effects.early[place]},
        )
        journal = self.engine.prefix + self.engine.service.journal
        return sql.journal_statements(write_entry(entry), journal, packed, before)
