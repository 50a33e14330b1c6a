"""Silkway with the plainest whole life of an order: its four services and its clock, as processes of their own."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Self

import asyncpg

from bench.rounds import Rounds
from bench.straight import NOTICES, Straight
from bench.sustained import DRAIN_S, POLL_S
from bench.system import System
from silkway.cli.feed import Feed
from silkway.embedded import Stack

TENANTS: Final = 10
REPORTED: Final = dt.timedelta(minutes=1)
"""So long after it happened a fact is told: what happens after the last tick would be a time in the future."""
_FINISHED: Final = "SELECT count(*) FROM order_views WHERE life = 'SETTLED'"
_SETTLED: Final = """
    SELECT count(*) FROM orders WHERE life = 'SETTLED' AND assurance = 'HELD' AND funds = 'FUNDED'
                                      AND logistics = 'DELIVERED' AND escrow_minor = 0"""
# Besides these, operations hear of money that was read before the draft of its order, and waited for it.
_NOTICES: Final = """
    SELECT count(*) FROM notices WHERE kind IN (
        'ORDER_PLACED', 'PAYMENT_MATCHED', 'SHIPMENT_DISPATCHED', 'ORDER_DELIVERED', 'PAYOUT_MADE')"""


class Silkway:
    """The four services, ten live tenants, the clock ticking."""

    name, rounds = "silkway", Rounds(cohort=40, slack=12)

    def __init__(self, stack: Stack, folder: Path, name: str = "sustained") -> None:
        self.system = System(stack, folder, name, clock=True)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._stack.enter_async_context(self.system)
            addresses = self.system.addresses
            self.feed = await self._stack.enter_async_context(Feed(addresses.kafka, addresses.prefix))
            self._order = await self._connect("order")
            self._notify = await self._connect("notify")
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def tell(self, facts: Sequence[tuple[int, int]]) -> None:
        """Order number and stage of each; returns when Kafka has them."""
        at = dt.datetime.now(dt.UTC) - REPORTED
        for number, stage in facts:
            order = Straight("PO", number)
            tenant = f"tenant-{number // self.rounds.cohort % TENANTS}"
            if stage == 0:
                for registration in order.supplier(at):
                    await self.feed.fact(tenant, registration)
            await self.feed.fact(tenant, order.fact(stage, at))
        await self.feed.flush()

    async def finished(self) -> int:
        """Orders that the last service of the chain knows to be settled."""
        return int(await self._notify.fetchval(_FINISHED))

    async def verify(self, orders: int) -> None:
        """All of these and nothing else, exactly once. Raises RuntimeError."""
        deadline, expected, found = time.monotonic() + DRAIN_S, (orders, NOTICES * orders), (0, 0)
        while found != expected:
            if time.monotonic() > deadline:
                raise RuntimeError(f"settled orders and their notices: {found}, not {expected}")
            await asyncio.sleep(POLL_S)
            found = await self._order.fetchval(_SETTLED), await self._notify.fetchval(_NOTICES)

    def cpu_s(self) -> Mapping[str, float]:
        """CPU seconds so far, by process."""
        return self.system.cpu_s()

    async def _connect(self, service: str) -> asyncpg.Connection[asyncpg.Record]:
        connection = await asyncpg.connect(self.system.addresses.database(service))
        self._stack.push_async_callback(connection.close)
        return connection
