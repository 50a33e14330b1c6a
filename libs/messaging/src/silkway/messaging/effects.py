"""What a transaction holds in memory and what it will write."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from silkway.contracts import KafkaMessage
from silkway.messaging.kind import Kind
from silkway.messaging.records import Readable
from silkway.messaging.table import Rows
from silkway.messaging.work import Key


@dataclass(slots=True)
class Waiter:
    """A record that waits at the aggregate `key`. `stored`: it stands in the table already, just so."""

    item: Readable
    key: Key
    arrival: int
    cause: str
    wants: str
    stored: bool


@dataclass(slots=True)
class Held:
    """An aggregate under lock: `before` is its state as loaded, `waiters` the records that wait at it by place.

    `stored`: waiting, parked and deadline as the table has them. `shared`: it is locked for reading only, so
    nothing of it may be written.
    """

    version: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    parked: int = 0
    due_at: dt.datetime | None = None
    before: Any = None
    waiters: dict[str, Waiter] = field(default_factory=dict)
    stored: tuple[int, int, dt.datetime | None] = (0, 0, None)
    shared: bool = False


class Refusal(NamedTuple):
    place: str
    tenant: str | None
    source: str | None
    event_id: str | None
    type: str | None
    field: str
    reason: str
    remedy: str
    record: bytes


class Waiting(NamedTuple):
    place: str
    rank: int
    key: str
    arrival: int
    cause: str
    wants: str
    tenant: str
    known_at: dt.datetime | None
    record: bytes


class Parked(NamedTuple):
    place: str
    rank: int
    key: str
    tenant: str
    type: str
    error: str
    attempts: int
    known_at: dt.datetime
    record: bytes | None
    recorded_ms: int = -1


class Attempt(NamedTuple):
    """One try at a record that was parked by it, or had been before; `command`: place of the one that ordered it."""

    place: str
    tenant: str
    action: Literal["read", "redrive", "discard"]
    at: dt.datetime
    by: str
    reason: str
    outcome: str
    error: str | None
    fix: str | None
    original: bytes | None
    command: str | None


class Fired(NamedTuple):
    rank: int
    key: str
    at: dt.datetime


class Restart(Exception):
    """Aggregates came up that are not locked: roll back and lock them too, in order."""

    def __init__(self, keys: Iterable[Key]) -> None:
        super().__init__()
        self.keys = frozenset(keys)


class Suspect(NamedTuple):
    """A record or deadline that took effect, and the aggregates whose state it has written."""

    cause: Readable | Fired
    wrote: Collection[Key]


@dataclass(slots=True)
class Effects:
    """All that one transaction writes besides the aggregates themselves."""

    outcomes: dict[uuid.UUID, tuple[str, dict[str, Any] | None]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    clock_waits: list[Waiting] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    park: dict[str, Parked] = field(default_factory=dict)
    unpark: set[str] = field(default_factory=set)
    attempts: list[Attempt] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)
    """What a handler raised, by the place of the record that it parked."""
    early: Counter[str] = field(default_factory=Counter)
    """How often a record came too early, by its place."""
    messages: defaultdict[int, list[KafkaMessage]] = field(default_factory=lambda: defaultdict(list))
    rows: defaultdict[Rows[Any], list[Any]] = field(default_factory=lambda: defaultdict(list))
    fired: list[Fired] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)
    """What took effect, in order; one of these spoils what is refused whole."""
    dirty: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    applied: int = 0


Kinds = dict[int, Kind[Any]]
