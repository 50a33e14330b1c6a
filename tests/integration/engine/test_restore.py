"""A database is lost and taken from yesterday's backup: it catches up to the same, and nobody outside sees it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import AsyncMock

import asyncpg
import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from silkway.contracts import read_envelope
from silkway.messaging.compare import compare
from silkway.messaging.consumer import Consumer
from silkway.messaging.offsets import places_of
from silkway.messaging.outbox import PackedBatch
from silkway.messaging.relay import LOCK, Relay
from silkway.messaging.replay import frozen, replay
from silkway.messaging.restore import NotRestorable, Restored, restore
from tests.backup import back_up, bring_back
from tests.integration.engine.facts import day
from tests.integration.engine.load import all_paid, orders, time_is
from tests.integration.engine.place import Place, first_occurrences, until, versions
from tests.integration.engine.toy import Faults, toy_service

NewDatabase = Callable[..., Awaitable[str]]
PAYMENTS = "trade.payments"
BROKEN = "O3"
"""Its draft is parked, and all else of it waits."""


@asynccontextmanager
async def taken_back(place: Place, backup: Path, new_database: NewDatabase) -> AsyncIterator[Place]:
    """The same surroundings with a database from the backup; the other one is lost."""
    url = await new_database("restored")
    await bring_back(backup, url)
    database = await asyncpg.connect(url)
    yield replace(place, url=url, database=database)
    await database.close()


async def catch_up(place: Place) -> Restored:
    return await restore(toy_service(Faults()), place.url, place.kafka, place.prefix, by="ops")


async def kept_and_told(place: Place) -> Sequence[tuple[object, ...]]:
    """What the database keeps of each partition, and what Kafka was told."""
    places = await places_of(place.kafka, place.database, toy_service(Faults()), place.prefix)
    return [(p.topic, p.partition, p.next_offset, p.halted, p.committed) for p in places]


async def contents(place: Place) -> Mapping[object, set[object]]:
    """What has been published, by who said it for the how manieth time about what: more than one must not differ."""
    found: defaultdict[object, set[object]] = defaultdict(set)
    for messages in (await place.written()).values():
        for key, headers, value in messages:
            said = read_envelope(headers)
            found[said.subject, said.version, said.id].add((key, tuple(headers), value))
    return found


async def assert_nothing_but_duplicates(place: Place, orders: int) -> None:
    """What was heard about each order came once in its order, and what came again was the same."""
    assert [said for said, bodies in (await contents(place)).items() if len(bodies) > 1] == []
    heard = await versions(place)
    assert len(heard) >= orders - 1  # nothing was heard of a parked one
    assert all(
        first_occurrences(heard[f"order/O{n}"]) == list(range(1, max(heard[f"order/O{n}"], default=0) + 1))
        for n in range(orders)
    )


async def assert_rebuilt_equal(place: Place, scratch_url: str) -> None:
    """The log, replayed by the journal, gives every table again."""
    toy = toy_service(Faults())
    async with frozen(place.url) as live:
        await replay(toy, live, scratch_url, place.kafka, place.prefix)
        assert [str(d) for d in await compare(live, scratch_url, toy.kinds)] == []


# --- the middle of a load ----------------------------------------------------------------------------------


async def test_a_backup_from_the_middle_of_a_load_catches_up_to_the_same(
    place: Place, new_database: NewDatabase, toy_template: str, tmp_path: Path
) -> None:
    # Given a backup made while orders flow through two instances, some parked, refused, waiting
    faults = Faults(raises={BROKEN})
    await place.tick(day(0))
    async with place.service("1", faults, batch_records=20), place.service("2", faults, batch_records=20):
        await orders(place, 0, 40)
        await all_paid(place, 20)
        backing_up = asyncio.create_task(back_up(place.url, tmp_path / "backup"))
        await orders(place, 40, 80)
        await backing_up
        faults.raises.clear()
        await orders(place, 80, 100)
        await all_paid(place, 99)
        await time_is(place, 8)
        await place.outbox_empties()
    said = await contents(place)

    # When the database is lost, and the one from the backup catches up
    async with taken_back(place, tmp_path / "backup", new_database) as later:
        behind = await later.value("SELECT count(*) FROM journal")
        done = await catch_up(later)

        # Then every row is as it was, to the last bit, and so is the journal
        whole = await place.value("SELECT count(*) FROM journal")
        assert (done.transactions, behind > 1) == (whole - behind, True)
        # What Kafka had been told of more is kept
        kept = "SELECT count(*) FROM offset_resets WHERE committed > offset_after AND \"by\" = 'ops'"
        assert done.set_back == await later.value(kept) > 0
        async with frozen(place.url) as lost:
            kinds = toy_service(faults).kinds
            assert [str(d) for d in await compare(lost, later.url, kinds)] == []
        journal = "SELECT md5(string_agg(id || entry::text, '/' ORDER BY id)) FROM journal"
        assert await later.value(journal) == await place.value(journal)
        assert await later.value("SELECT count(*) FROM parked WHERE key = $1", f"acme/{BROKEN}") == 1

        # And it goes on from there: what is published once more is the same, and new orders are decided
        async with later.service("1"):
            await orders(later, 100, 110)
            await all_paid(later, 109)
            await later.outbox_empties()
        assert said.items() <= (await contents(later)).items()
        await assert_nothing_but_duplicates(later, 110)
        await assert_rebuilt_equal(later, await new_database("toy", toy_template))


class Interrupted(Relay):
    """Publishes some rounds; then of one only the journal; then it is gone."""

    rounds = 3

    async def _send_lines(self, lines: Mapping[tuple[str, int], Sequence[PackedBatch]]) -> None:
        if (self._journal, 0) not in lines:
            self.rounds -= 1
            if self.rounds < 0:
                await asyncio.sleep(3600)
        await super()._send_lines(lines)


async def test_what_was_not_published_when_the_database_was_lost_is_published_or_decided_anew(
    place: Place, new_database: NewDatabase, toy_template: str, tmp_path: Path
) -> None:
    # Given an instance that dies between its journal and what followed, with more behind that
    await place.tick(day(0))
    async with place.service(batch_records=20):
        await orders(place, 0, 10)
        await all_paid(place, 10)
    await back_up(place.url, tmp_path / "backup")
    async with place.service(batch_records=20, publisher=Interrupted):
        await orders(place, 10, 30)
        await all_paid(place, 30)
        await orders(place, 30, 50)
        await all_paid(place, 50)
    published = {int(record.key or b"") for record in (await place.written("order.journal"))[0]}
    numbers = {row[0] for row in await place.database.fetch("SELECT id FROM journal")}
    assert published < numbers
    assert await place.value("SELECT count(*) > 0 FROM outbox WHERE topic LIKE '%.events'")

    async with taken_back(place, tmp_path / "backup", new_database) as later:
        # When the database is lost, then all comes back that was in the journal
        done = await catch_up(later)
        assert done.transactions > 0
        assert {row[0] for row in await later.database.fetch("SELECT id FROM journal")} == published

        # And the rest, of which nobody had heard, is decided anew
        async with later.service("1"):
            await all_paid(later, 50)
            await time_is(later, 9)
            await later.outbox_empties()
        await assert_nothing_but_duplicates(later, 50)
        await assert_rebuilt_equal(later, await new_database("toy", toy_template))


async def test_a_restore_that_is_cut_off_goes_on_where_it_was(
    place: Place, new_database: NewDatabase, tmp_path: Path
) -> None:
    await back_up(place.url, tmp_path / "backup")
    await place.tick(day(0))
    async with place.service(batch_records=10):
        await orders(place, 0, 20)
        await all_paid(place, 20)
        await place.outbox_empties()

    def cut(so_far: Restored) -> None:
        if so_far.transactions == 3:
            raise InterruptedError

    async with taken_back(place, tmp_path / "backup", new_database) as later:
        toy = toy_service(Faults())
        with pytest.raises(InterruptedError):
            await restore(toy, later.url, place.kafka, place.prefix, cut, by="ops")
        assert await later.value("SELECT count(*) FROM journal") == 3
        # Whoever goes on too early has at least a number of its own
        newest = await place.value("SELECT max(id) FROM journal")
        assert await later.value("SELECT last_value FROM journal_id_seq") == newest
        await catch_up(later)
        async with frozen(place.url) as lost:
            assert await compare(lost, later.url, toy.kinds) == []


# --- what must not happen ----------------------------------------------------------------------------------


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
