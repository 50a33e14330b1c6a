"""What a storm does to the services' processes. Every fault ends with all that it struck being ready again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from silkway.cli.addresses import SERVICES
from silkway.messaging.crash import POINTS
from silkway.messaging.database import DATABASE_ERRORS
from tests.chaos.schedule import KILLS_AN_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from tests.chaos.ground import Ground
    from tests.chaos.keeper import Keeper
    from tests.e2e.system import Instance

Fault = Callable[["Random"], Awaitable[str]]
"""Strikes, with all of its chances drawn from what is given; what it did, in a few words."""
BOUNDARIES: Final = {f"killed at: {point}": point for point in POINTS}
_SESSION_S: Final = 6.0
"""The services' session timeout in tests: who is silent for longer has lost its partitions."""
_MOST_INSTANCES: Final = 3
_TO_CRASH_S: Final = 25.0
_AFTER_THE_FIRST_S: Final = 6.0
_OF_THE_RELAY: Final = ("relaying", "sending", "acknowledged", "deleted")
_SELDOM: Final = (*_OF_THE_RELAY, "hinting", "hinted", "left")
"""Not come to with every batch."""
_WITH_DEADLINES: Final = ("order", "logistics", "credit")
"""Services in which many deadlines fall at one tick."""
_OTHERS_AN_HOUR: Final = 9


class Processes:
    """Kills, freezes, adds and takes away processes. `kills`: how many died at a boundary, by kind of fault."""

    def __init__(self, ground: Ground, keeper: Keeper) -> None:
        self._system, self._keeper = ground.system, keeper
        self.kills: Counter[str] = Counter()
        self.faults: dict[str, Fault] = {kind: partial(strike, self) for kind, strike in PROCESSES.items()}
        self.shares = {kind: KILLS_AN_HOUR if kind in BOUNDARIES else _OTHERS_AN_HOUR for kind in self.faults}

    def _any(self, random: Random) -> Instance:
        return random.choice(self._system.processes)

    def _of(self, service: str) -> list[Instance]:
        return [i for i in self._system.processes if i.service == service]

    # --- killed, frozen ------------------------------------------------------------------------------------

    async def _kill(self, random: Random) -> str:
        """At once started again, or only when its partitions have gone to others."""
        return await self._kill_for(self._any(random), random.choice((0.0, 0.0, _SESSION_S + 1)))

    async def _kill_relay(self, random: Random) -> str:
        return await self._kill_for(await self._relay_holder(random.choice(SERVICES)), 0.0)

    async def _kill_for(self, victim: Instance, seconds: float) -> str:
        with self._keeper.hold(victim.daemon):
            victim.daemon.kill()
            await asyncio.sleep(seconds)
            victim.daemon.start()
        await self._keeper.ready([victim])
        return victim.daemon.name

    async def _freeze(self, random: Random) -> str:
        return await self._freeze_for(self._any(random), _SESSION_S + random.uniform(1, 4))

    async def _freeze_relay(self, random: Random) -> str:
        return await self._freeze_for(await self._relay_holder(random.choice(SERVICES)), _SESSION_S + 2)

    async def _freeze_for(self, victim: Instance, seconds: float) -> str:
        with self._keeper.hold(victim.daemon):
            pid = victim.daemon.pid
            if pid is not None:
                os.kill(pid, signal.SIGSTOP)
                try:
                    await asyncio.sleep(seconds)
                finally:
                    os.kill(pid, signal.SIGCONT)
        await self._keeper.ready([victim])
        return victim.daemon.name

    async def _relay_holder(self, service: str) -> Instance:
        """Who publishes for a service; any of its processes while the database does not tell."""
        for _ in range(40):
            try:
                names = await self._system.relay_names(service)
            except DATABASE_ERRORS:
                names = []
            holders = [i for i in self._of(service) if f"{i.daemon.name}-relay" in names]
            if len(holders) == 1:
                return holders[0]
            await asyncio.sleep(0.5)
        return self._of(service)[0]

    # --- more, less ----------------------------------------------------------------------------------------

    async def _more(self, random: Random) -> str:
        services = [name for name in SERVICES if len(self._of(name)) < _MOST_INSTANCES]
        if not services:
            return await self._less(random)
        instance = self._system.add(random.choice(services))
        await self._keeper.ready([instance])
        return instance.daemon.name

    async def _less(self, random: Random) -> str:
        services = [name for name in SERVICES if len(self._of(name)) > 1]
        if not services:
            return await self._more(random)
        victim = random.choice(self._of(random.choice(services)))
        await self._system.shrink(victim)
        return f"{victim.daemon.name} is gone"

    # --- killed at a boundary ------------------------------------------------------------------------------

    async def _crash(self, random: Random, *, point: str) -> str:
        service = random.choice(_WITH_DEADLINES if point == "left" else SERVICES)
        victims = self._of(service)
        if point not in _OF_THE_RELAY and random.random() < 0.4:
            victims = [random.choice(victims)]
        # Else all at once: there the heir dies where its forerunner did.
        with self._keeper.hold(*(victim.daemon for victim in victims)):
            died = await self._die_at(point, victims, random)
        await self._keeper.ready(victims)
        self.kills[f"killed at: {point}"] += died
        return f"{died} of {', '.join(victim.daemon.name for victim in victims)}"

    async def _die_at(self, point: str, victims: Sequence[Instance], random: Random) -> int:
        """Kill them all, start them armed, wait for their deaths, start them as ever; how many died there."""
        usual = [victim.daemon.environment for victim in victims]
        for victim in victims:
            victim.daemon.kill()
        try:
            for victim in victims:
                count = random.randint(1, 2 if point in _SELDOM else 4)
                armed = {"SILKWAY_CRASH_AT": f"{point}:{count}"}
                victim.daemon.environment = {**victim.daemon.environment, **armed}
                victim.daemon.start()
            await self._deaths(victims)
            died = [victim for victim in victims if victim.daemon.exit_code == -signal.SIGKILL]
        finally:
            for victim, environment in zip(victims, usual, strict=True):
                victim.daemon.kill()
                victim.daemon.environment = environment
                victim.daemon.start()
        return len(died)

    @staticmethod
    async def _deaths(victims: Sequence[Instance]) -> None:
        """Until all are dead, or no more of them come to the boundary."""
        deadline, before = time.monotonic() + _TO_CRASH_S, 0
        while time.monotonic() < deadline:
            dead = sum(victim.daemon.pid is None for victim in victims)
            if dead == len(victims):
                return
            if dead > before:
                before, deadline = dead, time.monotonic() + _AFTER_THE_FIRST_S
            await asyncio.sleep(0.05)


PROCESSES: Final[Mapping[str, Callable[[Processes, Random], Awaitable[str]]]] = {
    "service killed": Processes._kill,
    "service frozen beyond its session": Processes._freeze,
    "one instance more": Processes._more,
    "one instance less": Processes._less,
    "relay's holder killed": Processes._kill_relay,
    "relay's holder frozen, another takes over": Processes._freeze_relay,
    **{kind: partial(Processes._crash, point=point) for kind, point in BOUNDARIES.items()},
}
"""How each kind of fault strikes."""
