"""One Kafka and one PostgreSQL for the whole run; what tests keep in them is apart by name.

KAFKA_BOOTSTRAP_SERVERS and SILKWAY_TEST_DATABASE_URL (a superuser's, of the database `postgres`) point the
run at servers that are already there; otherwise both are started here and stopped at the end.
"""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from silkway.cli.migrate import apply_migrations
from silkway.cli.topics import create_topics
from silkway.embedded import Stack
from silkway.messaging.deploy import prepare

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

_counter = itertools.count(1)
hypothesis.settings.register_profile("silkway", deadline=None)  # a busy machine is no counterexample
hypothesis.settings.load_profile("silkway")


class Groups(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells no types
    """All whole systems in one process, for each of them fills both cores; the rest file by file in the other.

    Simulated schedules need nothing and take long: whoever is free takes fifty.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/simulation/test_schedules.py"):
            return nodeid
        return "systems" if nodeid.startswith("tests/e2e/") else nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Groups:
    """How `-n` shares the tests out."""
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those with servers of their own first, as long as no shared system costs idle time beside them."""
    items.sort(key=lambda item: "system" in getattr(item, "fixturenames", ()))


@dataclass(frozen=True)
class Backing:
    """The servers of this run. All tests share them: nobody may kill them."""

    kafka: str
    postgres: str

    def database_url(self, name: str) -> str:
        """URL of the database `name` on this server."""
        return urlsplit(self.postgres)._replace(path=f"/{name}").geturl()


@contextmanager
def servers(home: Path) -> Iterator[Stack]:
    """Kafka and PostgreSQL whose data nobody reads again: killed, they spare us the minute of a clean stop."""
    with Stack(home) as stack:
        try:
            yield stack
        finally:
            for daemon in stack.daemons:
                daemon.kill()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backing]:
    """Kafka and PostgreSQL, started once for the run."""
    kafka, postgres = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("SILKWAY_TEST_DATABASE_URL")
    if kafka and postgres:
        yield Backing(kafka, postgres)
        return
    with servers(tmp_path_factory.mktemp("stack")) as embedded:
        yield Backing(embedded.kafka.bootstrap, embedded.postgres.url("postgres"))


@pytest.fixture(scope="session")
def kafka_bootstrap(stack: Backing) -> str:
    """Kafka's address, host:port."""
    return stack.kafka


@pytest.fixture(scope="session")
def new_database(stack: Backing) -> Callable[..., Awaitable[str]]:
    """`await new_database("name")`: URL of a new, empty database of about that name."""

    async def create(name: str, template: str = "template1") -> str:
        unique = f"{name}_{os.getpid()}_{next(_counter)}"
        connection = await asyncpg.connect(stack.postgres)
        try:
            await connection.execute(f'CREATE DATABASE "{unique}" TEMPLATE "{template}"')
        finally:
            await connection.close()
        return stack.database_url(unique)

    return create


@pytest.fixture(scope="session")
def service_database(new_database: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:
    """`await service_database("order", prefix)`: URL of a new database, ready for the service, empty.

    `prefix` is that of `new_topics`.
    """
    templates: dict[str, str] = {}

    async def create(service: str, prefix: str) -> str:
        if service not in templates:  # migrated once, then copied: a copy takes a tenth of the time
            url = await new_database(f"template_{service}")
            await apply_migrations(service, url)
            templates[service] = urlsplit(url).path.lstrip("/")
        url = await new_database(service, templates[service])
        await prepare(url, import_module(f"silkway.{service}.consumer").SERVICE, prefix)
        return url

    return create


@pytest.fixture(scope="session")
def new_topics(stack: Backing) -> Callable[[], Awaitable[str]]:
    """`await new_topics()`: prefix of a new set of all topics (SILKWAY_TOPIC_PREFIX), empty."""

    async def create() -> str:
        prefix = f"t{os.getpid()}-{next(_counter)}."
        await create_topics(stack.kafka, prefix)
        return prefix

    return create
