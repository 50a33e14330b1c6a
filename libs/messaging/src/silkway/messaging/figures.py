"""Figures that stand in tables: read when somebody asks for them, by cheap queries with a time limit.

Nothing is counted on the way of a record. Who is not asked reads nothing.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import asyncpg
import structlog
from prometheus_client import Counter, Gauge, Histogram

from silkway.contracts import LIVE_CLOCK
from silkway.messaging.database import DATABASE_ERRORS

_log = structlog.get_logger()

FRESH_S: Final = 4.0
"""So long a figure holds: several who scrape cost no more than one."""
SLOW_S: Final = 60.0
"""The same of what takes longer to read."""
QUERY_TIMEOUT_S: Final = 1.0
MOST_COUNTED: Final = 10_000
"""Beyond so many rows it is not counted on: they are too many anyhow."""

_failures = Counter("silkway_figures_failed_total", "Figures that could not be read in time.", ["figure"])
_seconds = Histogram(
    "silkway_figures_seconds",
    "Time to read all figures that were due.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3),
)


class Figure(NamedTuple):
    """A gauge and the query of it: one row for each series, its labels and then the value.

    A query without rows leaves no series; without labels, no number. `fresh_s`: how long it holds.
    """

    name: str
    gauge: Gauge
    query: str
    labelled: bool
    fresh_s: float


def figure(name: str, words: str, query: str, labels: Sequence[str] = (), fresh_s: float = FRESH_S) -> Figure:
    """A figure with a gauge of its own, silkway_<name>."""
    return Figure(name, Gauge(f"silkway_{name}", words, labels), query, bool(labels), fresh_s)


def counted(table: str, where: str = "true") -> str:
    """A query for how many rows there are, up to `MOST_COUNTED`."""
    return f"SELECT count(*) FROM (SELECT FROM {table} WHERE {where} LIMIT {MOST_COUNTED}) counted"


# A packed batch has the time of its first record, in milliseconds, at byte 27 (outbox.py); the journal's rows are none.
_OLDEST = """
    SELECT coalesce((
        SELECT greatest(0, extract(epoch FROM clock_timestamp())
            - ('x' || encode(substring(payload FROM 28 FOR 8), 'hex'))::bit(64)::bigint / 1000.0)
        FROM (SELECT id, topic, payload FROM outbox ORDER BY id LIMIT 50) begins
        WHERE topic NOT LIKE '%.journal' ORDER BY id LIMIT 1), 0)"""
_OWN = f"SELECT own FROM clocks WHERE clock = '{LIVE_CLOCK}' AND own IS NOT NULL"

ENGINE: Final = (
    figure(
        "time_lag_seconds",
        "How far the service's own time is behind the clock of the live tenants.",
        f"SELECT extract(epoch FROM clock_timestamp() - own) FROM ({_OWN}) live",
    ),
    figure(
        "tick_lag_seconds",
        "How old the last tick is that was read from every partition of a topic.",
        "SELECT topic, extract(epoch FROM clock_timestamp() - min(tick)) FROM ticks"
        f" WHERE clock = '{LIVE_CLOCK}' GROUP BY topic",
        ["topic"],
    ),
    figure(
        "timers_overdue",
        "Deadlines of live tenants that the service's time has passed and that have not been judged.",
        counted(
            "aggregates",
            f"clock = '{LIVE_CLOCK}' AND parked = 0 AND due_at <= ({_OWN})",
        ),
    ),
    figure("parked_records", "Records and deadlines that were parked.", counted("parked")),
    figure(
        "waiting_records",
        "Records that wait, by what for.",
        f"SELECT cause, count(*) FROM (SELECT cause FROM waiting LIMIT {MOST_COUNTED}) counted GROUP BY cause",
        ["cause"],
    ),
    figure(
        "outbox_rows",
        "Packed batches that wait for the relay, at most.",
        "SELECT coalesce((SELECT id FROM outbox ORDER BY id DESC LIMIT 1)"
        " - (SELECT id FROM outbox ORDER BY id LIMIT 1) + 1, 0)",
    ),
    figure("outbox_oldest_seconds", "Age of the oldest batch that waits for the relay.", _OLDEST),
    figure(
        "database_bytes",
        "Size of the service's database.",
        "SELECT pg_database_size(current_database())",
        fresh_s=SLOW_S,
    ),
)
"""What every service has."""


class Figures:
    """The figures of one service. `prefix`: of its topics, which is not told."""

    def __init__(
        self, pool: asyncpg.Pool[asyncpg.Record], figures: Iterable[Figure], prefix: str = ""
    ) -> None:
        self._pool, self._prefix = pool, prefix
        self._figures = list(figures)
        self._read_at: dict[str, float] = {}
        self._turn = asyncio.Lock()

    async def read(self) -> None:
        """Bring the gauges up to date that are not. What cannot be read in time keeps its last value."""
        async with self._turn:
            now = time.monotonic()
            due = [f for f in self._figures if now - self._read_at.get(f.name, -SLOW_S) >= f.fresh_s]
            if not due:
                return
            for one in due:
                self._read_at[one.name] = (
                    now  # also where it fails: whoever is slow is not asked again at once
                )
            try:
                async with asyncio.timeout(2 * QUERY_TIMEOUT_S), self._pool.acquire() as connection:
                    for one in due:
                        await self._read(connection, one)
            except DATABASE_ERRORS as error:
                _failures.labels("all").inc()
                _log.info("figures not read", error=repr(error)[:300])
            _seconds.observe(time.monotonic() - now)

    async def _read(self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], one: Figure) -> None:
        try:
            rows = await connection.fetch(one.query, timeout=QUERY_TIMEOUT_S)
        except (asyncpg.PostgresError, TimeoutError) as error:
            _failures.labels(one.name).inc()
            _log.info("figure not read", figure=one.name, error=repr(error)[:300])
            return
        if one.labelled:
            one.gauge.clear()
        elif not rows:
            one.gauge.set(math.nan)
        for row in rows:
            *labels, value = row
            names = [str(label).removeprefix(self._prefix) for label in labels]
            (one.gauge.labels(*names) if names else one.gauge).set(float(value))
