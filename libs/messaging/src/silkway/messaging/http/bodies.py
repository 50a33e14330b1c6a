"""Bodies that are too long or too slow are refused, and nobody's is read who is not let in."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from silkway.messaging.http.problems import Problem

MAX_BODY_BYTES: Final = 1 << 20
BODY_TIMEOUT_S: Final = 10.0
DISCARDED_BYTES: Final = 16 << 20
"""So much of a body is read though it is too long: who is still sending when the connection closes may never
see the answer."""


class Disconnected(Exception):
    """The client went away before its body was complete."""


class BodyLimits:
    """Pure ASGI middleware: a request's body has at most `max_bytes` and is complete within `timeout_s`.

    It is read when the application asks for it, hence after it has looked who is there: strangers cannot make us keep
    anything. Then the application gets it whole, in one message, or Problem 408 or 413 is raised where it asks.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES, timeout_s: float = BODY_TIMEOUT_S
    ) -> None:
        self.app, self.max_bytes, self.timeout_s = app, max_bytes, timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_read = False

        async def reading() -> Message:
            nonlocal is_read
            if is_read:
                return await receive()
            is_read = True
            return {"type": "http.request", "body": await self._whole(scope, receive), "more_body": False}

        with suppress(Disconnected):
            await self.app(scope, reading, send)

    async def _whole(self, scope: Scope, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(self.timeout_s):
                return await self._read(scope, receive)
        except TimeoutError:
            detail = f"The body was not complete after {self.timeout_s:g} s."
            raise Problem(408, "body-too-slow", detail, headers={"Connection": "close"}) from None

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > DISCARDED_BYTES:
            raise self._too_long()
        chunks, length, more = [], 0, True
        while more and length <= DISCARDED_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk: bytes = message.get("body", b"")
            length += len(chunk)
            if length <= self.max_bytes:
                chunks.append(chunk)
            more = message.get("more_body", False)
        if length > self.max_bytes:
            raise self._too_long()
        return b"".join(chunks)

    def _too_long(self) -> Problem:
        # The rest of the body may not have been read, so the connection cannot be used again.
        detail = f"The body has more than {self.max_bytes} bytes. Send fewer lines or shorter texts."
        return Problem(413, "body-too-long", detail, headers={"Connection": "close"})
