"""A database taken from a backup while its service is away, and what has to hold once it has caught up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg

from silkway.contracts import read_envelope
from silkway.messaging.compare import compare
from silkway.messaging.offsets import places_of
from silkway.messaging.replay import frozen, replay
from silkway.messaging.restore import Restored, restore
from tests.backup import bring_back
from tests.integration.engine.place import Place, first_occurrences, versions
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


async def kept_and_told(place: Place) -> Sequence[tuple[str, int, int, str | None, int | None]]:
    """What the database keeps of each partition, and what Kafka was told."""
    places = await places_of(place.kafka, place.database, toy_service(Faults()), place.prefix)
    return [(p.topic, p.partition, p.next_offset, p.halted, p.committed) for p in places]


async def kafka_was_told(place: Place) -> bool:
    """Whether it knows of all that was read, which is a hint that is given once a second."""
    return all((told or 0) == read for _, _, read, _, told in await kept_and_told(place))


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
