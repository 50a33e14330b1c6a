"""What a storm does to a system. Every fault ends with all that it struck being ready again."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from silkway.cli.addresses import SERVICES
from silkway.cli.feed import INGRESS
from silkway.contracts import TOPICS
from silkway.messaging.crash import POINTS
from tests.e2e.blows import Blows

if TYPE_CHECKING:
    from random import Random

    from tests.chaos.ground import Ground
    from tests.chaos.load import Load
    from tests.chaos.proxy import Proxy
    from tests.e2e.system import Instance

Fault = Callable[["Random"], Awaitable[str]]
"""Strikes, with all of its chances drawn from what is given; what it did, in a few words."""
_SESSION_S: Final = 6.0
"""The services' session timeout in tests: who is silent for longer has lost its partitions."""
_MOST_INSTANCES: Final = 3
_TO_CRASH_S: Final = 30.0
_LEFT_MB: Final = 1
_GARBAGE: Final[tuple[tuple[bytes, list[tuple[str, bytes]]], ...]] = (
    (b"\xff\xfe", [("ce_type", b"\xff")]),
    (b"{", [("ce_type", b"silkway.payment.received.v1"), ("ce_id", b"1")]),
    (b"[]", []),
    (b"", [("content-type", b"text/html")]),
)


class Faults(Blows):
    """All kinds of faults on one ground, by name: in the `processes`, and `around` them.

    One of each may strike at the same time.
    """

    def __init__(self, ground: Ground, load: Load) -> None:
        super().__init__(ground.system, ground.stack)
        self._ground, self._load = ground, load
        self.garbage = 0
        """How many records were written that nobody can read."""
        self.processes: dict[str, Fault] = {
            "service killed": self._kill,
            "service frozen beyond its session": self._freeze,
            "one instance more": self._more,
            "one instance less": self._less,
            "relay's holder killed": self._kill_relay,
            "relay's holder frozen, another takes over": self._freeze_relay,
            **{f"killed at: {point}": self._crash_at(point) for point in POINTS},
        }
        self.around: dict[str, Fault] = {
            "broker killed": self._kill_kafka,
            "database server killed": self._kill_postgres,
            "connections to the broker cut": self._cut_kafka,
            "connections to the database cut": self._cut_postgres,
            "broker slow": self._slow_kafka,
            "database slow": self._slow_postgres,
            "broker unreachable": self._close_kafka,
            "database unreachable": self._close_postgres,
            "clock jumps back": self._clock_back,
            "another clock jumps": self._clock_jumps,
            "unreadable records": self._write_garbage,
            "old facts told again": self._tell_again,
        }
        if ground.disk is not None:
            self.around["database's disk full"] = self._fill_disk

    # --- processes ---------------------------------------------------------------------------------------

    def _any(self, random: Random) -> Instance:
        return random.choice(self._system.processes)

    async def _kill(self, random: Random) -> str:
        victim = self._any(random)
        victim.daemon.kill()
        await asyncio.sleep(random.choice((0.0, 0.0, _SESSION_S + 1)))
        await self._system.restart(victim)
        return victim.daemon.name

    async def _freeze(self, random: Random) -> str:
        victim = self._any(random)
        await self._stop_for(victim, _SESSION_S + random.uniform(1, 4))
        return victim.daemon.name

    async def _stop_for(self, victim: Instance, seconds: float) -> None:
        assert victim.daemon.pid is not None
        os.kill(victim.daemon.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(victim.daemon.pid, signal.SIGCONT)
        await self._system.ready(victim)

    def _of(self, service: str) -> list[Instance]:
        return [i for i in self._system.processes if i.service == service]

    async def _more(self, random: Random) -> str:
        services = [name for name in SERVICES if len(self._of(name)) < _MOST_INSTANCES]
        if not services:
            return await self._less(random)
        return (await self._system.grow(random.choice(services))).daemon.name

    async def _less(self, random: Random) -> str:
        services = [name for name in SERVICES if len(self._of(name)) > 1]
        if not services:
            return await self._more(random)
        victim = random.choice(self._of(random.choice(services)))
        await self._system.shrink(victim)
        return f"{victim.daemon.name} is gone"

    async def _kill_relay(self, random: Random) -> str:
        victim = await self._system.relay_holder(random.choice(SERVICES))
        victim.daemon.kill()
        await self._system.restart(victim)
        return victim.daemon.name

    async def _freeze_relay(self, random: Random) -> str:
        victim = await self._system.relay_holder(random.choice(SERVICES))
        await self._stop_for(victim, _SESSION_S + 2)
        return victim.daemon.name

    def _crash_at(self, point: str) -> Fault:
        async def crash(random: Random) -> str:
            victim, count = self._any(random), random.randint(1, 4)
            if point in ("relaying", "sending", "acknowledged", "deleted"):
                victim = await self._system.relay_holder(victim.service)
                for other in self._of(victim.service):
                    if other is not victim:  # so that the armed one gets to publish
                        await self._system.shrink(other)
            usual = victim.daemon.environment
            victim.daemon.kill()
            victim.daemon.environment = {**usual, "SILKWAY_CRASH_AT": f"{point}:{count}"}
            victim.daemon.start()
            died = await self._has_died(victim)
            victim.daemon.kill()
            victim.daemon.environment = usual
            await self._system.restart(victim)
            return f"{victim.daemon.name}{'' if died else ' did not come there'}"

        return crash

    @staticmethod
    async def _has_died(victim: Instance) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TO_CRASH_S):
                while victim.daemon.pid is not None:  # noqa: ASYNC110 - a process tells nobody
                    await asyncio.sleep(0.05)
        return victim.daemon.exit_code == -signal.SIGKILL

    # --- servers -----------------------------------------------------------------------------------------

    async def _kill_kafka(self, _: Random) -> str:
        await self.kafka()
        return "kafka"

    async def _kill_postgres(self, _: Random) -> str:
        await self.postgres()
        return "postgres"

    async def _fill_disk(self, random: Random) -> str:
        """The databases' file system has no room for some seconds; the server may die of it."""
        assert self._ground.disk is not None
        ballast = self._ground.disk / "ballast"
        room = os.statvfs(self._ground.disk)
        size = max(room.f_bavail * room.f_frsize - _LEFT_MB * 1024 * 1024, 0)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        try:
            await asyncio.sleep(random.uniform(2, 5))
        finally:
            ballast.unlink()
        if died := self._stack.postgres.daemon.pid is None:
            await self.postgres()
        return f"{size >> 20} MiB taken{', the server died' if died else ''}"

    # --- the wire ----------------------------------------------------------------------------------------

    async def _cut_kafka(self, _: Random) -> str:
        return f"{self._ground.kafka.cut()} connections"

    async def _cut_postgres(self, _: Random) -> str:
        return f"{self._ground.postgres.cut()} connections"

    async def _slow_kafka(self, random: Random) -> str:
        return await self._slow(self._ground.kafka, random)

    async def _slow_postgres(self, random: Random) -> str:
        return await self._slow(self._ground.postgres, random)

    @staticmethod
    async def _slow(proxy: Proxy, random: Random) -> str:
        proxy.delay_s = random.uniform(0.02, 0.3)
        said = f"{1000 * proxy.delay_s:.0f} ms more"
        try:
            await asyncio.sleep(random.uniform(3, 8))
        finally:
            proxy.delay_s = 0.0
        return said

    async def _close_kafka(self, random: Random) -> str:
        return await self._close(self._ground.kafka, random)

    async def _close_postgres(self, random: Random) -> str:
        return await self._close(self._ground.postgres, random)

    @staticmethod
    async def _close(proxy: Proxy, random: Random) -> str:
        seconds = random.uniform(2, 10)
        proxy.closed = True
        try:
            proxy.cut()
            await asyncio.sleep(seconds)
        finally:
            proxy.closed = False
        return f"for {seconds:.0f} s"

    # --- the log -----------------------------------------------------------------------------------------

    async def _clock_back(self, random: Random) -> str:
        """Ticks that time has passed already: nobody may hear them."""
        at = self._load.heard - dt.timedelta(hours=random.uniform(0, 500))
        await self._load.tick(at)
        return f"{at:%Y-%m-%d %H:%M}"

    async def _clock_jumps(self, random: Random) -> str:
        """The clock of others, to and fro: it is none of this trade's business."""
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=random.uniform(-300, 300))
        await self._load.tick(at, "sim-other-clock")
        return f"{at:%Y-%m-%d}"

    async def _write_garbage(self, random: Random) -> str:
        topic = random.choice(INGRESS)
        for _ in range(count := random.randint(1, 5)):
            value, headers = random.choice(_GARBAGE)
            await self._load.put(topic, random.randrange(TOPICS[topic].partitions), value, headers)
        self.garbage += count
        return f"{count} in {topic}"

    async def _tell_again(self, random: Random) -> str:
        return f"{await self._load.tell_again(random)} facts"
