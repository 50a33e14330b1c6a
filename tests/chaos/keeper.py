"""What any installation has: somebody who starts again what has ended by itself, and asks whether it is ready."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from silkway.embedded.daemon import Daemon
    from tests.chaos.ground import Ground
    from tests.e2e.system import Instance

READY_S: Final = 300.0
"""Faults go on around whoever gets ready; what takes longer is stuck."""
_LOOK_S: Final = 0.25


class NotReady(Exception):
    """A process that nothing holds any longer does not get ready."""


class Keeper:
    """Looks after all processes but those that a fault holds just now."""

    def __init__(self, ground: Ground) -> None:
        self._system, self._stack = ground.system, ground.stack
        self._held: list[Daemon] = []
        self.ended: list[str] = []
        """Who ended by itself, with its exit code and last words; each was started again."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            for daemon in [i.daemon for i in self._system.processes] + self._stack.daemons:
                if daemon.pid is None and daemon not in self._held:
                    self.ended.append(f"{daemon.name} ({daemon.exit_code}): {daemon.last_lines(3)}")
                    daemon.start()
            await asyncio.sleep(_LOOK_S)

    @contextlib.contextmanager
    def hold(self, *daemons: Daemon) -> Iterator[None]:
        """A fault has these in its hands; whatever it leaves dead is started again afterwards."""
        self._held += daemons
        try:
            yield
        finally:
            for daemon in daemons:
                self._held.remove(daemon)

    async def ready(self, instances: Iterable[Instance]) -> None:
        """Return when all of them say so. Raises NotReady."""
        async with httpx.AsyncClient(verify=False, timeout=5) as client:
            await asyncio.gather(*(self._ready(client, instance) for instance in instances))

    async def _ready(self, client: httpx.AsyncClient, instance: Instance) -> None:
        said, deadline = "nothing", time.monotonic() + READY_S
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                answer = await client.get(f"{instance.url}/readyz")
                if answer.status_code == httpx.codes.OK:
                    return
                said = answer.text
            await asyncio.sleep(_LOOK_S)
        name = instance.daemon.name
        raise NotReady(f"{name} is not ready after {READY_S:.0f} s: {said}\n{instance.daemon.last_lines(5)}")
