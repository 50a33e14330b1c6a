"""The events as they stand in the log, and what must hold between them and the databases."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.cli.addresses import SERVICES
from silkway.contracts import TOPICS, ClockTicked, read_envelope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.system import System

SPOKEN: Final = tuple(f"{service}.events" for service in SERVICES)
QUEUES: Final = ("parked", "waiting", "refused")

Versions = dict[tuple[str, str, str], list[int]]
"""By sender, tenant and subject: the versions as they stand in the log, repeats and all."""

Said = dict[tuple[str, str, str], list[tuple[int, object]]]
"""The same, each version with key, headers and data of its record."""


async def versions_on_the_wire(system: System, tenant: str) -> Versions:
    """What our services have said about a tenant, partition by partition."""
    said = await said_on_the_wire(system, tenant)
    return {subject: [version for version, _ in events] for subject, events in said.items()}


async def said_on_the_wire(system: System, tenant: str) -> Said:
    """The same, with all that each event consists of."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=system.kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(system.prefix + topic, number)
            for topic in SPOKEN
            for number in range(TOPICS[topic].partitions)
        ]
        consumer.assign(partitions)
        left = {tp: end for tp, end in (await consumer.end_offsets(partitions)).items() if end}
        said: Said = defaultdict(list)
        while left:
            for tp, records in (await consumer.getmany(*left, timeout_ms=1000)).items():
                sender = tp.topic.removeprefix(system.prefix).removesuffix(".events")
                for record in records:
                    envelope = read_envelope(record.headers)
                    if envelope.tenant == tenant and envelope.type != ClockTicked.type:
                        assert envelope.version is not None
                        body = (record.key, tuple(record.headers), record.value)
                        said[sender, tenant, envelope.subject].append((envelope.version, body))
                if records and records[-1].offset + 1 >= left.get(tp, 0):
                    left.pop(tp, None)
        return said
    finally:
        await consumer.stop()


def assert_each_once_and_in_order(versions: Versions) -> None:
    """What is read for the first time is the next version; what comes again (after a kill) was there before."""
    for subject, numbers in versions.items():
        last = 0
        for number in numbers:
            assert number <= last + 1, f"{subject}: {number} follows {last}"
            last = max(last, number)


def assert_repeated_word_for_word(said: Said) -> None:
    """What comes again is what was there before."""
    for subject, events in said.items():
        assert len({version for version, _ in events}) == len(set(events)), subject


async def assert_heard_as_said(system: System, tenant: str, versions: Versions) -> None:
    """Each service has said what stands in the log, and each listener has heard all of it, once."""
    said = {subject: max(numbers) for subject, numbers in versions.items()}
    for listener, senders in {"notify": ("order", "logistics", "credit"), "order": ("logistics",)}.items():
        rank = {"notify": 2, "order": 4}[listener]
        query = "SELECT key, seen FROM aggregates WHERE rank = $1 AND key LIKE $2"
        rows = await system.rows(listener, query, rank, f"{tenant}/%")
        seen = {key.removeprefix(f"{tenant}/"): json.loads(value) for key, value in rows}
        for (sender, _, subject), version in said.items():
            kind, _, identifier = subject.partition("/")
            if sender in senders and kind == "order":
                heard = seen.get(identifier, {}).get(sender)
                assert heard == version, f"{listener} of {sender} {subject}: {heard} of {version}"


async def assert_nothing_left(system: System) -> None:
    """Nothing is parked, refused or waiting anywhere, and nothing stays to be sent."""
    await assert_sent(system)
    for service in SERVICES:
        left = {table: await system.count(service, table) for table in QUEUES}
        assert not any(left.values()), f"{service}: {left}"


async def assert_sent(system: System) -> None:
    """Nothing stays to be sent.

    Times move before the relay has sent the tick that follows, so the outboxes may take a moment; a relay whose
    holder was killed takes its session's timeout.
    """

    async def sent() -> bool:
        return not any([await system.count(service, "outbox") for service in SERVICES])

    await system.until(sent, "empty outboxes")


async def assert_inboxes_hold(system: System, topics: Iterable[str]) -> None:
    """Every fact (given by its topic) has been applied, once."""
    facts = list(topics)
    owners = {
        "order": ("trade.orders", "trade.payments"),
        "logistics": ("trade.shipments",),
        "credit": ("trade.credit",),
    }
    for service, its in owners.items():
        expected = sum(facts.count(topic) for topic in its)
        applied = await system.count(service, "inbox", "outcome = 'applied'")
        total = await system.count(service, "inbox")
        assert (applied, total) == (expected, expected), service
