"""What a system has to stand: parts of it killed (-9) and started again, one at a time."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from silkway.cli.addresses import SERVICES

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from silkway.embedded import Stack
    from tests.e2e.system import System

    Blow = Callable[[], Coroutine[None, None, None]]


class Blows:
    """Strikes a system and its servers; each returns when what it struck is ready again."""

    def __init__(self, system: System, stack: Stack) -> None:
        self._system, self._stack = system, stack

    async def service(self, name: str) -> None:
        """Kill the first instance of a service."""
        victim = self._system.of(name)
        victim.daemon.kill()
        await self._system.restart(victim)

    def services(self) -> list[Blow]:
        """One blow for each service."""
        return [partial(self.service, name) for name in SERVICES]

    async def relay(self) -> None:
        """Kill the instance of order that publishes; it comes back after another one has taken over."""
        victim = await self._system.relay_holder("order")
        victim.daemon.kill()
        heir = await self._system.relay_holder("order")
        assert heir is not victim
        await self._system.restart(victim)

    async def kafka(self) -> None:
        """Kill the broker."""
        self._stack.kafka.daemon.kill()
        self._stack.kafka.start()
        await asyncio.to_thread(self._stack.kafka.wait)

    async def postgres(self) -> None:
        """Kill the database server."""
        self._stack.postgres.daemon.kill()
        await self.postgres_up()

    async def postgres_up(self) -> None:
        """Start it where it does not run, until it answers.

        Started before the last of its processes has gone, it refuses; what it has to recover takes its time.
        """
        for _ in range(60):
            if self._stack.postgres.daemon.pid is None:
                self._stack.postgres.start()
            try:
                return await asyncio.to_thread(self._stack.postgres.wait)
            except RuntimeError:
                await asyncio.sleep(0.5)
        raise AssertionError("PostgreSQL does not start again")
