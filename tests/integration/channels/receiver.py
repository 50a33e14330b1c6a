"""A subscriber's server: it takes webhooks, verifies them, and fails as often as it is told."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@dataclass(frozen=True)
class Call:
    """One call that came in: `taken` if it was answered with 2xx, or would have been."""

    webhook_id: str
    subject: str
    data: dict[str, Any]
    taken: bool
    traceparent: str | None = None


@dataclass
class Receiver:
    """`failing`: the share of calls that fail. Of these one in four is taken, and the connection cut before the answer.

    `down` answers 503 to everything; `secret` (whsec_…) verifies each call with the library of Standard Webhooks.
    """

    failing: float = 0.0
    seed: int = 1
    secret: str | None = None
    down: bool = False
    status: int = 500
    calls: list[Call] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    @property
    def taken(self) -> list[Call]:
        """What was taken, each once, in the order of the first time."""
        first: dict[str, Call] = {}
        for call in self.calls:
            if call.taken:
                first.setdefault(call.webhook_id, call)
        return list(first.values())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (answer := await self._one(reader)) is not None:
                writer.write(f"HTTP/1.1 {answer} -\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader) -> int | None:
        """Read one request; the status to answer with, None to hang up."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        body = await reader.readexactly(int(headers["content-length"]))
        if self.secret is not None:
            try:
                Webhook(self.secret).verify(body, headers, json_parse=False)
            except Exception as error:
                self.problems.append(repr(error))
        event = json.loads(body)
        fails = self.down or self._chance.random() < self.failing
        hangs_up = fails and not self.down and self._chance.random() < 0.25
        taken, trace = hangs_up or not fails, event.get("traceparent")
        self.calls.append(Call(headers["webhook-id"], event["subject"], event["data"], taken, trace))
        return None if hangs_up else self.status if fails else 204


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    """Serve on a free port; `receiver.url` is where."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        receiver.url = f"http://127.0.0.1:{port}/hook"
        yield receiver
        server.close()
