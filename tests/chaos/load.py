"""The trade that goes on while the storm rages: one built-in trade after the other, each in a tenant of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
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
_STALL_S: Final = 300.0
"""How long nothing may move, with one fault after the other."""


@dataclass
class Told:
    """A trade that has been told to its end, and how many of its facts each topic has got (each counted once)."""

    tenant: str
    trade: Trade
    facts: Counter[str] = field(default_factory=Counter)


class Load:
    """Tells trades; keeps some of the facts so that they can be told again.

    `aside` and `producer` write what a storm throws in between.
    """

    def __init__(
        self, system: System, feed: Feed, aside: Feed, producer: AIOKafkaProducer, seed: int, orders: int
    ) -> None:
        self._system, self._feed, self._aside, self._producer = system, feed, aside, producer
        self._seed, self._orders = seed, orders
        self._tenant = ""
        self._kept: list[Fact] = []
        self.told: list[Told] = []
        self.facts = 0
        self._now: dt.datetime = START

    @property
    def heard(self) -> dt.datetime:
        """Up to here the services have heard everything: the clock keeps no farther ahead of them."""
        return self._now - 2 * AHEAD

    async def run(self, goes_on: Callable[[], bool]) -> None:
        """One trade after the other; the last is told to its end."""
        while goes_on():
            await self._tell(len(self.told))

    async def _tell(self, number: int) -> None:
        trade = Trade(self._orders, self._seed + number)
        told = Told(f"sim-storm-{self._seed}-{number}", trade)
        self._tenant, self._kept, self._now = told.tenant, [], START
        pace = self._system.pace(told.tenant, _STALL_S)
        async with pace:
            await self._feed.drive(
                told.tenant, self._noted(trade.facts(), told), trade.closing_ticks(), pace, ahead=AHEAD
            )
        self.told.append(told)

    def _noted(self, facts: Iterator[Fact], told: Told) -> Iterator[Fact]:
        once: set[tuple[str, str]] = set()
        for fact in facts:
            self.facts += 1
            self._now = fact.known_at
            if (fact.source, fact.id) not in once:
                once.add((fact.source, fact.id))
                told.facts[fact.event.topic] += 1
            self._kept.append(fact)
            del self._kept[:-_KEPT]
            yield fact

    async def tell_again(self, random: Random) -> int:
        """Some of the latest facts, in any order; how many."""
        tenant, heard = self._tenant, [fact for fact in self._kept if fact.known_at <= self.heard]
        again = random.sample(heard, min(len(heard), _AGAIN))
        for fact in again:
            await self._aside.fact(tenant, fact)
        await self._aside.flush()
        return len(again)

    async def tick(self, at: dt.datetime, clock: str = "") -> None:
        """A tick in every partition, of the present trade's clock or of another."""
        await self._aside.tick(clock or self._tenant, at)
        await self._aside.flush()

    async def put(self, topic: str, partition: int, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        """Any record at all."""
        await self._producer.send_and_wait(topic, value, partition=partition, headers=headers)
