"""Where batches begin and end does not matter: what is read back from PostgreSQL is what was in memory."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from silkway.contracts import TOPICS, Envelope, Event, KafkaMessage, partition_of, write
from silkway.logistics.consumer import SERVICE as LOGISTICS
from silkway.messaging.records import Record
from silkway.messaging.ticks import tick_message
from silkway.messaging.transaction import Engine
from silkway.notify.consumer import SERVICE as NOTIFY
from tests.unit.desk import START, day
from tests.unit.logistics import freight
from tests.unit.notify import telling as tell
from tests.unit.notify.test_interleavings import BY_CREDIT, BY_LOGISTICS, BY_ORDER

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Awaitable, Callable, Sequence

    from silkway.messaging import Service

Story = list[tuple[Event, "dt.datetime"]]

CARRIERS: Story = [
    (freight.tracked("DEPARTED", day(3)), day(3)),
    (
        freight.booked(
            carries=(*freight.ALL, ("PO-2", "lamps", 3), ("PO-1", "forks", 1)),
            legs=freight.on_vessel(),
            service=freight.promising("ON_TIME", "FIVE_DAY_LINE", "ANSWER_24H"),
        ),
        day(4),
    ),
    (freight.shipped(at=day(2)), day(5)),
    (freight.recorded("PO-1", deliver_by=day(7).date()), day(6)),
    (freight.tracked("EXCEPTION", day(6), place="Suez"), day(7)),
    (freight.tracked("DELIVERED", day(9), classifier="ESTIMATED"), day(7)),
    (freight.asked("Q-1", day(7)), day(7)),
    (freight.split({"SH-1-A": (("PO-1", "cups", 2),)}, day(7)), day(7)),
    (freight.tracked("DELIVERED", day(8)), day(8)),
    (freight.tracked("DEPARTED", day(3)), day(8)),
    (freight.retracted("DELIVERED", day(9)), day(9)),
    (freight.tracked("ARRIVED", day(12)), day(9)),
    (freight.recorded("PO-2", {"lamps": 3}), day(10)),
]
SERVICES: Story = [
    (event, day(number))
    for number, event in enumerate(
        (*BY_LOGISTICS[:5], *BY_ORDER, *BY_CREDIT, *BY_LOGISTICS[5:], tell.reassessed(0))
    )
]


OF_OTHER_STORIES = {
    "quotes", "quote_options", "bookings", "booking_attempts", "booking_shipments", "lanes", "rate_cards",
    "account_views", "order_view_promises", "subscriptions", "directories", "directory_entries", "deliveries",
    "finding_views", "erasures",
}  # fmt: skip
"""Tables that neither story fills."""
BY_READING = ("incident",)
"""Kinds that count how often something began: topics read otherwise, it begins at other times."""


class Log:
    """Records as Kafka would hold them, in the order in which they were written."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.records: list[Record] = []
        self._ends: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._versions: defaultdict[tuple[str, str], int] = defaultdict(int)

    def hear(self, event: Event, known_at: dt.datetime) -> None:
        if event.topic in self.service.facts:
            self._tick(event.topic, known_at)
            sender: dict[str, Any] = {"source": "/carrier"}
        else:
            self._versions[event.topic, event.subject] += 1
            version = self._versions[event.topic, event.subject]
            sender = {"source": "/" + event.topic, "knowntime": known_at, "version": version}
        envelope = Envelope.of(event, tenant="acme", id=str(len(self.records)), time=START, **sender)
        message = write(envelope, event)
        assert message.key is not None
        self._put(event.topic, partition_of(message.key, TOPICS[event.topic].partitions), message)

    def _tick(self, topic: str, at: dt.datetime) -> None:
        for partition in range(TOPICS[topic].partitions):
            self._put(topic, partition, tick_message("live", at, "/clock"))

    def _put(self, topic: str, partition: int, message: KafkaMessage) -> None:
        offset = self._ends[topic, partition]
        self._ends[topic, partition] += 1
        self.records.append(Record(topic, partition, offset, *message))


async def tables(url: str, service: Service, batches: Sequence[Sequence[Record]]) -> dict[str, list[str]]:
    """Apply the batches, each in a transaction of its own; the rows of the service's tables afterwards."""
    engine = Engine(service, dict.fromkeys(service.inputs, 8), TOPICS[service.output].partitions)
    connection = await asyncpg.connect(url)
    try:
        for batch in batches:
            groups: defaultdict[tuple[str, int], list[Any]] = defaultdict(list)
            for record in batch:
                groups[record.topic, record.partition].append(engine.reader.read(record))
            done = await engine.run(connection, groups)
            assert (done.parked, done.gaps, done.halts) == (0, {}, {})
        kinds = [kind for kind in service.kinds if kind.name not in BY_READING]
        names = [table.name for kind in kinds for table in (kind.table, *kind.table.children)]
        names += {
            LOGISTICS.name: ["shipment_references", "eta_history"],
            NOTIFY.name: ["timeline", "notices"],
        }[service.name]
        return {
            name: sorted(
                r[0]
                for r in await connection.fetch(
                    f"SELECT (to_jsonb(t) - 'incident_number')::text FROM {name} t"
                )
            )
            for name in names
        }
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("service", "story"), [(LOGISTICS, CARRIERS), (NOTIFY, SERVICES)], ids=["logistics", "notify"]
)
async def test_where_batches_end_does_not_matter(
    service: Service, story: Story, service_database: Callable[..., Awaitable[str]]
) -> None:
    # given the same log
    log = Log(service)
    for event, known_at in story:
        log.hear(event, known_at)
    # when one instance reads it record by record, and another all at once
    singly = await tables(await service_database(service.name, ""), service, [[r] for r in log.records])
    at_once = await tables(await service_database(service.name, ""), service, [log.records])
    # then both have written the same rows, in every table
    assert singly == at_once
    assert {name for name, rows in singly.items() if not rows} <= OF_OTHER_STORIES, singly
