"""The whole life of an order on DBOS: one durable workflow an order, which hears events and applies them.

As its documentation teaches it: workflows are started from a queue, events from outside reach them as messages
(`DBOS.recv`), and what they do to PostgreSQL is a transaction of a datasource, committed together with the
workflow's checkpoint, so exactly once. Run as `python -m bench.peers.durable.on_dbos`; several such processes share
the queue.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Final

import sqlalchemy as sa
from dbos import DBOS, AsyncSQLAlchemyDatasource, DBOSConfig

from bench.peers.durable.steps import CONFIRMED, LAST, PLACED, STATEMENTS, Event

QUEUE: Final = "orders"
WAIT_S: Final = 90 * 24 * 3600
POOL: Final = 20
_SQL: Final = {kind: sa.text(statement) for kind, statement in STATEMENTS.items()}
_CONFIRMED, _PLACED = sa.text(CONFIRMED), sa.text(PLACED)


def business(url: str) -> str:
    """The address of the business tables for SQLAlchemy with psycopg."""
    return url.replace("postgresql://", "postgresql+psycopg://")


async def apply(datasource: AsyncSQLAlchemyDatasource, event: Event) -> None:
    """One event's effect, within the transaction that also keeps the workflow's checkpoint."""
    session, kind = datasource.sql_session(), event["kind"]
    values = {name: value for name, value in event.items() if name not in ("kind", "event_id")}
    if kind != "CONFIRMED":
        await session.execute(_SQL[kind], values)
        return
    order = (await session.execute(_CONFIRMED, values)).one()
    if order.agreed:
        whole = {"supplier_id": order.supplier_id, "total_minor": order.total_minor}
        await session.execute(_PLACED, {"order_id": event["order_id"], **whole})


async def main() -> None:
    url = os.environ["PEER_DATABASE_URL"]
    config: DBOSConfig = {
        "name": "silkway-peer",
        "system_database_url": business(os.environ["PEER_SYSTEM_DATABASE_URL"]),
        "executor_id": os.environ["PEER_EXECUTOR"],
        "application_version": "1",
        "sys_db_pool_size": POOL,
        "max_executor_threads": 2 * POOL,
        "log_level": "WARNING",
    }
    DBOS(config=config)
    engine_kwargs = {"pool_size": POOL, "max_overflow": 0}
    datasource = await AsyncSQLAlchemyDatasource.create(business(url), engine_kwargs)

    @DBOS.workflow(name="life")  # type: ignore[untyped-decorator]  # installed elsewhere
    async def life(event: Event) -> None:
        """From the draft to the payout, in the order in which events come."""
        options = {"name": "apply", "isolation_level": "READ COMMITTED"}
        await datasource.run_tx_step_async(options, apply, datasource, event)
        while event["kind"] != LAST:
            event = await DBOS.recv_async(timeout_seconds=WAIT_S)
            await datasource.run_tx_step_async(options, apply, datasource, event)

    DBOS.launch()
    await DBOS.register_queue_async(QUEUE, worker_concurrency=2_000, polling_interval_sec=0.1)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print("ready", flush=True)
    await stop.wait()
    os._exit(0)  # workflows under way go on where they were, at the next start


if __name__ == "__main__":
    asyncio.run(main())
