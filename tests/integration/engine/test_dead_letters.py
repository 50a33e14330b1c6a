"""What is parked stands on <topic>.parked as well, as Spring's tools read it, in the transaction that parks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from silkway.contracts import KafkaMessage
from tests.backup import back_up
from tests.integration.engine.facts import confirmed, day, milestone, paid_out
from tests.integration.engine.load import all_paid, orders
from tests.integration.engine.place import Place
from tests.integration.engine.restoring import NewDatabase, catch_up, taken_back
from tests.integration.engine.test_mending import poison
from tests.integration.engine.toy import Faults
from tests.integration.engine.world import World, given_orders

ORDERS = "trade.orders.parked"


def told(message: KafkaMessage) -> dict[str, bytes]:
    """The headers that tell of the failure, without their common beginning."""
    start = "kafka_dlt-"
    return {name[len(start) :]: value for name, value in message.headers if name.startswith(start)}


async def letters(world: World, topic: str = ORDERS) -> list[KafkaMessage]:
    return await world.outbox(topic=topic)


async def test_a_parked_record_is_told_whole_with_where_it_stood_and_why(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    topic, partition, offset = world.fact(confirmed(), "c1").rsplit("/", 2)
    log = world.log[topic, int(partition)]
    log[-1] = log[-1]._replace(recorded_ms=1_767_225_600_123)
    await world.run()

    (letter,) = await letters(world)
    assert (letter.key, letter.value) == (log[-1].key, log[-1].value)
    assert letter.headers[: len(log[-1].headers)] == list(log[-1].headers)
    headers = told(letter)
    assert headers.pop("exception-stacktrace").startswith(b"Traceback (most recent call last):")
    assert headers == {
        "original-topic": b"trade.orders",
        "original-partition": int(partition).to_bytes(4, "big"),
        "original-offset": int(offset).to_bytes(8, "big"),
        "original-timestamp": (1_767_225_600_123).to_bytes(8, "big"),
        "original-timestamp-type": b"CreateTime",
        "original-consumer-group": b"order",
        "exception-fqcn": b"builtins.RuntimeError",
        "exception-message": b"O1 is out of order",
    }
    world.faults.raises.clear()


async def test_each_failure_is_told_and_nothing_else(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    place = world.fact(confirmed(), "c1")
    world.fact(confirmed(party="SUPPLIER"), "c2")
    await world.run()
    assert len(await letters(world)) == 1
    world.command("redrive", place)
    await world.run()
    first, second = await letters(world)
    assert told(first)["original-offset"] == told(second)["original-offset"]

    world.faults.raises.clear()
    world.command("redrive", place)
    await world.run()
    assert len(await letters(world)) == 2


async def test_what_the_database_refuses_is_told_once_however_often_it_was_tried(world: World) -> None:
    await given_orders(world, "O1", "O2")
    for number in range(5):
        world.fact(confirmed("O2"), f"c{number}")
    world.fact(paid_out(60, "A-O1"), "payout")
    await world.run()

    (letter,) = await letters(world, "trade.payments.parked")
    assert told(letter)["exception-fqcn"] == b"CheckViolationError"
    assert b"accounts_balance_minor_check" in told(letter)["exception-message"]
    assert told(letter)["original-timestamp"] == b"\xff" * 8  # -1: not known
    assert told(letter)["original-timestamp-type"] == b"NoTimestampType"


async def test_what_nobody_can_read_is_told_with_its_cause(world: World) -> None:
    await given_orders(world, "O1")
    poison(world)
    await world.run()
    (letter,) = await letters(world, "logistics.events.parked")
    assert told(letter)["exception-fqcn"] == b"silkway.contracts.errors.ContractError"
    assert b"leg" in told(letter)["exception-message"]


async def test_a_record_that_is_too_large_with_it_is_told_without_itself(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    topic, partition, _ = world.ours(milestone(1)).rsplit("/", 2)
    log = world.log[topic, int(partition)]
    padded: Any = [*log[-1].headers, ("padding", b"x" * (1 << 20))]
    log[-1] = log[-1]._replace(headers=padded)
    await world.run()

    (letter,) = await letters(world, "logistics.events.parked")
    assert (letter.key, letter.value, len(letter.headers)) == (None, None, len(told(letter)))
    assert len(await world.rows("parked")) == 1
    world.faults.raises.clear()


async def test_a_deadline_is_no_record(world: World) -> None:
    await given_orders(world, "O1")
    world.faults.raises.add("O1")
    world.tick(day(8))
    await world.run()
    rows = await world.rows("outbox")
    assert len(await world.rows("parked")) == 1
    assert not [row for row in rows if row["topic"].endswith(".parked")]
    world.faults.raises.clear()


async def test_a_restored_database_tells_the_same_word_for_word(
    place: Place, new_database: NewDatabase, tmp_path: Path
) -> None:
    # Given a record that was parked and told, after the backup
    await back_up(place.url, tmp_path / "backup")
    await place.tick(day(0))
    async with place.service(faults=Faults(raises={"O0"})):
        await orders(place, 0, 3)
        await all_paid(place, 2)
        await place.outbox_empties()
    (letter,) = (await place.written(ORDERS))[0]

    # When the database is lost and another catches up, by a service that would not fail any more
    async with taken_back(place, tmp_path / "backup", new_database) as later:
        await catch_up(later)
        async with later.service("1"):
            await later.outbox_empties()

    # Then all who listen hear the same once more
    assert (await place.written(ORDERS))[0] == [letter, letter]
    assert b"O0 is out of order" in told(letter)["exception-stacktrace"]
