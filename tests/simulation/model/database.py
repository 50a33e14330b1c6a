"""A database in memory, as far as the engine uses one: transactions, row locks, and sessions that can end amid them.

It understands the engine's own statements by their text. What a transaction writes is kept apart until it commits;
rows that it creates to lock them are taken back where it does not.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import asyncpg

from tests.simulation.model.boundary import Boundary, at, reach
from tests.simulation.model.reads import CREATING, FETCHES, LOCKING, is_there
from tests.simulation.model.writes import effects_of

Row = tuple[Any, ...]
Place = tuple[str, int]


@dataclass(slots=True)
class Lock:
    """Who holds a row, for update (one) or for sharing (any number)."""

    shared: bool
    holders: set[Session]


@dataclass
class Database:
    """All tables. `refuses` says by table which rows its constraints forbid."""

    offsets: dict[Place, list[Any]] = field(default_factory=dict)
    ticks: dict[tuple[str, str, int], dt.datetime] = field(default_factory=dict)
    clocks: dict[str, tuple[dt.datetime | None, dt.datetime | None]] = field(default_factory=dict)
    inbox: dict[Any, list[Any]] = field(default_factory=dict)
    aggregates: dict[tuple[int, str], list[Any]] = field(default_factory=dict)
    waiting: dict[str, Row] = field(default_factory=dict)
    parked: dict[str, Row] = field(default_factory=dict)
    parked_attempts: dict[tuple[str, int], Row] = field(default_factory=dict)
    refused: dict[str, Row] = field(default_factory=dict)
    outbox: dict[int, tuple[str, int, Any]] = field(default_factory=dict)
    journal: dict[int, bytes] = field(default_factory=dict)
    tables: defaultdict[str, defaultdict[Row, dict[Any, Row]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    refuses: dict[str, Callable[[Row], bool]] = field(default_factory=dict)
    locks: dict[Hashable, Lock] = field(default_factory=dict)
    creating: set[Any] = field(default_factory=set)
    """Rows that an open transaction has created."""
    relay: Session | None = None
    """Who holds the advisory lock of the relay."""
    deadlocks: list[str] = field(default_factory=list)
    _ids: int = 0

    def connect(self, name: str) -> Session:
        return Session(self, name)

    def next_id(self) -> int:
        """The next of all sequences; like those, it is not taken back."""
        self._ids += 1
        return self._ids

    def prepare(self, places: Iterable[Place]) -> None:
        """The offset rows of what a service reads."""
        for place in places:
            self.offsets[place] = [0, None, None]


class Session:
    """A connection as asyncpg has it, in the hands of one task. `written`: of the open transaction."""

    def __init__(self, database: Database, name: str) -> None:
        self.database, self.name = database, name
        self.written: list[tuple[Callable[..., None], Row]] = []
        self.journal = (0, b"")
        """The row of the open transaction in the journal."""
        self.created: list[tuple[dict[Any, Any], Any]] = []
        self.blocked: Hashable = None
        self._held: list[Hashable] = []
        self._closed = False

    # --- what asyncpg offers ------------------------------------------------------------------------------

    def transaction(self) -> Transaction:
        return Transaction(self)

    def is_closed(self) -> bool:
        return self._closed

    def terminate(self) -> None:
        """The session ends: what it has not committed is undone, what it has locked is free."""
        self.rollback()
        self._closed = True
        if self.database.relay is self:
            self.database.relay = None

    async def fetch(self, query: str, *values: Any) -> list[Row]:
        name, statement = FETCHES.get(query) or effects_of(query)[0][:2]
        await reach(at(name))
        self._be_open()
        if locks := LOCKING.get(query):
            locking, share = locks
            for key in locking(self.database, *values):
                if not self.lock(key, share=share):
                    await self._wait(key, share)
                    if (table := CREATING.get(query)) and is_there(self.database, table, key):
                        self._unlock(key)
        return statement(self, *values)

    async def fetchval(self, query: str, *values: Any) -> Any:
        return (await self.fetch(query, *values))[0][0]

    async def execute(self, query: str, *values: Any) -> str:
        if query in FETCHES:
            return f"INSERT 0 {len(await self.fetch(query, *values))}"
        await reach(at("write"))
        self._be_open()
        start = 0
        for _, prepare, apply, count in effects_of(query):
            arguments = values[start : start + count]
            start += count
            prepare(self, apply, arguments)
        return "OK"

    # --- transactions and locks ---------------------------------------------------------------------------

    async def begin(self) -> None:
        await reach(at("begin"))
        self._be_open()

    async def commit(self) -> None:
        await reach(at("commit"))
        self._be_open()
        for apply, values in self.written:
            apply(self.database, *values)
        self.database.creating.difference_update(key for _, key in self.created)
        self.created.clear()
        self.rollback()
        await reach(at("committed"))
        self._be_open()

    def rollback(self) -> None:
        for table, key in reversed(self.created):
            table.pop(key, None)
            self.database.creating.discard(key)
        self.created.clear()
        self.written.clear()
        for key in list(self._held):
            self._unlock(key)
        self.blocked = None

    def lock(self, key: Hashable, *, share: bool = False) -> bool:
        """Take a row, or say that another one has it."""
        lock = self.database.locks.get(key)
        if lock is None:
            self.database.locks[key] = Lock(share, {self})
        elif lock.holders == {self}:
            lock.shared = lock.shared and share
            return True
        elif share and lock.shared:
            lock.holders.add(self)
        else:
            return False
        self._held.append(key)
        return True

    def _unlock(self, key: Hashable) -> None:
        self._held.remove(key)
        lock = self.database.locks[key]
        lock.holders.discard(self)
        if not lock.holders:
            del self.database.locks[key]

    def create(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Add a row now, that goes again if the transaction does not commit."""
        table[key] = value
        self.created.append((table, key))
        self.database.creating.add(key)

    async def _wait(self, key: Hashable, share: bool) -> None:
        self.blocked = key
        if self._ties():
            self.database.deadlocks.append(f"{self.name} at {key}")
            self.blocked = None
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        await reach(Boundary("blocked", lambda: self._closed or self._is_free(key, share)))
        self._be_open()
        self.blocked = None
        if not self.lock(key, share=share):
            await self._wait(key, share)

    def _be_open(self) -> None:
        if self._closed:
            raise asyncpg.InterfaceError("the connection is closed")

    def _is_free(self, key: Hashable, share: bool) -> bool:
        lock = self.database.locks.get(key)
        return lock is None or lock.holders == {self} or (share and lock.shared)

    def _ties(self) -> bool:
        """Whether whoever has what we wait for waits for us."""
        seen: set[Session] = set()
        asked = [self]
        while asked:
            session = asked.pop()
            lock = self.database.locks.get(session.blocked) if session.blocked is not None else None
            for holder in lock.holders - {session} if lock else ():
                if holder is self:
                    return True
                if holder not in seen:
                    seen.add(holder)
                    asked.append(holder)
        return False


class Transaction:
    """`async with` it: commits, or undoes what was done."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def __aenter__(self) -> None:
        await self._session.begin()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            await self._session.commit()
        else:
            self._session.rollback()
