"""What healthy orders notice of poison: how long their notices take while one record in a hundred is bad.

Half of the bad ones nobody can read: they are refused. The others are payments that order's database does not take
(a CHECK that this benchmark adds): the batch that they spoil is tried in ever smaller parts until they are found,
and parked. None belongs to a healthy order. Loads without and with poison take turns, on the same system.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

import asyncpg
from aiokafka import AIOKafkaProducer
from rich.table import Table

from bench.delays import POLL_S, WAIT_S, delays_s
from bench.hops import Delays, summary
from bench.parts import Bar, Panel, Part, Run
from bench.straight import SOURCE, TOTAL_MINOR
from bench.through_services import REPORTED, Noticed
from silkway.cli.fact import Fact
from silkway.contracts import PaymentReceived
from silkway.contracts.topics import TRADE_ORDERS
from silkway.embedded import Stack

SHARE: Final = 0.25
"""Of the load that the services bear."""
ONE_IN: Final = 100
MOST: Final = 1.1
"""With poison the 99th percentile of the healthy is at most so many times what it is without."""
SECONDS: Final = 30.0
ROUNDS: Final = 2
_FORBID: Final = "ALTER TABLE payments ADD CONSTRAINT no_poison CHECK (bank_reference NOT LIKE 'POISON%')"
_FOUND: Final = "SELECT (SELECT count(*) FROM parked), (SELECT count(*) FROM refused)"


class Poisoned(Noticed):
    """The four services, and bad records between the facts where `bad` is set."""

    garbage: AIOKafkaProducer
    bad = False
    told, refusable, parkable = 0, 0, 0

    async def publish(self, run: str, facts: Sequence[tuple[int, int]]) -> None:
        """Tell them, and a bad record for every `ONE_IN` of them; returns when Kafka has them."""
        before, self.told = self.told, self.told + len(facts)
        if self.bad:
            for number in range(before // ONE_IN, self.told // ONE_IN):
                await self._spoil(number)
        await super().publish(run, facts)

    async def _spoil(self, number: int) -> None:
        if number % 2:
            self.refusable += 1
            topic = self.system.addresses.prefix + TRADE_ORDERS
            # Nobody waits for it: the facts that are told next would be late by that.
            await self.garbage.send(topic, b"no event", b"nobody", headers=[])
        else:
            self.parkable += 1
            at = dt.datetime.now(dt.UTC) - REPORTED
            payment = PaymentReceived(
                account_id=f"VA-poison-{number}", bank_reference=f"POISON-{number}", amount_minor=TOTAL_MINOR,
                currency="USD", received_at=at,
            )  # fmt: skip
            await self.feed.fact("tenant-0", Fact(at, payment, at, SOURCE, f"poison/{number}"))


async def measure(run: Run) -> Part:
    """Both loads by turns; every bad record must have been found, and nothing else."""
    rate, found = SHARE * await run.bears(), {False: list[float](), True: list[float]()}
    async with Poisoned(run.stack, run.folder, "poison") as way, _garbage(run.stack) as way.garbage:
        order = await way.connect("order")
        await order.execute(_FORBID)
        for number in range(2 * ROUNDS):
            way.bad = number % 2 == 1
            with run.doing("with poison" if way.bad else "without poison"):
                took_s = await delays_s(way, f"L{number}", rate, run.lasting(SECONDS))
            found[way.bad] += took_s.values()
        await _all_found(order, way)
    without, poisoned = (summary(rate, found[bad]) for bad in (False, True))
    times = poisoned.p99_ms / without.p99_ms
    text = f"with 1% poison the 99th percentile of the healthy is {times:.2f} times as much (at most {MOST})"
    return Part(
        figures={
            "without": asdict(without),
            "poisoned": asdict(poisoned),
            "parked": way.parkable,
            "refused": way.refusable,
        },
        table=_table({"without": without, "1% poison": poisoned}),
        panel=Panel("1% poison", "ms, 99th percentile", {"without": without.p99_ms, "with": poisoned.p99_ms}),
        bars=[Bar(text, times <= MOST)],
    )


async def _all_found(order: asyncpg.Connection[asyncpg.Record], way: Poisoned) -> None:
    """Return when every bad record was refused or parked, and nothing else. Raises RuntimeError."""
    deadline, expected = time.monotonic() + WAIT_S, (way.parkable, way.refusable)
    while (found := tuple(await order.fetchrow(_FOUND) or ())) != expected:
        if time.monotonic() > deadline:
            raise RuntimeError(f"parked and refused: {found}, not {expected}")
        await asyncio.sleep(POLL_S)


def _garbage(stack: Stack) -> AIOKafkaProducer:
    return AIOKafkaProducer(bootstrap_servers=stack.kafka.bootstrap)


def _table(found: dict[str, Delays]) -> Table:
    shown = Table(title="From a fact to its notice, of healthy orders, ms")
    for column in ("", "orders/s", "notices", "p50", "p95", "p99"):
        shown.add_column(column, justify="left" if not column else "right")
    for name, d in found.items():
        shown.add_row(
            name, f"{d.rate:.1f}", f"{d.notices}", *(f"{ms:.0f}" for ms in (d.p50_ms, d.p95_ms, d.p99_ms))
        )
    return shown
