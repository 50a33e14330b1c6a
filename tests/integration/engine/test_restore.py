"""A database is lost and taken from yesterday's backup: it catches up to the same, and nobody outside sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from silkway.messaging.compare import compare
from silkway.messaging.outbox import PackedBatch
from silkway.messaging.relay import Relay
from silkway.messaging.replay import frozen
from silkway.messaging.restore import Restored, restore
from tests.backup import back_up
from tests.integration.engine.facts import day
from tests.integration.engine.load import all_paid, orders, time_is
from tests.integration.engine.place import Place, until
from tests.integration.engine.restoring import (
    BROKEN,
    NewDatabase,
    assert_nothing_but_duplicates,
    assert_rebuilt_equal,
    catch_up,
    contents,
    kafka_was_told,
    taken_back,
)
from tests.integration.engine.toy import Faults, toy_service


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
        await until(partial(kafka_was_told, place), "Kafka was told how far they have read")
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
