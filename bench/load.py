"""The log that all contenders read, and the tables that they begin with."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

import asyncpg

from silkway.cli.fact import Fact
from silkway.cli.feed import Feed
from silkway.contracts import LIVE_CLOCK, OrderConfirmed

ORDERS = 20_000
"""Orders that are there before the first fact comes; the facts fall on them evenly."""
FACTS_A_TICK = 10_000
TENANT = "acme"
_BEGIN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
# As the service would have written them: each order came by a fact from outside. The rows of a table are given by n.
_SEEDS: Final = {
    "orders": f"""
        SELECT '{TENANT}', 'PO-2026-' || lpad(n::text, 8, '0'), 'BUY-' || n % 97, 'SUP-SZ-' || n % 500, 'USD',
               100 * n, false, false, 0, timestamptz '2026-02-28Z'""",
    "aggregates": f"""
        SELECT 1, '{TENANT}/PO-2026-' || lpad(n::text, 8, '0'), 0, '{{}}'::jsonb, 0, 0, '{LIVE_CLOCK}'""",
    "inbox": """
        SELECT gen_random_uuid(), gen_random_uuid(), 'applied', NULL::jsonb,
               'trade.orders/' || n % 8 || '/' || n / 8""",
}
_PRIMARY_KEY = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = $1::regclass AND contype = 'p'"""


def facts(count: int, orders: int = ORDERS, first: int = 0) -> Iterator[Fact]:
    """`count` confirmations, evenly of all `orders`, always the same; the first is number `first` of all."""
    chance = random.Random(7 + first)
    for number in range(first, first + count):
        at = _BEGIN + dt.timedelta(milliseconds=number)
        order_id = f"PO-2026-{chance.randrange(orders):08}"
        data = OrderConfirmed(order_id=order_id, party=chance.choice(("BUYER", "SUPPLIER")), confirmed_at=at)
        yield Fact(at, data, at, "/shops/eu", f"confirmation-{number:09}")


async def fill(kafka: str, prefix: str, count: int, orders: int = ORDERS, first: int = 0) -> None:
    """Publish the facts, a tick of the live clock before the first and after every `FACTS_A_TICK`."""
    async with Feed(kafka, prefix) as feed:
        for number, fact in enumerate(facts(count, orders, first)):
            if number % FACTS_A_TICK == 0:
                await feed.tick(LIVE_CLOCK, fact.time)
            await feed.fact(TENANT, fact)
        await feed.flush()


async def create_database(server_url: str, url: str, name: str, orders: int = ORDERS) -> None:
    """A database with the tables of all contenders and so many orders in them; some 500 bytes each."""
    await _execute(server_url, f'CREATE DATABASE "{name}"')
    migrations = files("silkway.messaging") / "migrations"
    for migration in sorted(migrations.iterdir(), key=lambda file: file.name):
        if migration.name.endswith(".sql"):
            await _execute(url, migration.read_text().partition("-- migrate:down")[0])
    await _execute(url, Path(__file__).with_name("schema.sql").read_text())
    await asyncio.gather(*(_seed(url, table, orders) for table in _SEEDS))
    await _execute(url, "CHECKPOINT")  # else the first run would pay for it


async def _seed(url: str, table: str, orders: int) -> None:
    """Fill a table in bulk: its key is built afterwards, at once."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
        name, definition = await connection.fetchrow(_PRIMARY_KEY, table) or ("", "")
        await connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        await connection.execute(
            f"INSERT INTO {table} {_SEEDS[table]} FROM generate_series(0, {orders - 1}) AS n"
        )
        await connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()


async def copy_template(server_url: str, template: str, name: str) -> None:
    """A fresh copy of the template, in place of the one of an earlier run."""
    await drop(server_url, name)
    await _execute(server_url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


async def drop(server_url: str, name: str) -> None:
    await _execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def ask(url: str, question: str) -> int:
    """The one number that answers it."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(question))
    finally:
        await connection.close()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
