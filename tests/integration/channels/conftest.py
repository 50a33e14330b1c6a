"""A world for each test of the channels."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.integration.channels.world import World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager


@pytest.fixture
def new_world(
    kafka_bootstrap: str,
    new_topics: Callable[[], Awaitable[str]],
    service_database: Callable[..., Awaitable[str]],
) -> Callable[..., AbstractAsyncContextManager[World]]:
    """`async with new_world(NOTIFY_…="…") as world`: a notify service with these settings."""

    @asynccontextmanager
    async def create(**settings: str) -> AsyncIterator[World]:
        prefix = await new_topics()
        url = await service_database("notify", prefix)
        async with world_of(kafka_bootstrap, url, prefix, settings) as world:
            yield world

    return create
