"""Facts and ticks on a real Kafka: each partition in the order in which they were given."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

import asyncpg
import pytest
from aiokafka.errors import UnknownTopicOrPartitionError

from silkway.cli.demo.trade import Trade
from silkway.cli.feed import INGRESS, Feed
from silkway.cli.pace import Pace, Stalled
from silkway.contracts import ClockTicked, key_of, partition_of
from tests.integration.cli.log import read_ingress

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

TENANT = "sim-feed"
DAY = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


class Hurried(Pace):
    """Services that have always been there before us."""

    def __init__(self) -> None:
        super().__init__({}, TENANT)


async def test_every_fact_stands_behind_its_tick_and_before_the_next(
    kafka_bootstrap: str, new_topics: Callable[[], Awaitable[str]]
) -> None:
    # Given the facts of a trade
    trade = Trade(40, seed=7)
    facts = list(trade.facts())
    closing = list(trade.closing_ticks())
    prefix = await new_topics()

    # When they are driven through Kafka
    async with Feed(kafka_bootstrap, prefix) as feed:
        await feed.drive(TENANT, facts, closing, Hurried())

    # Then every partition has every tick, ascending, and each fact behind the tick at which it became known
    log = await read_ingress(kafka_bootstrap, prefix)
    known = {(fact.source, fact.id, fact.known_at) for fact in facts}  # some are told twice
    ticks = sorted({fact.known_at for fact in facts} | {*closing})
    seen = 0
    for topic, partition in itertools.product(INGRESS, range(8)):
        now: dt.datetime | None = None
        ticked = []
        for envelope, event in log[topic, partition]:
            if isinstance(event, ClockTicked):
                now = envelope.time
                ticked.append(now)
                continue
            assert (envelope.source, envelope.id, now) in known
            assert partition == partition_of(key_of(TENANT, event.subject_id).encode(), 8)
            seen += 1
        assert ticked == ticks
    assert seen == len(facts)


async def test_a_system_without_topics_is_told_apart_from_one_without_a_broker(kafka_bootstrap: str) -> None:
    with pytest.raises(UnknownTopicOrPartitionError, match="run `silkway topics`"):
        async with Feed(kafka_bootstrap, "nobody-made-these."):
            pass


async def test_a_pace_waits_for_the_slowest_and_says_who_stands_still(
    service_database: Callable[[str, str], Awaitable[str]],
) -> None:
    # Given two services, of which one has come to the second day
    databases = {name: await service_database(name, "") for name in ("order", "notify")}
    await set_clock(databases["order"], DAY + dt.timedelta(days=1))
    async with Pace(databases, TENANT, stall_s=0.3) as pace:
        # Then waiting for the other gives up after a while, and names it
        with pytest.raises(Stalled, match="notify: no time yet; halted partitions: none; parked records: 0"):
            await pace.reach(DAY)

        # When that has come to the first, then the first is reached and the second is not
        await set_clock(databases["notify"], DAY)
        await pace.reach(DAY)
        assert pace.has_reached(DAY)
        with pytest.raises(Stalled, match="notify: 2026-01-05 00:00"):
            await pace.reach(DAY + dt.timedelta(days=1))


async def test_a_database_that_does_not_answer_is_waited_for() -> None:
    async with Pace({"order": "postgresql://nobody@127.0.0.1:1/none"}, TENANT, stall_s=0.1) as pace:
        with pytest.raises(Stalled, match="its database does not answer"):
            await pace.reach(DAY)


async def set_clock(database: str, own: dt.datetime) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(
            "INSERT INTO clocks (clock, own) VALUES ($1, $2) ON CONFLICT (clock) DO UPDATE SET own = $2",
            TENANT, own,
        )  # fmt: skip
    finally:
        await connection.close()
