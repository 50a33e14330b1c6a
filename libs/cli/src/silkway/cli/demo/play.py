"""Plays the built-in trade in a scenario tenant of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import httpx

from silkway.cli.addresses import SERVICES
from silkway.cli.demo.trade import Trade
from silkway.cli.demo.world import AHEAD
from silkway.cli.feed import Feed
from silkway.cli.figures import Matters, Notice, latest_notices, matters, order_states
from silkway.cli.pace import Pace

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from silkway.cli.addresses import Addresses
    from silkway.cli.demo.proportions import Proportions

_LOOK_S: Final = 0.5
_NOTICES: Final = 8
_TRIES: Final = 20
ENDED: Final = ("SETTLED", "CANCELLED")


@dataclass(frozen=True)
class Options:
    """What to play: so many orders drawn with `seed`, at most `days_per_s` of the tenant's time a second."""

    tenant: str
    orders: int
    seed: int
    days_per_s: float
    if_new: bool = False
    """Do nothing where it has been played to its end before."""
    proportions: Proportions | None = None
    """How often each story is told; the usual ones where none are given."""


@dataclass(frozen=True)
class Progress:
    """How far it has come. `done` of `total` orders are settled or cancelled; `states`: orders by life."""

    tenant: str
    total: int
    day: str = ""
    states: dict[str, int] = field(default_factory=dict)
    matters: Matters = field(default_factory=Matters)
    notices: list[Notice] = field(default_factory=list)
    facts: int = 0
    """Facts published so far."""
    facts_per_s: float = 0
    finished: bool = False

    @property
    def done(self) -> int:
        """Orders that have come to their end."""
        return sum(self.states.get(life, 0) for life in ENDED)


class _Published:
    """How many facts have been handed over, and how fast."""

    def __init__(self) -> None:
        self.facts = 0
        self._began = time.monotonic()

    def so_far(self, facts: int) -> None:
        self.facts = facts

    @property
    def per_s(self) -> float:
        return self.facts / max(time.monotonic() - self._began, 0.001)


async def play(
    system: Addresses, options: Options, on_progress: Callable[[Progress], None]
) -> tuple[Progress, Trade]:
    """Publish the trade, wait until all services are through; the last progress, and what was told.

    What was published before is published again, harmlessly and without waiting. Raises Stalled and
    aiokafka's KafkaError.
    """
    trade = Trade(options.orders, options.seed, options.proportions)
    databases = {name: system.database(name) for name in SERVICES}
    published = _Published()
    async with Feed(system.kafka, system.prefix) as feed, Pace(databases, options.tenant) as pace:
        await pace.look()
        if not (options.if_new and pace.has_reached(_end_of(options))):
            watching = asyncio.create_task(_watch(system, options, databases, published, on_progress))
            try:
                await feed.drive(
                    options.tenant, trade.facts(), trade.closing_ticks(), pace, published.so_far,
                    days_per_s=options.days_per_s, ahead=AHEAD,
                )  # fmt: skip
            finally:
                watching.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watching
        for _ in range(_TRIES):
            last = await _look(system, options, pace, published, [])
            if last.states:
                break
            await asyncio.sleep(_LOOK_S)  # the order service's database did not answer in time
    last = replace(last, finished=True)
    on_progress(last)
    return last, trade


def _end_of(options: Options) -> dt.datetime:
    """The last tick of the trade, found by telling it to nobody."""
    trade = Trade(options.orders, options.seed, options.proportions)
    for _ in trade.facts():
        pass
    return list(trade.closing_ticks())[-1]


async def _watch(
    system: Addresses, options: Options, databases: dict[str, str], published: _Published,
    on_progress: Callable[[Progress], None],
) -> None:  # fmt: skip
    # A pace of its own: it looks while the feed waits.
    async with Pace(databases, options.tenant) as pace, httpx.AsyncClient() as client:
        while True:
            await pace.look()
            notices = await latest_notices(client, system.apis["notify"], options.tenant, _NOTICES)
            on_progress(await _look(system, options, pace, published, notices))
            await asyncio.sleep(_LOOK_S)


async def _look(
    system: Addresses, options: Options, pace: Pace, published: _Published, notices: list[Notice]
) -> Progress:
    databases = {name: system.database(name) for name in SERVICES}
    times = [own for own in pace.clocks.values() if own is not None]
    return Progress(
        tenant=options.tenant,
        total=options.orders,
        day=f"{min(times):%Y-%m-%d}" if len(times) == len(SERVICES) else "",
        states=(await order_states(databases["order"])).get(options.tenant, {}),
        matters=(await matters(databases)).get(options.tenant, Matters()),
        notices=notices,
        facts=published.facts,
        facts_per_s=published.per_s,
    )
