"""Which facts make a notice, over which hops, and how long that took."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

from bench.straight import STAGES

STAGE_OF: Final = {
    "ORDER_PLACED": 2,
    "PAYMENT_MATCHED": 3,
    "SHIPMENT_DISPATCHED": 5,
    "ORDER_DELIVERED": 9,
    "PAYOUT_MADE": 11,
}
"""The stage of the fact that a notice comes of, by the kind of the notice."""
ROUTES: Final = {
    2: ("order", "notify", "out"),
    3: ("order", "notify", "out"),
    5: ("logistics", "notify", "out"),
    9: ("logistics", "order", "notify", "out"),
    11: ("order", "notify", "out"),
    **dict.fromkeys((0, 1, 10), ("order",)),
    **dict.fromkeys((4, 6, 7, 8), ("logistics",)),
}
"""Who handles the fact of a stage, one after the other, until its notice is out; by stage."""
PAUSE_S: Final = 0.7
"""Between two facts of an order: longer than a fact takes, so that none waits for the one before it."""


@dataclass(frozen=True, slots=True)
class Delays:
    """`rate`: orders begun a second. Percentiles of all notices, in milliseconds."""

    rate: float
    notices: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class Way(Protocol):
    """From facts to notices; an async context manager."""

    heard: dict[tuple[str, int], float]
    """When the notice was read, seconds of the monotonic clock, by order and stage."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc: object) -> None: ...
    async def publish(self, run: str, facts: Sequence[tuple[int, int]]) -> None: ...


def due(rate: float, seconds: float) -> list[tuple[float, int, int]]:
    """Second, order and stage of all facts, as a heap: orders begin evenly, their facts follow each other evenly."""
    count = max(1, int(rate * seconds))
    return sorted(
        (number / rate + stage * PAUSE_S, number, stage) for number in range(count) for stage in range(STAGES)
    )


def summary(rate: float, delays_s: Sequence[float]) -> Delays:
    """Percentiles of these. Raises RuntimeError where they are too few."""
    if len(delays_s) < 2:
        raise RuntimeError(f"percentiles of {len(delays_s)} notices: let the load last longer")
    cuts = statistics.quantiles(delays_s, n=100, method="inclusive")
    return Delays(rate, len(delays_s), 1000 * cuts[49], 1000 * cuts[94], 1000 * cuts[98])
