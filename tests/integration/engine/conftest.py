"""A world for each test; at its end the log, replayed, must give every table again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from silkway.messaging.deploy import prepare
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


@pytest.fixture
async def toy_database(new_database: NewDatabase, toy_template: str) -> Callable[[], Awaitable[str]]:
    """`await toy_database()`: URL of a new database, ready for the toy."""

    async def create() -> str:
        return await new_database("toy", toy_template)

    return create


@pytest.fixture
async def world(toy_database: Callable[[], Awaitable[str]]) -> AsyncIterator[World]:
    url = await toy_database()
    connection = await asyncpg.connect(url)
    world = World(url, await toy_database(), connection)
    yield world
    await world.batches.close()
    differences = await world.differences()
    await connection.close()
    assert not differences, [str(difference) for difference in differences]
