"""A database that is older than its journal decides nothing, and one that cannot catch up is told why."""

from __future__ import annotations

import asyncio
from pathlib import Path
from unittest.mock import AsyncMock

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from silkway.messaging.consumer import Consumer
from silkway.messaging.relay import LOCK
from silkway.messaging.restore import NotRestorable, Restored, restore
from tests.backup import back_up
from tests.integration.engine.facts import day
from tests.integration.engine.load import all_paid, orders, time_is
from tests.integration.engine.place import Place, until
from tests.integration.engine.restoring import (
    PAYMENTS,
    NewDatabase,
    catch_up,
    contents,
    kept_and_told,
    taken_back,
)
from tests.integration.engine.toy import Faults, toy_service


async def test_an_instance_on_an_older_database_decides_nothing_until_it_has_caught_up(
    place: Place, new_database: NewDatabase, tmp_path: Path
) -> None:
    await place.tick(day(0))
    async with place.service():
        await orders(place, 0, 3)
        await all_paid(place, 3)
        await back_up(place.url, tmp_path / "backup")
        await orders(place, 3, 6)
        await all_paid(place, 6)
        await place.outbox_empties()

    async with taken_back(place, tmp_path / "backup", new_database) as later, later.service("2") as waiting:

        async def troubled() -> bool:
            return "older than its journal" in waiting.trouble

        await until(troubled, "it says why it waits")
        assert await later.value("SELECT count(*) FROM orders") == 3
        await catch_up(later)
        await all_paid(later, 6)
        await orders(later, 6, 7)
        await all_paid(later, 7)


async def test_who_was_troubled_hears_that_it_was_mended_though_another_one_publishes(
    place: Place, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("silkway.messaging.relay.TROUBLE_S", 0.2)
    await back_up(place.url, tmp_path / "backup")
    await place.tick(day(0))
    async with place.service():
        await orders(place, 0, 3)
        await all_paid(place, 3)
        await place.outbox_empties()

    async with taken_back(place, tmp_path / "backup", new_database) as later, later.relay("2") as waiting:

        async def troubled() -> bool:
            return bool(waiting.trouble)

        async def at_ease() -> bool:
            return not waiting.trouble

        others: list[asyncio.Task[str]] = []

        def another_one_is_next(so_far: Restored) -> None:
            if not others:
                lock = later.database.execute("SELECT pg_advisory_lock($1)", LOCK)
                others.append(asyncio.create_task(lock))

        await until(troubled, "it says why it publishes nothing")
        toy = toy_service(Faults())
        await restore(toy, later.url, place.kafka, place.prefix, another_one_is_next, by="ops")
        await others[0]
        await until(at_ease, "it has nothing to complain of any more")
        assert not waiting.active


async def test_a_database_that_went_on_by_itself_neither_publishes_nor_catches_up(
    place: Place, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Consumer, "_commit_hint", AsyncMock())  # else it would halt at what Kafka was told
    await place.tick(day(0))
    async with place.service(batch_records=10):
        await orders(place, 0, 3)
        await all_paid(place, 3)
        await back_up(place.url, tmp_path / "backup")
        await orders(place, 3, 9)
        await all_paid(place, 9)
        await place.outbox_empties()
    before = await contents(place)

    async with taken_back(place, tmp_path / "backup", new_database) as later:
        # Given an instance that had its database taken away and another one given while it ran
        monkeypatch.setattr(Consumer, "_agree", AsyncMock(return_value=True))
        async with later.service("1", batch_records=100) as instance:
            await all_paid(later, 9)

            async def told() -> bool:
                return bool(instance.trouble)

            await until(told, "the relay says why it publishes nothing")
        with pytest.raises(NotRestorable, match="gone on by itself"):
            await catch_up(later)
    assert await contents(place) == before


@pytest.mark.parametrize(
    ("gone_before", "why"),
    [
        (3, "begins at 4 .* Take a younger backup"),
        (-1, "lost all of its entries .* Take the youngest backup"),
    ],
    ids=["its beginning is gone", "all of it is gone"],
)
async def test_a_journal_that_does_not_reach_back_far_enough_is_told(
    place: Place, new_database: NewDatabase, tmp_path: Path, gone_before: int, why: str
) -> None:
    await back_up(place.url, tmp_path / "backup")
    await place.tick(day(0))
    async with place.service(batch_records=10):
        await orders(place, 0, 20)
        await all_paid(place, 20)
        await place.outbox_empties()
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    journal = TopicPartition(f"{place.prefix}order.journal", 0)
    await admin.delete_records({journal: RecordsToDelete(gone_before)})
    await admin.close()

    async with taken_back(place, tmp_path / "backup", new_database) as later:
        # Given a partition that stands still, and what Kafka was told
        await later.database.execute(
            "UPDATE offsets SET halted = 'it is older' WHERE topic = $1 AND partition = 2",
            place.prefix + PAYMENTS,
        )
        before = await kept_and_told(later)
        with pytest.raises(NotRestorable, match=why):
            await catch_up(later)
        # Then nothing has changed
        assert await kept_and_told(later) == before
        assert await later.value("SELECT count(*) FROM offset_resets") == 0


async def test_what_is_set_back_is_kept_with_what_kafka_had_been_told(place: Place) -> None:
    # Given a service that stands still where its database has lost a transaction of which nobody had heard but Kafka
    async with place.service():
        await time_is(place, 0)
        await place.outbox_empties()
    halted = "the database is older than Kafka's commit 1: what it did from 0 on is lost"
    await place.database.execute(
        "UPDATE offsets SET next_offset = 0, fingerprint = NULL, halted = $2 WHERE topic = $1 AND partition = 2",
        place.prefix + PAYMENTS, halted,
    )  # fmt: skip

    # When it is told to catch up, which it has, then it goes on from there; who let it and why it stood still is kept
    done = await catch_up(place)
    assert (done.transactions, done.set_back) == (0, 1)
    assert await place.value("SELECT count(*) FROM offsets WHERE halted IS NOT NULL") == 0
    (kept,) = await place.database.fetch("SELECT * FROM offset_resets")
    assert (kept["topic"], kept["partition"]) == (place.prefix + PAYMENTS, 2)
    assert (kept["by"], kept["reason"], kept["halted"], kept["committed"]) == (
        "ops", "silkway restore", halted, 1,
    )  # fmt: skip
    assert (kept["offset_before"], kept["offset_after"]) == (0, 0)
    # And once more has nothing to set back
    assert (await catch_up(place)).set_back == 0


async def test_no_restore_beside_an_instance(place: Place) -> None:
    async with place.service():
        await place.tick(day(0))
        await time_is(place, 1)
        with pytest.raises(NotRestorable, match="still runs"):
            await restore(toy_service(Faults()), place.url, place.kafka, place.prefix, patience_s=1, by="ops")
