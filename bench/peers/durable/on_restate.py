"""The whole life of an order on Restate: a virtual object an order, whose handler hears its events from Kafka.

As its documentation teaches it: a subscription turns each record of a topic into an invocation of the object that
its key names, exactly once and in order; what it does to PostgreSQL is a durable step (`ctx.run`), which may be
tried again and therefore does nothing twice. Served by Hypercorn with the settings of Restate's page on production:
`python -m hypercorn --config hypercorn.toml bench.peers.durable.on_restate:app`.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any, Final

import asyncpg
import restate
from restate import ObjectContext, VirtualObject

from bench.peers.durable.steps import CONFIRMED, PLACED, STATEMENTS, Event, numbered

POOL: Final = 10
_SQL: Final = {kind: numbered(statement) for kind, statement in STATEMENTS.items()}
_CONFIRMED, _PLACED = numbered(CONFIRMED), numbered(PLACED)
order = VirtualObject("Order")
_pool: Any = None
_opening = asyncio.Lock()


@order.handler("event")  # type: ignore[untyped-decorator]  # installed elsewhere
async def event(ctx: ObjectContext, told: Event) -> None:
    """One event of the order; the next one waits until it is done."""
    await ctx.run_typed("apply", apply, told=told)


async def apply(told: Event) -> None:
    """The event's effect, in one transaction."""
    pool = await _connected()
    if told["kind"] != "CONFIRMED":
        statement, names = _SQL[told["kind"]]
        await pool.execute(statement, *(told[name] for name in names))
        return
    async with pool.acquire() as connection, connection.transaction():
        statement, names = _CONFIRMED
        row = await connection.fetchrow(statement, *(told[name] for name in names))
        if row["agreed"]:
            values = {"order_id": told["order_id"], **row}
            statement, names = _PLACED
            await connection.execute(statement, *(values[name] for name in names))


async def _connected() -> Any:
    """The pool of this worker process, opened by the first who needs it."""
    global _pool
    async with _opening:
        if _pool is None:
            _pool = await asyncpg.create_pool(os.environ["PEER_DATABASE_URL"], min_size=1, max_size=POOL)
    return _pool


app = restate.app(services=[order])
