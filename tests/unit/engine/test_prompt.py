"""A broker that is not to be reached is given up soon; one that answers slowly is waited for."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest
from aiokafka.conn import create_conn

from silkway.messaging import prompt
from silkway.messaging.kafka import to_kafka

REQUEST_S = 1.0


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, int]]:
    """Somebody who listens and says nothing, and where; clients that connect as ours do."""
    monkeypatch.setattr(prompt, "CONNECT_S", 0.2)
    to_kafka("127.0.0.1:9092", {})
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        yield server, server.getsockname()[1]


async def gave_up_after(port: int) -> float:
    """Seconds until a client had enough."""
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await create_conn("127.0.0.1", port, request_timeout_ms=int(REQUEST_S * 1000))
    return time.monotonic() - began


async def test_a_broker_that_takes_no_connection_is_given_up_soon(port: tuple[socket.socket, int]) -> None:
    # Given a host that answers no SYN, as one that is gone: here its queue of connections is full
    server, number = port
    with socket.create_connection(server.getsockname()):
        # When a client connects, then it gives up long before a request's time is over
        assert await gave_up_after(number) < REQUEST_S / 2


async def test_a_broker_that_is_slow_to_answer_has_the_time_of_a_request(
    port: tuple[socket.socket, int],
) -> None:
    # Given a broker that takes the connection and is busy, when a client connects, then it waits
    assert await asyncio.wait_for(gave_up_after(port[1]), 5) >= REQUEST_S
