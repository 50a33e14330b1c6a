"""The simulation's database in memory does what PostgreSQL does: the same records leave the same rows in both."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from silkway.contracts import TOPICS
from silkway.messaging.fence import Done, Partition
from silkway.messaging.journal import read_entry
from silkway.messaging.outbox import unpack_messages
from silkway.messaging.records import Record
from silkway.messaging.transaction import Engine
from tests.integration.engine.test_storm import NewWorld, stories, write
from tests.integration.engine.world import World
from tests.simulation.model.database import Database, Session
from tests.simulation.model.instance import ModelBatches

_TABLES = (
    "ticks", "clocks", "inbox", "aggregates", "waiting", "parked", "parked_attempts", "refused", "offsets",
)  # fmt: skip


@given(story=stories(), seed=st.integers(0, 2**32), poisoned=st.sets(st.sampled_from(("O1", "O2"))))
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_both_databases_hold_the_same_rows(
    new_world: NewWorld, story: list[tuple[str, Any]], seed: int, poisoned: set[str]
) -> None:
    # Given a log, handlers that fail, rows that are forbidden, and the same service on either database
    world, chance = await new_world(), random.Random(seed)
    write(world, story)
    world.faults.raises |= poisoned
    memory = Database()
    memory.refuses["marks"] = lambda row: "forbidden" in row
    partitions = {topic: TOPICS[topic].partitions for topic in world.service.inputs}
    memory.prepare((topic, p) for topic, count in partitions.items() for p in range(count))
    engine = Engine(world.service, partitions, TOPICS[world.service.output].partitions)
    batches = ModelBatches(engine, "model", lambda: Session(memory, "model"))

    # When both read it in the same pieces, some of them twice, and operations redrive what is parked
    read: defaultdict[Partition, int] = defaultdict(int)
    for turn in range(9):
        pieces = {place: _piece(records, read, place, chance, turn) for place, records in world.log.items()}
        pieces = {place: records for place, records in sorted(pieces.items()) if records}
        done = await world.deliver(pieces)
        assert _run(batches, world, pieces) == done
        if turn == 6:
            world.faults.raises.clear()
            for row in await world.rows("parked"):
                world.command(chance.choice(("redrive", "redrive", "discard")), row["place"])

    # Then the same stands in both
    assert await _rows(world) == _kept(world, memory)


def _piece(
    records: list[Record], read: dict[Partition, int], place: Partition, chance: random.Random, turn: int
) -> list[Record]:
    """Some of what comes next, at times with some of what came before; at last all that is left."""
    first = max(0, read[place] - chance.choice((0, 0, 3)))
    end = len(records) if turn in (5, 8) else min(len(records), read[place] + chance.randint(0, 8))
    read[place] = end
    return records[first:end]


def _run(batches: ModelBatches, world: World, pieces: dict[Partition, list[Record]]) -> Done:
    running = batches.apply(world.read(pieces), {})
    try:
        while True:
            running.send(None)
    except StopIteration as end:
        done: Done = end.value
        return done


async def _rows(world: World) -> dict[str, Any]:
    """All tables as PostgreSQL has them."""
    found: dict[str, Any] = {
        table: sorted((tuple(map(_plain, row.values())) for row in await world.rows(table)), key=repr)
        for table in (*_TABLES, "orders", "accounts", "suppliers", "marks", "payouts")
    }
    # Each has its own words for an error; what PostgreSQL computes from other columns comes last.
    found["parked"] = [(*row[:5], *row[6:10]) for row in found["parked"]]
    found["parked_attempts"] = [(*row[:8], *row[9:]) for row in found["parked_attempts"]]
    found["outbox"] = {p: await world.outbox(p) for p in range(TOPICS[world.service.output].partitions)}
    entries = await world.connection.fetch("SELECT entry FROM journal ORDER BY id")
    return found | {"journal": [_entry(row[0]) for row in entries]}


def _kept(world: World, memory: Database) -> dict[str, Any]:
    """The same of the model."""
    rows: dict[str, list[tuple[Any, ...]]] = {
        "ticks": [(*key, tick) for key, tick in memory.ticks.items()],
        "clocks": [(name, *times) for name, times in memory.clocks.items()],
        "inbox": [
            (i, body, outcome, detail, place) for i, (body, place, outcome, detail) in memory.inbox.items()
        ],
        "aggregates": [(*key, *row[:4], row[5], row[4]) for key, row in memory.aggregates.items()],
        "offsets": [(*place, *row) for place, row in memory.offsets.items()],
        "waiting": list(memory.waiting.values()),
        "parked": [(*row[:5], *row[6:]) for row in memory.parked.values()],
        "parked_attempts": [(*row[:8], *row[9:]) for row in memory.parked_attempts.values()],
        "refused": list(memory.refused.values()),
    }
    for table in ("orders", "accounts", "suppliers", "marks", "payouts"):
        rows[table] = [row for kept in memory.tables[table].values() for row in kept.values()]
    outbox: dict[int, list[Any]] = {p: [] for p in range(TOPICS[world.service.output].partitions)}
    for _, (topic, partition, payload) in sorted(memory.outbox.items()):
        if topic == world.service.output:
            outbox[partition] += unpack_messages(payload)
    return {
        **{
            table: sorted((tuple(map(_plain, row)) for row in kept), key=repr) for table, kept in rows.items()
        },
        "outbox": outbox,
        "journal": [_entry(entry) for _, entry in sorted(memory.journal.items())],
    }


def _entry(packed: bytes) -> Any:
    """What it says, but for the words of errors."""
    entry = read_entry(packed)
    return replace(entry, parked=sorted(entry.parked), failures=sorted(entry.failures or ()))


def _plain(value: Any) -> Any:
    """A document by what it says, not by how it is written."""
    if isinstance(value, str) and value.startswith("{"):
        return json.loads(value)
    return str(value) if type(value).__name__ == "UUID" else value
