"""The log that all contenders read, and the tables that they begin with."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import asyncpg

from silkway.cli.fact import Fact
from silkway.cli.feed import Feed
from silkway.contracts import LIVE_CLOCK, OrderConfirmed

ORDERS = 20_000
"""Orders that are there before the first fact comes; the facts fall on them evenly."""
FACTS_A_TICK = 10_000
TENANT = "acme"
_BEGIN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
_SEED_ORDERS = """
    INSERT INTO orders
    SELECT $1, 'PO-2026-' || lpad(n::text, 6, '0'), 'BUY-' || n % 97, 'SUP-SZ-' || n % 500, 'USD', 100 * n,
           false, false, 0, $2
    FROM generate_series(0, $3 - 1) AS n"""
_SEED_AGGREGATES = """
    INSERT INTO aggregates (rank, key, clock) SELECT 1, tenant || '/' || order_id, $1 FROM orders"""


def facts(count: int) -> Iterator[Fact]:
    """`count` confirmations, always the same."""
    chance = random.Random(7)
    for number in range(count):
        at = _BEGIN + dt.timedelta(milliseconds=number)
        order_id = f"PO-2026-{chance.randrange(ORDERS):06}"
        data = OrderConfirmed(order_id=order_id, party=chance.choice(("BUYER", "SUPPLIER")), confirmed_at=at)
        yield Fact(at, data, at, "/shops/eu", f"confirmation-{number:09}")


async def fill(kafka: str, prefix: str, count: int) -> None:
    """Publish the facts, a tick of the live clock before the first and after every `FACTS_A_TICK`."""
    async with Feed(kafka, prefix) as feed:
        for number, fact in enumerate(facts(count)):
            if number % FACTS_A_TICK == 0:
                await feed.tick(LIVE_CLOCK, fact.time)
            await feed.fact(TENANT, fact)
        await feed.flush()


async def create_template(server_url: str, url: str, name: str) -> None:
    """A database with the tables of all contenders and `ORDERS` orders, to be copied for each run."""
    await _execute(server_url, f'CREATE DATABASE "{name}"')
    connection = await asyncpg.connect(url)
    try:
        migrations = files("silkway.messaging") / "migrations"
        for migration in sorted(migrations.iterdir(), key=lambda file: file.name):
            if migration.name.endswith(".sql"):
                await connection.execute(migration.read_text().partition("-- migrate:down")[0])
        await connection.execute(Path(__file__).with_name("schema.sql").read_text())
        await connection.execute(_SEED_ORDERS, TENANT, _BEGIN - dt.timedelta(days=1), ORDERS)
        await connection.execute(_SEED_AGGREGATES, LIVE_CLOCK)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def copy_template(server_url: str, template: str, name: str) -> None:
    """A fresh copy of the template, in place of the one of an earlier run."""
    await drop(server_url, name)
    await _execute(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


async def drop(server_url: str, name: str) -> None:
    await _execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
