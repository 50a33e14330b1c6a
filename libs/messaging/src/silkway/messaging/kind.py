"""Kinds of aggregates and the names by which an event says what it is about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from silkway.messaging.table import Table

S = TypeVar("S", bound=msgspec.Struct)


class Name(NamedTuple):
    """One aggregate within the tenant of the event at hand."""

    kind: Kind[Any]
    id: str


class Kind(Generic[S]):
    """A kind of aggregate: its name, its place in the order of locks, its table, and when it wants waking.

    Aggregates are locked by ascending rank, then by key, before anything is decided. `due` gives the time
    at which the aggregate's own deadline falls, or None. `shared`: read with nearly every event and changed
    rarely, so it is locked for reading only; a transaction that changes it all the same runs twice.
    """

    def __init__(
        self,
        name: str,
        *,
        rank: int,
        table: Table[S],
        due: Callable[[S], dt.datetime | None] | None = None,
        shared: bool = False,
    ) -> None:
        self.name, self.rank, self.table, self.due, self.shared = name, rank, table, due, shared

    def __getitem__(self, identifier: str) -> Name:
        return Name(self, identifier)

    def __repr__(self) -> str:
        return f"Kind({self.name!r})"
