"""Compares a live database with one that was made anew from the log: by a hash, and where that differs row by row.

What differs was changed by something other than an event, or was decided otherwise the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from silkway.messaging.database import plain_connection
from silkway.messaging.kind import Kind
from silkway.messaging.storage import Connection

_KEYS = """
    SELECT c.relname, a.attname FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
    WHERE i.indisprimary AND n.nspname = 'public' ORDER BY c.relname, array_position(i.indkey, a.attnum)"""
_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public'"""
_COLUMNS = """
    SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND table_schema = 'public'
    ORDER BY ordinal_position"""
_APART = {"journal", "outbox", "schema_migrations", "offset_resets", "api_keys", "signing_key", "feed"}
"""Tables that a replay does not write, and notify's feed, which it numbers anew."""
_FILTERS = {
    # Locked but never used: a restart may lock more in one run than in the other.
    "aggregates": "version > 0 OR seen <> '{}' OR waiting > 0 OR parked > 0 OR due_at IS NOT NULL",
}
_UNCOMPARED = {"offsets": {"halted"}, "parked": {"recorded_ms"}}
_BY_RANK = {"aggregates", "waiting", "parked"}
"""Tables whose rows name their aggregate by rank and key."""
MOST_DIFFERENCES = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the database is not what the log makes of it. `expected` or `found` None: no such row.

    aggregate: "order acme/O1", or whatever the row belongs to.
    """

    table: str
    key: str
    column: str
    expected: str | None
    found: str | None
    aggregate: str = ""

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.column} is {self.found}, the log says {self.expected}"


@dataclass(frozen=True, slots=True)
class Compared:
    """One table in both databases: how many rows the live one has, and the hash of each."""

    table: str
    rows: int
    found: str
    expected: str


@dataclass(frozen=True, slots=True)
class _Form:
    """How the rows of a table are read: its columns as texts, by its key, and to which aggregate each belongs."""

    table: str
    columns: list[str]
    key: list[str]
    kind: str
    """Name of the aggregates' kind, where all rows are of one; else empty."""

    @property
    def owner(self) -> str:
        """What names the aggregate of a row, in SQL: two columns, or one."""
        names = ["rank", "key"] if self.table in _BY_RANK else self.key[:2]
        return " || '/' || ".join(f'"{name}"::text' for name in names)

    @property
    def texts(self) -> str:
        return ", ".join(f'"{column}"::text' for column in self.columns)

    @property
    def order(self) -> str:
        return ", ".join(f'"{column}"::text COLLATE "C"' for column in self.key)

    @property
    def source(self) -> str:
        return f"{self.table} WHERE ({_FILTERS.get(self.table, 'true')})"

    @property
    def hash(self) -> str:
        """Of all rows under `GROUP BY` nothing, or of those of a group."""
        return f"md5(coalesce(string_agg(md5(ROW({self.texts})::text), '' ORDER BY {self.order}), ''))"

    def key_of(self, row: Any) -> str:
        return "/".join(str(row[self.columns.index(column)]) for column in self.key)


async def compare(
    live: Connection,
    scratch_url: str,
    kinds: Sequence[Kind[Any]] = (),
    on_table: Callable[[Compared], None] = lambda compared: None,
) -> list[Difference]:
    """What of `live` (in its open transaction) differs from the replayed database, at most 100 places a table.

    kinds: those of the service, by which differences name their aggregates.
    """
    names = {kind.rank: kind.name for kind in kinds}
    scratch = await plain_connection(scratch_url)
    try:
        differences: list[Difference] = []
        for form in await _forms(live, kinds):
            hashed = f"SELECT count(*), {form.hash} FROM {form.source}"
            rows, found = await live.fetchrow(hashed) or (0, "")
            _, expected = await scratch.fetchrow(hashed) or (0, "")
            on_table(Compared(form.table, rows, found, expected))
            if found != expected:
                differences += await _differences(live, scratch, form, names)
        return differences
    finally:
        await scratch.close()


async def _forms(live: Connection, kinds: Iterable[Kind[Any]]) -> list[_Form]:
    keys: dict[str, list[str]] = {}
    for table, column in await live.fetch(_KEYS):
        keys.setdefault(table, []).append(column)
    owners = {table.name: kind.name for kind in kinds for table in (kind.table, *kind.table.children)}
    forms = []
    tables = {row[0] for row in await live.fetch(_TABLES)} - _APART
    if keyless := sorted(tables - keys.keys()):
        raise RuntimeError(
            f"no primary key to compare {', '.join(keyless)} by: give it one, or name it apart"
        )
    for table in sorted(tables):
        apart = _UNCOMPARED.get(table, set())
        columns = [row[0] for row in await live.fetch(_COLUMNS, table) if row[0] not in apart]
        forms.append(_Form(table, columns, keys[table], owners.get(table, "")))
    return forms


async def _differences(
    live: Connection, scratch: Connection, form: _Form, names: dict[int, str]
) -> list[Difference]:
    """Row by row, of the aggregates whose hashes differ."""
    hashed = f"SELECT {form.owner}, {form.hash} FROM {form.source} GROUP BY 1"
    ours = {row[0]: row[1] async for row in live.cursor(hashed)}
    theirs = {row[0]: row[1] for row in await scratch.fetch(hashed)}
    owners = sorted(o for o in ours.keys() | theirs.keys() if ours.get(o) != theirs.get(o))
    rows = (
        f"SELECT {form.owner}, {form.texts} FROM {form.source} AND {form.owner} = ANY($1::text[])"
        f" ORDER BY {form.order}"
    )
    chosen = owners[:MOST_DIFFERENCES]
    found = {form.key_of(row[1:]): row for row in map(tuple, await live.fetch(rows, chosen))}
    differences: list[Difference] = []
    for row in map(tuple, await scratch.fetch(rows, chosen)):
        key, owner = form.key_of(row[1:]), _aggregate(form, row[0], names)
        other = found.pop(key, None)
        if other is None:
            differences.append(Difference(form.table, key, "row", "there", None, owner))
            continue
        differences += [
            Difference(form.table, key, column, row[n], other[n], owner)
            for n, column in enumerate(form.columns, start=1)
            if row[n] != other[n]
        ]
    differences += [
        Difference(form.table, key, "row", None, "there", _aggregate(form, row[0], names))
        for key, row in found.items()
    ]
    return differences[:MOST_DIFFERENCES]


def _aggregate(form: _Form, owner: str, names: dict[int, str]) -> str:
    """ "order acme/O1" where the row is an aggregate's, else its table and the first columns of its key."""
    if form.table in _BY_RANK:
        rank, _, key = owner.partition("/")
        return f"{names.get(int(rank), f'rank {rank}')} {key}"
    return f"{form.kind or form.table} {owner}"
