"""What a transaction writes into the engine's tables and the services', each kind as one statement of columns."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from silkway.messaging.effects import Effects, Held, Restart, Waiting
from silkway.messaging.table import Statement, Table, columns
from silkway.messaging.work import Key

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
# What is parked again stays the record that came, whatever fix was tried.
_PUT_PARKED = """INSERT INTO parked (place, rank, key, tenant, type, error, attempts, known_at, record, recorded_ms)
    SELECT * FROM unnest({}::text[], {}::smallint[], {}::text[], {}::text[], {}::text[], {}::text[], {}::int[],
    {}::timestamptz[], {}::bytea[], {}::bigint[])
    ON CONFLICT (place) DO UPDATE SET error = excluded.error, attempts = excluded.attempts,
    type = excluded.type, rank = excluded.rank, key = excluded.key"""
_ADD_ATTEMPTS = """INSERT INTO parked_attempts (place, number, tenant, action, at, "by", reason, outcome, error, fix,
    original, command)
    SELECT n.place, n.number + (SELECT count(*) FROM parked_attempts a WHERE a.place = n.place), n.tenant,
    n.action, n.at, n.person, n.reason, n.outcome, n.error, n.fix, n.original, n.command
    FROM unnest({}::bigint[], {}::text[], {}::text[], {}::text[], {}::timestamptz[], {}::text[], {}::text[],
    {}::text[], {}::text[], {}::text[], {}::bytea[], {}::text[])
    AS n(number, place, tenant, action, at, person, reason, outcome, error, fix, original, command)"""
_DROP_WAITING = "DELETE FROM waiting WHERE place = ANY({}::text[])"
_DROP_PARKED = "DELETE FROM parked WHERE place = ANY({}::text[])"
_ADD_OUTBOX = (
    "INSERT INTO outbox (topic, partition, payload) SELECT * FROM unnest({}::text[], {}::int[], {}::bytea[])"
)
_ADD_JOURNAL = "INSERT INTO journal (entry) VALUES ({}::bytea) RETURNING id, entry"
# The journal's row comes first and so has the least id: the relay never sees what follows without it.
_LEAVE_JOURNAL = """INSERT INTO outbox (topic, partition, payload)
    SELECT {}::text, 0, int8send(id) || entry FROM JOURNAL
    UNION ALL SELECT * FROM unnest({}::text[], {}::int[], {}::bytea[])"""
_KEEP_JOURNAL = "INSERT INTO journal (id, entry) OVERRIDING SYSTEM VALUE VALUES ({}::bigint, {}::bytea)"

_encode = msgspec.json.Encoder(order="sorted").encode


def _text(value: Mapping[str, Any]) -> str:
    return _encode(value).decode() if value else "{}"


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
    statements: list[Statement] = [(_SET_AGGREGATES, columns(rows))] if rows else []
    if moved_on:
        statements.append((_MOVE_AGGREGATES_ON, columns(moved_on)))
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
        statements.append((_SET_OUTCOMES, columns(rows)))
    if effects.refused:
        statements.append((_ADD_REFUSED, columns(effects.refused)))
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
        statements.append((_PUT_WAITING, columns(put)))
    gone = (stored - {p for h in held.values() for p in h.waiters}) if stored else set()
    if gone := gone | effects.released - {w.place for w in put}:
        statements.append((_DROP_WAITING, [sorted(gone)]))
    if effects.park:
        statements.append((_PUT_PARKED, columns(effects.park.values())))
    if effects.unpark:
        statements.append((_DROP_PARKED, [sorted(effects.unpark)]))
    if effects.attempts:
        numbers: Counter[str] = Counter()
        tries = []
        for attempt in effects.attempts:
            numbers[attempt.place] += 1
            tries.append((numbers[attempt.place], *attempt))
        statements.append((_ADD_ATTEMPTS, columns(tries)))
    return statements


def offset_statement(rows: Iterable[tuple[str, int, int, int]]) -> Statement:
    """topic, partition, next offset, fingerprint of the last record."""
    return _SET_OFFSETS, columns(rows)


def tick_statement(ticks: Mapping[tuple[str, str, int], dt.datetime]) -> Statement:
    return _SET_TICKS, columns((*key, tick) for key, tick in sorted(ticks.items()))


def clock_statement(times: Iterable[tuple[str, dt.datetime | None, dt.datetime | None]]) -> Statement:
    """clock, own, forward."""
    return _SET_CLOCKS, columns(times)


def outbox_statement(rows: Iterable[tuple[str, int, bytes]]) -> Statement:
    """topic, partition, packed messages."""
    return _ADD_OUTBOX, columns(rows)


def journal_statements(
    entry: bytes, topic: str, packed: Sequence[tuple[str, int, bytes]], before: int
) -> list[Statement]:
    """The journal's row, and for the relay its copy for `topic` before all that the transaction says.

    before: how many statements stand before these; a statement is known to later ones by its number.
    """
    leave = _LEAVE_JOURNAL.replace("JOURNAL", f"s{before}")
    return [(_ADD_JOURNAL, [entry]), (leave, [topic, *(columns(packed) or ([], [], []))])]


def kept_journal_statement(number: int, entry: bytes) -> Statement:
    """The journal's row of a transaction that is done again, under the number that it had."""
    return _KEEP_JOURNAL, [number, entry]
