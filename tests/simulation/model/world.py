"""The four services, their databases and the log between them, and who of all does something next."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from silkway.contracts import Envelope, KafkaMessage, partition_of, write
from silkway.credit.consumer import SERVICE as CREDIT
from silkway.logistics.consumer import SERVICE as LOGISTICS
from silkway.messaging import Kind
from silkway.messaging.records import Reader
from silkway.messaging.redrive import Command, write_command
from silkway.messaging.ticks import tick_message
from silkway.notify.consumer import SERVICE as NOTIFY
from silkway.order.consumer import SERVICE as ORDER
from tests.simulation.model.boundary import Boundary, Coroutine
from tests.simulation.model.database import Database
from tests.simulation.model.faults import Faults
from tests.simulation.model.instance import Instance
from tests.simulation.model.log import PARTITIONS, Log, Place
from tests.simulation.model.poison import poisonable
from tests.simulation.model.schedule import Fault, Schedule, Ticked, Told

TENANT = "acme"
SERVICES = {service.name: service for service in (ORDER, LOGISTICS, CREDIT, NOTIFY)}
_DOORS = [(topic, p) for service in SERVICES.values() for topic in service.facts for p in range(PARTITIONS)]
MOST_STEPS = 300_000
PACES = (0.1, 0.4, 0.4, 0.8)
"""How often the world tells something between two turns of the services: slower makes smaller batches."""
TURNS = (1, 4, 16)
"""How many steps a task takes before another one may."""
_NEVER = Boundary("not begun")


class Task:
    """A coroutine of an instance, and the boundary at which it stands."""

    __slots__ = ("at", "coroutine", "error", "instance", "role", "stopped")

    def __init__(self, instance: Instance, role: str, coroutine: Coroutine) -> None:
        self.instance, self.role, self.coroutine = instance, role, coroutine
        self.at = _NEVER
        self.stopped = False
        self.error: Exception | None = None

    def can_go(self) -> bool:
        return not self.stopped and (self.at.can_go is None or self.error is not None or self.at.can_go())

    def go(self) -> Boundary:
        """On to the next boundary, or with the error that it has met at this one."""
        if self.error is None:
            self.at = self.coroutine.send(None)
        else:
            error, self.error = self.error, None
            self.at = self.coroutine.throw(error)
        return self.at


class World:
    """Runs a schedule. `story` tells in words what happened; `stuck` why it did not come to an end, if so."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule, self.chance = schedule, Random(schedule.seed)
        self.log, self.story, self.stuck = Log(), list[str](), ""
        self.poison: dict[tuple[str, str], str] = {}
        poisoned = {fault.service for fault in schedule.faults if fault.kind == "poison"}
        self.services = {
            name: poisonable(service, self.poison) if name in poisoned else service
            for name, service in SERVICES.items()
        }
        self.readers = {name: Reader(service) for name, service in self.services.items()}
        self.databases = {name: Database() for name in SERVICES}
        self.tasks: list[Task] = []
        self.members: dict[str, list[Instance]] = {}
        self.halts: list[str] = []
        self.struck = 0
        self._names, self._steps, self._due = (
            itertools.count(1),
            0,
            list[tuple[int, int, Callable[[], None]]](),
        )
        self._armed: defaultdict[tuple[str, str, str], list[Fault]] = defaultdict(list)
        self._script: Iterator[Any] = iter(schedule.script)
        self._to_come = list(schedule.faults)
        for name in SERVICES:
            database = self.databases[name]
            database.prepare(self.places(name))
            database.refuses["poison"] = lambda row: True
            self.members[name] = [self.start(name) for _ in range(self.chance.choice((1, 1, 2)))]
            self.rebalance(name)

    def places(self, name: str) -> list[Place]:
        """The partitions that a service reads."""
        return [(topic, p) for topic in SERVICES[name].inputs for p in range(PARTITIONS)]

    # --- what there is ------------------------------------------------------------------------------------

    def told(self) -> Iterator[Told]:
        """The facts of the script."""
        return (step for step in self.schedule.script if isinstance(step, Told))

    def events(self) -> int:
        """How many facts were told and how many events were published, each counted once."""
        ours = {
            name
            for (topic, _), records in self.log.records.items()
            if topic.endswith(".events")
            for record in records
            for header, name in record.headers
            if record.value is not None and header == "ce_id"
        }
        return len(ours) + sum(1 for _ in self.told())

    def close(self) -> None:
        """Leave nothing running, and nothing that only a collector would find."""
        for task in self.tasks:
            task.coroutine.close()
        for database in self.databases.values():
            database.relay = None
        self._due.clear()

    def owner_of(self, topic: str) -> str:
        """Which service reads this topic of facts."""
        return next(name for name, service in SERVICES.items() if topic in service.facts)

    def states(self, name: str, kind: Kind[Any]) -> Iterator[dict[str, Any]]:
        """The aggregates of a kind, each as its columns."""
        for rows in self.databases[name].tables[kind.table.name].values():
            for row in rows.values():
                yield dict(zip(kind.table.columns, row, strict=True))

    # --- who does something next --------------------------------------------------------------------------

    def run(self) -> None:
        """Until everything is told and nobody has anything to do."""
        pace = self.chance.choice(PACES)
        while self._steps < MOST_STEPS:
            while self._due and self._due[0][0] <= self._steps:
                heapq.heappop(self._due)[2]()
            task = self._choose()
            if task is not None:
                self._let(task)
            if task is None or self.chance.random() < pace:
                if self._tell():
                    continue
                if task is None and self._due:
                    self._steps = self._due[0][0]
                elif task is None and not self._mend():
                    return
        self.stuck = f"after {MOST_STEPS} steps there is still something to do"

    def _choose(self) -> Task | None:
        tasks = self.tasks
        if tasks and (first := tasks[int(self.chance.random() * len(tasks))]).can_go():
            return first
        able = [task for task in tasks if task.can_go()]
        return able[int(self.chance.random() * len(able))] if able else None

    def _let(self, task: Task) -> None:
        """Let it do some steps, until it has to wait or is struck."""
        for _ in range(TURNS[int(self.chance.random() * len(TURNS))]):
            self._steps += 1
            boundary = task.go()
            if self._armed:
                armed = self._armed.get((task.instance.service.name, task.role, boundary.name))
                if armed:
                    self.strike(armed.pop(0), task)
                    return
            if boundary.can_go is not None and not boundary.can_go():
                return

    def later(self, steps: int, action: Callable[[], None]) -> None:
        """Do this so many steps from now."""
        heapq.heappush(self._due, (self._steps + steps, next(self._names), action))

    def _tell(self) -> bool:
        """The next line of the script, and the faults that come with it."""
        step = next(self._script, None)
        while self._to_come and (step is None or self._to_come[0].after <= step.number):
            fault = self._to_come.pop(0)
            if fault.boundary:
                self._armed[fault.service, fault.task, fault.boundary].append(fault)
            else:
                self.strike(fault, None)
        if step is None:
            return False
        self.story.append(str(step))
        if isinstance(step, Ticked):
            self.tick(step)
        else:
            self.tell(step)
        return True

    def strike(self, fault: Fault, task: Task | None) -> None:
        """The fault happens."""
        self.struck += 1
        told = getattr(Faults(self), fault.kind)(fault, task)
        self.story.append(f"{told}")

    def _mend(self) -> bool:
        """Operations mend what fails, and redrive what is parked; False: there is nothing."""
        self.poison.clear()
        found = False
        for name in SERVICES:
            found = self.redrive(name) or found
        return found

    # --- what comes from outside --------------------------------------------------------------------------

    def tell(self, told: Told) -> None:
        """A fact comes in."""
        event = told.event
        envelope = Envelope.of(event, tenant=TENANT, source="/world", id=f"fact-{told.number}", time=told.at)
        message = write(envelope, event)
        assert message.key is not None
        self.log.append((event.topic, partition_of(message.key, PARTITIONS)), message)

    def tick(self, ticked: Ticked, places: int | None = None) -> None:
        """The clock ticks in the first so many partitions of what comes from outside, or in all."""
        message = tick_message("live", ticked.at, "/clock")
        for place in _DOORS[:places]:
            self.log.append(place, message)

    def redrive(self, name: str) -> bool:
        """Redrive all that is parked at a service; whether there was anything."""
        parked = sorted(self.databases[name].parked)
        for place in parked:
            command = Command(action="redrive", place=place, by="ops", reason="mended")
            self.log.append((f"{name}.redrive", 0), KafkaMessage(None, [], write_command(command)))
            self.story.append(f"operations redrive {place} at {name}")
        return bool(parked)

    # --- processes ----------------------------------------------------------------------------------------

    def start(self, name: str) -> Instance:
        """Another instance of a service; the group does not know it yet."""
        chance = Random(self.chance.random())
        instance = Instance(
            self.services[name], f"{name}-{next(self._names)}", self.log, self.databases[name],
            self.readers[name], chance,
        )  # fmt: skip
        self.tasks.append(Task(instance, "consume", instance.consume()))
        self.tasks.append(Task(instance, "publish", instance.publish()))
        return instance

    def end(self, instance: Instance) -> None:
        """It dies, wherever it is."""
        for task in [task for task in self.tasks if task.instance is instance]:
            self.tasks.remove(task)
            task.coroutine.close()
        instance.sessions.end()
        self.halts += [f"{instance.name}: {reason}" for reason in instance.halts.values()]
        if instance in self.members[instance.service.name]:
            self.members[instance.service.name].remove(instance)

    def rebalance(self, name: str) -> None:
        """The group shares the partitions among its members anew."""
        members = self.members[name]
        if not members:
            return
        shares = defaultdict[Instance, list[Place]](list)
        for place in self.places(name):
            shares[self.chance.choice(members)].append(place)
        for member in members:
            member.summon(shares[member], heard=not self.is_stopped(member))

    def tasks_of(self, instance: Instance) -> list[Task]:
        return [task for task in self.tasks if task.instance is instance]

    def is_stopped(self, instance: Instance) -> bool:
        return any(task.stopped for task in self.tasks_of(instance))
