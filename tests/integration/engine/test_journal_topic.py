"""The journal's topic: whole, before all that was done with it, and as long as it is needed."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.admin.records_to_delete import RecordsToDelete

from silkway.cli.topics import keep_for_ever
from silkway.messaging.journal import Numbered
from silkway.messaging.journal_topic import journal_differences, journal_topic
from silkway.messaging.relay import Relay
from silkway.messaging.replay import frozen
from silkway.messaging.retention import retention_findings
from tests.integration.engine.facts import day
from tests.integration.engine.load import all_paid, orders
from tests.integration.engine.place import Place, running, until
from tests.integration.engine.toy import Faults, toy_service


class Silent(Relay):
    """Publishes nothing."""

    async def _round(self) -> None:
        await asyncio.sleep(3600)


class Older(Relay):
    """As relays were before journals were published."""

    async def _send_journal(self, entries: Iterable[Numbered]) -> None:
        pass


async def test_a_journal_from_before_journals_were_published_is_published_whole(place: Place) -> None:
    await place.tick(day(0))
    async with place.service(batch_records=10, publisher=Older):
        await orders(place, 0, 10)
        await all_paid(place, 10)
        await place.outbox_empties()
    assert await place.written("order.journal") == {0: []}

    async with place.relay() as relay:

        async def active() -> bool:
            return relay.active

        await until(active, "a relay publishes")
    published = [(int(r.key or b""), r.value) for r in (await place.written("order.journal"))[0]]
    once = list(dict.fromkeys(published))  # one that was still in the outbox comes a second time
    assert once == [tuple(r) for r in await place.database.fetch("SELECT * FROM journal ORDER BY id")]


class Dying(Relay):
    """Publishes the beginning of the journal from before, and is gone."""

    dead = False

    async def _send_journal(self, entries: Iterable[Numbered]) -> None:
        if self.dead:
            await asyncio.sleep(3600)
        self.dead = True
        await super()._send_journal(entries)


async def test_a_journal_of_which_only_the_beginning_was_published_is_completed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.tick(day(0))
    async with place.service(batch_records=10, publisher=Older):
        await orders(place, 0, 10)
        await all_paid(place, 10)
        await place.outbox_empties()

    with monkeypatch.context() as patch:
        patch.setattr("silkway.messaging.relay.ROWS_A_ROUND", 2)
        async with running(Dying(place.kafka, place.url, "old", place.prefix + "order.journal").run()):

            async def begun() -> bool:
                return len((await place.written("order.journal"))[0]) == 2

            await until(begun, "its beginning is published")
    async with place.service(batch_records=10):
        await orders(place, 10, 20)
        await all_paid(place, 20)
        await place.outbox_empties()

    published = [(int(r.key or b""), r.value) for r in (await place.written("order.journal"))[0]]
    once = list(dict.fromkeys(published))  # one that was still in the outbox comes a second time
    assert once == [tuple(r) for r in await place.database.fetch("SELECT * FROM journal ORDER BY id")]


async def test_the_journal_of_a_transaction_has_the_least_id_of_all_that_it_leaves(place: Place) -> None:
    await place.tick(day(0))
    async with place.service(batch_records=50, publisher=Silent):
        await orders(place, 0, 30)
        await all_paid(place, 30)
    rows = await place.database.fetch("SELECT xmin::text AS by, topic FROM outbox ORDER BY id")
    topics = defaultdict(list)
    for row in rows:
        topics[row["by"]].append(row["topic"].removeprefix(place.prefix))
    assert any(len(left) > 2 for left in topics.values())
    assert {tuple(sorted(Counter(left[1:]))) for left in topics.values()} <= {(), ("order.events",)}
    assert {left[0] for left in topics.values()} == {"order.journal"}


async def test_what_kafka_lets_go_is_told_before_it_is_missed(place: Place) -> None:
    toy = toy_service(Faults())
    await place.tick(day(0))
    async with place.service(batch_records=10):
        await orders(place, 0, 20)
        await all_paid(place, 20)
        await place.outbox_empties()
    assert await retention_findings(place.kafka, place.database, toy, place.prefix) == []

    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    journal, topic = f"{place.prefix}order.journal", f"{place.prefix}trade.orders"
    partition = next(p for p, found in (await place.written("trade.orders")).items() if len(found) > 2)
    await admin.delete_records(
        {TopicPartition(journal, 0): RecordsToDelete(2), TopicPartition(topic, partition): RecordsToDelete(1)}
    )
    changed = {"retention.ms": "86400000", "segment.ms": "3600000"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, changed)])

    async def told() -> list[str]:
        found = await retention_findings(place.kafka, place.database, toy, place.prefix)
        return [finding.removeprefix(place.prefix) for finding in found]

    gone = [
        f"trade.orders/{partition} begins at 1, and the journal has read it from 0 on: only a database from a backup"
        " can catch up, no empty one",
        "order.journal begins with entry 3: older backups cannot catch up any more",
    ]
    letting = (
        "trade.orders has retention.ms=86400000: what it lets go can be made anew only from a younger backup"
    )
    assert await told() == [letting, *gone]

    # When topics are told to keep their records again (`silkway topics --for-ever`)
    await asyncio.to_thread(keep_for_ever, place.kafka, place.prefix)

    # Then nothing more is let go, and what else was set stays
    assert await told() == gone
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic, {"segment.ms": ""})]
    (answer,) = await admin.describe_configs(asked)
    assert [entry[:2] for entry in answer.resources[0][4]] == [("segment.ms", "3600000")]

    # And a journal of which nothing is left is not taken for a new one
    await admin.delete_records({TopicPartition(journal, 0): RecordsToDelete(-1)})
    assert await told() == [
        gone[0],
        "order.journal has lost all of its entries: no backup can catch up any more",
    ]
    await admin.close()


async def test_a_journal_that_is_not_as_it_was_published_is_found(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.tick(day(0))
    async with place.service(batch_records=10):
        await orders(place, 0, 10)
        await all_paid(place, 10)

    async def found() -> list[tuple[str, str]]:
        async with (
            frozen(place.url) as live,
            journal_topic(place.kafka, f"{place.prefix}order.journal") as topic,
        ):
            return [(d.aggregate, d.column) for d in await journal_differences(topic, live)]

    assert await found() == []
    await place.database.execute("UPDATE journal SET entry = entry || '\\x00' WHERE id = 2")
    await place.database.execute("INSERT INTO journal (entry) SELECT entry FROM journal WHERE id = 1")
    number = await place.value("SELECT max(id) FROM journal")
    assert await found() == [("journal 2", "entry"), (f"journal {number}", "entry")]

    monkeypatch.setattr("silkway.messaging.journal_topic.MOST_DIFFERENCES", 1)
    assert await found() == [("journal 2", "entry")]
