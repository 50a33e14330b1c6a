"""Which handler answers which event, and which aggregates each one is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from silkway.contracts import Event
from silkway.messaging.fact import Due, Fact
from silkway.messaging.kind import Kind, Name
from silkway.messaging.table import Rows
from silkway.messaging.work import Work

E = TypeVar("E", bound=Event)
S = TypeVar("S")
Handler = Callable[[Work, Fact[E]], None]
DueHandler = Callable[[Work, Due], None]


class Look(Protocol):
    """Reads the state of an aggregate that is already locked."""

    def __call__(self, kind: Kind[Any], identifier: str) -> Any: ...


Names = Callable[[E], Sequence[Name]]
MoreNames = Callable[[E, Look], Sequence[Name]]


@dataclass(frozen=True, slots=True)
class Route:
    """How one type of event is handled. The first name is the event's home: what stands still if it is parked."""

    handle: Callable[[Work, Fact[Any]], None]
    names: Callable[[Any], Sequence[Name]]
    more: Callable[[Any, Look], Sequence[Name]] | None


@dataclass(frozen=True, slots=True)
class DueRoute:
    """How the deadlines of one kind are handled; `names` reads a state that is not locked yet."""

    handle: DueHandler
    names: Callable[[Any], Sequence[Name]]


@dataclass(slots=True)
class Router:
    """The table of handlers of one service."""

    routes: dict[str, Route] = field(default_factory=dict)
    due_routes: dict[int, DueRoute] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)

    def on(
        self, event: type[E], names: Names[E], more: MoreNames[E] | None = None
    ) -> Callable[[Handler[E]], Handler[E]]:
        """Handle `event`; `names` tells its aggregates from its data alone.

        `more` tells those that depend on the state of the first ones. They should be of higher rank: lower ones are
        taken where no other transaction has them, else the transaction begins anew.
        """

        def register(handler: Handler[E]) -> Handler[E]:
            self.routes[event.type] = Route(handler, names, more)
            return handler

        return register

    def due(
        self, kind: Kind[Any], names: Callable[[Any], Sequence[Name]]
    ) -> Callable[[DueHandler], DueHandler]:
        """Handle the deadlines of `kind`. The handler must move the deadline on."""

        def register(handler: DueHandler) -> DueHandler:
            self.due_routes[kind.rank] = DueRoute(handler, names)
            return handler

        return register

    def ignore(self, *events: type[Event]) -> None:
        """Events that arrive on our topics and need nothing from this service."""
        self.ignored.update(event.type for event in events)


@dataclass(frozen=True)
class Service:
    """What makes a service: the topics it reads, the topic it writes, its handlers and its aggregates.

    facts: topics from outside. feeds: topics of our services. feedback: those feeds that gate only this
    service's own deadlines and not the ticks it passes on (DESIGN: trade -> order -> logistics -> credit -> notify).
    ledgers: tables besides those of the aggregates, whose rows are written and never changed.
    """

    name: str
    router: Router
    kinds: Sequence[Kind[Any]]
    facts: Sequence[str]
    feeds: Sequence[str] = ()
    feedback: Sequence[str] = ()
    ledgers: Sequence[Rows[Any]] = ()

    @property
    def output(self) -> str:
        return f"{self.name}.events"

    @property
    def redrive(self) -> str:
        return f"{self.name}.redrive"

    @property
    def journal(self) -> str:
        return f"{self.name}.journal"

    @property
    def inputs(self) -> list[str]:
        return [*self.facts, *self.feeds, self.redrive]

    def gates(self) -> Iterable[str]:
        """Topics whose ticks move this service's own time."""
        return [*self.facts, *self.feeds]
