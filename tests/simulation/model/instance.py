"""One process of a service: the real engine between a model of its consumer and a model of its relay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from random import Random
from typing import Any

import asyncpg

from silkway.messaging import Service, positions, relay
from silkway.messaging.batches import Batches
from silkway.messaging.outbox import unpack_messages
from silkway.messaging.records import Item, Reader
from silkway.messaging.storage import Connection
from silkway.messaging.transaction import Engine
from tests.simulation.model.boundary import Boundary, reach
from tests.simulation.model.database import Database, Session
from tests.simulation.model.log import PARTITIONS, Log, Place

MOST_RECORDS = 40
"""In one fetch, of all partitions."""


class ModelBatches(Batches):
    """The engine's batches on a database in memory."""

    def __init__(self, engine: Engine, name: str, session: Callable[[], Session]) -> None:
        super().__init__(engine, "", name)
        self._session = session

    async def _connect(self) -> Connection:
        return self._session()  # type: ignore[return-value]  # as much of one as the engine uses

    async def _pause(self, seconds: float) -> None:
        await reach(Boundary("pause"))


class Sessions:
    """What one process has open at the database."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name
        self._open: list[Session] = []

    def connect(self) -> Session:
        session = Session(self._database, self._name)
        self._open = [s for s in self._open if not s.is_closed()] + [session]
        return session

    def end(self) -> None:
        """The database ends them all: the process has died, or was silent for too long."""
        for session in self._open:
            session.terminate()
        self._open.clear()


class Instance:
    """`consume` and `publish` are its two tasks. `summons`: partitions that it is to read from now on."""

    def __init__(
        self, service: Service, name: str, log: Log, database: Database, reader: Reader, chance: Random
    ) -> None:
        self.service, self.name = service, name
        self._log, self._database, self._chance = log, database, chance
        engine = Engine(service, dict.fromkeys(service.inputs, PARTITIONS), PARTITIONS)
        engine.reader = reader
        self.sessions = Sessions(database, name)
        self._batches = ModelBatches(engine, name, self.sessions.connect)
        self.summons: Collection[Place] | None = None
        self._position: dict[Place, int] = {}
        self._ahead: dict[Place, list[Item]] = {}
        self._sought: dict[Place, int] = {}
        self.halts: dict[Place, str] = {}

    # --- the consumer -------------------------------------------------------------------------------------

    async def consume(self) -> None:
        """Fetch one batch ahead, apply, and go back where the fence finds a gap; as `Consumer` does."""
        while True:
            await reach(Boundary("fetch", self._has_news))
            if self.summons is not None:
                await self._take_up()
                continue
            groups = self._ahead or self._fetch()
            self._ahead = self._fetch()
            done = await self._batches.apply(groups, self._sought)
            for place in groups:
                self._sought.pop(place, None)
            for place, next_offset in done.gaps.items():
                self._sought[place] = self._position[place] = next_offset
                self._ahead.pop(place, None)
            self.halts.update(done.halts)

    def summon(self, places: Collection[Place], *, heard: bool) -> None:
        """The group gives it other partitions. Who has not `heard` goes on with what is in its hands."""
        self.summons = places
        if heard:
            self._ahead, self._sought = {}, {}

    def _has_news(self) -> bool:
        if self.summons is not None or self._ahead:
            return True
        ends = self._log.ends
        for place, offset in self._position.items():  # noqa: SIM110 - asked at every step: twice as fast
            if ends[place] > offset:
                return True
        return False

    async def _take_up(self) -> None:
        """Start one record before where the database says, and do what a dead process may have left over."""
        assert self.summons is not None
        places, self.summons = sorted(self.summons), None
        self._ahead, self._sought, self._position = {}, {}, {}
        while True:
            try:
                session = self.sessions.connect()
                rows = await session.fetch(positions._READ, [p[0] for p in places], [p[1] for p in places])
                clocks = frozenset(row[0] for row in await session.fetch(positions._CLOCKS))
                break
            except (asyncpg.PostgresError, asyncpg.InterfaceError):
                continue
        session.terminate()
        self._position = {(topic, p): max(0, offset - 1) for topic, p, offset, _ in rows}
        if clocks:
            await self._batches.apply({}, {}, clocks)

    def _fetch(self) -> dict[Place, list[Item]]:
        left, groups, ends = MOST_RECORDS, {}, self._log.ends
        news = [place for place, offset in self._position.items() if ends[place] > offset]
        self._chance.shuffle(news)
        for place in news:
            if left:
                most = self._chance.randint(1, left)
                groups[place] = items = self._log.read(
                    place, self._position[place], most, self._batches.engine.reader
                )
                left -= len(items)
                self._position[place] = items[-1].record.offset + 1
        return groups

    # --- the relay ----------------------------------------------------------------------------------------

    async def publish(self) -> None:
        """Publish the outbox while the lock is ours; as `Relay` does."""
        while True:
            session = self.sessions.connect()
            try:
                while True:
                    await self._round(session)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                session.terminate()

    async def _round(self, session: Session) -> None:
        if self._database.relay is not session:
            await reach(Boundary("stand by", lambda: session.is_closed() or self._database.relay is None))
            await session.fetchval("SELECT pg_try_advisory_lock($1)", relay.LOCK)
            return
        await reach(Boundary("rest", lambda: session.is_closed() or bool(self._database.outbox)))
        rows = await session.fetch(relay._NEXT, self._chance.randint(1, 30))
        await self._send(rows)
        await session.execute(relay._DELETE, [row[0] for row in rows])

    async def _send(self, rows: list[Any]) -> None:
        """Each partition one batch after the other; the partitions beside each other."""
        lines: defaultdict[Place, list[bytes]] = defaultdict(list)
        for _, topic, partition, payload in rows:
            if topic != self.service.journal:  # nobody here reads that
                lines[topic, partition].append(payload)
        while lines:
            place = self._chance.choice(list(lines))
            await reach(Boundary("send"))
            self._log.publish(place, unpack_messages(lines[place].pop(0)))
            await reach(Boundary("acknowledged"))
            if not lines[place]:
                del lines[place]
