"""What must hold of the engine's own tables at the end, of time, and of a replay of the journal."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from silkway.messaging.identity import identity
from silkway.messaging.journal import Entry, read_entry
from silkway.messaging.records import Tick
from silkway.messaging.transaction import Engine
from tests.simulation.model.database import Database, Session
from tests.simulation.model.log import PARTITIONS
from tests.simulation.model.schedule import Told

if TYPE_CHECKING:
    from tests.simulation.model.published import Published
    from tests.simulation.model.world import World

_TABLES = ("offsets", "ticks", "clocks", "inbox", "waiting", "parked", "parked_attempts", "refused")
_IN_NO_ORDER = {"feed"}
"""Tables without a primary key: transactions that share no aggregate write them in any order, a rebuild in another."""
_NEW = [0, "{}", 0, 0, None]


def ended(world: World) -> Iterator[str]:
    """What is left over where everything had time enough."""
    last = max(step.at for step in world.schedule.script)
    for name, database in world.databases.items():
        own, forward = database.clocks.get("live", (None, None))
        if own != last or forward != last:
            yield f"{name}: its time is {own} and the tick it passed on {forward}, at the end it is {last}"
        for place, row in database.offsets.items():
            if row[0] != world.log.ends[place]:
                yield f"{name}: has read {place} up to {row[0]} of {world.log.ends[place]}"
        for place, _, key, _, cause, wants, *_ in database.waiting.values():
            if cause != "not_yet" or name in ("logistics", "notify"):
                yield f"{name}: {place} still waits at {key} for {wants} ({cause})"
        for (_, key), row in database.aggregates.items():
            if row[4] is not None and row[4] <= last and not row[3]:
                yield f"{name}: the deadline of {key} at {row[4]} has not fired"
        yield from (f"{name}: {place} is still parked" for place in database.parked)
        yield from (f"{name}: outbox row {number} was never published" for number in database.outbox)
        yield from (f"{name}: a deadlock, {tied}" for tied in database.deadlocks)
    yield from (f"a partition was halted: {halt}" for halt in world.halts)
    yield from ([world.stuck] if world.stuck else ())


def answered(world: World) -> Iterator[str]:
    """Every fact has an outcome at its owner, and what our services told was seen by whom it concerns."""
    for step in world.schedule.script:
        if isinstance(step, Told):
            owner = world.owner_of(step.event.topic)
            row = world.databases[owner].inbox.get(identity("acme", "/world", f"fact-{step.number}"))
            if row is None or row[2] not in ("applied", "refused", "waiting"):
                yield f"{owner}: {step} became {row[2] if row else 'lost'}"


def heard(world: World, published: Published) -> Iterator[str]:
    """Who keeps what an event is about has seen it."""
    for name, database in world.databases.items():
        service = world.services[name]
        ranks = {kind.name: kind.rank for kind in service.kinds}
        senders = {feed.removesuffix(".events") for feed in service.feeds}
        for (sender, subject), line in published.events.items():
            kind, _, key = subject.partition("/")
            if sender in senders and kind in ranks:
                row = database.aggregates.get((ranks[kind], f"acme/{key}"))
                seen = f'"{sender}":{len(line)}'
                if row is None or (f"{seen}," not in row[1] and f"{seen}}}" not in row[1]):
                    yield f"{name}: has seen {row[1] if row else 'nothing'} of {len(line)} {sender} told of {subject}"


def timely(world: World) -> Iterator[str]:
    """Every record was read once; all that was known by a time was read before that time came, or was passed on."""
    yield from world.log.hasty
    for name, database in world.databases.items():
        service = world.services[name]
        gates = [(topic, p) for topic in service.gates() for p in range(PARTITIONS)]
        ahead = [place for place in gates if place[0] not in service.feedback]
        ticks = {place: _ticks(world, name, place) for place in gates}
        read = dict.fromkeys(gates, 0)
        own: dt.datetime | None = None
        for _, packed in sorted(database.journal.items()):
            entry = read_entry(packed)
            for topic, partition, first, end in entry.ranges:
                if first < read.get((topic, partition), 0):
                    yield f"{name}: read {topic}/{partition} again from {first} on"
                read[topic, partition] = end
            for _, now, forward in entry.times:
                for what, time, places in (
                    ("moved its time", now, gates),
                    ("passed a tick on", forward, ahead),
                ):
                    if time is None:
                        continue
                    reached = [_reached(*ticks[place], read[place]) for place in places]
                    if any(tick is None or tick < time for tick in reached):
                        yield f"{name}: {what} to {time} before it had read what was known by then"
                own = now or own
            for _, key, at in entry.fired:
                if own is None or at > own:
                    yield f"{name}: fired the deadline {at} of {key} when it was {own}"


def _ticks(world: World, name: str, place: tuple[str, int]) -> tuple[list[int], list[dt.datetime]]:
    """The offsets of the ticks in a partition, and which is the greatest up to each."""
    items = world.log.items(place, world.readers[name])
    ticks = [item for item in items if isinstance(item, Tick)]
    return [tick.record.offset for tick in ticks], list(accumulate((tick.at for tick in ticks), max))


def _reached(offsets: list[int], greatest: list[dt.datetime], end: int) -> dt.datetime | None:
    ticks = bisect_left(offsets, end)
    return greatest[ticks - 1] if ticks else None


def replayed(world: World, name: str) -> Iterator[str]:
    """The journal, done again from the log, gives the same tables."""
    live, again = world.databases[name], Database()
    again.prepare(world.places(name))
    service = world.services[name]
    engine = Engine(service, dict.fromkeys(service.inputs, PARTITIONS), PARTITIONS)
    engine.reader = world.readers[name]
    session: Any = Session(again, "replay")
    for _, packed in sorted(live.journal.items()):
        entry = read_entry(packed)
        _do(engine, session, world, entry)
    for table in _TABLES:
        yield from _differences(name, table, getattr(live, table), getattr(again, table))
    yield from _differences(name, "tables", *map(_rows, (live, again)))
    used = [
        {key: row for key, row in database.aggregates.items() if row[:5] != _NEW}
        for database in (live, again)
    ]
    yield from _differences(name, "aggregates", *used)


def _rows(database: Database) -> dict[tuple[str, Any], Any]:
    """The rows of the service's own tables by whose they are."""
    return {
        (table, key): Counter(rows.values()) if table in _IN_NO_ORDER else rows
        for table, groups in database.tables.items()
        for key, rows in groups.items()
        if rows
    }


def _do(engine: Engine, session: Any, world: World, entry: Entry) -> None:
    groups = {
        (topic, p): world.log.between((topic, p), first, end, engine.reader)
        for topic, p, first, end in entry.ranges
    }
    running = engine.run(session, groups, forced=entry.parked, told=entry)
    try:
        while True:
            running.send(None)
    except StopIteration:
        return


def _differences(name: str, table: str, live: dict[Any, Any], again: dict[Any, Any]) -> Iterator[str]:
    if live == again:
        return
    for key in [*live, *(key for key in again if key not in live)]:
        if live.get(key) != again.get(key):
            yield f"{name}: {table} {key} is {live.get(key)}, the log says {again.get(key)}"
            return
