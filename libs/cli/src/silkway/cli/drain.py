"""Waiting until the services have done everything that a clock's ticks have passed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

POLL_S: Final = 0.5
STALL_S: Final = 120.0

Clocks = dict[str, "dt.datetime | None"]


class Stalled(RuntimeError):
    """A service's clock did not move for a long time."""


async def drain(
    databases: Mapping[str, str],
    clock: str,
    until: dt.datetime,
    on_progress: Callable[[Clocks], None] = lambda clocks: None,
    stall_s: float = STALL_S,
) -> None:
    """Return when every service's own time of `clock` has reached `until`. `databases`: URLs by service.

    As ticks travel in band, everything published before that tick has then been worked off. A service or a
    database may be away for a while; Stalled is raised when none has moved for `stall_s` seconds.
    """
    clocks: Clocks = dict.fromkeys(databases)
    moved = time.monotonic()
    while True:
        for name, database in databases.items():
            own = await _own(database, clock)
            if own is not None and own != clocks[name]:
                clocks[name], moved = own, time.monotonic()
        on_progress(clocks)
        if all(own is not None and own >= until for own in clocks.values()):
            return
        if time.monotonic() - moved > stall_s:
            raise Stalled(await _explain(databases, clock, clocks, until, stall_s))
        await asyncio.sleep(POLL_S)


async def _own(database: str, clock: str) -> dt.datetime | None:
    """The service's time, None where it has none or its database does not answer."""
    try:
        connection = await asyncpg.connect(database, timeout=5)
        try:
            own: dt.datetime | None = await connection.fetchval(
                "SELECT own FROM clocks WHERE clock = $1", clock
            )
            return own
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return None


async def _explain(
    databases: Mapping[str, str], clock: str, clocks: Clocks, until: dt.datetime, stall_s: float
) -> str:
    lines = [f"Clock {clock} has not moved for {stall_s:.0f} s and has not reached {until:%Y-%m-%d %H:%M}:"]
    for name, own in clocks.items():
        if own is None or own < until:
            at = f"{own:%Y-%m-%d %H:%M}" if own else "no time yet, or its database does not answer"
            lines.append(f"  {name}: {at}; {await _halted(databases[name])}")
    lines.append(
        "See `silkway status` and the logs. Starting the same command again goes on where it stopped."
    )
    return "\n".join(lines)


async def _halted(database: str) -> str:
    """Why partitions stand still, if they do."""
    try:
        connection = await asyncpg.connect(database, timeout=5)
        try:
            rows = await connection.fetch(
                "SELECT topic, partition, halted FROM offsets WHERE halted IS NOT NULL ORDER BY 1, 2"
            )
            parked = await connection.fetchval("SELECT count(*) FROM parked")
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        return f"{type(error).__name__}: {error}"
    halted = ", ".join(f"{row['topic']}/{row['partition']} ({row['halted']})" for row in rows)
    return f"halted partitions: {halted or 'none'}; parked records: {parked}"
