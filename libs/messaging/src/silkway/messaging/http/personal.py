"""Personal data at the edge: sealed before a fact goes onto the log, shown again in what is answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from silkway.contracts import Event
from silkway.messaging.database import is_away
from silkway.messaging.http.database import QUERY_TIMEOUT_S
from silkway.messaging.http.problems import Problem, unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from silkway.contracts import Envelope
    from silkway.messaging.personal.vault import Vault

E = TypeVar("E", bound=Event)
T = TypeVar("T")
_SEAL: Final = b"sealed:"
_AS_THEY_ARE: Final = "/parked"
"""Parked records are mended as they stand in the log: who edits one must not put back in the clear what was sealed."""
_log = structlog.get_logger()


async def reached(asked: Awaitable[T]) -> T:
    """What the vault answers. Problem 503 if it does not within 5 s, the wait for a connection included."""
    try:
        async with asyncio.timeout(QUERY_TIMEOUT_S):
            return await asked
    except Exception as error:
        if not is_away(error):
            raise
        raise unavailable("The store of personal data") from error


async def sealed_event(vault: Vault | None, envelope: Envelope, event: E) -> E:
    """The event as it may go onto the log. Problem 503 if its personal data cannot be kept at the moment."""
    return event if vault is None else await reached(vault.seal(envelope, event))


class Shown:
    """Pure ASGI middleware: seals in answers give way to what they stand for, or to what says that it was erased.

    Only those of the request's own tenant do. What was asked for is held back until it is whole; of a stream, each
    event.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        vault: Vault | None = scope["app"].state.vault if scope["type"] == "http" else None
        if vault is None or scope["path"].startswith(_AS_THEY_ARE):
            await self.app(scope, receive, send)
            return
        answer = _Answer(vault, scope, receive, send)
        await self.app(scope, receive, answer.take)


class _Answer:
    """One answer on its way out."""

    def __init__(self, vault: Vault, scope: Scope, receive: Receive, send: Send) -> None:
        self._vault, self._scope, self._receive, self._send = vault, scope, receive, send
        self._start: Message | None = None
        self._body = b""
        self._streams = False

    async def take(self, message: Message) -> None:
        """Take what the application sends, and pass on what may go out."""
        if message["type"] == "http.response.start":
            types = [value for name, value in message["headers"] if name.lower() == b"content-type"]
            self._streams = any(value.startswith(b"text/event-stream") for value in types)
            if self._streams:
                await self._send(message)
            else:
                self._start = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._streams:
            await self._send({**message, "body": await self._told(message.get("body", b""))})
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish()

    async def _told(self, part: bytes) -> bytes:
        try:
            return await reached(self._shown(part))
        except Problem as problem:  # what is streamed goes on with seals
            _log.warning("personal data not shown", problem=str(problem)[:200])
            return part

    async def _finish(self) -> None:
        assert self._start is not None
        try:
            body = await reached(self._shown(self._body))
        except Problem as problem:
            await problem.response(self._scope["path"])(self._scope, self._receive, self._send)
            return
        if body != self._body:
            kept = [
                (name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"
            ]
            self._start = {**self._start, "headers": [*kept, (b"content-length", str(len(body)).encode())]}
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _shown(self, body: bytes) -> bytes:
        tenant = self._scope.get("state", {}).get("tenant")
        if tenant is None or _SEAL not in body:
            return body
        return (await self._vault.shown_json(tenant, body.decode())).encode()
