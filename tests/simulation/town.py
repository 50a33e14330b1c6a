"""All four services in one process, without Kafka and databases: their real rules, joined by logs in memory.

Every topic has partitions; each service reads each of them in its order, and which one comes next is drawn. Time
flows as in the engine: a service's time is the least tick of its inputs, deadlines fire when it moves, and the
tick is passed on behind everything that was caused before it; feedback gates a service's own deadlines only.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from silkway.contracts import Event, partition_of
from silkway.credit.consumer import SERVICE as CREDIT
from silkway.logistics.consumer import SERVICE as LOGISTICS
from silkway.messaging import Service
from silkway.notify.consumer import SERVICE as NOTIFY
from silkway.order.consumer import SERVICE as ORDER
from tests.unit.desk import Desk, Heard

TENANT = "acme"
PARTITIONS = 2


class Ticked(NamedTuple):
    """A tick of the clock, on its way through a partition."""

    at: dt.datetime


Place = tuple[str, int]


class Resident:
    """One service: its desk, how far it has read each partition, and what time it has."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.desk = Desk(service, TENANT)
        self.read: dict[Place, int] = {(topic, p): 0 for topic in service.gates() for p in range(PARTITIONS)}
        self._kinds = {kind.name for kind in service.kinds}
        self._ticks: dict[Place, dt.datetime] = {}
        self._own: dt.datetime | None = None
        self._forward: dt.datetime | None = None
        self._told = 0

    @property
    def time(self) -> dt.datetime | None:
        """Its own time."""
        return self._own

    def take(self, place: Place, item: Heard | Ticked) -> Iterator[Heard | Ticked]:
        """Read one item; what the service writes to its own topic because of it, in order."""
        self.read[place] += 1
        if isinstance(item, Ticked):
            self._ticks[place] = item.at
            self._own = self._least(self.read) or self._own
        elif place[0] in self.service.facts or item.event.subject_kind in self._kinds:
            self.desk.hear(*item)
        if self._own is not None:  # at every step: what comes late may set a deadline that is past already
            self.desk.reach(self._own)
        said, self._told = self.desk.said[self._told :], len(self.desk.said)
        yield from (Heard(*each) for each in said)
        forward = self._least(p for p in self.read if p[0] not in self.service.feedback)
        if forward is not None and forward != self._forward:
            self._forward = forward
            yield Ticked(forward)

    def _least(self, places: Iterable[Place]) -> dt.datetime | None:
        """The time that all of these have reached, None before the first tick of the last."""
        places = list(places)
        if any(place not in self._ticks for place in places):
            return None
        return min(self._ticks[place] for place in places)


class Town:
    """The services and the log between them. `chance` draws who reads what next."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._log: defaultdict[Place, list[Heard | Ticked]] = defaultdict(list)
        self._residents = {s.name: Resident(s) for s in (ORDER, LOGISTICS, CREDIT, NOTIFY)}
        self._doors = sorted({topic for s in self._residents.values() for topic in s.service.facts})

    @property
    def log(self) -> Mapping[Place, Sequence[Heard | Ticked]]:
        """All that was written, by topic and partition."""
        return self._log

    def rewrite(self, place: Place, items: Iterable[Heard | Ticked]) -> None:
        """Forge a partition."""
        self._log[place] = list(items)

    def __getitem__(self, name: str) -> Desk:
        """The desk of a service."""
        return self._residents[name].desk

    def live(self, facts: Iterable[Heard], until: dt.datetime, watch: Callable[["Town"], None]) -> None:
        """Publish facts in the order in which they became known, tick on to `until`, and let all read to the end.

        `watch` is called after every step.
        """
        now = None
        for fact in sorted(facts, key=lambda heard: heard.known_at):
            if now is None or fact.known_at > now:
                now = fact.known_at
                self._tick(now)
            self._write(fact.event.topic, fact)
        self._tick(until)
        while steps := [
            (name, place)
            for name, resident in self._residents.items()
            for place, count in resident.read.items()
            if count < len(self._log[place])
        ]:
            name, place = self._chance.choice(steps)
            self._step(self._residents[name], place)
            watch(self)

    def _step(self, resident: Resident, place: Place) -> None:
        # A few at once, as in batches: so that one service runs well ahead of another at times.
        for _ in range(self._chance.randint(1, 6)):
            if resident.read[place] == len(self._log[place]):
                return
            for item in resident.take(place, self._log[place][resident.read[place]]):
                self._write(resident.service.output, item)

    def _tick(self, at: dt.datetime) -> None:
        for topic in self._doors:
            self._write(topic, Ticked(at))

    def _write(self, topic: str, item: Heard | Ticked) -> None:
        if isinstance(item, Ticked):
            for partition in range(PARTITIONS):
                self._log[topic, partition].append(item)
        else:
            self._log[topic, _partition(item.event)].append(item)


def _partition(event: Event) -> int:
    return partition_of(event.key(TENANT).encode(), PARTITIONS)
