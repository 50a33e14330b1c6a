"""The counter of a service: its API without a network, its facts going onto a log in memory."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx

from silkway.contracts import Envelope, Event, partition_of, write
from silkway.messaging.http import Api, Place, create_api

TENANT = {"Silkway-Tenant": "acme"}


class Published(NamedTuple):
    envelope: Envelope
    event: Event
    place: Place


class MemoryLog:
    """Does what `Publisher` does, in memory; tests/integration/http/test_publisher.py holds both to the same."""

    def __init__(self) -> None:
        self.published: list[Published] = []

    async def publish(self, envelope: Envelope, event: Event) -> Place:
        key = write(envelope, event).key
        assert key is not None
        partition = partition_of(key, 8)
        before = [p for p in self.published if p.place[:2] == (event.topic, partition)]
        place = Place(event.topic, partition, len(before))
        self.published.append(Published(envelope, event, place))
        return place

    async def close(self) -> None:
        """Nothing to close."""


class NothingYet:
    """A pool of itself as the only connection, to a database without rows but for the key that secrets come from."""

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["NothingYet"]:
        yield self

    async def fetchrow(self, *_: Any) -> None:
        return None

    async def fetchval(self, *_: Any) -> bytes:
        return bytes(32)


@dataclass
class Counter:
    """`client` speaks to the API of a service; `log` is what it published."""

    client: httpx.AsyncClient
    log: MemoryLog

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Post a body as JSON; header names are written with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(path, json=body, headers=TENANT | named)

    async def post_raw(
        self, path: str, body: bytes | AsyncIterator[bytes], content_type: str | None = "application/json"
    ) -> httpx.Response:
        """Post bytes as they are."""
        given = {} if content_type is None else {"Content-Type": content_type}
        return await self.client.post(path, content=body, headers=TENANT | given)


def open_counter(api: Api, **limits: float) -> Counter:
    """The counter of a service. Errors come back as they would over the network."""
    app = create_api(api, **limits)
    app.state.publisher = log = MemoryLog()
    app.state.pool = NothingYet()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return Counter(httpx.AsyncClient(transport=transport, base_url="http://silkway"), log)


def fields(response: httpx.Response) -> list[str]:
    """The fields that a problem names."""
    return [error["field"] for error in response.json()["errors"]]


def assert_problem(response: httpx.Response, status: int, code: str, named: Iterable[str] = ()) -> None:
    """The answer is a problem of this kind that names these fields, each with a reason and a remedy."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"urn:silkway:problem:{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == response.request.url.path
    assert set(named) <= set(fields(response))
    assert all(error["reason"] and error["remedy"] for error in problem["errors"])
