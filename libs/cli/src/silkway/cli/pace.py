"""How far the services have come with a clock, and waiting for them."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Self

import asyncpg

from silkway.messaging.database import DATABASE_ERRORS, plain_connection

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    Connection = asyncpg.Connection[asyncpg.Record]

POLL_S: Final = 0.02
RETRY_S: Final = 1.0
STALL_S: Final = 120.0

Clocks = dict[str, "dt.datetime | None"]


class Stalled(RuntimeError):
    """A service's time did not move for long."""


class Pace:
    """The services' own times of one clock, used as an async context manager.

    As ticks travel in band, a service whose own time has reached a tick has worked off all that was published
    before it, and what the other services answered to that. Services and databases may be away for a while;
    Stalled is raised when none has moved for `stall_s` seconds. `databases`: URLs by service.
    """

    def __init__(
        self,
        databases: Mapping[str, str],
        clock: str,
        on_progress: Callable[[Clocks], None] = lambda clocks: None,
        stall_s: float = STALL_S,
    ) -> None:
        self._databases, self._clock, self._on_progress = databases, clock, on_progress
        self._stall_s = stall_s
        self._connections: dict[str, Connection] = {}
        self.clocks: Clocks = dict.fromkeys(databases)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections.values():
            connection.terminate()

    async def reach(self, until: dt.datetime) -> None:
        """Return when every service's own time is `until` or later."""
        moved = time.monotonic()
        while not self.has_reached(until):
            if await self.look():
                moved = time.monotonic()
            if time.monotonic() - moved > self._stall_s:
                raise Stalled(await self._explain(until))
            await asyncio.sleep(POLL_S if len(self._connections) == len(self._databases) else RETRY_S)

    async def look(self) -> bool:
        """Look at the services' times; whether any has moved."""
        before = dict(self.clocks)
        for name in self._databases:
            self.clocks[name] = await self._own(name) or self.clocks[name]
        self._on_progress(self.clocks)
        return self.clocks != before

    def has_reached(self, until: dt.datetime) -> bool:
        """Whether every service's own time was `until` or later when last looked at."""
        return all(own is not None and own >= until for own in self.clocks.values())

    async def read(self, written: Mapping[tuple[str, int], int]) -> None:
        """Return when every service has read the partitions that it reads up to these offsets."""
        began = time.monotonic()
        while True:
            behind = 0
            for name in self._databases:
                rows = await self._ask(name, "SELECT topic, partition, next_offset FROM offsets")
                if rows is None:
                    behind += 1
                else:
                    behind += sum(row[2] < written.get((row[0], row[1]), 0) for row in rows)
            if not behind:
                return
            if time.monotonic() - began > self._stall_s:
                raise Stalled(
                    f"{behind} partitions have not been read to their ends for {self._stall_s:.0f} s."
                )
            await asyncio.sleep(POLL_S)

    async def _own(self, name: str) -> dt.datetime | None:
        """The service's time, None where it has none or its database does not answer."""
        rows = await self._ask(name, "SELECT own FROM clocks WHERE clock = $1", self._clock)
        own: dt.datetime | None = rows[0]["own"] if rows else None
        return own

    async def _ask(self, name: str, query: str, *parameters: str) -> list[asyncpg.Record] | None:
        """The rows; None where the database does not answer."""
        try:
            if name not in self._connections:
                self._connections[name] = await plain_connection(
                    self._databases[name], timeout=5, command_timeout=10
                )
            return await self._connections[name].fetch(query, *parameters)
        except DATABASE_ERRORS:
            connection = self._connections.pop(name, None)
            if connection is not None:
                connection.terminate()
            return None

    async def _explain(self, until: dt.datetime) -> str:
        lines = [
            f"Clock {self._clock} has not moved for {self._stall_s:.0f} s, short of {until:%Y-%m-%d %H:%M}:"
        ]
        for name, own in self.clocks.items():
            if own is None or own < until:
                at = f"{own:%Y-%m-%d %H:%M}" if own else "no time yet"
                lines.append(f"  {name}: {at}; {await self._troubles(name)}")
        lines.append(
            "See `silkway status` and the logs; the same command again goes on where this one stopped."
        )
        return "\n".join(lines)

    async def _troubles(self, name: str) -> str:
        """Why the service stands still, as far as its database tells."""
        rows = await self._ask(name, "SELECT topic, partition, halted FROM offsets WHERE halted IS NOT NULL")
        parked = await self._ask(name, "SELECT count(*) FROM parked")
        if rows is None or parked is None:
            return "its database does not answer"
        halted = ", ".join(f"{row['topic']}/{row['partition']} ({row['halted']})" for row in rows)
        return f"halted partitions: {halted or 'none'}; parked records: {parked[0][0]}"
