"""Tables as frozen structs: how the state of an aggregate is loaded and written back, many at once."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

S = TypeVar("S", bound=msgspec.Struct)
Statement = tuple[str, list[Any]]

_SQL_TYPES: dict[type, str] = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    dt.datetime: "timestamptz",
    dt.date: "date",
}


def columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Rows as one list a column."""
    return list(map(list, zip(*rows, strict=True)))


def _sql_type(annotation: Any) -> str:
    """The column type of a field; Optional and Literal are seen through."""
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = [a for a in get_args(annotation) if a is not type(None)]
    if get_args(annotation):  # a Literal of strings
        annotation = type(get_args(annotation)[0])
    return _SQL_TYPES[annotation]


class Rows(Generic[S]):
    """Rows of one table, written and never changed by the engine again (a ledger, a timeline).

    The fields of `row`, in order, are the table's columns by name.
    """

    def __init__(self, name: str, row: type[S], leave_out: Iterable[str] = ()) -> None:
        skip = set(leave_out)
        hints = get_type_hints(row)
        self.name, self.row = name, row
        self.columns = [f for f in row.__struct_fields__ if f not in skip]
        self.types = [_sql_type(hints[c]) for c in self.columns]
        self.values: Callable[[S], tuple[Any, ...]] = attrgetter(*self.columns)
        names = ", ".join(self.columns)
        arrays = ", ".join(f"{{}}::{t}[]" for t in self.types)
        self._insert = f"INSERT INTO {name} ({names}) SELECT * FROM unnest({arrays})"

    def insert(self, rows: Iterable[S]) -> Statement:
        """The statement, with `{}` in place of parameter numbers, and its column arrays."""
        return self._insert, columns(map(self.values, rows))


class Keyed(Rows[S]):
    """Rows that are found by the first two columns of their key (tenant, id) and changed by the whole key."""

    def __init__(self, name: str, row: type[S], key: Sequence[str], leave_out: Iterable[str] = ()) -> None:
        super().__init__(name, row, leave_out)
        self.key = tuple(key)
        self.key_of: Callable[[S], tuple[Any, ...]] = attrgetter(*key)
        tenant, identifier = self.key[:2]
        rest = [c for c in self.columns if c not in self.key]
        change = "UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in rest) if rest else "NOTHING"
        self._upsert = f"{self._insert} ON CONFLICT ({', '.join(self.key)}) DO {change}"
        self._all = f"SELECT {', '.join('t.' + c for c in self.columns)} FROM {name} t"
        self.select = (
            f"{self._all} JOIN unnest($1::text[], $2::text[]) AS k(tenant, id)"
            f" ON t.{tenant} = k.tenant AND t.{identifier} = k.id ORDER BY {', '.join('t.' + c for c in key)}"
        )

    def upsert(self, rows: Iterable[S]) -> Statement:
        """Insert or change: the statement with `{}` for parameter numbers, and its column arrays."""
        return self._upsert, columns(map(self.values, rows))


class Child(Keyed[S]):
    """Rows below an aggregate, kept in its field `field` as a tuple ordered by key. None is ever removed."""

    def __init__(self, field: str, name: str, row: type[S], key: Sequence[str]) -> None:
        super().__init__(name, row, key)
        self.field = field


@dataclass(frozen=True, slots=True)
class Changed:
    """What differs between the state as loaded and the state to write."""

    roots: list[Any]
    children: list[list[Any]]


class Table(Keyed[S]):
    """The table of an aggregate's state, with its child tables. `key` is (tenant, id)."""

    def __init__(
        self, name: str, row: type[S], key: tuple[str, str], children: Sequence[Child[Any]] = ()
    ) -> None:
        super().__init__(name, row, key, leave_out=[c.field for c in children])
        self.children = tuple(children)
        expected = [*key, *self.columns[2:], *(c.field for c in children)]
        if list(row.__struct_fields__) != expected:
            raise TypeError(f"{row.__name__}: the key {key} must come first and child rows last")

    def assemble(
        self, roots: Iterable[Sequence[Any]], children: Sequence[Iterable[Sequence[Any]]]
    ) -> list[S]:
        """States from the rows of the root table and of each child table (each ordered by key)."""
        if not self.children:
            return [self.row(*values) for values in roots]
        below: list[dict[tuple[Any, ...], list[Any]]] = []
        for child, rows in zip(self.children, children, strict=True):
            grouped: dict[tuple[Any, ...], list[Any]] = {}
            for values in rows:
                item = child.row(*values)
                grouped.setdefault(child.key_of(item)[:2], []).append(item)
            below.append(grouped)
        states = []
        for values in roots:
            key = (values[0], values[1])
            states.append(self.row(*values, *(tuple(grouped.get(key, ())) for grouped in below)))
        return states

    def changed(self, pairs: Iterable[tuple[S | None, S]]) -> Changed:
        """Rows to write for pairs of (state as loaded or None, state now)."""
        roots: list[Any] = []
        children: list[list[Any]] = [[] for _ in self.children]
        for before, now in pairs:
            if before is None or self.values(before) != self.values(now):
                roots.append(now)
            for child, rows in zip(self.children, children, strict=True):
                items = getattr(now, child.field)
                known = () if before is None else getattr(before, child.field)
                if items is known:
                    continue
                if not known:
                    rows.extend(items)
                    continue
                old = {child.key_of(item): item for item in known}
                rows.extend(item for item in items if old.get(child.key_of(item)) != item)
        return Changed(roots, children)
