"""The relay on a real Kafka: each partition in order, taken over, and nothing left out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from silkway.contracts import (
    TOPICS,
    Envelope,
    KafkaMessage,
    OrderPlaced,
    partition_of,
    read_envelope,
    write,
)
from silkway.messaging import relay as relays
from silkway.messaging.journal_topic import JournalTopic
from silkway.messaging.outbox import pack_messages
from silkway.messaging.relay import TAKEOVER_S, Relay
from tests.integration.engine.facts import START, TENANT
from tests.integration.engine.place import TOPIC, Place, first_occurrences, running, until, versions


def numbered(order: str, version: int) -> KafkaMessage:
    event = OrderPlaced(
        order_id=order, supplier_id="S1", currency="USD", total_minor=version, placed_at=START
    )
    envelope = Envelope.of(
        event,
        tenant=TENANT,
        source="/silkway/order",
        id=f"{order}-{version}",
        time=START,
        knowntime=START,
        version=version,
    )
    return write(envelope, event)


async def leave(place: Place, first: int, count: int) -> None:
    """Leave so many versions of each of eight orders for the relay, some to a row."""
    rows = []
    for version in range(first, first + count, 3):
        for n in range(8):
            messages = [numbered(f"O{n}", v) for v in range(version, min(version + 3, first + count))]
            partition = partition_of(messages[0].key or b"", TOPICS[TOPIC].partitions)
            rows += [(place.prefix + TOPIC, partition, batch) for batch in pack_messages(messages)]
    await place.database.executemany(
        "INSERT INTO outbox (topic, partition, payload) VALUES ($1, $2, $3)", rows
    )


async def test_the_relay_publishes_each_partition_in_order_and_empties_the_outbox(place: Place) -> None:
    await leave(place, 1, 60)
    async with place.relay() as relay:
        await place.outbox_empties()
        await leave(place, 61, 30)
        relay.wake.set()
        await place.outbox_empties()

    found = await versions(place)
    assert len(found) == 8
    assert all(numbers == list(range(1, 91)) for numbers in found.values())


async def test_while_one_relay_publishes_another_waits(place: Place) -> None:
    async with place.relay("one") as one:

        async def active() -> bool:
            return one.active

        async def another_is_there() -> bool:
            found = await place.database.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'two-relay'"
                " AND datname = current_database()"
            )
            return bool(found)

        await until(active, "the first one publishes")
        async with place.relay("two") as two:
            await until(another_is_there, "the second one has come")
            for version in range(1, 31, 3):
                await leave(place, version, 3)
                await asyncio.sleep(TAKEOVER_S / 3)  # time enough to take over, were it free
                assert (one.active, two.active) == (True, False)
            await place.outbox_empties()

    assert all(numbers == list(range(1, 31)) for numbers in (await versions(place)).values())


async def test_a_relay_whose_session_is_cut_is_taken_over_and_nothing_is_lost_or_out_of_order(
    place: Place,
) -> None:
    async with place.relay("one") as one, place.relay("two") as two:

        async def one_active() -> bool:
            return one.active != two.active

        for first in range(1, 200, 40):
            await leave(place, first, 40)
            await until(one_active, "exactly one relay publishes")
            active = "one" if one.active else "two"
            await place.database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
                " AND datname = current_database()",
                f"{active}-relay",
            )
        await place.outbox_empties()

    found = await versions(place)
    assert len(found) == 8
    assert all(first_occurrences(numbers) == list(range(1, 201)) for numbers in found.values())


async def test_a_relay_keeps_its_lock_however_long_kafka_takes_to_answer_as_it_begins(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a session that rests for two seconds at most, and a broker that takes longer, for the log and a producer
    monkeypatch.setattr(relays, "IDLE_SESSION_TIMEOUT_MS", 2_000)
    tail, start, begun = JournalTopic.tail, AIOKafkaProducer.start, []

    async def slow_tail(self: JournalTopic) -> Mapping[int, bytes]:
        if self._tail is None:
            begun.append("journal")
            await asyncio.sleep(3)
        return await tail(self)

    async def slow_start(self: AIOKafkaProducer) -> None:
        begun.append("producer")
        await asyncio.sleep(3)
        await start(self)

    monkeypatch.setattr(JournalTopic, "tail", slow_tail)
    monkeypatch.setattr(AIOKafkaProducer, "start", slow_start)

    # When it begins, then it does so once, and publishes
    await leave(place, 1, 3)
    async with place.relay():
        await place.outbox_empties()
    assert begun == ["journal", "producer"]


async def test_a_crash_between_acknowledgement_and_delete_repeats_the_same_versions(place: Place) -> None:
    class Crashing(Relay):
        crashes = 0

        async def _publish(self, rows: Any) -> int:
            count = await super()._publish(rows)
            if self.crashes < 2:
                self.crashes += 1
                assert self._connection is not None
                self._connection.terminate()  # the delete does not come to pass
            return count

    await leave(place, 1, 9)
    relay = Crashing(place.kafka, place.url, "relay", f"{place.prefix}order.journal")
    async with running(relay.run()):
        await place.outbox_empties()

    for messages in (await place.written()).values():
        by_version = defaultdict(set)
        for message in messages:
            event = read_envelope(message.headers)
            by_version[event.subject, event.version].add((message.key, tuple(message.headers), message.value))
        assert all(len(same) == 1 for same in by_version.values())
    found = await versions(place)
    assert all(numbers == [*range(1, 10)] * 3 for numbers in found.values())
