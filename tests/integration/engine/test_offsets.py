"""What was read once is not read again, whoever reads it and however often; what is missing is noticed."""

from __future__ import annotations

from collections import defaultdict

from silkway.contracts import TOPICS
from silkway.messaging.batches import Batches
from silkway.messaging.fence import Partition
from silkway.messaging.records import Record
from tests.integration.engine.facts import confirmed, day, drafted
from tests.integration.engine.world import World


def place_of(world: World, place: str) -> tuple[Partition, int]:
    topic, partition, offset = place.rsplit("/", 2)
    return (topic, int(partition)), int(offset)


async def test_the_same_batch_twice_is_applied_once(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    batch = world.undelivered()

    first = await world.deliver(batch)
    again = await world.deliver(batch)

    assert (first.applied, again.applied) == (1, 0)
    assert await world.told() == ["OrderPlaced"]
    assert len(await world.rows("journal")) == 1


async def test_what_was_read_is_dropped_when_operations_move_the_place_back_over_it(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted(), "draft")
    world.fact(confirmed(), "c1")
    await world.run()

    await world.connection.execute("UPDATE offsets SET next_offset = 0, fingerprint = NULL")
    world.fact(confirmed(party="SUPPLIER"), "c2")
    done = await world.deliver({place: [*records] for place, records in world.log.items()})

    assert done.applied == 1
    assert await world.marks() == ["drafted", "confirmed by BUYER", "confirmed by SUPPLIER"]


async def test_what_another_instance_has_read_is_left_out(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    earlier = world.undelivered()
    world.fact(confirmed())
    both = defaultdict(list, {p: [*records] for p, records in earlier.items()})
    for partition, records in world.undelivered().items():
        both[partition] += records
    other = Batches(world.engine, world.url, "other")

    await world.deliver(earlier, by=other)
    mine = await world.deliver(both)

    assert mine.applied == 1
    assert await world.marks() == ["drafted", "confirmed by BUYER"]
    await other.close()


async def test_a_zombie_with_an_old_batch_changes_nothing(world: World) -> None:
    world.tick(day(0))
    world.fact(drafted())
    old = world.undelivered()
    await world.deliver(old)
    world.fact(confirmed())
    await world.run()
    zombie = Batches(world.engine, world.url, "zombie")

    done = await world.deliver(old, by=zombie)

    assert (done.applied, done.gaps, done.halts) == (0, {}, {})
    assert await world.marks() == ["drafted", "confirmed by BUYER"]
    await zombie.close()


async def test_a_gap_is_read_again_once_and_then_taken_as_the_logs_own(world: World) -> None:
    world.tick(day(0))
    partition, offset = place_of(world, world.fact(drafted()))
    await world.run()
    world.log[partition].append(
        world.log[partition][-1]._replace(offset=offset + 1)
    )  # left out: a control record
    missing = world.log[partition].pop()
    later = place_of(world, world.fact(confirmed()))[1]
    world.log[partition][-1] = world.log[partition][-1]._replace(offset=later + 1)
    batch = world.undelivered()

    asked = await world.deliver(batch)
    assert asked.gaps == {partition: missing.offset}
    assert asked.applied == 0

    accepted = await world.deliver(batch, accept_gaps=asked.gaps)
    assert (accepted.gaps, accepted.applied) == ({}, 1)
    assert await world.marks() == ["drafted", "confirmed by BUYER"]


async def test_a_gap_holds_up_its_own_partition_only(world: World) -> None:
    world.tick(day(0))
    gapped = place_of(world, world.fact(drafted("O1", account="A1")))[0]
    other = place_of(world, world.fact(drafted("O9", account="A2")))[0]
    assert gapped != other
    batch = world.undelivered()
    batch[gapped] = batch[gapped][1:]

    done = await world.deliver(batch)

    assert done.gaps == {gapped: 0}
    assert await world.marks("O1") == []
    assert await world.marks("O9") == ["drafted"]
    await world.deliver({gapped: world.log[gapped]})  # read again from where it was


async def test_a_recreated_topic_is_known_by_its_last_record_and_halts(world: World) -> None:
    world.tick(day(0))
    partition, offset = place_of(world, world.fact(drafted()))
    await world.run()
    known = world.log[partition][offset]
    another = Record(*partition, offset, known.key, known.headers, b"{}")
    world.fact(confirmed())
    following = world.log[partition][-1]

    same = await world.deliver({partition: [known]})
    recreated = await world.deliver({partition: [another, following]})

    assert same.halts == {}
    assert list(recreated.halts) == [partition]
    assert "recreated" in recreated.halts[partition]
    assert await world.marks() == ["drafted"]


async def test_a_partition_that_was_added_stands_still_and_the_others_flow(world: World) -> None:
    world.tick(day(0))
    await world.run()
    topic = place_of(world, world.fact(drafted("O1")))[0][0]
    added = (topic, TOPICS[topic].partitions)
    misled = world.log[topic, 0][-1]
    world.put(*added, misled.value, misled.key, misled.headers)

    done = await world.run()

    assert list(done.halts) == [added]
    assert "added" in done.halts[added]
    assert await world.marks("O1") == ["drafted"]


async def test_a_halted_partition_stands_still_and_the_others_flow(world: World) -> None:
    world.tick(day(0))
    await world.run()
    halted = place_of(world, world.fact(drafted("O1", account="A1")))[0]
    world.fact(drafted("O9", account="A2"))
    await world.connection.execute(
        "UPDATE offsets SET halted = 'lost' WHERE topic = $1 AND partition = $2", *halted
    )

    done = await world.run()

    assert done.halts == {halted: "lost"}
    assert await world.marks("O1") == []
    assert await world.marks("O9") == ["drafted"]
