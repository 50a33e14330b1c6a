"""The built-in trade on the rules of all four services in one process, and what comes of it."""

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from random import Random
from typing import Any

from silkway.cli.demo.seen import Incidents, Seen
from silkway.cli.demo.world import AHEAD
from silkway.cli.fact import Fact
from silkway.contracts import Event
from silkway.messaging import Kind, Work
from tests.simulation.town import Town
from tests.unit.desk import Desk, Heard


class QuickDesk(Desk):
    """A desk that finds its next deadline without looking at every state."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._kinds = {kind.rank: kind for kind in self.service.kinds}
        self._due: list[tuple[dt.datetime, int, str]] = []
        self.sources: dict[int, str] = {}

    def _source(self, event: Event) -> str:
        return self.sources.get(id(event), "/test")

    def _take(self, work: Work) -> None:
        for (rank, name), state in work.puts.items():
            due = self._kinds[rank].due
            at = due(state) if due is not None else None
            if at is not None:
                heapq.heappush(self._due, (at, rank, name))
        super()._take(work)

    def _next_due(self, time: dt.datetime) -> tuple[dt.datetime, Kind[Any], str] | None:
        while self._due and self._due[0][0] <= time:
            at, rank, name = self._due[0]
            due = self._kinds[rank].due
            if due is not None and due(self.states[rank, name]) == at:
                return at, self._kinds[rank], name.partition("/")[2]
            heapq.heappop(self._due)
        return None


class Stage(Town):
    """Plays facts as the demo's driver publishes them: tick by tick, the clock a little ahead of the services."""

    def __init__(self, chance: Random) -> None:
        super().__init__(chance)
        self._sources: dict[int, str] = {}
        self._told: list[Event] = []
        for resident in self._residents.values():
            resident.desk = desk = QuickDesk(resident.service, resident.desk.tenant)
            desk.sources = self._sources

    def play(self, facts: Iterable[Fact], closing_ticks: Iterable[dt.datetime]) -> None:
        """Facts in the order of their `known_at`; a fact told twice arrives once, as the inbox has it."""
        told: set[tuple[str, str]] = set()
        for at, together in groupby(facts, key=lambda fact: fact.known_at):
            self._read_until(at - AHEAD)
            self._tick(at)
            for fact in together:
                if (fact.source, fact.id) not in told:
                    told.add((fact.source, fact.id))
                    self._told.append(fact.event)  # kept, so that no other event gets its id
                    self._sources[id(fact.event)] = fact.source
                    self._write(fact.event.topic, Heard(fact.event, at))
        for at in closing_ticks:
            self._tick(at)
            self._read_until(None)

    def _read_until(self, time: dt.datetime | None) -> None:
        """Whoever is drawn reads, until the own time of all is `time`; None: until there is nothing to read."""
        while steps := self._steps():
            own = [resident.time for resident in self._residents.values()]
            if time is not None and all(at is not None and at >= time for at in own):
                return
            name, place = self._chance.choice(steps)
            self._step(self._residents[name], place)

    def _steps(self) -> list[tuple[str, Any]]:
        return [
            (name, place)
            for name, resident in self._residents.items()
            for place, count in resident.read.items()
            if count < len(self._log[place])
        ]

    # --- what came of it ----------------------------------------------------------------------------------

    def seen(self) -> dict[str, Seen]:
        """The orders, as the driver's comparison wants them."""
        orders: dict[str, Seen] = {}
        for resident in self._residents.values():
            for said in resident.desk.said:
                data = said.event.model_dump(mode="json")
                if resident.service.name != "notify" and "order_id" in data:
                    name = said.event.type.removeprefix("silkway.").rpartition(".v")[0]
                    orders.setdefault(data["order_id"], Seen()).hear(name, data)
        kinds = {kind.name: kind for kind in self["order"].service.kinds}
        for (rank, _), state in self["order"].states.items():
            if rank == kinds["order"].rank:
                row = {name: getattr(state, name) for name in state.__struct_fields__}
                orders.setdefault(state.order_id, Seen()).state = row | {"lines_late": state.lines_late}
        return orders

    def counts(self) -> dict[str, int]:
        """What waits or was refused, of all services together; unmatched money; incidents."""
        count: Counter[str] = Counter()
        for resident in self._residents.values():
            count["waiting"] += len(resident.desk.waiting)
            count["refused"] += len(resident.desk.refused)
        payment = next(kind for kind in self["order"].service.kinds if kind.name == "payment")
        money = [state for (rank, _), state in self["order"].states.items() if rank == payment.rank]
        count["unmatched"] = sum(payment.state == "UNMATCHED" for payment in money)
        incidents = Incidents()
        for said in self["notify"].said:
            name = said.event.type.removeprefix("silkway.").rpartition(".v")[0]
            if name in ("incident.opened", "incident.changed"):
                incidents.hear(name, said.event.model_dump(mode="json"))
        return dict(count) | incidents.counts
