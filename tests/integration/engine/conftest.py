"""A world for each test; at its end the log, replayed, must give every table again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from silkway.messaging.deploy import prepare
from tests.integration.engine.place import Place
from tests.integration.engine.toy import Faults, toy_service
from tests.integration.engine.world import World

NewDatabase = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
async def toy_template(new_database: NewDatabase) -> str:
    """Name of a database with the engine's tables and the toy's."""
    url = await new_database("toy_template")
    connection = await asyncpg.connect(url)
    for migration in sorted(
        (files("silkway.messaging") / "migrations").iterdir(), key=lambda file: file.name
    ):
        await connection.execute(migration.read_text().partition("-- migrate:down")[0])
    await connection.execute(Path(__file__).with_name("toy.sql").read_text())
    await connection.close()
    await prepare(url, toy_service(Faults()))
    return urlsplit(url).path.lstrip("/")


@pytest.fixture(scope="session")
async def toy_databases(new_database: NewDatabase, toy_template: str) -> tuple[str, str]:
    """URLs of two databases of the toy's: what it works in, and what the log is replayed into."""
    return await new_database("toy", toy_template), await new_database("toy", toy_template)


async def empty(url: str) -> None:
    """As it was when it was new; ten times as fast as another database."""
    connection = await asyncpg.connect(url)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.execute("; ".join(f"DELETE FROM {table[0]}" for table in tables))
    await connection.close()
    await prepare(url, toy_service(Faults()))


@pytest.fixture
async def new_world(toy_databases: tuple[str, str]) -> AsyncIterator[Callable[[], Awaitable[World]]]:
    """`await new_world()`: an empty world, in place of the one before."""
    worlds: list[World] = []

    async def create() -> World:
        for world in worlds:
            await world.close()
        for url in toy_databases:
            await empty(url)
        worlds.append(World(*toy_databases, await asyncpg.connect(toy_databases[0])))
        return worlds[-1]

    yield create
    for world in worlds:
        await world.close()


@pytest.fixture
async def world(new_world: Callable[[], Awaitable[World]]) -> AsyncIterator[World]:
    """A world whose log, replayed, must give every table again."""
    world = await new_world()
    yield world
    differences = await world.differences()
    assert not differences, [str(difference) for difference in differences]


@pytest.fixture
async def place(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    new_database: Callable[..., Awaitable[str]],
    toy_template: str,
) -> AsyncIterator[Place]:
    """Topics and a database of the toy's own, empty."""
    prefix = await new_topics()
    url = await new_database("toy", toy_template)
    await prepare(url, toy_service(Faults()), prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, acks="all", max_request_size=8 << 20)
    await producer.start()
    database = await asyncpg.connect(url)
    yield Place(kafka_bootstrap, prefix, url, database, producer)
    await database.close()
    await producer.stop()
