"""Plays the built-in trade in a scenario tenant of its own."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

import httpx

from silkway.cli.addresses import SERVICES
from silkway.cli.closing import closing_ticks
from silkway.cli.demo.trade import Trade
from silkway.cli.feed import Feed
from silkway.cli.figures import Notice, latest_notices, order_states
from silkway.cli.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable

    from silkway.cli.addresses import Addresses

_LOOK_S: Final = 0.5
_NOTICES: Final = 8
_TRIES: Final = 20


@dataclass(frozen=True)
class Options:
    """What to play: so many orders drawn with `seed`, at most `days_per_s` of the tenant's time a second."""

    tenant: str
    orders: int
    seed: int
    days_per_s: float
    if_new: bool = False
    """Do nothing where it has been played to its end before."""


@dataclass(frozen=True)
class Progress:
    """How far it has come. `done` of `total` orders are settled; `states`: orders by life."""

    tenant: str
    total: int
    day: str = ""
    states: dict[str, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    finished: bool = False

    @property
    def done(self) -> int:
        """Orders that are settled."""
        return self.states.get("SETTLED", 0)


async def play(system: Addresses, options: Options, on_progress: Callable[[Progress], None]) -> Progress:
    """Publish the trade, wait until all services are through, return the last progress.

    What was published before is published again, harmlessly and without waiting. Raises Stalled and
    aiokafka's KafkaError.
    """
    facts = Trade(Random(options.seed)).play(options.orders)
    ticks = closing_ticks(facts[-1].known_at)
    databases = {name: system.database(name) for name in SERVICES}
    async with Feed(system.kafka, system.prefix) as feed, Pace(databases, options.tenant) as pace:
        await pace.look()
        if not (options.if_new and pace.has_reached(ticks[-1])):
            watching = asyncio.create_task(_watch(system, options, databases, on_progress))
            try:
                await feed.drive(options.tenant, facts, ticks, pace, days_per_s=options.days_per_s)
            finally:
                watching.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watching
        for _ in range(_TRIES):
            last = await _look(system, options, pace, [], finished=True)
            if last.states:
                break
            await asyncio.sleep(_LOOK_S)  # the order service's database did not answer in time
    on_progress(last)
    return last


async def _watch(
    system: Addresses, options: Options, databases: dict[str, str], on_progress: Callable[[Progress], None]
) -> None:
    # A pace of its own: it looks while the feed waits.
    async with Pace(databases, options.tenant) as pace, httpx.AsyncClient() as client:
        while True:
            await pace.look()
            notices = await latest_notices(client, system.apis["notify"], options.tenant, _NOTICES)
            on_progress(await _look(system, options, pace, notices))
            await asyncio.sleep(_LOOK_S)


async def _look(
    system: Addresses, options: Options, pace: Pace, notices: list[Notice], *, finished: bool = False
) -> Progress:
    times = [own for own in pace.clocks.values() if own is not None]
    return Progress(
        tenant=options.tenant,
        total=options.orders,
        day=f"{min(times):%Y-%m-%d}" if len(times) == len(SERVICES) else "",
        states=(await order_states(system.database("order"))).get(options.tenant, {}),
        notices=notices,
        finished=finished,
    )
