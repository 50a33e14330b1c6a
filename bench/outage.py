"""Kafka is away for ten minutes and the senders keep what they have to tell: how soon the services are back.

A steady load, a quarter of what the services bear. While Kafka is away nothing can be told; when it answers again,
all that piled up is told at once, and the load goes on. The services have caught up when the time of each is again
within seconds of the clock: as ticks travel in band, all that was told before them has then been worked off.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import time
from dataclasses import asdict, dataclass
from typing import Final

from rich.table import Table

from bench.hops import due
from bench.parts import Panel, Part, Run
from bench.straight import STAGES
from bench.through_services import Silkway
from silkway.cli.addresses import SERVICES
from silkway.cli.pace import Pace
from silkway.contracts import LIVE_CLOCK
from silkway.embedded import Stack

SHARE: Final = 0.25
AWAY_S: Final = 600.0
BEFORE_S, AFTER_S = 10.0, 10.0
"""The load goes on so long before Kafka goes, and after the services have caught up."""
BEHIND: Final = dt.timedelta(seconds=3)
"""Who is so close to the clock has caught up."""
STALL_S: Final = 120.0
"""Who needs as long as Kafka was away and so much more will never catch up."""
CHUNK_S: Final = 1.0
"""What was due within so long is told together."""


@dataclass(frozen=True, slots=True)
class Outage:
    """`rate`: orders begun a second. facts: piled up. back_s: until Kafka answered again, counted from its start;
    caught_up_s: from then until all services had caught up with the clock."""

    rate: float
    away_s: float
    facts: int
    back_s: float
    caught_up_s: float

    @property
    def times_the_load(self) -> float:
        """How many times as fast as they come facts are worked off, those that came meanwhile included."""
        return (self.facts / STAGES / self.rate + self.caught_up_s) / self.caught_up_s


class Load:
    """Tells each fact at its time, and late what could not be told. Whoever has `kafka` keeps it from telling."""

    def __init__(self, silkway: Silkway, rate: float, seconds: float) -> None:
        """rate: orders begun a second, for so long at most."""
        self._silkway, self._began, self._plan = silkway, time.monotonic(), due(rate, seconds)
        self.kafka = asyncio.Lock()
        self.begun = 0
        """Orders of which anything was told."""

    def piled_up(self) -> int:
        """Facts whose time has come and that were not told."""
        now = time.monotonic() - self._began
        return sum(at <= now for at, _, _ in self._plan)

    def late_s(self) -> float:
        """For how long the first of them has been waiting."""
        return time.monotonic() - self._began - self._plan[0][0] if self._plan else 0

    async def tell(self, over: asyncio.Event) -> None:
        """Go on until it is over; then tell what is left of the orders that have begun."""
        while self._plan:
            if over.is_set():
                self._plan = sorted(fact for fact in self._plan if fact[1] < self.begun)
            async with self.kafka:
                await self._tell(time.monotonic() - self._began)
            await asyncio.sleep(0.01)

    async def _tell(self, now: float) -> None:
        while self._plan and self._plan[0][0] <= now:
            first, facts = self._plan[0][0], []
            while self._plan and self._plan[0][0] <= min(now, first + CHUNK_S):
                facts.append(heapq.heappop(self._plan)[1:])
            self.begun = max(self.begun, *(number + 1 for number, _ in facts))
            await self._silkway.tell(facts, late_s=now - first)


async def measure(run: Run) -> Part:
    """The pile, and how long it took to work it off; every order must come to its end, exactly once."""
    rate, away_s = SHARE * await run.bears(), run.lasting(AWAY_S)
    async with Silkway(run.stack, run.folder, "outage") as silkway:
        load, over = Load(silkway, rate, 3 * away_s + 60), asyncio.Event()
        telling = asyncio.create_task(load.tell(over))
        try:
            await asyncio.sleep(BEFORE_S)
            with run.doing(f"Kafka is away for {away_s:.0f} s"):
                found = await _outage(run.stack, silkway, load, away_s, rate)
            await asyncio.sleep(AFTER_S)
        finally:
            over.set()
            await telling
        with run.doing("the rest of the orders"):
            await silkway.verify(load.begun)
    return Part(
        figures={**asdict(found), "times_the_load": found.times_the_load},
        table=_table(found),
        panel=Panel("Kafka was away", "s", {"away": found.away_s, "catching up": found.caught_up_s}),
        notes=[f"facts were worked off {found.times_the_load:.1f} times as fast as they came"],
    )


async def _outage(stack: Stack, silkway: Silkway, load: Load, away_s: float, rate: float) -> Outage:
    async with load.kafka:
        await asyncio.to_thread(stack.kafka.stop)
        await asyncio.sleep(away_s)
        began = time.monotonic()
        stack.kafka.start()
        await asyncio.to_thread(stack.kafka.wait)
        back, facts = time.monotonic(), load.piled_up()
    databases = {name: silkway.system.addresses.database(name) for name in SERVICES}
    async with Pace(databases, LIVE_CLOCK) as pace, asyncio.timeout(STALL_S + away_s):
        while load.late_s() > 1 or not pace.has_reached(dt.datetime.now(dt.UTC) - BEHIND):
            await asyncio.sleep(0.1)
            await pace.look()
    return Outage(rate, away_s, facts, back - began, time.monotonic() - back)


def _table(found: Outage) -> Table:
    shown = Table(title="Kafka was away")
    for column in ("orders/s", "away s", "facts piled up", "Kafka back s", "caught up s"):
        shown.add_column(column, justify="right")
    shown.add_row(
        f"{found.rate:.1f}",
        f"{found.away_s:.0f}",
        f"{found.facts:,}",
        f"{found.back_s:.1f}",
        f"{found.caught_up_s:.1f}",
    )
    return shown
