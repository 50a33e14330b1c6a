"""A log in memory, a real database, and the toy service between them."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg

from silkway.contracts import (
    TOPICS,
    ClockTicked,
    Envelope,
    Event,
    KafkaMessage,
    partition_of,
    read,
    write,
)
from silkway.messaging.batches import Batches
from silkway.messaging.compare import Difference, compare
from silkway.messaging.fence import Done, Groups, Partition
from silkway.messaging.identity import identity
from silkway.messaging.outbox import unpack_messages
from silkway.messaging.records import Record
from silkway.messaging.redrive import Command, write_command
from silkway.messaging.rehearsal import Preview, Rehearsal
from silkway.messaging.replay import frozen, replay_from
from silkway.messaging.ticks import tick_message
from silkway.messaging.transaction import Engine
from tests.integration.engine.facts import START, TENANT, day, drafted
from tests.integration.engine.toy import Faults, toy_service

Log = Mapping[Partition, Sequence[Record]]


class Sent(NamedTuple):
    """A message that the service left for the relay."""

    event: Event
    version: int
    known_at: dt.datetime
    id: str


@dataclass
class World:
    """Everything around one service: what others write, what it made of it."""

    url: str
    scratch_url: str
    connection: asyncpg.Connection[asyncpg.Record]
    log: defaultdict[Partition, list[Record]] = field(default_factory=lambda: defaultdict(list))
    faults: Faults = field(default_factory=Faults)
    replayed: bool = False

    def __post_init__(self) -> None:
        self.service = toy_service(self.faults)
        self.engine = self._new_engine()
        self.batches = Batches(self.engine, self.url, "toy")
        self._ids = itertools.count(1)
        self._delivered: defaultdict[Partition, int] = defaultdict(int)
        self._versions: defaultdict[tuple[str, str, str], int] = defaultdict(int)

    def _new_engine(self) -> Engine:
        partitions = {topic: TOPICS[topic].partitions for topic in self.service.inputs}
        return Engine(self.service, partitions, TOPICS[self.service.output].partitions)

    # --- what others write ---------------------------------------------------------------------------------

    def put(
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        key: bytes | None = None,
        headers: Iterable[tuple[str, bytes]] = (),
    ) -> str:
        """Any record at all; its place in the log."""
        log = self.log[topic, partition]
        log.append(Record(topic, partition, log[-1].offset + 1 if log else 0, key, list(headers), value))
        return log[-1].place

    def fact(self, event: Event, id: str = "", *, tenant: str = TENANT, source: str = "/shop") -> str:  # noqa: A002
        """Somebody outside tells a fact."""
        name = id or f"fact-{next(self._ids)}"
        return self._send(event, Envelope.of(event, tenant=tenant, source=source, id=name, time=START))

    def ours(self, event: Event, version: int = 0, *, known_at: dt.datetime = START) -> str:
        """Another of our services tells an event; versions count by themselves unless given."""
        subject = (event.topic, TENANT, event.subject)
        self._versions[subject] = version = version or self._versions[subject] + 1
        envelope = Envelope.of(
            event,
            tenant=TENANT,
            source="/silkway/other",
            id=f"{event.subject}-{version}",
            time=START,
            knowntime=known_at,
            version=version,
        )
        return self._send(event, envelope)

    def _send(self, event: Event, envelope: Envelope) -> str:
        message = write(envelope, event)
        assert message.key is not None
        partition = partition_of(message.key, TOPICS[event.topic].partitions)
        return self.put(event.topic, partition, message.value, message.key, message.headers)

    def tick(self, at: dt.datetime, topics: Iterable[str] = (), *, clock: str = "live") -> None:
        """The clock ticks in every partition of these topics, or of all."""
        message = tick_message(clock, at, "/clock")
        for topic in topics or self.service.gates():
            for partition in range(TOPICS[topic].partitions):
                self.put(topic, partition, message.value, message.key, message.headers)

    def command(self, action: str, place: str, fix: str | None = None) -> str:
        """An operator decides about a parked record."""
        # Tests name the action by a plain word, which mypy cannot know to be one of the two.
        command = Command(action=action, place=place, by="ops", reason="why not", fix=fix)  # type: ignore[arg-type]
        return self.put("order.redrive", 0, write_command(command))

    async def preview(self, place: str, fix: str | None = None) -> Preview | None:
        """An operator asks what would come of redriving it."""
        return await Rehearsal(self._new_engine()).preview(self.connection, TENANT, place, fix)

    # --- what the service does -----------------------------------------------------------------------------

    def undelivered(self) -> dict[Partition, list[Record]]:
        """What was written since this was asked last."""
        new = {place: records[self._delivered[place] :] for place, records in sorted(self.log.items())}
        self._delivered.update({place: len(records) for place, records in self.log.items()})
        return {place: records for place, records in new.items() if records}

    async def run(self) -> Done:
        """The service reads what is new, in one batch."""
        return await self.deliver(self.undelivered())

    async def deliver(
        self, records: Log, *, accept_gaps: Mapping[Partition, int] | None = None, by: Batches | None = None
    ) -> Done:
        """The service is handed these records."""
        return await (by or self.batches).apply(self.read(records), accept_gaps or {})

    def read(self, records: Log) -> Groups:
        return {place: [self.engine.reader.read(r) for r in taken] for place, taken in records.items()}

    async def restart(self) -> None:
        """The process ends, and another takes its place."""
        await self.batches.close()
        self.batches = Batches(self.engine, self.url, "toy")

    async def close(self) -> None:
        await self.batches.close()
        await self.connection.close()

    # --- what came of it -----------------------------------------------------------------------------------

    async def rows(self, table: str) -> list[dict[str, Any]]:
        found = await self.connection.fetch(f"SELECT * FROM {table} t ORDER BY t")
        return [dict(row) for row in found]

    async def row(self, table: str, identifier: str) -> dict[str, Any]:
        """The row of the default tenant under this id."""
        (row,) = [r for r in await self.rows(table) if list(r.values())[:2] == [TENANT, identifier]]
        return row

    async def marks(self, order: str = "O1") -> list[str]:
        """What happened to an order, in its order."""
        return [m["text"] for m in await self.rows("marks") if m["order_id"] == order]

    async def outcome(self, id: str, *, source: str = "/shop") -> str | None:  # noqa: A002
        """What became of an event from outside."""
        return (await self.answer(id, source=source))[0]

    async def answer(self, id: str, *, source: str = "/shop") -> tuple[str | None, dict[str, Any]]:  # noqa: A002
        """What became of an event from outside, with details."""
        row = await self.connection.fetchrow(
            "SELECT outcome, detail FROM inbox WHERE identity = $1", identity(TENANT, source, id)
        )
        return (row[0], json.loads(row[1]) if row[1] else {}) if row else (None, {})

    async def sent(self, order: str | None = None) -> list[Sent]:
        """The events about an order that were left for the relay, in order."""
        events = [read(*message) for message in await self.outbox()]
        return [
            Sent(event, envelope.version or 0, envelope.knowntime or START, envelope.id)
            for envelope, event in events
            if not isinstance(event, ClockTicked) and order in (None, event.subject_id)
        ]

    async def told(self, order: str = "O1") -> list[str]:
        """Names of the events about an order that were left for the relay."""
        return [type(sent.event).__name__ for sent in await self.sent(order)]

    async def ticks_passed_on(self) -> list[dt.datetime]:
        """Ticks left for the relay; each must go to every partition."""
        ticks = [e.time for e, data in map(read_all, await self.outbox()) if isinstance(data, ClockTicked)]
        partitions = TOPICS[self.service.output].partitions
        assert all(ticks.count(tick) == partitions for tick in ticks)
        return sorted(set(ticks))

    async def outbox(self, partition: int | None = None, topic: str = "") -> list[KafkaMessage]:
        """What was left for the relay, in order, for one partition or all, of the service's topic or another."""
        rows = await self.connection.fetch(
            "SELECT payload FROM outbox WHERE topic = $2 AND ($1::int IS NULL OR partition = $1) ORDER BY id",
            partition,
            topic or self.service.output,
        )
        return [message for row in rows for message in unpack_messages(row[0])]

    # --- what must always hold -----------------------------------------------------------------------------

    async def replay(self) -> None:
        """Make the database anew, from the log and the journal."""
        async with frozen(self.url) as live:
            await replay_from(self, self.service, live, self.scratch_url)
        self.replayed = True

    async def differences(self) -> list[Difference]:
        """What the database holds beyond what the log, replayed by the journal, makes of it."""
        if not self.replayed:
            await self.replay()
        async with frozen(self.url) as live:
            return await compare(live, self.scratch_url)

    async def take(self, topic: str, partition: int, first: int, end: int) -> list[Record]:
        """The records with first <= offset < end."""
        return [record for record in self.log[topic, partition] if first <= record.offset < end]


def read_all(message: KafkaMessage) -> tuple[Envelope, Event]:
    return read(*message)


async def given_orders(world: World, *orders: str) -> None:
    """These orders are drafted, each with an account of its own."""
    world.tick(day(0))
    for order in orders:
        world.fact(drafted(order, account=f"A-{order}"))
    await world.run()


async def parked(world: World) -> dict[str, Any]:
    """The only row of what is parked."""
    (row,) = await world.rows("parked")
    return row


async def known(world: World) -> dict[str, dt.datetime]:
    """When each mark was known."""
    return {m["text"]: m["known_at"] for m in await world.rows("marks")}
