"""Systems for whole tests: one on the servers of the run, and one that may lose its servers as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from silkway.cli.addresses import SERVICES
from tests.conftest import servers
from tests.e2e.system import System

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from silkway.embedded import Stack
    from tests.conftest import Backing


@pytest.fixture(scope="session")
async def system(
    stack: Backing,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[System]:
    """One process of each service. Nobody kills it; tests share it, each with tenants of its own."""
    prefix = await new_topics()
    databases = {service: await service_database(service, prefix) for service in SERVICES}
    async with System(stack.kafka, prefix, databases, tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.fixture
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A Kafka and a PostgreSQL that may be killed."""
    with servers(tmp_path_factory.mktemp("own-stack")) as stack:
        yield stack
