"""What stands in tables is told when somebody asks, and its queries look into indexes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import asyncpg
import pytest
from prometheus_client import REGISTRY

from silkway.messaging import figures
from silkway.messaging.figures import ENGINE, Figures
from silkway.messaging.outbox import pack_messages
from tests.integration.engine.facts import confirmed, drafted
from tests.integration.engine.place import TOPIC, Place, until
from tests.integration.engine.test_relay import numbered
from tests.integration.engine.toy import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def pool(place: Place) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    pool = await asyncpg.create_pool(place.url, min_size=0, max_size=2)
    yield pool
    await pool.close()


def told(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"silkway_{name}", labels)


async def test_what_stands_in_tables_is_told(place: Place, pool: asyncpg.Pool[asyncpg.Record]) -> None:
    # Given a service whose time is a minute behind, with a record parked and one that waits behind it
    shown = Figures(pool, ENGINE, place.prefix)
    faults = Faults()
    await place.tick(dt.datetime.now(dt.UTC) - dt.timedelta(seconds=60))
    async with place.service(faults=faults):
        await place.fact(drafted(), "draft")
        await place.becomes("draft")
        faults.raises.add("O1")
        await place.fact(confirmed(), "c1")
        await place.becomes("c1", "parked")
        await place.fact(confirmed("O1", "SUPPLIER"), "c2")
        await place.becomes("c2", "waiting")
        await place.outbox_empties()

        async def moved() -> bool:
            return bool(await place.value("SELECT EXISTS (SELECT FROM clocks WHERE own IS NOT NULL)"))

        await until(moved, "time is known")

    # and something that nobody has published for a while
    await place.database.execute(
        "INSERT INTO outbox (topic, partition, payload) VALUES ($1, 0, $2), ($3, 0, $4)",
        place.prefix + "order.journal", b"\0" * 40, place.prefix + TOPIC, pack_messages([numbered("O1", 1)])[0],
    )  # fmt: skip

    # When somebody asks, then it is told
    await shown.read()
    assert told("parked_records") == 1
    assert told("waiting_records", cause="parked") == 1
    assert told("outbox_rows") == 2
    assert 0 <= (told("outbox_oldest_seconds") or -1) < 30
    assert 59 < (told("time_lag_seconds") or 0) < 90
    assert 59 < (told("tick_lag_seconds", topic="trade.orders") or 0) < 90
    assert told("timers_overdue") == 0
    assert (told("database_bytes") or 0) > 1e6

    # When it has changed, then that is told a little later, not at once
    await place.database.execute("DELETE FROM outbox")
    await shown.read()
    assert told("outbox_rows") == 2
    shown._read_at.clear()
    await shown.read()
    assert (told("outbox_rows"), told("outbox_oldest_seconds")) == (0, 0)


async def test_a_database_that_is_away_leaves_what_was_told_and_is_counted(place: Place) -> None:
    before = told("figures_failed_total", figure="all") or 0
    pool = await asyncpg.create_pool("postgresql://nobody@127.0.0.1:1/x", min_size=0, max_size=1)
    await Figures(pool, ENGINE).read()
    assert told("figures_failed_total", figure="all") == before + 1
    pool.terminate()


async def test_the_queries_that_are_asked_often_read_no_whole_table(place: Place) -> None:
    # Statistics of a large table: whoever reads all of it would be seen to
    async with place.database.transaction():
        await place.database.execute("SET LOCAL enable_seqscan = off")
        for one in ENGINE:
            plan = "\n".join(row[0] for row in await place.database.fetch(f"EXPLAIN {one.query}"))
            bounded = "Limit" in plan
            assert bounded or "Seq Scan" not in plan or one.fresh_s > figures.FRESH_S, f"{one.name}\n{plan}"
