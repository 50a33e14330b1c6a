"""A world for each test of the channels, and a store of personal data."""

from __future__ import annotations

import base64
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from silkway.cli.migrate import PERSONAL, apply_migrations
from tests.integration.channels.world import World, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path


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


@pytest.fixture
async def personal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, new_database: Callable[..., Awaitable[str]]
) -> str:
    """The store of personal data, which the environment names: sealed from the first fact on."""
    url, keys = await new_database(PERSONAL), tmp_path / "keys"
    await apply_migrations(PERSONAL, url)
    keys.write_bytes(base64.b64encode(os.urandom(32)) + b"\n")
    monkeypatch.setenv("SILKWAY_PERSONAL_DATA_SEALED_SINCE", "1970-01-01T00:00:00Z")
    monkeypatch.setenv("PERSONAL_DATABASE_URL", url)
    monkeypatch.setenv("PERSONAL_KEY_FILE", str(keys))
    monkeypatch.setenv("NOTIFY_WEBHOOK_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("NOTIFY_RETRY_AFTER_S", "0.1,0.1")
    monkeypatch.setenv("NOTIFY_HTTP_ADDRESS", "")  # as it was, when the test is over
    return url
