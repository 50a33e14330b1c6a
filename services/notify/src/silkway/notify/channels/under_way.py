"""Deliveries that are being sent: how many at once, so that nobody's slow receivers hold up what goes to others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine
from typing import Any, Final

import structlog

MOST: Final = 500
"""Webhooks of all tenants together; each may hold a connection for as long as a receiver is waited for."""
MOST_OF_A_TENANT: Final = 50
"""A tenth of it: three subscriptions with slow receivers, at 16 each, leave something for its others."""
_log = structlog.get_logger()

Key = tuple[str, str]
"""Tenant and subscription."""


class UnderWay:
    """One task for each subject of a subscription. `ended` is called whenever one is over.

    A fault of ours does not call it: what is started anew because of it waits for the next look.
    """

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

    def start(
        self, key: Key, subject: str, work: Coroutine[Any, Any, None], *, counted: bool = False
    ) -> None:
        """Do `work` beside all others. `counted`: it takes of its tenant's room."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.setdefault(key, {})[subject] = task
        self._of_tenants[key[0]] += counted
        task.add_done_callback(lambda task: self._end(key, subject, task, counted))

    async def stop(self) -> None:
        """Cancel all, and wait until they have ended."""
        tasks = [task for about in self._tasks.values() for task in about.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self, key: Key, subject: str, task: asyncio.Task[None], counted: bool) -> None:
        about = self._tasks[key]
        del about[subject]
        if not about:
            del self._tasks[key]
        self._of_tenants[key[0]] -= counted
        if not self._of_tenants[key[0]]:
            del self._of_tenants[key[0]]
        if task.cancelled() or (error := task.exception()) is None:
            self._ended()
        else:
            _log.error("delivery failed on our side", error=repr(error)[:300])
