"""Locks and loads the aggregates that a batch is about, by rank and key, before anything is decided.

Whoever waits for a lock holds only locks of lower rank and key, so that no two transactions wait for each other.
What comes up late, below what is locked already, is therefore taken only where nobody else has it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import groupby
from typing import Any

from silkway.messaging.application import Application
from silkway.messaging.effects import Held, Parked, Restart, Waiter, Waiting
from silkway.messaging.records import Invalid, Item, Operator, Ours, Outside, Readable, Reader, unpack
from silkway.messaging.routing import Service
from silkway.messaging.storage import Storage
from silkway.messaging.table import Table
from silkway.messaging.work import Key


class Locks:
    """The aggregates of one transaction: `held` under lock, `states` as loaded, both by key.

    `extra`: what came up in an earlier attempt, locked whole though its kind be shared; `known`: keys that are in
    the database for sure. `stored`: places of the records that wait at them, as the table has them.
    """

    def __init__(
        self,
        service: Service,
        reader: Reader,
        storage: Storage,
        extra: Iterable[Key],
        known: AbstractSet[Key],
    ) -> None:
        self._service, self._reader, self._storage = service, reader, storage
        self._tables: Mapping[int, Table[Any]] = {kind.rank: kind.table for kind in service.kinds}
        self._shared = {kind.rank for kind in service.kinds if kind.shared}
        self._extra, self._known = frozenset(extra), known
        self._to_load: list[Key] = []
        self.held: dict[Key, Held] = {}
        self.states: dict[Key, Any] = {}
        self.stored: set[str] = set()

    async def hold(
        self, order: Sequence[tuple[Item, bool]], due: Sequence[Key], parked: Mapping[str, Parked]
    ) -> None:
        """Lock and load every aggregate that the records and deadlines name, by ascending rank.

        What depends on states is asked for step by step: as soon as all that a record names itself is locked.
        What is still missing at the end begins the transaction anew, when its record's turn comes.
        """
        keys = set(self._extra)
        climbing: list[Outside | Ours] = []
        for item, _ in order:
            if isinstance(item, (Outside, Ours)):
                keys.update(item.keys)
                if item.route is not None and item.route.more is not None:
                    climbing.append(item)
            elif isinstance(item, Invalid):
                keys.update(item.keys)
            elif isinstance(item, Operator) and item.command.place in parked:
                row = parked[item.command.place]
                keys.add((row.rank, row.key))
                keys.update(item.parked.keys if item.parked else ())
        keys.update(await self._due_keys(due))
        if climbing:
            await self._climb(climbing, keys)
        await self._lock(keys - self.held.keys())

    async def _climb(self, climbing: Iterable[Outside | Ours], keys: set[Key]) -> None:
        """Lock what is asked about, rank by rank; `keys` grows by what is named then."""
        steps: dict[int, list[Outside | Ours]] = {}
        for item in climbing:
            steps.setdefault(max(key[0] for key in item.keys), []).append(item)
        look = Application(self._service, 0, self.held, self.states, {}, set(), {}, {})
        for step, asking in sorted(steps.items()):
            await self._lock({key for key in keys if key[0] <= step and key not in self.held})
            while asking:
                asking = await self._take_late(asking, look, keys, step)

    async def _take_late(
        self, asking: Sequence[Outside | Ours], look: Application, keys: set[Key], step: int
    ) -> list[Outside | Ours]:
        """Ask what the records name by states, and take of it what ranks too low to wait for.

        `keys` grows by what can be locked in order. Returns the records to ask again, as they got to see more.
        """
        late: dict[Key, list[Outside | Ours]] = {}
        for item in asking:
            with suppress(Exception):  # what fails here fails again in its turn, and is parked
                for key in look.more_keys(item):
                    if key[0] > step:
                        keys.add(key)
                    elif key not in self.held:
                        late.setdefault(key, []).append(item)
        taken = await self._lock(late, wait=False) if late else []
        return list({id(item): item for key in taken for item in late[key]}.values())

    async def _due_keys(self, due: Sequence[Key]) -> set[Key]:
        """What the deadlines name, read before it is locked; a name that has changed by then restarts."""
        keys = set(due)
        for rank in {key[0] for key in due}:
            route = self._service.router.due_routes[rank]
            ids = [_split(key) for r, key in due if r == rank]
            for state in await self._storage.load(self._tables[rank], ids):
                tenant = self._tables[rank].key_of(state)[0]
                with suppress(Exception):  # as above
                    keys.update((name.kind.rank, f"{tenant}/{name.id}") for name in route.names(state))
        return keys

    async def _lock(self, wanted: Iterable[Key], *, wait: bool = True) -> Collection[Key]:
        """Lock and load these, or without waiting those of them that nobody else has; which ones it were."""
        locked: dict[Key, Held] = {}
        for share, run in groupby(sorted(wanted), self._is_shared):  # in order, whoever locks them how
            if wait:
                locked |= await self._storage.lock_aggregates(list(run), self._known, share=share)
            else:
                locked |= await self._storage.take_aggregates(list(run), share=share)
        for key, held in locked.items():
            self.held[key] = held
            self.states[key] = None
            if held.stored[0]:
                self._to_load.append(key)
        ids: dict[int, list[tuple[str, str]]] = {}
        for rank, name in locked:
            ids.setdefault(rank, []).append(_split(name))
        for rank, names in ids.items():
            if (table := self._tables.get(rank)) is None:
                continue  # of a kind that nobody here knows
            for state in await self._storage.load(table, names):
                key = (rank, "/".join(table.key_of(state)))
                self.states[key] = self.held[key].before = state
        return locked

    def _is_shared(self, key: Key) -> bool:
        return key[0] in self._shared and key not in self._extra

    async def load_waiting(self) -> None:
        """The records that wait at the locked aggregates: what they name must be locked as well.

        Most of it ranks lower than where they wait, and nobody else has it: so it is taken, and only what cannot be
        begins the transaction anew.
        """
        late: set[Key] = set()
        while self._to_load:
            asked, self._to_load = self._to_load, []
            for row in await self._storage.waiting(asked):
                late.update(key for key in self._read_waiting(row) if key not in self.held)
            if missing := late - self.held.keys():
                await self._lock(missing, wait=False)
        if not late <= self.held.keys():
            raise Restart(late)

    def _read_waiting(self, row: Waiting) -> Sequence[Key]:
        """Put a record back to where it waits; what it names."""
        item = self._reader.read(unpack(row.place, row.record))
        assert isinstance(item, Readable)
        key = (row.rank, row.key)
        item.known_at = row.known_at
        item.keys = item.keys or [key]
        waiter = Waiter(item, key, row.arrival, row.cause, row.wants, stored=True)
        self.held[key].waiters[row.place] = waiter
        self.stored.add(row.place)
        return item.keys


def _split(key: str) -> tuple[str, str]:
    tenant, _, identifier = key.partition("/")
    return tenant, identifier
