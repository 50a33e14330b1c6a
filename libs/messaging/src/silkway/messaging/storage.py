"""The SQL of the engine's own tables, and the one statement that writes a transaction back."""

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
from silkway.messaging.effects import Effects, Held, Parked, Restart, Waiting
from silkway.messaging.table import Statement, Table
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
_FIRST = "SELECT identity, body_hash, place FROM inbox WHERE identity = ANY($1::uuid[])"
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
    SELECT place, rank, key, tenant, type, error, attempts, known_at, record
    FROM parked WHERE place = ANY($1::text[])"""

_SET_AGGREGATES = """UPDATE aggregates a SET version = n.version, seen = n.seen::jsonb, waiting = n.waiting,
    parked = n.parked, due_at = n.due_at
    FROM unnest({}::smallint[], {}::text[], {}::bigint[], {}::text[], {}::int[], {}::int[], {}::timestamptz[])
    AS n(rank, key, version, seen, waiting, parked, due_at) WHERE a.rank = n.rank AND a.key = n.key"""
# What a record that is simply applied changes, and so most rows: the other columns stay as they were loaded.
_MOVE_AGGREGATES_ON = """UPDATE aggregates a SET version = n.version, seen = n.seen::jsonb
    FROM unnest({}::smallint[], {}::text[], {}::bigint[], {}::text[]) AS n(rank, key, version, seen)
    WHERE a.rank = n.rank AND a.key = n.key"""
_SET_OUTCOMES = """UPDATE inbox i SET outcome = n.outcome, detail = n.detail::jsonb
    FROM unnest({}::uuid[], {}::text[], {}::text[]) AS n(identity, outcome, detail)
    WHERE i.identity = n.identity"""
_SET_OFFSETS = """UPDATE offsets o SET next_offset = n.next_offset, fingerprint = n.fingerprint
    FROM unnest({}::text[], {}::int[], {}::bigint[], {}::bigint[])
    AS n(topic, partition, next_offset, fingerprint) WHERE o.topic = n.topic AND o.partition = n.partition"""
_SET_TICKS = """INSERT INTO ticks (clock, topic, partition, tick)
    SELECT * FROM unnest({}::text[], {}::text[], {}::int[], {}::timestamptz[])
    ON CONFLICT (clock, topic, partition) DO UPDATE SET tick = excluded.tick"""
_SET_CLOCKS = """UPDATE clocks c SET own = n.own, forward = n.forward
    FROM unnest({}::text[], {}::timestamptz[], {}::timestamptz[]) AS n(clock, own, forward)
    WHERE c.clock = n.clock"""
_ADD_REFUSED = """INSERT INTO refused (place, tenant, source, event_id, type, field, reason, remedy, record)
    SELECT * FROM unnest({}::text[], {}::text[], {}::text[], {}::text[], {}::text[], {}::text[], {}::text[],
    {}::text[], {}::bytea[]) ON CONFLICT DO NOTHING"""
_PUT_WAITING = """INSERT INTO waiting (place, rank, key, arrival, cause, wants, tenant, known_at, record)
    SELECT * FROM unnest({}::text[], {}::smallint[], {}::text[], {}::bigint[], {}::text[], {}::text[],
    {}::text[], {}::timestamptz[], {}::bytea[])
    ON CONFLICT (place) DO UPDATE SET rank = excluded.rank, key = excluded.key, arrival = excluded.arrival,
    cause = excluded.cause, wants = excluded.wants, known_at = excluded.known_at"""
_PUT_PARKED = """INSERT INTO parked (place, rank, key, tenant, type, error, attempts, known_at, record)
    SELECT * FROM unnest({}::text[], {}::smallint[], {}::text[], {}::text[], {}::text[], {}::text[], {}::int[],
    {}::timestamptz[], {}::bytea[])
    ON CONFLICT (place) DO UPDATE SET error = excluded.error, attempts = excluded.attempts,
    type = excluded.type"""
_DROP_WAITING = "DELETE FROM waiting WHERE place = ANY({}::text[])"
_DROP_PARKED = "DELETE FROM parked WHERE place = ANY({}::text[])"
_ADD_OUTBOX = (
    "INSERT INTO outbox (topic, partition, payload) SELECT * FROM unnest({}::text[], {}::int[], {}::bytea[])"
)
_ADD_JOURNAL = "INSERT INTO journal (entry) VALUES ({}::bytea)"


_decode_seen = msgspec.json.Decoder(dict[str, int]).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def _text(value: Mapping[str, Any]) -> str:
    return _encode(value).decode() if value else "{}"


def _seen(text: str) -> dict[str, int]:
    return {} if text == "{}" else _decode_seen(text)


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

        New is what stands there with its own place: no place is offered twice.
        """
        ids = sorted(hashes)
        status = await self.connection.execute(
            _INBOX, ids, [hashes[i] for i in ids], [places[i] for i in ids]
        )
        if status == f"INSERT 0 {len(ids)}":
            return set(ids), hashes
        first = await self.connection.fetch(_FIRST, ids)
        return {r[0] for r in first if r[2] == places[r[0]]}, {r[0]: r[1] for r in first}

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
        return {
            (r[0], r[1]): Held(r[2], _seen(r[3]), r[5], r[6], stored=(r[4], r[5], r[6]), shared=share)
            for r in rows
        }

    async def _create_aggregates(self, keys: Iterable[Key]) -> None:
        rows = [(rank, name, clock_of(name.partition("/")[0])) for rank, name in keys]
        await self.connection.execute(_NEW_AGGREGATES, *_columns(rows))

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

    async def write(self, statements: Sequence[Statement]) -> None:
        """All statements as one, in one round trip."""
        if statements:
            arguments = [value for _, values in statements for value in values]
            shape = tuple((text, len(values)) for text, values in statements)
            await self.connection.execute(_joined(shape), *arguments)


@lru_cache(maxsize=512)
def _joined(shape: tuple[tuple[str, int], ...]) -> str:
    """One statement of many: each but the last becomes a CTE, and the parameters are numbered through."""
    parts, number = [], 1
    for text, count in shape:
        parts.append(text.format(*(f"${n}" for n in range(number, number + count))))
        number += count
    ctes = ", ".join(f"s{i} AS ({part})" for i, part in enumerate(parts[:-1]))
    return f"WITH {ctes} {parts[-1]}" if ctes else parts[-1]


def _columns(rows: Iterable[Sequence[Any]]) -> list[Any]:
    return [list(column) for column in zip(*rows, strict=True)]


def aggregate_statements(held: Mapping[Key, Held], dirty: Iterable[Key]) -> list[Statement]:
    """Version, seen, waiting, parked and deadline of the aggregates that were touched.

    Raises Restart where one of them is locked for reading only.
    """
    dirty = sorted(dirty)
    if unlocked := [key for key in dirty if held[key].shared]:
        raise Restart(unlocked)
    moved_on, rows = [], []
    for key in dirty:
        h = held[key]
        rest = (len(h.waiters), h.parked, h.due_at)
        row = (*key, h.version, _text(h.seen))
        if rest == h.stored:
            moved_on.append(row)
        else:
            rows.append((*row, *rest))
    statements: list[Statement] = [(_SET_AGGREGATES, _columns(rows))] if rows else []
    if moved_on:
        statements.append((_MOVE_AGGREGATES_ON, _columns(moved_on)))
    return statements


def state_statements(
    tables: Mapping[int, Table[Any]],
    held: Mapping[Key, Held],
    states: Mapping[Key, Any],
    changed: Iterable[Key],
) -> list[Statement]:
    """The rows of business tables that differ from what was loaded."""
    by_rank: dict[int, list[tuple[Any, Any]]] = {}
    for key in sorted(changed):
        by_rank.setdefault(key[0], []).append((held[key].before, states[key]))
    statements: list[Statement] = []
    for rank, pairs in by_rank.items():
        table = tables[rank]
        difference = table.changed(pairs)
        if difference.roots:
            statements.append(table.upsert(difference.roots))
        for child, rows in zip(table.children, difference.children, strict=True):
            if rows:
                statements.append(child.upsert(rows))
    return statements


def effect_statements(effects: Effects, held: Mapping[Key, Held], stored: set[str]) -> list[Statement]:
    """Outcomes, refused, waiting and parked records, insert-only rows. `stored`: waiting rows as loaded."""
    statements: list[Statement] = [table.insert(rows) for table, rows in effects.rows.items()]
    if effects.outcomes:
        rows = [(i, o, _text(d) if d else None) for i, (o, d) in sorted(effects.outcomes.items())]
        statements.append((_SET_OUTCOMES, _columns(rows)))
    if effects.refused:
        statements.append((_ADD_REFUSED, _columns(effects.refused)))
    waiters = {place: w for key in effects.dirty for place, w in held[key].waiters.items()}
    put = [
        Waiting(
            place,
            *w.key,
            w.arrival,
            w.cause,
            w.wants,
            w.key[1].partition("/")[0],
            w.item.known_at,
            w.item.record.pack(),
        )
        for place, w in waiters.items()
        if not w.stored
    ] + effects.clock_waits
    if put:
        statements.append((_PUT_WAITING, _columns(put)))
    gone = (stored - {p for h in held.values() for p in h.waiters}) if stored else set()
    if gone := gone | effects.released - {w.place for w in put}:
        statements.append((_DROP_WAITING, [sorted(gone)]))
    if effects.park:
        statements.append((_PUT_PARKED, _columns(effects.park.values())))
    if effects.unpark:
        statements.append((_DROP_PARKED, [sorted(effects.unpark)]))
    return statements


def offset_statement(rows: Iterable[tuple[str, int, int, int]]) -> Statement:
    """topic, partition, next offset, fingerprint of the last record."""
    return _SET_OFFSETS, _columns(rows)


def tick_statement(ticks: Mapping[tuple[str, str, int], dt.datetime]) -> Statement:
    return _SET_TICKS, _columns((*key, tick) for key, tick in sorted(ticks.items()))


def clock_statement(times: Iterable[tuple[str, dt.datetime | None, dt.datetime | None]]) -> Statement:
    """clock, own, forward."""
    return _SET_CLOCKS, _columns(times)


def outbox_statement(rows: Iterable[tuple[str, int, bytes]]) -> Statement:
    """topic, partition, packed messages."""
    return _ADD_OUTBOX, _columns(rows)


def journal_statement(entry: bytes) -> Statement:
    return _ADD_JOURNAL, [entry]
