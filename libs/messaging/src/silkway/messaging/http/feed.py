"""A live feed over server-sent events: one poll of the database serves all who listen."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from weakref import WeakSet

import structlog
from sse_starlette import EventSourceResponse
from sse_starlette.sse import SendTimeoutError

from silkway.messaging.http.database import connection
from silkway.messaging.http.problems import Problem, bad_request

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from silkway.messaging.http.database import Connection, Pool

POLL_S: Final = 0.5
HEARTBEAT_S: Final = 15
SEND_TIMEOUT_S: Final = 10.0
MAX_LISTENERS: Final = 1000
MAX_OF_A_TENANT: Final = 500
MAX_BACKLOG: Final = 1000
"""Items that a listener may fall behind; beyond, it is dropped and may resume from its last event."""
_CHUNK: Final = 500

_POSITION: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
_log = structlog.get_logger()


class Position(NamedTuple):
    """A place in the feed: the transaction that wrote an item (xid8), and its number within the feed.

    Items are taken only of transactions below which none is running any more. So, unlike a sequence alone, the
    order of positions never shows an item before one that is committed later.
    """

    written_in: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.written_in}-{self.sequence}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """The position in a Last-Event-ID; Problem 400 if it is none."""
        match = _POSITION.fullmatch(text)
        if match is None:
            raise bad_request(
                "Last-Event-ID", "it is no id of this feed", "Send the id of the last event seen."
            )
        return cls(int(match[1]), int(match[2]))


class Item(NamedTuple):
    """Something to tell the listeners of a tenant. `data` is JSON on one line."""

    position: Position
    tenant: str
    event: str
    data: str


Horizon = Callable[["Connection"], Awaitable[int]]
"""The oldest transaction still running: all below are finished."""
Items = Callable[["Connection", Sequence[str], Position, Position, int], Awaitable[list[Item]]]
"""At most so many items of some tenants after one position, up to and including another, in order."""


class Listener:
    """One listener's place in the feed and what is still to be told to it."""

    def __init__(self, tenant: str, joined: Position) -> None:
        self.tenant, self.joined = tenant, joined
        self.backlog: asyncio.Queue[Item] = asyncio.Queue(MAX_BACKLOG)
        self.dropped = False


class Feed:
    """Polls for items twice a second while somebody listens, and hands them to all listeners of their tenant."""

    def __init__(self, pool: Pool, horizon: Horizon, items: Items) -> None:
        self._pool, self._horizon, self._items = pool, horizon, items
        # Weak, because who hangs up before the first event leaves no trace.
        self._listeners: WeakSet[Listener] = WeakSet()
        self._told = Position(0, 0)
        self._lock = asyncio.Lock()  # a poll knows its listeners from beginning to end
        self._polling: asyncio.Task[None] | None = None

    async def join(self, tenant: str) -> Listener:
        """A new listener. Problem 429 if its tenant has too many, 503 if all have, or the database does not answer."""
        async with self._lock:
            later = {"Retry-After": "30"}
            if sum(listener.tenant == tenant for listener in self._listeners) >= MAX_OF_A_TENANT:
                detail = f"This tenant has {MAX_OF_A_TENANT} listeners here. End one, then come again."
                raise Problem(429, "too-many-listeners", detail, headers=later)
            if len(self._listeners) >= MAX_LISTENERS:
                raise Problem(503, "too-many-listeners", "Try again later.", headers=later)
            if self._polling is None:
                async with connection(self._pool) as reading:
                    self._told = Position(await self._horizon(reading), 0)
                self._polling = asyncio.create_task(self._poll())
            listener = Listener(tenant, self._told)
            self._listeners.add(listener)
            return listener

    async def follow(self, listener: Listener, after: Position | None) -> AsyncIterator[Item]:
        """What the listener missed since `after`, then what comes; ends when the listener is dropped."""
        try:
            while after is not None and after < listener.joined:
                async with connection(self._pool) as reading:
                    missed = await self._items(reading, [listener.tenant], after, listener.joined, _CHUNK)
                for item in missed:
                    yield item
                after = missed[-1].position if len(missed) == _CHUNK else None
            while not (listener.dropped and listener.backlog.empty()):
                yield await listener.backlog.get()
        finally:
            self._listeners.discard(listener)

    async def _poll(self) -> None:
        while True:
            try:
                async with self._lock:
                    if not self._listeners:
                        self._polling = None
                        return
                    more = await self._tell()
            except Problem:
                more = False  # the database is away; listeners wait
            if not more:
                await asyncio.sleep(POLL_S)

    async def _tell(self) -> bool:
        """Tell the listeners what is new; whether there may be more at once."""
        tenants = sorted({listener.tenant for listener in self._listeners})
        async with connection(self._pool) as reading:
            upto = Position(await self._horizon(reading), 0)
            found = await self._items(reading, tenants, self._told, upto, _CHUNK)
        more = len(found) == _CHUNK
        self._told = found[-1].position if more else upto
        for listener in list(self._listeners):
            for item in found:
                if item.tenant == listener.tenant and not listener.dropped:
                    self._hand(listener, item)
        return more

    def _hand(self, listener: Listener, item: Item) -> None:
        try:
            listener.backlog.put_nowait(item)
        except asyncio.QueueFull:
            listener.dropped = True
            self._listeners.discard(listener)
            _log.info("slow listener dropped", tenant=listener.tenant)


class FeedResponse(EventSourceResponse):
    """The feed as server-sent events, with a heartbeat. Who does not take an event within 10 s is cut off."""

    def __init__(self, items: AsyncIterator[Item]) -> None:
        events = ({"id": str(item.position), "event": item.event, "data": item.data} async for item in items)
        super().__init__(events, ping=HEARTBEAT_S, send_timeout=SEND_TIMEOUT_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            _log.info("slow listener cut off", path=scope["path"])
