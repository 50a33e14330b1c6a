"""The trades that go on while the storm rages: several at a time, one after the other, each in a tenant of its own."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from silkway.cli.demo.trade import Trade
from silkway.cli.demo.world import AHEAD, START

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from random import Random

    from aiokafka import AIOKafkaProducer

    from silkway.cli.fact import Fact
    from silkway.cli.feed import Feed
    from tests.e2e.system import System

_KEPT: Final = 5_000
_AGAIN: Final = 200
_STALL_S: Final = 600.0
"""How long nothing may move, with one fault after the other."""


@dataclass
class Told:
    """A trade, how many of its facts each topic has got (each counted once), and some that can be told again."""

    tenant: str
    trade: Trade
    facts: Counter[str] = field(default_factory=Counter)
    kept: deque[Fact] = field(default_factory=lambda: deque(maxlen=_KEPT))
    now: dt.datetime = START

    @property
    def heard(self) -> dt.datetime:
        """Up to here the services have heard everything: the clock keeps no farther ahead of them."""
        return self.now - 2 * AHEAD


class Load:
    """Tells trades. `aside` and `producer` write what a storm throws in between."""

    def __init__(
        self, system: System, aside: Feed, seed: int, orders: int, producer: AIOKafkaProducer | None = None
    ) -> None:
        self._system, self._aside, self._producer = system, aside, producer
        self._seed, self._orders = seed, orders
        self._numbers = count()
        self._under_way: list[Told] = []
        self.told: list[Told] = []
        """Those that were told to their ends."""
        self.facts = 0

    async def run(self, goes_on: Callable[[], bool]) -> None:
        """One trade after the other; the last is told to its end. May be run several times at once."""
        async with self._system.feed() as feed:
            while goes_on():
                await self._tell(feed, next(self._numbers))

    async def _tell(self, feed: Feed, number: int) -> None:
        told = Told(f"sim-storm-{self._seed}-{number}", Trade(self._orders, self._seed + number))
        facts, ticks = self._noted(told), told.trade.closing_ticks()
        self._under_way.append(told)
        async with self._system.pace(told.tenant, _STALL_S) as pace:
            await feed.drive(told.tenant, facts, ticks, pace, ahead=AHEAD)
        self._under_way.remove(told)
        told.kept.clear()
        self.told.append(told)

    def _noted(self, told: Told) -> Iterator[Fact]:
        once: set[tuple[str, str]] = set()
        for fact in told.trade.facts():
            self.facts += 1
            told.now = fact.known_at
            if (fact.source, fact.id) not in once:
                once.add((fact.source, fact.id))
                told.facts[fact.event.topic] += 1
            told.kept.append(fact)
            yield fact

    # --- thrown in between ---------------------------------------------------------------------------------

    def any(self, random: Random) -> Told | None:
        """Some trade that is under way."""
        return random.choice(self._under_way) if self._under_way else None

    async def tell_again(self, told: Told, random: Random) -> int:
        """Some of its latest facts, in any order; how many."""
        heard = [fact for fact in told.kept if fact.known_at <= told.heard]
        again = random.sample(heard, min(len(heard), _AGAIN))
        for fact in again:
            await self._aside.fact(told.tenant, fact)
        await self._aside.flush()
        self.facts += len(again)
        return len(again)

    async def tick(self, clock: str, at: dt.datetime) -> None:
        """A tick in every partition."""
        await self._aside.tick(clock, at)
        await self._aside.flush()

    async def put(self, topic: str, partition: int, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Any record at all."""
        assert self._producer is not None
        await self._producer.send_and_wait(topic, value, partition=partition, headers=headers)
