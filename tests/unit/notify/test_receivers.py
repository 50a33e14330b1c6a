"""Receivers of webhooks that answer so as to hold us up: a byte at a time, or packed small and large inside."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Final

import pytest

from silkway.notify.channels import webhook
from silkway.notify.channels.guard import Guard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from silkway.notify.channels.outcome import Outcome

TIMEOUT_S: Final = 0.3
OWN: Final = (IPv4Network("127.0.0.0/8"),)


class Receiver:
    """Answers with these parts, one after another, the last for ever where it is to `drip`."""

    def __init__(self, parts: Sequence[bytes], *, drip: bool = False) -> None:
        self.parts, self.drip, self.heard, self.url = parts, drip, b"", ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = await reader.readuntil(b"\r\n\r\n")
        try:
            for part in self.parts:
                writer.write(part)
            while self.drip:
                writer.write(self.parts[-1])
                await writer.drain()
                await asyncio.sleep(TIMEOUT_S / 10)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        yield receiver
        server.close()


async def call(receiver: Receiver) -> Outcome:
    """What becomes of a webhook to it."""
    async with webhook.new_client(TIMEOUT_S, Guard(OWN)) as client:
        return await webhook.call(client, receiver.url, "D-1", "{}", [b"k"], 0, OWN)


@pytest.mark.parametrize(
    "parts",
    [
        [b"HTTP/1.1 200 -\r\ncontent-length: 1000\r\n\r\n", b"x"],
        [b"HTTP/1.1 200 -\r\n", b"x: y\r\n"],
    ],
    ids=["body", "headers"],
)
async def test_who_answers_a_byte_at_a_time_is_not_waited_for(parts: list[bytes]) -> None:
    # Given a receiver of which some byte always comes in time, but never the last
    async with receiving(Receiver(parts, drip=True)) as receiver, asyncio.timeout(20 * TIMEOUT_S):
        outcome = await call(receiver)

    # Then the attempt is over when its time is
    assert (outcome.outcome, outcome.detail) == ("FAILED", "no whole answer within 0.3 s")


async def test_what_comes_packed_is_not_unpacked() -> None:
    # Given an answer of some kilobytes that would be thirty megabytes
    packed = gzip.compress(b"a" * (30 << 20))
    head = f"HTTP/1.1 500 -\r\ncontent-encoding: gzip\r\ncontent-length: {len(packed)}\r\n\r\n".encode()
    async with receiving(Receiver([head, packed])) as receiver:
        outcome = await call(receiver)

    # Then nobody asked for it packed, and what is kept of it is what came
    assert b"accept-encoding: identity" in receiver.heard.lower()
    assert (outcome.outcome, outcome.status) == ("FAILED", 500)
    assert "aaa" not in (outcome.detail or "")
