"""Deliveries that are being sent: how many at once, so that nobody's slow receivers hold up what goes to others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Final

import structlog

MOST: Final = 500
"""Of all tenants together; each may hold a connection for as long as a receiver is waited for."""
MOST_OF_A_TENANT: Final = 50
_log = structlog.get_logger()

Key = tuple[str, str]
"""Tenant and subscription."""


class UnderWay:
    """One task for each subject of a subscription. `ended` is called whenever one is over."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._tasks: dict[Key, dict[str, asyncio.Task[None]]] = {}
        self._of_tenants: Counter[str] = Counter()

    def subjects(self, key: Key) -> Collection[str]:
        """About what something is being sent to this subscription."""
        return self._tasks.get(key, {}).keys()

    def room(self, tenant: str) -> int:
        """How many more may be started for this tenant."""
        return min(MOST - self._of_tenants.total(), MOST_OF_A_TENANT - self._of_tenants[tenant])

    def start(self, key: Key, subject: str, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` beside all others. What it raises is a fault of ours, logged and tried again with the next."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.setdefault(key, {})[subject] = task
        self._of_tenants[key[0]] += 1
        task.add_done_callback(lambda task: self._end(key, subject, task))

    async def stop(self) -> None:
        """Cancel all, and wait until they have ended."""
        tasks = [task for about in self._tasks.values() for task in about.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self, key: Key, subject: str, task: asyncio.Task[None]) -> None:
        about = self._tasks[key]
        del about[subject]
        if not about:
            del self._tasks[key]
        self._of_tenants[key[0]] -= 1
        if not self._of_tenants[key[0]]:
            del self._of_tenants[key[0]]
        self._ended()
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("delivery failed on our side", error=repr(error)[:300])
