"""A small proxy between a service and one server: cuts what runs through it, holds it up, lets nobody in."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

_CHUNK_BYTES: Final = 256 * 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Passes bytes on, as an async context manager. `delay_s`: every piece waits for so long; `closed`: no entry."""

    def __init__(self, reach: Callable[[], Awaitable[Streams]]) -> None:
        """`reach` connects to the server behind."""
        self._reach = reach
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self.delay_s = 0.0
        self.closed = False

    @classmethod
    async def tcp(cls, port: int, server: int) -> Self:
        """Listens on `port` of 127.0.0.1, for the one that listens on `server`."""
        proxy = cls(lambda: asyncio.open_connection("127.0.0.1", server, limit=_CHUNK_BYTES))
        proxy._server = await asyncio.start_server(proxy._enter, "127.0.0.1", port, limit=_CHUNK_BYTES)
        return proxy

    @classmethod
    async def unix(cls, path: Path, server: Path) -> Self:
        """The same between two Unix sockets."""
        proxy = cls(lambda: asyncio.open_unix_connection(server, limit=_CHUNK_BYTES))
        proxy._server = await asyncio.start_unix_server(proxy._enter, path, limit=_CHUNK_BYTES)
        return proxy

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._passing, return_exceptions=True)

    def cut(self) -> int:
        """Cut all connections; how many there were."""
        for task in self._passing:
            task.cancel()
        return len(self._passing)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            if not self.closed:
                with contextlib.suppress(OSError):
                    await self._pass_on((reader, writer), await self._reach())
        except asyncio.CancelledError:
            pass  # cut
        finally:
            self._passing.discard(task)
            writer.transport.abort()

    async def _pass_on(self, client: Streams, server: Streams) -> None:
        """Both ways, until one of them ends."""
        ways = [
            asyncio.create_task(self._pump(client[0], server[1])),
            asyncio.create_task(self._pump(server[0], client[1])),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            server[1].transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_CHUNK_BYTES):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            writer.write(piece)
            await writer.drain()
