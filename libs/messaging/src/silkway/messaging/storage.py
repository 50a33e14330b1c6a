"""The engine's own tables as a transaction reads and locks them, and the one statement that writes it back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any, TypeAlias

import asyncpg
import msgspec

from silkway.contracts import clock_of
from silkway.messaging.effects import Held, Parked, Waiting
from silkway.messaging.table import Statement, Table, columns
from silkway.messaging.work import Key

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_LOCK_OFFSETS = """
    SELECT o.topic, o.partition, o.next_offset, o.fingerprint, o.halted
    FROM offsets o JOIN unnest($1::text[], $2::int[]) AS b(topic, partition) USING (topic, partition)
    ORDER BY 1, 2 FOR UPDATE OF o"""
_TICKS = "SELECT clock, topic, partition, tick FROM ticks WHERE clock = ANY($1::text[])"
_CLOCKS = "SELECT clock, own, forward FROM clocks WHERE clock = ANY($1::text[]) ORDER BY clock FOR UPDATE"
_SHARE_CLOCKS = (
    "SELECT clock, own, forward FROM clocks WHERE clock = ANY($1::text[]) ORDER BY clock FOR SHARE"
)
_NEW_CLOCKS = "INSERT INTO clocks (clock) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING"
_INBOX = """
    INSERT INTO inbox (identity, body_hash, place) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])
    ON CONFLICT DO NOTHING"""
_FIRST = """
    SELECT identity, body_hash, xmin = pg_current_xact_id()::xid FROM inbox WHERE identity = ANY($1::uuid[])"""
_NEW_AGGREGATES = """
    INSERT INTO aggregates (rank, key, clock)
    SELECT n.rank, n.key, n.clock FROM unnest($1::smallint[], $2::text[], $3::text[]) AS n(rank, key, clock)
    WHERE NOT EXISTS (SELECT FROM aggregates a WHERE a.rank = n.rank AND a.key = n.key)
    ORDER BY n.rank, n.key COLLATE "C" ON CONFLICT DO NOTHING"""
_LOCK_AGGREGATES = """
    SELECT a.rank, a.key, a.version, a.seen::text, a.waiting, a.parked, a.due_at
    FROM aggregates a JOIN unnest($1::smallint[], $2::text[]) AS n(rank, key) USING (rank, key)
    ORDER BY a.rank, a.key FOR UPDATE OF a"""
_SHARE_AGGREGATES = _LOCK_AGGREGATES.replace("FOR UPDATE", "FOR SHARE")
_DUE = """
    SELECT rank, key, due_at FROM aggregates
    WHERE clock = $1 AND due_at <= $2 AND parked = 0 ORDER BY due_at, rank, key LIMIT $3"""
_WAITING = """
    SELECT w.place, w.rank, w.key, w.arrival, w.cause, w.wants, w.tenant, w.known_at, w.record
    FROM waiting w JOIN unnest($1::smallint[], $2::text[]) AS n(rank, key) USING (rank, key)
    ORDER BY w.rank, w.key, w.arrival"""
_PARKED = """
    SELECT place, rank, key, tenant, type, error, attempts, known_at, record, recorded_ms
    FROM parked WHERE place = ANY($1::text[])"""
_TRIM_OUTBOX = "DELETE FROM outbox WHERE id <= (SELECT id FROM outbox ORDER BY id DESC OFFSET $1 LIMIT 1)"

_decode_seen = msgspec.json.Decoder(dict[str, int]).decode


def _seen(text: str) -> dict[str, int]:
    return {} if text == "{}" else _decode_seen(text)


def _held(rows: Iterable[asyncpg.Record], share: bool) -> dict[Key, Held]:
    return {
        (r[0], r[1]): Held(r[2], _seen(r[3]), r[5], r[6], stored=(r[4], r[5], r[6]), shared=share)
        for r in rows
    }


class Storage:
    """One database connection in the hands of one transaction after the other."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def lock_offsets(self, places: Sequence[tuple[str, int]]) -> list[asyncpg.Record]:
        return await self.connection.fetch(_LOCK_OFFSETS, [p[0] for p in places], [p[1] for p in places])

    async def ticks(self, clocks: Iterable[str]) -> dict[tuple[str, str, int], dt.datetime]:
        """The last tick by (clock, topic, partition)."""
        rows = await self.connection.fetch(_TICKS, list(clocks))
        return {(r[0], r[1], r[2]): r[3] for r in rows}

    async def lock_clocks(
        self, clocks: Iterable[str], *, share: bool = False
    ) -> dict[str, tuple[dt.datetime | None, dt.datetime | None]]:
        """(own, forward) of each clock, locked: to move it, or only so that it stays where it is."""
        names = sorted(clocks)
        query = _SHARE_CLOCKS if share else _CLOCKS
        rows = await self.connection.fetch(query, names)
        if len(rows) < len(names):
            await self.connection.execute(_NEW_CLOCKS, names)
            rows = await self.connection.fetch(query, names)
        return {r[0]: (r[1], r[2]) for r in rows}

    async def remember(
        self, hashes: Mapping[uuid.UUID, uuid.UUID], places: Mapping[uuid.UUID, str]
    ) -> tuple[set[uuid.UUID], Mapping[uuid.UUID, uuid.UUID]]:
        """Put identities into the inbox: those that are new, and the body hash of each as first seen.

        New is what this transaction has put there; by its place it is not told, for where operations have moved a
        partition back its places are offered again.
        """
        ids = sorted(hashes)
        status = await self.connection.execute(
            _INBOX, ids, [hashes[i] for i in ids], [places[i] for i in ids]
        )
        if status == f"INSERT 0 {len(ids)}":
            return set(ids), hashes
        first = await self.connection.fetch(_FIRST, ids)
        return {r[0] for r in first if r[2]}, {r[0]: r[1] for r in first}

    async def lock_aggregates(
        self, keys: Sequence[Key], known: AbstractSet[Key], *, share: bool = False
    ) -> dict[Key, Held]:
        """Create what is missing, then lock all in order.

        `known`: keys that are known to be there, which spares looking for them twice. `share`: lock them only
        so that they stay as they are.
        """
        query = _SHARE_AGGREGATES if share else _LOCK_AGGREGATES
        ranks, names = [k[0] for k in keys], [k[1] for k in keys]
        if new := [key for key in keys if key not in known]:
            await self._create_aggregates(new)
        rows = await self.connection.fetch(query, ranks, names)
        if len(rows) < len(keys):  # the database was taken back behind what we know
            await self._create_aggregates(keys)
            rows = await self.connection.fetch(query, ranks, names)
        return _held(rows, share)

    async def take_aggregates(self, keys: Sequence[Key], *, share: bool = False) -> dict[Key, Held]:
        """Lock those that are there and that no other transaction has, in any order: nobody is waited for."""
        query = f"{_SHARE_AGGREGATES if share else _LOCK_AGGREGATES} SKIP LOCKED"
        return _held(await self.connection.fetch(query, [k[0] for k in keys], [k[1] for k in keys]), share)

    async def _create_aggregates(self, keys: Iterable[Key]) -> None:
        rows = [(rank, name, clock_of(name.partition("/")[0])) for rank, name in keys]
        await self.connection.execute(_NEW_AGGREGATES, *columns(rows))

    async def load(self, table: Table[Any], keys: Sequence[tuple[str, str]]) -> list[Any]:
        """The states kept in `table` under these (tenant, id)."""
        tenants, ids = [k[0] for k in keys], [k[1] for k in keys]
        roots: Sequence[Any] = await self.connection.fetch(table.select, tenants, ids)
        if not roots:
            return []
        children = []
        for child in table.children:
            rows = await self.connection.fetch(child.select, tenants, ids)
            children.append([tuple(row) for row in rows])
        return table.assemble(roots, children)

    async def due(self, clock: str, until: dt.datetime, limit: int) -> list[tuple[int, str, dt.datetime]]:
        rows = await self.connection.fetch(_DUE, clock, until, limit)
        return [(r[0], r[1], r[2]) for r in rows]

    async def waiting(self, keys: Sequence[Key]) -> list[Waiting]:
        rows = await self.connection.fetch(_WAITING, [k[0] for k in keys], [k[1] for k in keys])
        return [Waiting(*r) for r in rows]

    async def parked(self, places: Sequence[str]) -> dict[str, Parked]:
        rows = await self.connection.fetch(_PARKED, list(places))
        return {r[0]: Parked(*r) for r in rows}

    async def trim_outbox(self, rows: int) -> None:
        """Leave only so many of the newest rows."""
        await self.connection.execute(_TRIM_OUTBOX, rows)

    async def write(self, statements: Sequence[Statement]) -> None:
        """All statements as one, in one round trip."""
        if statements:
            arguments = [value for _, values in statements for value in values]
            shape = tuple((text, len(values)) for text, values in statements)
            await self.connection.execute(_joined(shape), *arguments)


@lru_cache(maxsize=2048)
def _joined(shape: tuple[tuple[str, int], ...]) -> str:
    """One statement of many: each but the last becomes a CTE, and the parameters are numbered through."""
    parts, number = [], 1
    for text, count in shape:
        parts.append(text.format(*(f"${n}" for n in range(number, number + count))))
        number += count
    ctes = ", ".join(f"s{i} AS ({part})" for i, part in enumerate(parts[:-1]))
    return f"WITH {ctes} {parts[-1]}" if ctes else parts[-1]
