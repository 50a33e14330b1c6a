"""The storm itself: trades are told, faults strike in two lanes, until it has come to its measure."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from traceback import format_exception
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaProducer

from tests.chaos.around import Around
from tests.chaos.keeper import Keeper
from tests.chaos.load import Load
from tests.chaos.processes import BOUNDARIES, Processes
from tests.chaos.schedule import Measure, Schedule

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Coroutine

    from tests.chaos.ground import Ground

_LONGER: Final = 0.1
"""By so much of its time a storm may go on for what it lacks of its measure."""
_SAY_S: Final = 60.0


@dataclass(frozen=True)
class Struck:
    """One fault: when it began after the storm's beginning, how long until all was ready again."""

    kind: str
    said: str
    at_s: float
    took_s: float


@dataclass
class Storm:
    """A storm over `ground`. `say` is told what happens, a line each."""

    ground: Ground
    arguments: Namespace
    say: Callable[[str], None]
    findings: list[str] = field(default_factory=list)
    struck: list[Struck] = field(default_factory=list)
    seconds: float = 0.0

    async def rage(self) -> None:
        """Until its time is over and its measure is reached; then until the last trade has come to its end."""
        system, seed = self.ground.system, self.arguments.seed
        producer = AIOKafkaProducer(
            bootstrap_servers=system.kafka, acks="all", enable_idempotence=True, request_timeout_ms=300_000
        )
        async with system.feed() as aside, producer:
            self.load = Load(system, aside, seed, self.arguments.orders, producer)
            self.keeper = Keeper(self.ground)
            self.processes = Processes(self.ground, self.keeper)
            self.around = Around(self.ground, self.keeper, self.load)
            self.measure = Measure.of(self.arguments.hours)
            self.began = time.monotonic()
            beside = [asyncio.create_task(self.keeper.run()), asyncio.create_task(self._tell())]
            try:
                await self._together()
                await self.keeper.ready(system.processes)
            except Exception as error:  # told at the end, with all that was found besides
                self.say("".join(format_exception(error)))
                self.findings.append(f"stuck: {type(error).__name__}: {error}")
            finally:
                for task in beside:
                    task.cancel()
                await asyncio.gather(*beside, return_exceptions=True)
        self.seconds = time.monotonic() - self.began

    async def _together(self) -> None:
        """All trades and both lanes; where one cannot go on, the others end too."""
        works: list[Coroutine[None, None, None]] = [
            *(self.load.run(self.goes_on) for _ in range(self.arguments.trades)),
            self._strike(self.processes, Random(f"{self.arguments.seed}/0"), (0.5, 2.0)),
            self._strike(self.around, Random(f"{self.arguments.seed}/1"), (2.0, 8.0)),
        ]
        try:
            async with asyncio.TaskGroup() as together:
                for work in works:
                    together.create_task(work)
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    def goes_on(self) -> bool:
        """Whether there is to be more of it."""
        passed, planned = time.monotonic() - self.began, 3600 * self.arguments.hours
        return passed < planned or (passed < (1 + _LONGER) * planned and bool(self.lacking()))

    def lacking(self) -> list[str]:
        """What it has less of than its measure; of a chosen few kinds of faults each once is enough."""
        came = Counter(one.kind for one in self.struck if one.kind not in BOUNDARIES) + self.processes.kills
        if self.arguments.only:
            found = [(came[kind], 1, f"times {kind}") for kind in self.arguments.only]
        else:
            others = {*self.processes.faults, *self.around.faults} - BOUNDARIES.keys()
            killed, boundary = min((came[kind], kind) for kind in BOUNDARIES)
            fewest, other = min((came[kind], kind) for kind in others)
            found = [
                (self.load.facts, self.measure.facts, "facts told"),
                (len(self.struck), self.measure.faults, "faults"),
                (killed, self.measure.kills, f"times {boundary}"),
                (fewest, self.measure.each, f"times {other}"),
            ]
        return [f"{number} {what}, {least} wanted" for number, least, what in found if number < least]

    async def _strike(self, lane: Processes | Around, random: Random, pauses_s: tuple[float, float]) -> None:
        only = self.arguments.only
        shares = {kind: share for kind, share in lane.shares.items() if not only or kind in only}
        schedule = Schedule(shares, random)
        while shares:
            await asyncio.sleep(random.uniform(*pauses_s))
            if not self.goes_on():
                return
            kind, at, kills = schedule.next(), time.monotonic(), self.processes.kills
            before = kills[kind]
            try:
                said = await lane.faults[kind](random)
            except Exception as error:  # the others go on, and all of it is checked at the end
                said = f"{type(error).__name__}: {error}"
                self.findings.append(f"stuck after: {kind}: {said}")
            schedule.came(kind, kills[kind] - before if kind in BOUNDARIES else 1)
            took = time.monotonic() - at
            self.struck.append(Struck(kind, said, round(at - self.began, 1), round(took, 1)))
            self.say(f"{at - self.began:7.1f} s  {kind}: {said} ({took:.1f} s)")

    async def _tell(self) -> None:
        """How far it is, each minute."""
        while True:
            await asyncio.sleep(_SAY_S)
            passed = time.monotonic() - self.began
            self.say(
                f"{passed:7.1f} s  {self.load.facts:,} facts told in {len(self.load.told)} whole trades and those"
                f" under way, {len(self.struck)} faults; lacking: {', '.join(self.lacking()) or 'nothing'}"
            )
