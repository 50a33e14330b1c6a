"""What a storm does to servers, wires and the log. Every fault ends with all that it struck being there again."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from silkway.cli.feed import INGRESS
from silkway.contracts import TOPICS
from tests.e2e.blows import Blows

if TYPE_CHECKING:
    from random import Random

    from tests.chaos.ground import Ground
    from tests.chaos.keeper import Keeper
    from tests.chaos.load import Load
    from tests.chaos.processes import Fault
    from tests.chaos.proxy import Proxy

_LEFT_MB: Final = 1
_DISK_FULL: Final = "database's disk full"
_GARBAGE: Final[tuple[tuple[bytes, list[tuple[str, bytes]]], ...]] = (
    (b"\xff\xfe", [("ce_type", b"\xff")]),
    (b"{", [("ce_type", b"silkway.payment.received.v1"), ("ce_id", b"1")]),
    (b"[]", []),
    (b"", [("content-type", b"text/html")]),
)


class Around:
    """Strikes everything but the services' processes. `garbage`: how many records nobody can read.

    `impossible`: kinds of faults that this user may not cause on this machine.
    """

    def __init__(self, ground: Ground, keeper: Keeper, load: Load) -> None:
        self._ground, self._keeper, self._load = ground, keeper, load
        self._stack, self._blows = ground.stack, Blows(ground.system, ground.stack)
        self.garbage = 0
        self.impossible = [] if ground.disk else [_DISK_FULL]
        self.faults: dict[str, Fault] = {
            kind: partial(strike, self) for kind, strike in AROUND.items() if kind not in self.impossible
        }
        self.shares = dict.fromkeys(self.faults, 1)

    # --- servers -----------------------------------------------------------------------------------------

    async def _kill_kafka(self, _: Random) -> str:
        with self._keeper.hold(self._stack.kafka.daemon):
            await self._blows.kafka()
        return "kafka"

    async def _kill_postgres(self, _: Random) -> str:
        with self._keeper.hold(self._stack.postgres.daemon):
            await self._blows.postgres()
        return "postgres"

    async def _fill_disk(self, random: Random) -> str:
        """The databases' file system has no room for some seconds; the server may die of it."""
        assert self._ground.disk is not None
        ballast = self._ground.disk / "ballast"
        with self._keeper.hold(self._stack.postgres.daemon):
            room = os.statvfs(self._ground.disk)
            size = max(room.f_bavail * room.f_frsize - _LEFT_MB * 1024 * 1024, 1)
            try:
                with ballast.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, size)
                await asyncio.sleep(random.uniform(2, 5))
            finally:
                ballast.unlink()
            died = self._stack.postgres.daemon.pid is None
            await self._blows.postgres_up()
        return f"{size >> 20} MiB taken{', the server died' if died else ''}"

    # --- the wire ----------------------------------------------------------------------------------------

    async def _cut_kafka(self, _: Random) -> str:
        return f"{self._ground.kafka.cut()} connections"

    async def _cut_postgres(self, _: Random) -> str:
        return f"{self._ground.postgres.cut()} connections"

    async def _slow_kafka(self, random: Random) -> str:
        return await self._slow(self._ground.kafka, random)

    async def _slow_postgres(self, random: Random) -> str:
        return await self._slow(self._ground.postgres, random)

    @staticmethod
    async def _slow(proxy: Proxy, random: Random) -> str:
        proxy.delay_s = delay_s = random.uniform(0.02, 0.3)
        try:
            await asyncio.sleep(random.uniform(3, 8))
        finally:
            proxy.delay_s = 0.0
        return f"{1000 * delay_s:.0f} ms more"

    async def _close_kafka(self, random: Random) -> str:
        return await self._close(self._ground.kafka, random)

    async def _close_postgres(self, random: Random) -> str:
        return await self._close(self._ground.postgres, random)

    @staticmethod
    async def _close(proxy: Proxy, random: Random) -> str:
        seconds = random.uniform(2, 10)
        proxy.closed = True
        try:
            proxy.cut()
            await asyncio.sleep(seconds)
        finally:
            proxy.closed = False
        return f"for {seconds:.0f} s"

    # --- the log -----------------------------------------------------------------------------------------

    async def _clock_back(self, random: Random) -> str:
        """Ticks that time has passed already: nobody may hear them."""
        trade = self._load.any(random)
        if trade is None:
            return "no trade is under way"
        at = trade.heard - dt.timedelta(hours=random.uniform(0, 500))
        await self._load.tick(trade.tenant, at)
        return f"{trade.tenant} to {at:%Y-%m-%d %H:%M}"

    async def _clock_jumps(self, random: Random) -> str:
        """The clock of others, to and fro: it is none of this trade's business."""
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(days=random.uniform(-300, 300))
        await self._load.tick("sim-other-clock", at)
        return f"{at:%Y-%m-%d}"

    async def _write_garbage(self, random: Random) -> str:
        topic = random.choice(INGRESS)
        for _ in range(count := random.randint(1, 5)):
            value, headers = random.choice(_GARBAGE)
            await self._load.put(topic, random.randrange(TOPICS[topic].partitions), value, headers)
            self.garbage += 1
        return f"{count} in {topic}"

    async def _tell_again(self, random: Random) -> str:
        trade = self._load.any(random)
        return f"{await self._load.tell_again(trade, random) if trade else 0} facts"


AROUND: Final[Mapping[str, Callable[[Around, Random], Awaitable[str]]]] = {
    "broker killed": Around._kill_kafka,
    "database server killed": Around._kill_postgres,
    _DISK_FULL: Around._fill_disk,
    "connections to the broker cut": Around._cut_kafka,
    "connections to the database cut": Around._cut_postgres,
    "broker slow": Around._slow_kafka,
    "database slow": Around._slow_postgres,
    "broker unreachable": Around._close_kafka,
    "database unreachable": Around._close_postgres,
    "clock jumps back": Around._clock_back,
    "another clock jumps": Around._clock_jumps,
    "unreadable records": Around._write_garbage,
    "old facts told again": Around._tell_again,
}
"""How each kind of fault strikes."""
