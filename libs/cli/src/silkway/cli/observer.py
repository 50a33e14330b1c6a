"""Watches a running system from a thread of its own, so that a slow answer never delays a restart."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import httpx

from silkway.cli.addresses import SERVICES
from silkway.cli.figures import Matters, Notice, latest_notices, matters, order_states, readiness

if TYPE_CHECKING:
    from pathlib import Path

    from silkway.cli.addresses import Addresses

_EVERY_S: Final = 1.0
_UNTIL_READY_EVERY_S: Final = 0.3
_NOTICES: Final = 6


@dataclass(frozen=True)
class Demo:
    """How far the built-in trade has come: `done` of `total` steps, and the words for it."""

    tenant: str = ""
    done: int = 0
    total: int = 0
    text: str = ""
    finished: bool = False


@dataclass(frozen=True)
class Observed:
    """What was seen last. `waits_for`: by service, empty when ready; `states`: orders by tenant and life."""

    waits_for: dict[str, str] = field(default_factory=dict)
    states: dict[str, dict[str, int]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    demo: Demo = Demo()
    matters: dict[str, Matters] = field(default_factory=dict)


class Observer:
    """Keeps `observed` fresh until stopped. `demo_file`: where the built-in trade reports its progress."""

    def __init__(self, addresses: Addresses, demo_file: Path) -> None:
        self.observed = Observed()
        self._addresses, self._demo_file = addresses, demo_file
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; what is being asked is not waited for long."""
        self._stopped.set()
        self._thread.join(timeout=3.0)

    async def _watch(self) -> None:
        async with httpx.AsyncClient() as client:
            while not self._stopped.is_set():
                waits_for = await readiness(client, self._addresses.apis)
                self.observed = replace(self.observed, waits_for=waits_for)
                # Look often, and do not disturb those who are starting.
                if any(waits_for[name] for name in SERVICES):
                    await asyncio.sleep(_UNTIL_READY_EVERY_S)
                else:
                    self.observed = await self._look(client, waits_for)
                    await asyncio.sleep(_EVERY_S)

    async def _look(self, client: httpx.AsyncClient, waits_for: dict[str, str]) -> Observed:
        demo = self._read_demo()
        states = await order_states(self._addresses.database("order"))
        tenant = demo.tenant or next(iter(states), "")
        notify = self._addresses.apis["notify"]
        notices = await latest_notices(client, notify, tenant, _NOTICES) if tenant else []
        databases = {name: self._addresses.database(name) for name in SERVICES}
        return Observed(waits_for, states, notices, demo, await matters(databases))

    def _read_demo(self) -> Demo:
        try:
            written: dict[str, Any] = json.loads(self._demo_file.read_text())
        except (FileNotFoundError, ValueError):
            return Demo()
        return Demo(**{name: written[name] for name in Demo.__dataclass_fields__ if name in written})
