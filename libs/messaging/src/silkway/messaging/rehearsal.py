"""What would come of redriving a parked record, tried on the live state by the live rules, and undone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncpg

from silkway.contracts import Envelope, Event, read
from silkway.messaging.database import is_away, is_conflict
from silkway.messaging.effects import Effects, Restart
from silkway.messaging.records import Operator, Record
from silkway.messaging.redrive import Command
from silkway.messaging.storage import Connection, Storage
from silkway.messaging.suspects import place_of
from silkway.messaging.transaction import TIMERS_A_TRANSACTION, Engine, Run
from silkway.messaging.workbench import followers

_PATIENCE = "SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '4s'"
_FIND = "SELECT rank, key FROM parked WHERE place = $1 AND tenant = $2"


class Follower(NamedTuple):
    """A record that waits behind the parked one, and what would become of it. `type` is empty where unknown."""

    place: str
    type: str
    outcome: str
    error: str | None


class Preview(NamedTuple):
    """What would become of the record, of those behind it in the order in which they would follow, and all events
    that would be told."""

    outcome: str
    error: str | None
    followers: list[Follower]
    events: list[tuple[Envelope, Event]]


class Rehearsal:
    """Tries redrives in transactions that are rolled back.

    engine: its own, for what the service's believes to be in the database must not come from here.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        now_ms = time.time_ns() // 1_000_000
        self._record = Record(engine.prefix + engine.service.redrive, -1, -1, None, (), None, now_ms)

    async def preview(
        self, connection: Connection, tenant: str, place: str, fix: str | None
    ) -> Preview | None:
        """What would come of redriving the record with this data, or with its own; None: it is not parked there.

        It locks what the redrive would lock, for as long as that would take. Raises asyncpg's errors where the
        database is away or busy.
        """
        command = Command(action="redrive", place=place, by="preview", fix=fix)
        aside: dict[str, str] = {}
        while True:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(_PATIENCE)
                found = await connection.fetchrow(_FIND, place, tenant)
                if found is None:
                    return None
                behind = await followers(connection, found[0], found[1])
                effects = await self._tried(connection, command, aside)
            except asyncpg.PostgresError as refused:
                if is_conflict(refused) or is_away(refused):
                    raise
                error = f"{type(refused).__name__}: {refused}"
                if aside or not behind:
                    return Preview(
                        "parked", error, [Follower(f.place, f.type, "waiting", None) for f in behind], []
                    )
                # It may be one of those behind it: once more without them, as the service itself would search.
                aside = {follower.place: error for follower in behind}
                continue
            finally:
                await transaction.rollback()
            return self._told(effects, place, [Follower(f.place, f.type, "waiting", None) for f in behind])

    async def _tried(self, connection: Connection, command: Command, aside: Mapping[str, str]) -> Effects:
        """What the redrive does; those `aside` are parked with the error given."""
        extra: frozenset[Any] = frozenset()
        while True:
            savepoint = connection.transaction()
            await savepoint.start()
            try:
                run = Run(self._engine, Storage(connection), aside, extra, None, None, TIMERS_A_TRANSACTION)
                effects = await run.apply({}, [Operator(self._record, command)], set())
                await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
                return effects
            except Restart as restart:
                extra |= restart.keys
                await savepoint.rollback()

    def _told(self, effects: Effects, place: str, behind: list[Follower]) -> Preview:
        applied = {place_of(suspect): number for number, suspect in enumerate(effects.suspects)}
        refused = {refusal.place: f"{refusal.field}: {refusal.reason}" for refusal in effects.refused}
        tried = next((a for a in effects.attempts if a.place == place and a.action == "redrive"), None)
        if tried is None:  # the command itself was refused
            return Preview("refused", refused[self._record.place], behind, [])

        def fate(follower: Follower) -> Follower:
            if follower.place in effects.park:
                return follower._replace(outcome="parked", error=effects.park[follower.place].error)
            if follower.place in refused:
                return follower._replace(outcome="refused", error=refused[follower.place])
            return follower._replace(outcome="applied") if follower.place in applied else follower

        fates = sorted(map(fate, behind), key=lambda f: applied.get(f.place, len(applied)))
        events = [read(*message) for _, messages in sorted(effects.messages.items()) for message in messages]
        return Preview(tried.outcome, tried.error or refused.get(place), fates, events)
