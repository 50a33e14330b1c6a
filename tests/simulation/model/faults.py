"""All that goes wrong: each kind of fault as what it does to the world; it returns itself in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg

from silkway.contracts import KafkaMessage
from tests.simulation.model.log import PARTITIONS
from tests.simulation.model.schedule import Fault, Ticked, Told

if TYPE_CHECKING:
    from tests.simulation.model.instance import Instance
    from tests.simulation.model.world import Task, World

_POISONED = {
    "order": ("silkway.payment.received.v1", "silkway.order.drafted.v1", "silkway.shipment.delivered.v1"),
    "logistics": ("silkway.order.recorded.v1", "silkway.shipment.shipped.v1", "silkway.milestone.tracked.v1"),
    "credit": ("silkway.hold.requested.v1", "silkway.order.recorded.v1", "silkway.payment.matched.v1"),
    "notify": ("silkway.order.recorded.v1", "silkway.payment.matched.v1", "silkway.hold.granted.v1"),
}
SESSION_TIMEOUT_STEPS = 60


class Faults:
    """One method for each kind."""

    def __init__(self, world: World) -> None:
        self._world = world

    # --- processes ----------------------------------------------------------------------------------------

    def kill(self, fault: Fault, task: Task | None) -> str:
        assert task is not None
        self._restart(task.instance, fault.lasts)
        return (
            f"{task.instance.name} is killed at '{fault.boundary}' and comes back after {fault.lasts} steps"
        )

    def power(self, fault: Fault, task: Task | None) -> str:
        for members in list(self._world.members.values()):
            for instance in list(members):
                self._restart(instance, fault.lasts)
        return f"everything is killed and comes back after {fault.lasts} steps"

    def _restart(self, instance: Instance, steps: int) -> None:
        world, name = self._world, instance.service.name
        world.end(instance)

        def restart() -> None:
            world.members[name].append(world.start(name))
            world.rebalance(name)

        world.later(SESSION_TIMEOUT_STEPS, lambda: world.rebalance(name))
        world.later(steps, restart)

    def stop(self, fault: Fault, task: Task | None) -> str:
        assert task is not None
        world, instance, name = self._world, task.instance, task.instance.service.name
        tasks = world.tasks_of(instance)
        for each in tasks:
            each.stopped = True

        def time_out() -> None:
            instance.sessions.end()
            if instance in world.members[name] and world.is_stopped(instance):
                world.members[name].remove(instance)
                if not world.members[name]:
                    world.members[name].append(world.start(name))
                world.rebalance(name)

        def go_on() -> None:
            for each in tasks:
                each.stopped = False

        def hear() -> None:
            if tasks[0] in world.tasks and instance not in world.members[name]:
                world.members[name].append(instance)
                world.rebalance(name)

        if fault.lasts > SESSION_TIMEOUT_STEPS:
            world.later(SESSION_TIMEOUT_STEPS, time_out)
        world.later(fault.lasts, go_on)
        world.later(fault.lasts + fault.draw % 100, hear)
        return f"{instance.name} is stopped at '{fault.boundary}' and goes on after {fault.lasts} steps"

    def join(self, fault: Fault, task: Task | None) -> str:
        instance = self._world.start(fault.service)
        self._world.members[fault.service].append(instance)
        self._world.rebalance(fault.service)
        return f"{instance.name} joins"

    def leave(self, fault: Fault, task: Task | None) -> str:
        members = self._world.members[fault.service]
        if len(members) > 1:
            instance = members[fault.draw % len(members)]
            self._world.end(instance)
            self._world.rebalance(fault.service)
            return f"{instance.name} leaves"
        return self.rebalance(fault, task)

    def rebalance(self, fault: Fault, task: Task | None) -> str:
        self._world.rebalance(fault.service)
        return f"the partitions of {fault.service} are shared anew"

    # --- connections --------------------------------------------------------------------------------------

    def cut(self, fault: Fault, task: Task | None) -> str:
        assert task is not None
        task.instance.sessions.end()
        return f"the database cuts {task.instance.name} off at '{fault.boundary}'"

    def conflict(self, fault: Fault, task: Task | None) -> str:
        assert task is not None
        task.error = asyncpg.SerializationError("could not serialize access")
        return f"the database has {task.instance.name} try again at '{fault.boundary}'"

    def lose(self, fault: Fault, task: Task | None) -> str:
        assert task is not None
        task.error = OSError("connection lost")
        return f"the acknowledgement of what {task.instance.name} sent is lost"

    # --- what is told -------------------------------------------------------------------------------------

    def double(self, fault: Fault, task: Task | None) -> str:
        told = self._told(fault)
        if told is None:
            return "nothing was told that could be told again"
        self._world.tell(told)
        return f"again: {told}"

    def other_body(self, fault: Fault, task: Task | None) -> str:
        told = self._told(fault)
        # In the partition of the first, so that it comes behind it.
        others = (
            [] if told is None else [o for o in self._all(fault) if o.event.subject == told.event.subject]
        )
        other = others[fault.draw % len(others)] if others else None
        if told is None or other is None or other.event == told.event:
            return "nothing was told that could be told otherwise"
        self._world.tell(told._replace(event=other.event))
        return f"under the id of another: {other}"

    def _told(self, fault: Fault) -> Told | None:
        told = self._all(fault)
        return told[fault.draw % len(told)] if told else None

    def _all(self, fault: Fault) -> list[Told]:
        return [told for told in self._world.told() if told.number < fault.after]

    def garbage(self, fault: Fault, task: Task | None) -> str:
        topic = ("trade.orders", "trade.payments", "trade.shipments", "trade.credit")[fault.draw % 4]
        kinds = (
            KafkaMessage(b"acme/PO-1", [], b"{}"),
            KafkaMessage(None, [("ce_specversion", b"1.0"), ("ce_type", b"\xff")], b"\xff\xfe"),
            KafkaMessage(b"x", [("ce_specversion", b"1.0")], None),
        )
        self._world.log.append((topic, fault.draw % PARTITIONS), kinds[fault.draw % len(kinds)])
        return f"what nobody can read comes on {topic}"

    def gap(self, fault: Fault, task: Task | None) -> str:
        places = self._world.places(fault.service)
        place = places[fault.draw % len(places)]
        self._world.log.leave_out(place, 1 + fault.draw % 3)
        return f"Kafka leaves out offsets of {place[0]}/{place[1]}"

    def old_tick(self, fault: Fault, task: Task | None) -> str:
        ticks = [s for s in self._world.schedule.script if isinstance(s, Ticked) and s.number < fault.after]
        if not ticks:
            return "there was no tick yet"
        tick = ticks[fault.draw % len(ticks)]
        self._world.tick(tick)
        return f"another clock ticks the past: {tick}"

    def half_tick(self, fault: Fault, task: Task | None) -> str:
        steps = [s for s in self._world.schedule.script if s.number < fault.after]
        if not steps:
            return "the clock dies before it has ticked"
        tick = Ticked(0, steps[-1].at)
        self._world.tick(tick, places=1 + fault.draw % 5)
        return f"the clock dies amid its work: {tick}"

    def poison(self, fault: Fault, task: Task | None) -> str:
        world, kinds = self._world, (*_POISONED[fault.service], "deadlines")
        kind, how = kinds[fault.draw % len(kinds)], ("raises", "refused")[fault.draw // 8 % 2]
        world.poison[fault.service, kind] = how

        def mend() -> None:
            if world.poison.pop((fault.service, kind), None):
                world.story.append(f"{fault.service} is mended")
            world.redrive(fault.service)

        world.later(fault.lasts * 10, mend)
        what = "its handler raises" if how == "raises" else "the database refuses what its handler writes"
        return f"{kind} is poison for {fault.service}: {what}, for {fault.lasts * 10} steps"
