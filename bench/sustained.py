"""Whole lives of orders a second, sustained: the loop that tells facts as fast as orders come to their ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from bench.rounds import Rounds

POLL_S: Final = 0.25
DRAIN_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Sustained:
    """`rate`: orders brought to their end a second. cpu_ms: of each process, milliseconds an order."""

    orders: int
    seconds: float
    rate: float
    cpu_ms: dict[str, float]


class Contender(Protocol):
    """One way to bring orders to their end; an async context manager."""

    name: str
    rounds: Rounds

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
    async def tell(self, facts: Sequence[tuple[int, int]]) -> None: ...
    async def finished(self) -> int: ...
    async def verify(self, orders: int) -> None: ...
    def cpu_s(self) -> Mapping[str, float]: ...


async def sustain(contender: Contender, warm_up_s: float, seconds: float) -> Sustained:
    """Bring orders to their end as fast as it can; measured when as many come to their end as begin.

    warm_up_s: the least time until then. Raises RuntimeError.
    """
    rounds, number, began = contender.rounds, 0, time.monotonic()
    before, moved = 0, began
    first: tuple[float, int, Mapping[str, float]] | None = None
    while True:
        finished, now = await contender.finished(), time.monotonic()
        if first is None and finished >= rounds.steady and now - began >= warm_up_s:
            first = now, finished, contender.cpu_s()
        if first is not None and now - first[0] >= seconds:
            break
        if finished != before:
            before, moved = finished, now
        elif now - moved > DRAIN_S:
            raise RuntimeError(f"{contender.name} stands still: {finished} orders settled")
        if finished >= rounds.before(number):
            await contender.tell(list(rounds.told(number)))
            number += 1
        else:
            await asyncio.sleep(POLL_S)
    spent = {name: cpu_s - first[2][name] for name, cpu_s in contender.cpu_s().items()}
    orders, took = finished - first[1], now - first[0]
    await _finish(contender, number)
    return Sustained(
        orders, took, orders / took, {name: 1000 * cpu_s / orders for name, cpu_s in spent.items()}
    )


async def _finish(contender: Contender, number: int) -> None:
    """Tell what is left of the orders that have begun; all must come to their end, exactly once."""
    rounds, last = contender.rounds, number - 1
    while facts := list(rounds.told(number, last)):
        await contender.tell(facts)
        number += 1
    orders, deadline = (last + 1) * rounds.cohort, time.monotonic() + DRAIN_S
    while await contender.finished() < orders:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{contender.name}: {await contender.finished()} of {orders} orders settled")
        await asyncio.sleep(POLL_S)
    await contender.verify(orders)
