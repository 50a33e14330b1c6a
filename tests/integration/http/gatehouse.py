"""Services in this process behind their gates, with keys in a real database, asked without a network."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastapi.routing import APIRoute, iter_route_contexts

from silkway.auditor.api import SCOPES as AUDITOR_SCOPES
from silkway.auditor.api import create_api as create_auditor
from silkway.credit.api import API as CREDIT
from silkway.logistics.api import API as LOGISTICS
from silkway.messaging.http import create_api
from silkway.messaging.http.credentials import Keyring
from silkway.messaging.http.gate import Gate
from silkway.messaging.http.probes import PROBES
from silkway.messaging.http.rates import Rate
from silkway.messaging.keys import new_key, read_key
from silkway.notify.api import API as NOTIFY
from silkway.order.api import API as ORDER
from tests.unit.http.counter import MemoryLog

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    import asyncpg
    from fastapi import FastAPI

    from silkway.messaging.http.scopes import Scope

APIS: Final = {api.name: api for api in (ORDER, LOGISTICS, CREDIT, NOTIFY)}
SCOPES: Final = {**{name: api.scopes for name, api in APIS.items()}, "auditor": AUDITOR_SCOPES}


class Operation(NamedTuple):
    """Something that a service can be asked: `path` with its ids in braces."""

    method: str
    path: str
    operation_id: str | None
    scope: Scope | None


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Gatehouse:
    """A service behind a gate that asks for keys; `log`: what it published."""

    name: str
    app: FastAPI
    log: MemoryLog = field(default_factory=MemoryLog)

    def operations(self) -> Iterator[Operation]:
        """All of them, also those that no document tells of."""
        for route in iter_route_contexts(self.app.routes):
            if isinstance(route.original_route, APIRoute) and route.path not in PROBES:
                for method in sorted(route.methods or ()):
                    scope = SCOPES[self.name].needed(method, route.operation_id)
                    yield Operation(method, str(route.path), route.operation_id, scope)

    async def ask(
        self, method: str, path: str, key: str | None = None, tenant: str | None = None, body: Any = None
    ) -> Answer:
        """One request; an answer that never ends is left once it begins."""
        headers = [(b"content-type", b"application/json")]
        headers += [(b"authorization", f"Bearer {key}".encode())] if key is not None else []
        headers += [(b"silkway-tenant", tenant.encode())] if tenant is not None else []
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query.encode(), "headers": headers, "scheme": "http", "server": ("silkway", 80),
            "client": ("test", 1), "root_path": "",
        }  # fmt: skip
        return await _asked(self.app, scope, b"" if body is None else json.dumps(body).encode())


async def _asked(app: FastAPI, scope: dict[str, Any], body: bytes) -> Answer:
    began: dict[str, Any] = {}
    chunks: list[bytes] = []
    sent, left = False, asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            began.update(message)
            headers = dict(message["headers"])
            if headers.get(b"content-type", b"").startswith(b"text/event-stream"):
                left.set()
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))

    try:
        await asyncio.wait_for(app(scope, receive, send), 10)
    except Exception:  # it was answered with 500, as over a network
        if not began:
            raise
    headers = {name.decode(): value.decode() for name, value in began["headers"]}
    text = b"".join(chunks)
    return Answer(
        began["status"], headers, json.loads(text) if "json" in headers.get("content-type", "") else text
    )


def gatehouse(name: str, pool: asyncpg.Pool[asyncpg.Record]) -> Gatehouse:
    """A service whose keys are in this database; nobody is too fast for it."""
    app = create_auditor(list) if name == "auditor" else create_api(APIS[name])
    house = Gatehouse(name, app)
    app.state.pool, app.state.publisher, app.state.rehearsal = pool, house.log, None
    app.state.gate = Gate(Keyring(pool, strangers=Rate(0)))
    return house


async def let_in(
    pool: asyncpg.Pool[asyncpg.Record], tenant: str, scopes: Iterable[str], name: str = "somebody",
    expires_at: dt.datetime | None = None, revoked_at: dt.datetime | None = None,
) -> str:  # fmt: skip
    """A new key in the database of a service."""
    text = new_key()
    key = read_key(text)
    assert key is not None
    await pool.execute(
        "INSERT INTO api_keys (key_id, secret_hash, tenant, scopes, name, created_at, expires_at, revoked_at)"
        " VALUES ($1, $2, $3, $4, $5, now(), $6, $7)",
        key.key_id, key.secret_hash, tenant, list(scopes), name, expires_at, revoked_at,
    )  # fmt: skip
    return text


def filled(path: str, ids: dict[str, str]) -> str:
    """A path with ids in place of its braces; `x` where none is known."""
    return re.sub(r"{(\w+)(?::path)?}", lambda brace: ids.get(brace[1], "x"), path)
