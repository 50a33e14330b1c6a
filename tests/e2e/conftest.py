"""Systems for whole tests: one on the servers of the run, and one that may lose its servers as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from silkway.cli.addresses import SERVICES
from tests.conftest import servers
from tests.e2e.collector import RATIO, Collector, collecting
from tests.e2e.system import System

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from silkway.embedded import Stack
    from tests.conftest import Backing


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the traces of `system` go."""
    with collecting() as taking:
        yield taking


@pytest.fixture(scope="session")
async def system(
    stack: Backing,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
    tmp_path_factory: pytest.TempPathFactory,
    collector: Collector,
) -> AsyncIterator[System]:
    """One process of each service. Nobody kills it; tests share it, each with tenants of its own.

    Of its traces next to none are kept, so that only the test that means to sees any. Webhooks may come back to us.
    """
    prefix = await new_topics()
    databases = {service: await service_database(service, prefix) for service in SERVICES}
    doors = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_TRACES_SAMPLER_ARG": str(RATIO),
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        "NOTIFY_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    folder = tmp_path_factory.mktemp("system")
    async with System(stack.kafka, prefix, databases, folder, doors=doors) as running:
        yield running


@pytest.fixture
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A Kafka and a PostgreSQL that may be killed."""
    with servers(tmp_path_factory.mktemp("own-stack")) as stack:
        yield stack
