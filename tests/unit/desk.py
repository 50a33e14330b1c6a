"""A service without Kafka and without a database: its real router and rules over states kept in memory.

It keeps the engine's promises as far as rules can see them: a handler that raises has changed nothing, early
events wait at what they miss, events of our services keep their order, deadlines fire when time reaches them.
"""

import datetime as dt
from collections import defaultdict
from typing import Any, NamedTuple, TypeVar

import msgspec

from silkway.contracts import Event
from silkway.messaging import Due, Fact, Kind, NotYet, Refused, Service, Work
from silkway.messaging.work import Key

S = TypeVar("S", bound=msgspec.Struct)
E = TypeVar("E", bound=Event)
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def day(number: float) -> dt.datetime:
    """So many days into the story."""
    return START + dt.timedelta(days=number)


class Heard(NamedTuple):
    """An event that came in, when it was known, and who sent it if that matters."""

    event: Event
    known_at: dt.datetime
    source: str | None = None


class Said(NamedTuple):
    """An event that the service emitted, and when its causes were known."""

    event: Event
    known_at: dt.datetime


class Desk:
    """One tenant's view of a service. `said`, `refused`, `waiting` and `rows` tell what came of what it heard."""

    def __init__(self, service: Service, tenant: str = "acme") -> None:
        self.service, self.tenant, self.event_id = service, tenant, "id"
        self.states: dict[Key, Any] = {}
        self.said: list[Said] = []
        self.refused: list[tuple[Event, Refused]] = []
        self.rows: defaultdict[str, list[Any]] = defaultdict(list)
        self._waiting: dict[Key, list[Heard]] = defaultdict(list)

    # --- what happens ------------------------------------------------------------------------------------

    def hear(self, event: Event, known_at: dt.datetime, source: str | None = None) -> None:
        """An event arrives; what waited for what it changed follows."""
        heard = Heard(event, known_at, source)
        behind = self._behind(heard)
        if behind is not None:
            self._waiting[behind].append(heard)
        else:
            self._try(heard)

    def reach(self, time: dt.datetime) -> None:
        """The service's time reaches `time`: deadlines up to it fire, earliest first."""
        while due := self._next_due(time):
            at, kind, identifier = due
            names = self.service.router.due_routes[kind.rank].names(self.states[self._key(kind, identifier)])
            work = self._work([self._key(name.kind, name.id) for name in names], at)
            self.service.router.due_routes[kind.rank].handle(work, Due(self.tenant, identifier, at))
            self._take(work)

    # --- what can be seen --------------------------------------------------------------------------------

    def state(self, kind: Kind[S], identifier: str) -> S:
        """The state of an aggregate that exists."""
        found: S = self.states[self._key(kind, identifier)]
        return found

    def find(self, kind: Kind[S], identifier: str) -> S | None:
        """The state of an aggregate, None if there is none yet."""
        return self.states.get(self._key(kind, identifier))

    def told(self, event: type[E]) -> list[E]:
        """What was said of this type, in order."""
        return [said.event for said in self.said if isinstance(said.event, event)]

    def when_told(self, event: type[E]) -> dt.datetime:
        """When the causes of the one event of this type were known."""
        (known_at,) = (said.known_at for said in self.said if isinstance(said.event, event))
        return known_at

    @property
    def waiting(self) -> list[Event]:
        """What came too early and is kept."""
        return [heard.event for queue in self._waiting.values() for heard in queue]

    # --- how ---------------------------------------------------------------------------------------------

    def _key(self, kind: Kind[Any], identifier: str) -> Key:
        return kind.rank, f"{self.tenant}/{identifier}"

    def _names(self, event: Event) -> list[Key]:
        route = self.service.router.routes[event.type]
        keys = [self._key(name.kind, name.id) for name in route.names(event)]
        if route.more is not None:
            found = route.more(event, lambda kind, identifier: self.states.get(self._key(kind, identifier)))
            keys += [self._key(name.kind, name.id) for name in found]
        return keys

    def _source(self, event: Event) -> str:
        """Who reports it, as far as rules compare reporters."""
        return "/test"

    def _behind(self, heard: Heard) -> Key | None:
        """Where an earlier event of the same sender about the same subject waits, if one does."""
        if heard.event.topic not in self.service.feeds:
            return None
        same = (heard.event.topic, heard.event.subject)
        for key, queue in self._waiting.items():
            if any((other.event.topic, other.event.subject) == same for other in queue):
                return key
        return None

    def _work(self, keys: list[Key], known_at: dt.datetime) -> Work:
        return Work({key: self.states.get(key) for key in keys}, self.tenant, known_at)

    def _try(self, heard: Heard) -> None:
        event, known_at, source = heard
        if event.type in self.service.router.ignored:
            return
        work = self._work(self._names(event), known_at)
        fact = Fact(event, self.tenant, known_at, known_at, source or self._source(event), self.event_id)
        try:
            self.service.router.routes[event.type].handle(work, fact)
        except NotYet as early:
            self._waiting[self._key(early.name.kind, early.name.id)].append(heard)
        except Refused as answer:
            self.refused.append((event, answer))
        else:
            self._take(work)

    def _take(self, work: Work) -> None:
        self.states.update(work.puts)
        self.said += [Said(emission.event, emission.known_at) for emission in work.emissions]
        for table, row in work.rows:
            self.rows[table.name].append(row)
        for key in work.puts:
            for heard in self._waiting.pop(key, []):
                self.hear(*heard)

    def _next_due(self, time: dt.datetime) -> tuple[dt.datetime, Kind[Any], str] | None:
        found = []
        for kind in self.service.kinds:
            for (rank, name), state in self.states.items():
                at = kind.due(state) if kind.due is not None and kind.rank == rank else None
                if at is not None and at <= time:
                    found.append((at, kind, name.partition("/")[2]))
        return min(found, key=lambda due: (due[0], due[1].rank, due[2]), default=None)
