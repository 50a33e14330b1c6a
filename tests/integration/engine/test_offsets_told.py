"""A log that is not the one that was read is recognised and told; its partition stands still with the clocks, and goes
on only from where operations say."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any
from unittest.mock import AsyncMock

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from rich.console import Console
from typer.testing import CliRunner, Result

from silkway.cli.main import application
from silkway.messaging import consumer as consumers
from silkway.messaging.consumer import Consumer
from silkway.messaging.fence import ADDED, RECREATED
from silkway.messaging.health import reading
from silkway.messaging.offsets import MISSING, places_of
from silkway.messaging.offsets import Place as Told
from silkway.messaging.positions import Trouble
from silkway.messaging.reset import Move, NotResettable, plan, reset
from silkway.messaging.standing import examine
from tests.integration.engine.facts import confirmed, day, drafted, paid
from tests.integration.engine.place import Place, until
from tests.integration.engine.test_kafka import recreate
from tests.integration.engine.toy import Faults, toy_service

PAYMENTS = "trade.payments"
TOY = toy_service(Faults())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "VERIFY_S", 0.3)


async def told(place: Place) -> Sequence[Told]:
    """What is told of each partition, having read the last records again."""
    found = await places_of(place.kafka, place.database, TOY, place.prefix, deep=True)
    return found


async def findings(place: Place) -> dict[str, set[str]]:
    """What is wrong, by topic."""
    wrong: dict[str, set[str]] = {}
    for partition in await told(place):
        if partition.finding:
            wrong.setdefault(partition.topic.removeprefix(place.prefix), set()).add(partition.finding)
    return wrong


async def it_is_found(place: Place, finding: str) -> None:
    """In payments, all of them; a topic that has just been made is not known to all of Kafka at once."""

    async def found() -> bool:
        return await findings(place) == {PAYMENTS: {finding}}

    await until(found, f"it is found: {finding}")


async def all_is_read(place: Place) -> None:
    async def read() -> bool:
        return all(partition.next_offset == partition.end for partition in await told(place))

    await until(read, "everything is read")


async def given_three_days(place: Place) -> None:
    """A service that has read a draft and the ticks of three days everywhere, and rests."""
    for number in range(3):
        await place.tick(day(number))
    await place.fact(drafted(), "draft")
    async with place.service():
        await place.becomes("draft")
        await all_is_read(place)


async def forget_before(place: Place, partition: int, offset: int) -> None:
    """Retention lets go the first payments of this partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    try:
        where = TopicPartition(place.prefix + PAYMENTS, partition)
        await admin.delete_records({where: RecordsToDelete(before_offset=offset)})
    finally:
        await admin.close()


async def assert_it_alone_stands_still(place: Place, consumer: Consumer, reason: str, number: int) -> None:
    """Facts elsewhere are applied, no time passes, and whoever asks is told; so it is kept."""
    partition = (place.prefix + PAYMENTS, number)
    was = await place.value("SELECT own FROM clocks")

    async def halted() -> bool:
        return partition in consumer.halted

    await until(halted, "the partition stands still")
    assert consumer.halted == {partition: reason}
    await place.tick(day(20))
    await place.fact(confirmed(), f"confirmed {number}")
    await place.becomes(f"confirmed {number}")
    assert await place.value("SELECT own FROM clocks") == was
    assert f"{partition[0]}/{number} is halted: {reason}" in reading(consumer)
    query = "SELECT halted FROM offsets WHERE topic = $1 AND partition = $2"
    assert await place.value(query, *partition) == reason


async def move(place: Place, partition: int, to: str) -> Move:
    """Operations decide, as `silkway offsets reset` does."""
    where = (place.prefix + PAYMENTS, partition)
    planned = await plan(place.kafka, place.database, TOY, place.prefix, where, to)
    await reset(place.kafka, place.database, planned, by="ops", reason="it is known")
    return planned


async def assert_time_goes_on(place: Place, consumer: Consumer) -> None:
    """All partitions are read again, and nothing is wrong."""

    async def on() -> bool:
        return not consumer.halted and bool(await place.value("SELECT own = $1 FROM clocks", day(20)))

    await until(on, "time goes on")
    await all_is_read(place)
    assert await findings(place) == {}
    assert not await place.value("SELECT count(*) FROM offsets WHERE halted IS NOT NULL")


async def test_of_a_log_that_is_the_one_that_was_read_nothing_is_told(place: Place) -> None:
    await given_three_days(place)
    assert await findings(place) == {}
    payments = [partition for partition in await told(place) if partition.topic.endswith(PAYMENTS)]
    assert [(p.next_offset, p.first, p.end, p.committed) for p in payments] == [(3, 0, 3, 3)] * 8
    with pytest.raises(NotResettable, match="nothing is wrong"):
        await move(place, 2, "first")


async def test_where_retention_ran_ahead_it_goes_on_when_what_is_lost_is_given_up(place: Place) -> None:
    # Given a service that rests, while Kafka forgets what it has not read yet
    await given_three_days(place)
    for number in range(3, 6):
        await place.tick(day(number), [PAYMENTS])
    await forget_before(place, 2, 5)
    gone = "records 3 to 4 are gone: retention ran ahead"
    assert await findings(place) == {PAYMENTS: {gone}}

    async with place.service() as consumer:
        await assert_it_alone_stands_still(place, consumer, gone, 2)
        with pytest.raises(NotResettable, match="holds 5 up to 7"):
            await move(place, 2, "here")
        done = await move(place, 2, "first")
        assert str(done) == "from 3 forward to 5; 2 records that Kafka has no more are given up"
        await assert_time_goes_on(place, consumer)
    row = await place.database.fetchrow("SELECT * FROM offset_resets")
    assert row is not None
    assert (row["by"], row["reason"], row["halted"]) == ("ops", "it is known", gone)
    assert (row["offset_before"], row["offset_after"]) == (3, 5)


async def test_a_gap_is_no_natural_one_as_long_as_nobody_can_say_what_is_missing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await given_three_days(place)
    for number in range(3, 6):
        await place.tick(day(number), [PAYMENTS])
    await forget_before(place, 2, 5)

    # When the database does not answer as the service begins, nor when it meets what is missing
    asked = itertools.count()

    async def answer(*question: Any) -> Any:
        if next(asked) < 2:
            raise Trouble("the connection was cut")
        return await examine(*question)

    monkeypatch.setattr(consumers, "VERIFY_S", 1000)
    monkeypatch.setattr(consumers, "examine", answer)
    async with place.service() as consumer:
        await assert_it_alone_stands_still(place, consumer, "records 3 to 4 are gone: retention ran ahead", 2)


@pytest.mark.parametrize("refilled", [0, 4])
async def test_a_topic_that_was_recreated_is_read_from_its_beginning_when_operations_say_so(
    place: Place, refilled: int
) -> None:
    await given_three_days(place)
    await recreate(place, PAYMENTS)
    for number in range(refilled):
        await place.tick(day(10 + number), [PAYMENTS])
    ended = "the log ends at 0, before 3: the topic was recreated or has lost records"
    await it_is_found(place, RECREATED if refilled else ended)

    async with place.service() as consumer:

        async def halted() -> bool:
            return len(consumer.halted) == 8

        await until(halted, "all its partitions stand still")
        # When a payment comes into the new log and operations let it be read
        await place.fact(paid(100), "money")
        await place.tick(day(20))
        for number in range(8):
            await move(place, number, "first")
        await place.becomes("money")
        await assert_time_goes_on(place, consumer)


async def test_a_log_that_has_lost_its_end_waits_for_the_end_to_come_back(place: Place) -> None:
    # Given a log that holds less than was read, since the database says that more was
    await given_three_days(place)
    query = "UPDATE offsets SET next_offset = $3, fingerprint = NULL WHERE topic = $1 AND partition = $2"
    await place.database.execute(query, place.prefix + PAYMENTS, 2, 5)
    ends = "the log ends at 3, before 5: the topic was recreated or has lost records"
    assert await findings(place) == {PAYMENTS: {ends}}

    async with place.service() as consumer:
        await assert_it_alone_stands_still(place, consumer, ends, 2)
        with pytest.raises(NotResettable, match="not within the log"):
            await move(place, 2, "5")
        # When the records are there again, it goes on where it was
        for number in range(2):
            await place.tick(day(4 + number), [PAYMENTS])
        assert str(await move(place, 2, "here")) == "stays at 5"
        await place.tick(day(20), [PAYMENTS])
        await assert_time_goes_on(place, consumer)


async def test_a_database_that_is_older_than_kafkas_commit_decides_nothing_anew_unless_told_to(
    place: Place,
) -> None:
    # Given a database that lost its last transaction, of which nobody had heard but Kafka's commit
    await given_three_days(place)
    query = "UPDATE offsets SET next_offset = 2, fingerprint = NULL WHERE topic = $1 AND partition = $2"
    await place.database.execute(query, place.prefix + PAYMENTS, 2)
    older = "the database is older than Kafka's commit 3: what it did from 2 on is lost"
    assert await findings(place) == {PAYMENTS: {older}}

    async with place.service() as consumer:
        await assert_it_alone_stands_still(place, consumer, older, 2)
        await move(place, 2, "here")
        await assert_time_goes_on(place, consumer)


async def test_where_kafka_was_told_less_the_database_decides_and_nothing_is_applied_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: Consumer) -> None:
        """Killed before it could tell."""

    with monkeypatch.context() as patch:
        patch.setattr(Consumer, "_commit_hint", nothing)
        await given_three_days(place)
    assert {partition.committed for partition in await told(place)} == {None}
    assert await findings(place) == {}

    async with place.service() as consumer:
        await place.fact(confirmed(), "c1")
        await place.becomes("c1")
        assert consumer.halted == {}
    assert await place.value("SELECT count(*) FROM marks") == 2


async def test_nothing_is_read_back_over_records_that_wait_or_are_parked(place: Place) -> None:
    # Given a payment that is parked, and a topic that is another one now
    faults = Faults(raises={"O1"})
    await given_three_days(place)
    async with place.service(faults=faults):
        await place.fact(paid(100), "money")
        await place.becomes("money", "parked")
        await all_is_read(place)
    parked = await place.value("SELECT place FROM parked")
    partition = int(parked.split("/")[1])
    await recreate(place, PAYMENTS)

    async def known() -> bool:
        return MISSING not in (await findings(place)).get(PAYMENTS, ())

    await until(known, "Kafka knows its topic")
    with pytest.raises(NotResettable, match=r"wait or are parked \(1\)"):
        await move(place, partition, "first")
    await move(place, (partition + 1) % 8, "first")


async def test_a_topic_that_is_gone_is_told(place: Place) -> None:
    await given_three_days(place)
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    await admin.delete_topics([place.prefix + PAYMENTS])
    await admin.close()

    await it_is_found(place, MISSING)
    with pytest.raises(NotResettable, match="silkway topics"):
        await move(place, 2, "first")


async def test_a_partition_that_was_added_is_told(place: Place) -> None:
    await given_three_days(place)
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    await admin.create_partitions({place.prefix + PAYMENTS: NewPartitions(9)})
    await admin.close()

    await it_is_found(place, ADDED)


async def test_by_command_it_is_told_asked_and_kept(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", place.kafka)
    monkeypatch.setenv("ORDER_DATABASE_URL", place.url)
    monkeypatch.setenv("SILKWAY_TOPIC_PREFIX", place.prefix)
    # Wide enough that no line is folded
    monkeypatch.setattr("silkway.cli.offsets.OUT", Console(width=300))

    async def silkway(*words: str, answer: str = "") -> Result:
        app = application(["offsets", "status"])
        return await asyncio.to_thread(lambda: CliRunner().invoke(app, ["offsets", *words], answer))

    await given_three_days(place)
    assert (await silkway("verify", "order")).exit_code == 0
    for number in range(3, 6):
        await place.tick(day(number), [PAYMENTS])
    await forget_before(place, 2, 5)
    found = await silkway("verify", "order", "--json")
    (row,) = json.loads(found.stdout)
    assert (found.exit_code, row["partition"]) == (1, 2)

    # Nothing without a reason, nothing without a yes; the topic as it was just told
    words = ("reset", "order", row["topic"], "2", "--to", "first")
    assert (await silkway(*words)).exit_code == 2
    asked = await silkway(*words, "--reason", "known", answer="n\n")
    assert asked.exit_code == 1
    assert "2 records that Kafka has no more are given up" in asked.stdout
    assert (await silkway("verify", "order")).exit_code == 1

    # Nothing while Kafka does not hand out what is to be compared: then nothing is said to be right, either
    with monkeypatch.context() as silent:
        silent.setattr(AIOKafkaConsumer, "getmany", AsyncMock(return_value={}))
        told_nothing = await silkway("verify", "order")
        assert (told_nothing.exit_code, told_nothing.stdout) == (2, "")
        assert "does not hand out" in told_nothing.stderr

    assert (await silkway(*words, "--reason", "known", "--yes")).exit_code == 0
    assert (await silkway("verify", "order")).exit_code == 0
    (kept,) = json.loads((await silkway("show", "order", "--json")).stdout)["resets"]
    assert (kept["offset_before"], kept["offset_after"], kept["reason"]) == (3, 5, "known")
    words = ("reset", "order", PAYMENTS, "2", "--to", "first")
    again = await silkway(*words, "--reason", "again", "--yes")
    assert (again.exit_code, "nothing is wrong with it" in again.stderr) == (1, True)
