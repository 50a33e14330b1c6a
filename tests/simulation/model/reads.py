"""What the engine reads and locks, each statement as what it does to a database in memory; the texts are its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from silkway.messaging import positions, relay, storage

if TYPE_CHECKING:
    from tests.simulation.model.database import Database, Session

Row = tuple[Any, ...]
Columns = Sequence[Any]
Fetch = Callable[..., list[Row]]


def _offsets(session: Session, topics: Columns, partitions: Columns) -> list[Row]:
    rows = session.database.offsets
    return [(*place, *rows[place]) for place in sorted(zip(topics, partitions, strict=True)) if place in rows]


def _positions(session: Session, topics: Columns, partitions: Columns) -> list[Row]:
    return [(topic, p, row[0], row[2]) for topic, p, *row in _offsets(session, topics, partitions)]


def _ticks(session: Session, clocks: Columns) -> list[Row]:
    return [(*key, tick) for key, tick in session.database.ticks.items() if key[0] in clocks]


def _clocks(session: Session, names: Columns) -> list[Row]:
    clocks = session.database.clocks
    return [(name, *clocks[name]) for name in sorted(names) if name in clocks]


def _new_clocks(session: Session, names: Columns) -> list[Row]:
    new = [name for name in names if name not in session.database.clocks]
    for name in new:
        session.create(session.database.clocks, name, (None, None))
    return [(name,) for name in new]


def _inbox(session: Session, ids: Columns, hashes: Columns, places: Columns) -> list[Row]:
    inbox, new = session.database.inbox, []
    for identity, body_hash, place in zip(ids, hashes, places, strict=True):
        if identity not in inbox:
            session.create(inbox, identity, [body_hash, place, "applied", None])
            new.append((identity,))
    return new


def _first(session: Session, ids: Columns) -> list[Row]:
    inbox = session.database.inbox
    own = {key for table, key in session.created if table is inbox}
    return [(identity, inbox[identity][0], identity in own) for identity in ids if identity in inbox]


def _new_aggregates(session: Session, ranks: Columns, keys: Columns, clocks: Columns) -> list[Row]:
    aggregates, new = session.database.aggregates, []
    for rank, key, clock in zip(ranks, keys, clocks, strict=True):
        if (rank, key) not in aggregates:
            session.create(aggregates, (rank, key), [0, "{}", 0, 0, None, clock])
            new.append((rank, key))
    return new


def _aggregates(session: Session, ranks: Columns, keys: Columns) -> list[Row]:
    rows = session.database.aggregates
    return [(*key, *rows[key][:5]) for key in sorted(zip(ranks, keys, strict=True)) if key in rows]


def _free_aggregates(share: bool) -> Fetch:
    def fetch(session: Session, ranks: Columns, keys: Columns) -> list[Row]:
        rows = session.database.aggregates
        wanted = [key for key in sorted(zip(ranks, keys, strict=True)) if key in rows]
        return [(*key, *rows[key][:5]) for key in wanted if session.lock(("row", *key), share=share)]

    return fetch


def _due(session: Session, clock: str, until: Any, limit: int) -> list[Row]:
    found = [
        (row[4], *key)
        for key, row in session.database.aggregates.items()
        if row[4] is not None and row[4] <= until and not row[3] and row[5] == clock
    ]
    return [(rank, key, at) for at, rank, key in sorted(found)[:limit]]


def _waiting(session: Session, ranks: Columns, keys: Columns) -> list[Row]:
    wanted = set(zip(ranks, keys, strict=True))
    found = [row for row in session.database.waiting.values() if (row[1], row[2]) in wanted]
    return sorted(found, key=lambda row: row[1:4])


def _parked(session: Session, places: Columns) -> list[Row]:
    parked = session.database.parked
    return [parked[place] for place in places if place in parked]


def _outbox(session: Session, limit: int) -> list[Row]:
    return [(number, *row) for number, row in sorted(session.database.outbox.items())[:limit]]


def _relay_lock(session: Session, number: int) -> list[Row]:
    database = session.database
    database.relay = database.relay or session
    return [(database.relay is session,)]


def states_of(name: str) -> Fetch:
    def fetch(session: Session, tenants: Columns, ids: Columns) -> list[Row]:
        table = session.database.tables[name]
        found = []
        for key in zip(tenants, ids, strict=True):
            if rows := table.get(key):
                found += list(rows.values()) if len(rows) == 1 else [rows[rest] for rest in sorted(rows)]
        return found

    return fetch


FETCHES: dict[str, tuple[str, Fetch]] = {
    storage._LOCK_OFFSETS: ("lock offsets", _offsets),
    storage._TICKS: ("read ticks", _ticks),
    storage._CLOCKS: ("lock clocks", _clocks),
    storage._SHARE_CLOCKS: ("hold clocks", _clocks),
    storage._NEW_CLOCKS: ("create clocks", _new_clocks),
    storage._INBOX: ("fill the inbox", _inbox),
    storage._FIRST: ("read the inbox", _first),
    storage._NEW_AGGREGATES: ("create aggregates", _new_aggregates),
    storage._LOCK_AGGREGATES: ("lock aggregates", _aggregates),
    storage._SHARE_AGGREGATES: ("hold aggregates", _aggregates),
    f"{storage._LOCK_AGGREGATES} SKIP LOCKED": ("take aggregates", _free_aggregates(share=False)),
    f"{storage._SHARE_AGGREGATES} SKIP LOCKED": ("take aggregates", _free_aggregates(share=True)),
    storage._DUE: ("look for deadlines", _due),
    storage._WAITING: ("load what waits", _waiting),
    storage._PARKED: ("load what is parked", _parked),
    positions._READ: ("read positions", _positions),
    positions._CLOCKS: ("read clocks", lambda session: [(clock,) for clock in session.database.clocks]),
    relay._NEXT: ("read the outbox", _outbox),
    "SELECT pg_try_advisory_lock($1)": ("take the relay's lock", _relay_lock),
}

_Locking = Callable[..., Iterator[Any]]


def _rows_of(table: str) -> _Locking:
    def keys(database: Database, *columns: Columns) -> Iterator[Any]:
        present = getattr(database, table)
        wanted = sorted(set(zip(*columns, strict=True)))
        return (("row", *key) for key in wanted if (key if table != "clocks" else key[0]) in present)

    return keys


def _new_rows(table: str, columns: int) -> _Locking:
    """Those that are not there yet, as far as is committed."""

    def keys(database: Database, *values: Columns) -> Iterator[Any]:
        for key in zip(*values[:columns], strict=True):
            if not is_there(database, table, ("row", *key)) or _name(key) in database.creating:
                yield ("row", *key)

    return keys


def is_there(database: Database, table: str, row: tuple[Any, ...]) -> bool:
    """Whether the row that is locked by this name is in a table, be it of an open transaction."""
    return _name(row[1:]) in getattr(database, table)


def _name(key: tuple[Any, ...]) -> Any:
    return key if len(key) > 1 else key[0]


LOCKING: dict[str, tuple[_Locking, bool]] = {
    storage._LOCK_OFFSETS: (_rows_of("offsets"), False),
    storage._CLOCKS: (_rows_of("clocks"), False),
    storage._SHARE_CLOCKS: (_rows_of("clocks"), True),
    storage._NEW_CLOCKS: (_new_rows("clocks", 1), False),
    storage._INBOX: (_new_rows("inbox", 1), False),
    storage._NEW_AGGREGATES: (_new_rows("aggregates", 2), False),
    storage._LOCK_AGGREGATES: (_rows_of("aggregates"), False),
    storage._SHARE_AGGREGATES: (_rows_of("aggregates"), True),
}
"""Statements that wait for rows, for which, in this order, and whether others may share them."""

CREATING = {storage._NEW_CLOCKS: "clocks", storage._INBOX: "inbox", storage._NEW_AGGREGATES: "aggregates"}
"""Statements that wait for whoever creates the same rows, by table. They lock none that are there in the end."""
