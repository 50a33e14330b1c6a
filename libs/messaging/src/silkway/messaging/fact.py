"""What a handler is given, and what it may raise."""

from __future__ import annotations

import datetime as dt
from typing import Generic, TypeVar

import msgspec

from silkway.contracts import Event
from silkway.messaging.kind import Name

E_co = TypeVar("E_co", bound=Event, covariant=True)


class Fact(msgspec.Struct, Generic[E_co], frozen=True):
    """An event at the moment it is applied.

    `known_at` (UTC) is when Silkway knew it and the only "now" a rule sees; `time` is the sender's, with its
    offset.
    """

    data: E_co
    tenant: str
    known_at: dt.datetime
    time: dt.datetime
    source: str
    id: str


class Due(msgspec.Struct, frozen=True):
    """A deadline of an aggregate that has come: `at` is the deadline itself, and what follows is known then."""

    tenant: str
    id: str
    at: dt.datetime


class Refused(Exception):
    """An outside event that can never be applied: it is kept whole with this reason, and nothing waits for it."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(f"{field}: {reason}; {remedy}")
        self.field, self.reason, self.remedy = field, reason, remedy


class NotYet(Exception):
    """An event that came before what it builds on: it is kept and tried again when `name` changes.

    `wants` says what is missed in the words of the trade ("order.drafted").
    """

    def __init__(self, name: Name, wants: str) -> None:
        super().__init__(f"waits for {wants} of {name.kind.name} {name.id}")
        self.name, self.wants = name, wants
