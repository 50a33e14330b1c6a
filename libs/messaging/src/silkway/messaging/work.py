"""What a handler may do: read and write the aggregates it named, and emit events about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from silkway.contracts import Event
from silkway.messaging.kind import Kind
from silkway.messaging.table import Rows

S = TypeVar("S", bound=msgspec.Struct)
Key = tuple[int, str]
"""Rank and "{tenant}/{id}": where an aggregate is locked."""

Decision = tuple[S, Iterable[tuple[Event, dt.datetime]]]
"""What a rule answers: the state afterwards, and the events that follow, each with when it became known."""


class Emission(NamedTuple):
    """An event about one of our aggregates, not yet numbered."""

    kind: Kind[Any]
    id: str
    event: Event
    known_at: dt.datetime


class Unnamed(Exception):
    """A handler asked for an aggregate that is not locked."""

    def __init__(self, kind: Kind[Any], identifier: str) -> None:
        super().__init__(f"{kind.name} {identifier} was not named by the route of this event")
        self.kind, self.id = kind, identifier


class Work:
    """One event's doing, kept apart until its handler has returned: a handler that raises has changed nothing."""

    __slots__ = ("_states", "emissions", "known_at", "puts", "rows", "tenant", "traceparent")

    def __init__(
        self, states: Mapping[Key, Any], tenant: str, known_at: dt.datetime, traceparent: str | None = None
    ) -> None:
        self._states = states
        self.tenant = tenant
        self.known_at = known_at
        self.traceparent = traceparent
        self.puts: dict[Key, Any] = {}
        self.emissions: list[Emission] = []
        self.rows: list[tuple[Rows[Any], Any]] = []

    def get(self, kind: Kind[S], identifier: str) -> S | None:
        """The aggregate's state, or None if it has none yet. It must have been named."""
        key = (kind.rank, f"{self.tenant}/{identifier}")
        state = self.puts.get(key)
        if state is None:
            try:
                state = self._states[key]
            except KeyError:
                raise Unnamed(kind, identifier) from None
        return state  # type: ignore[no-any-return]  # states of a rank are of its kind

    def put(self, kind: Kind[S], identifier: str, state: S) -> None:
        """Write the aggregate's state. It must have been named."""
        key = (kind.rank, f"{self.tenant}/{identifier}")
        if key not in self._states:
            raise Unnamed(kind, identifier)
        self.puts[key] = state

    def emit(
        self, kind: Kind[Any], identifier: str, event: Event, known_at: dt.datetime | None = None
    ) -> None:
        """Publish `event` about an aggregate that was named; known when its cause was, unless told otherwise."""
        self.emissions.append(Emission(kind, identifier, event, known_at or self.known_at))

    def apply(self, kind: Kind[S], identifier: str, decision: Decision[S]) -> None:
        """Put the state and emit the events of a rule's answer."""
        state, events = decision
        self.put(kind, identifier, state)
        for event, known_at in events:
            self.emit(kind, identifier, event, known_at)

    def append(self, table: Rows[S], row: S) -> None:
        """Add a row that is never changed."""
        self.rows.append((table, row))
