"""Silkway with the plainest whole life of an order: its four services and its clock, as processes of their own."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Self

import asyncpg
from aiokafka import AIOKafkaConsumer

from bench.hops import STAGE_OF
from bench.rounds import Rounds
from bench.straight import NOTICES, ORDERS_A_SUPPLIER, TOTAL_MINOR, Straight
from bench.sustained import DRAIN_S, POLL_S
from bench.system import System
from silkway.cli.feed import Feed
from silkway.contracts import NotificationSent
from silkway.contracts.topics import NOTIFY_EVENTS
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
    """The four services, ten live tenants, the clock ticking. `instances`: of services that have more than one."""

    name, rounds = "silkway", Rounds(cohort=40, slack=12)
    orders_a_supplier, total_minor, tenants = ORDERS_A_SUPPLIER, TOTAL_MINOR, TENANTS

    def __init__(
        self, stack: Stack, folder: Path, name: str = "sustained", instances: Mapping[str, int] | None = None
    ) -> None:
        self.system = System(stack, folder, name, clock=True, instances=instances)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._stack.enter_async_context(self.system)
            addresses = self.system.addresses
            self.feed = await self._stack.enter_async_context(Feed(addresses.kafka, addresses.prefix))
            self._order = await self.connect("order")
            self._notify = await self.connect("notify")
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def tell(self, facts: Sequence[tuple[int, int]], run: str = "PO", late_s: float = 0) -> None:
        """Order number and stage of each, so late as they are; returns when Kafka has them."""
        at = dt.datetime.now(dt.UTC) - REPORTED - dt.timedelta(seconds=late_s)
        for number, stage in facts:
            order = Straight(run, number, self.orders_a_supplier, self.total_minor)
            tenant = f"tenant-{number // self.rounds.cohort % self.tenants}"
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

    async def connect(self, service: str) -> asyncpg.Connection[asyncpg.Record]:
        connection = await asyncpg.connect(self.system.addresses.database(service))
        self._stack.push_async_callback(connection.close)
        return connection


class Noticed(Silkway):
    """The same, heard by whoever reads the notices; see hops.Way."""

    def __init__(
        self, stack: Stack, folder: Path, name: str, instances: Mapping[str, int] | None = None
    ) -> None:
        super().__init__(stack, folder, name, instances)
        self.heard: dict[tuple[str, int], float] = {}

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            addresses = self.system.addresses
            consumer = AIOKafkaConsumer(addresses.prefix + NOTIFY_EVENTS, bootstrap_servers=addresses.kafka)
            await consumer.start()
            self._stack.push_async_callback(consumer.stop)
            self._stack.callback(asyncio.create_task(self._listen(consumer)).cancel)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def publish(self, run: str, facts: Sequence[tuple[int, int]]) -> None:
        """Tell them; returns when Kafka has them."""
        await self.tell(facts, run)

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        told = NotificationSent.type.encode()
        async for record in consumer:
            if dict(record.headers)["ce_type"] == told:
                notice = json.loads(record.value)
                if stage := STAGE_OF.get(notice["kind"]):
                    self.heard.setdefault((notice["order_id"], stage), time.monotonic())
