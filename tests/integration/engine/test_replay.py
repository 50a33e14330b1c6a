"""The log, replayed as the journal tells, gives every table again; what else was changed is found."""

from __future__ import annotations

import pytest

from silkway.messaging.compare import compare
from silkway.messaging.replay import LogGone, frozen, replay_from
from tests.integration.engine.facts import confirmed, day, drafted, milestone, paid, paid_out
from tests.integration.engine.world import World

CHANGES = {
    "accounts": "balance_minor = balance_minor + 1",
    "suppliers": "total_minor = total_minor - 1",
    "orders": "due_at = due_at + interval '1 microsecond'",
    "marks": "text = 'paid twice'",
    "payouts": "amount_minor = 0",
    "aggregates": "version = version + 1",
    "inbox": "outcome = 'discarded'",
    "refused": "reason = ''",
    "waiting": "known_at = known_at + interval '1 second'",
    "parked": "attempts = attempts + 1",
    "parked_attempts": "error = 'something else'",
    "offsets": "next_offset = next_offset + 1",
    "ticks": "tick = tick - interval '1 second'",
    "clocks": "own = own - interval '1 second'",
}


async def given_a_bit_of_everything(world: World) -> None:
    world.tick(day(0))
    for order in ("O1", "O2", "O3"):
        world.fact(drafted(order, account=f"A-{order}"))
    world.fact(paid(100, "A-O1"))
    world.fact(paid_out(40, "A-O1"))
    world.fact(drafted("O1"), "refused")
    world.fact(confirmed("O9"), "waiting")
    world.faults.raises.add("O3")
    world.fact(confirmed("O3"), "parked")
    world.ours(milestone(1))
    await world.run()
    world.tick(day(7))
    await world.run()
    world.faults.raises.clear()


async def tamper(world: World, table: str, change: str) -> None:
    assert await world.connection.execute(f"UPDATE {table} SET {change}") != "UPDATE 0"


async def test_every_table_of_the_database_is_compared(world: World) -> None:
    await given_a_bit_of_everything(world)
    tables = {row["tablename"] for row in await world.rows("pg_tables") if row["schemaname"] == "public"}

    assert tables - {"journal", "outbox", "offset_resets", "api_keys"} == CHANGES.keys()
    assert all([await world.rows(table) for table in CHANGES])


async def test_a_tampered_cell_is_found_in_every_table(world: World) -> None:
    await given_a_bit_of_everything(world)
    await world.replay()

    missed = []
    for table, change in CHANGES.items():
        transaction = world.connection.transaction()
        await transaction.start()
        await tamper(world, table, change)
        found = await compare(world.connection, world.scratch_url)
        if {difference.table for difference in found} != {table}:
            missed.append(table)
        assert {difference.column for difference in found} <= {change.partition(" ")[0], "row"}
        await transaction.rollback()
    assert missed == []


async def test_a_table_that_cannot_be_compared_is_not_left_out_in_silence(world: World) -> None:
    await world.replay()

    transaction = world.connection.transaction()
    await transaction.start()
    await world.connection.execute("CREATE TABLE keyless (text text)")
    with pytest.raises(RuntimeError, match="keyless"):
        await compare(world.connection, world.scratch_url)
    await transaction.rollback()


async def test_a_row_that_was_removed_or_added_is_found(world: World) -> None:
    await given_a_bit_of_everything(world)
    await world.replay()

    transaction = world.connection.transaction()
    await transaction.start()
    await world.connection.execute("DELETE FROM marks WHERE order_id = 'O2' AND number = 1")
    await world.connection.execute("INSERT INTO payouts VALUES ('acme', 'mine', 1)")
    found = await compare(world.connection, world.scratch_url)
    await transaction.rollback()

    assert [str(difference) for difference in found] == [
        "marks acme/O2/1: row is None, the log says there",
        "payouts acme/mine: row is there, the log says None",
    ]


async def test_a_log_that_is_not_whole_is_told(world: World) -> None:
    await given_a_bit_of_everything(world)

    class Shortened:
        async def take(self, topic: str, partition: int, first: int, end: int) -> list[object]:
            raise LogGone(f"{topic}/{partition} has no offset {first} any more")

    async with frozen(world.url) as live:
        with pytest.raises(LogGone):
            await replay_from(Shortened(), world.service, live, world.scratch_url)  # type: ignore[arg-type]
