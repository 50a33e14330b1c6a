"""`python -m bench.lists`: how long every list takes where 1,000,000 orders are known.

Fills a database of each service on the embedded PostgreSQL with orders and what lists show of them, and asks all
that `bench.catalogue` knows of every list through the services' own APIs, in this process: from the beginning, from
the middle, by every filter. Measured is what the database takes for a page of 50 as the API sees it, and the whole
answer without a network. Plans are judged on the full tables: a page that is read by scanning a table is named.
A page whose p99 is above the bar is asked again, at most three rounds, and the last counts: what other work on the
machine did goes away, what a plan does stays. Keeps the figures in results/lists-<date>.json; exits with 1 where a
list scans or a page stays above the bar.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg
import httpx

from bench.catalogue import APIS, Question, lists, questions
from bench.fill import TENANT, fill
from bench.machine import describe
from silkway.cli.migrate import apply_migrations
from silkway.embedded import Stack
from silkway.messaging.http import create_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

BAR_MS: Final = 20.0
WARM_UP: Final = 5
ROUNDS: Final = 3


class Took(NamedTuple):
    """Milliseconds of one question."""

    service: str
    question: str
    rows: int
    database_p50_ms: float
    database_p99_ms: float
    answer_p50_ms: float
    answer_p99_ms: float
    scans: bool
    rounds: int = 1


class Watched:
    """A pool of one connection that keeps how long its fetches take, and the last of them."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self.connection = connection
        self.milliseconds: list[float] = []
        self.last: tuple[str, tuple[Any, ...]] = "", ()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Watched]:
        yield self

    async def fetch(self, sql: str, *parameters: Any) -> list[Any]:
        began = time.perf_counter()
        rows = await self.connection.fetch(sql, *parameters)
        self.milliseconds.append(1000 * (time.perf_counter() - began))
        self.last = sql, parameters
        return rows

    async def fetchval(self, sql: str, *parameters: Any) -> Any:
        return await self.connection.fetchval(sql, *parameters)

    async def scans(self) -> bool:
        """Whether the last fetch reads a whole table."""
        sql, parameters = self.last
        rows = await self.connection.fetch("EXPLAIN " + sql, *parameters)
        return any("Seq Scan" in row[0] for row in rows)


async def measure(client: httpx.AsyncClient, watched: Watched, question: Question, times: int) -> Took:
    """Ask a question so many times, again where it took long."""
    for number in range(1, ROUNDS + 1):
        took = (await _round(client, watched, question, times))._replace(rounds=number)
        if took.database_p99_ms <= BAR_MS:
            break
    return took


async def _round(client: httpx.AsyncClient, watched: Watched, question: Question, times: int) -> Took:
    answers: list[float] = []
    rows = 0
    for number in range(WARM_UP + times):
        if number == WARM_UP:
            watched.milliseconds.clear()
            answers.clear()
        began = time.perf_counter()
        answer = await client.get(question.path, params=dict(question.parameters))
        answers.append(1000 * (time.perf_counter() - began))
        if answer.status_code != httpx.codes.OK:
            raise RuntimeError(f"{question}: {answer.status_code} {answer.text[:500]}")
        rows = len(answer.json()["items"])
    database = watched.milliseconds
    return Took(
        question.service, str(question), rows,
        _percentile(database, 0.5), _percentile(database, 0.99),
        _percentile(answers, 0.5), _percentile(answers, 0.99),
        await watched.scans(),
    )  # fmt: skip


def _percentile(milliseconds: Sequence[float], share: float) -> float:
    return round(sorted(milliseconds)[min(int(len(milliseconds) * share), len(milliseconds) - 1)], 2)


async def service_lists(url: str, service: str, orders: int, times: int) -> list[Took]:
    """Fill the database of a service and ask all of its lists."""
    await apply_migrations(service, url)
    connection = await asyncpg.connect(url)
    try:
        await fill(connection, service, orders)
        app = create_api(APIS[service])
        app.state.pool = watched = Watched(connection)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Silkway-Tenant": TENANT}
        found = []
        async with httpx.AsyncClient(
            transport=transport, base_url="http://silkway", headers=headers
        ) as client:
            for path, operation in lists(APIS[service]).items():
                for question in questions(service, path, operation):
                    found.append(await measure(client, watched, question, times))
                    print(*found[-1], sep="\t", flush=True)
        return found
    finally:
        await connection.close()


async def main(stack: Stack, arguments: argparse.Namespace) -> int:
    """Exit status."""
    took: list[Took] = []
    for service in arguments.only or APIS:
        began = time.perf_counter()
        url = stack.postgres.url(f"lists_{service}")
        took += await service_lists(url, service, arguments.orders, arguments.times)
        print(f"{service}: {time.perf_counter() - began:.0f} s", flush=True)
    wrong = [one for one in took if one.scans or one.database_p99_ms > BAR_MS]
    for one in wrong:
        print(f"MISSED {'scans ' if one.scans else ''}{one.service} {one.question}: {one.database_p99_ms} ms")
    worst = max(took, key=lambda one: one.database_p99_ms)
    print(f"{len(took)} questions of {arguments.orders:,} orders; slowest: {worst}")
    if not arguments.only:
        _keep(took, arguments)
    return 1 if wrong else 0


def _keep(took: Sequence[Took], arguments: argparse.Namespace) -> None:
    now = dt.datetime.now(dt.UTC)
    content = {
        "at": now.isoformat(timespec="seconds"),
        "machine": describe(),
        "orders": arguments.orders,
        "asked": arguments.times,
        "bar_ms": BAR_MS,
        "lists": [one._asdict() for one in took],
    }
    file = Path(__file__).with_name("results") / f"lists-{now:%Y-%m-%d}.json"
    file.write_text(json.dumps(content, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=100, help="how often each question is asked")
    parser.add_argument("--only", nargs="+", choices=APIS, help="leave the others out, keep no figures")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    with (
        tempfile.TemporaryDirectory(prefix="silkway-lists-", ignore_cleanup_errors=True) as folder,
        Stack(Path(folder), with_kafka=False) as running,
    ):
        status = asyncio.run(main(running, given))
    sys.exit(status)
