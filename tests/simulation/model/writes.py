"""What the engine writes, each statement as what it does to a database in memory: now, and when it commits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import asyncpg

from silkway.messaging import relay, statements
from tests.simulation.model.reads import Columns, Row, states_of

if TYPE_CHECKING:
    from tests.simulation.model.database import Database, Session

Apply = Callable[..., None]
Prepare = Callable[["Session", Apply, Columns], None]


def _set_aggregates(database: Database, *columns: Columns) -> None:
    for rank, key, *values in zip(*columns, strict=True):
        database.aggregates[rank, key][: len(values)] = values


def _set_outcomes(database: Database, *columns: Columns) -> None:
    for identity, *values in zip(*columns, strict=True):
        if identity in database.inbox:
            database.inbox[identity][2:] = values


def _set_offsets(database: Database, *columns: Columns) -> None:
    for topic, partition, *values in zip(*columns, strict=True):
        database.offsets[topic, partition][:2] = values


def _set_ticks(database: Database, *columns: Columns) -> None:
    for clock, topic, partition, tick in zip(*columns, strict=True):
        database.ticks[clock, topic, partition] = tick


def _set_clocks(database: Database, *columns: Columns) -> None:
    for clock, own, forward in zip(*columns, strict=True):
        database.clocks[clock] = (own, forward)


def _put_waiting(database: Database, *columns: Columns) -> None:
    database.waiting.update((row[0], row) for row in zip(*columns, strict=True))


def _put_parked(database: Database, *columns: Columns) -> None:
    for row in zip(*columns, strict=True):
        old = database.parked.get(row[0])
        database.parked[row[0]] = row if old is None else (*row[:3], old[3], *row[4:7], *old[7:])


def _add_attempts(database: Database, *columns: Columns) -> None:
    known = Counter(place for place, _ in database.parked_attempts)
    for number, place, *rest in zip(*columns, strict=True):
        at = (place, known[place] + number)
        database.parked_attempts[at] = (*at, *rest)


def _add_refused(database: Database, *columns: Columns) -> None:
    for row in zip(*columns, strict=True):
        database.refused.setdefault(row[0], row)


def _drop(name: str) -> Apply:
    def apply(database: Database, keys: Columns) -> None:
        for key in keys:
            getattr(database, name).pop(key, None)

    return apply


def _numbered(name: str) -> Apply:
    def apply(database: Database, rows: Sequence[tuple[int, Any]]) -> None:
        getattr(database, name).update(rows)

    return apply


def _keep(session: Session, apply: Apply, values: Columns) -> None:
    session.written.append((apply, tuple(values)))


def _delete_now(session: Session, apply: Apply, values: Columns) -> None:
    apply(session.database, *values)


def _number_journal(session: Session, apply: Apply, values: Columns) -> None:
    session.journal = (session.database.next_id(), values[0])
    session.written.append((apply, ([session.journal],)))


def _leave_journal(session: Session, apply: Apply, values: Columns) -> None:
    topic, *columns = values
    number, entry = session.journal
    rows = [(topic, 0, number.to_bytes(8, "big") + entry), *zip(*columns, strict=True)]
    session.written.append((apply, ([(session.database.next_id(), row) for row in rows],)))


def _number_outbox(session: Session, apply: Apply, values: Columns) -> None:
    rows = [(session.database.next_id(), row) for row in zip(*values, strict=True)]
    session.written.append((apply, (rows,)))


def _nothing(session: Session, apply: Apply, values: Columns) -> None:
    """A statement that changes nothing here."""


_WRITES: dict[str, tuple[Prepare, Apply]] = {
    statements._SET_AGGREGATES: (_keep, _set_aggregates),
    statements._MOVE_AGGREGATES_ON: (_keep, _set_aggregates),
    statements._SET_OUTCOMES: (_keep, _set_outcomes),
    statements._SET_OFFSETS: (_keep, _set_offsets),
    statements._SET_TICKS: (_keep, _set_ticks),
    statements._SET_CLOCKS: (_keep, _set_clocks),
    statements._ADD_REFUSED: (_keep, _add_refused),
    statements._PUT_WAITING: (_keep, _put_waiting),
    statements._PUT_PARKED: (_keep, _put_parked),
    statements._DROP_WAITING: (_keep, _drop("waiting")),
    statements._ADD_ATTEMPTS: (_keep, _add_attempts),
    statements._DROP_PARKED: (_keep, _drop("parked")),
    statements._ADD_OUTBOX: (_number_outbox, _numbered("outbox")),
    statements._LEAVE_JOURNAL: (_leave_journal, _numbered("outbox")),
    statements._ADD_JOURNAL: (_number_journal, _numbered("journal")),
    relay._DELETE.replace("$1", "{}"): (_delete_now, _drop("outbox")),
    "SELECT 1": (_nothing, lambda database: None),
    "SET CONSTRAINTS ALL IMMEDIATE": (_nothing, lambda database: None),
}

_INSERT = re.compile(r"INSERT INTO (\w+) \(([^)]*)\).*?(?:ON CONFLICT \(([^)]*)\).*)?$", re.S)
_SELECT = re.compile(r"SELECT .* FROM (\w+) t JOIN unnest\(\$1::text\[\], \$2::text\[\]\) AS k", re.S)


_PARAMETER = re.compile(r"\$\d+")
_JOURNAL_ROW = re.compile(r"FROM s\d+\n")
_NEXT_PART = re.compile(r"\), s\d+ AS \(")
_LAST_PART = re.compile(r"\) (?=INSERT INTO |UPDATE |DELETE FROM )")


def _violation(table: str, row: Row) -> asyncpg.CheckViolationError:
    """As PostgreSQL tells of it: which table, and the row."""
    error = asyncpg.CheckViolationError(f"new row for relation {table!r} violates check constraint")
    error.table_name = table
    error.detail = f"Failing row contains ({', '.join(map(str, row))})."
    return error


def _put_rows(text: str) -> tuple[Prepare, Apply]:
    """Rows of a service's own tables: by key where they can change, else one behind the other."""
    match = _INSERT.match(text)
    if match is None:
        raise NotImplementedError(text)
    name, names, key = match.groups()
    columns = [column.strip() for column in names.split(",")]
    rest = [columns.index(column.strip()) for column in key.split(",")][2:] if key else None
    under = itemgetter(*rest) if rest else None

    def prepare(session: Session, apply: Apply, values: Columns) -> None:
        refuses = session.database.refuses.get(name)
        if refuses is not None and (row := next(filter(refuses, zip(*values, strict=True)), None)):
            raise _violation(name, row)
        session.written.append((apply, tuple(values)))

    def apply(database: Database, *values: Columns) -> None:
        table = database.tables[name]
        for row in zip(*values, strict=True):
            rows = table[row[:2]]
            rows[under(row) if under else len(rows) if rest is None else ()] = row

    return prepare, apply


@lru_cache(maxsize=4096)
def effects_of(query: str) -> list[tuple[Any, Any, Any, int]]:
    """The parts of a joined statement: name, what is done now, what on commit, how many parameters it takes."""
    if match := _SELECT.match(query):
        return [("load states", states_of(match[1]), None, 2)]
    return [_effect(*_PARAMETER.subn("{}", part)) for part in _parts(query)]


@lru_cache(maxsize=1024)
def _effect(text: str, count: int) -> tuple[str, Prepare, Apply, int]:
    text = _JOURNAL_ROW.sub("FROM JOURNAL\n", text)
    prepare, apply = _WRITES.get(text) or _put_rows(text)
    return "write", prepare, apply, count


def _parts(query: str) -> Sequence[str]:
    """`WITH s0 AS (…), s1 AS (…) …` in its statements."""
    first, *more = _NEXT_PART.split(query)
    if not first.startswith("WITH s0 AS ("):
        return [query]
    parts = [first.removeprefix("WITH s0 AS ("), *more]
    return [*parts[:-1], *_LAST_PART.split(parts[-1], 1)]
