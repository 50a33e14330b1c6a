"""What must hold after a storm, whatever it has struck: each finding is one sentence."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.cli.addresses import SERVICES
from silkway.cli.demo.seen import see
from silkway.cli.demo.verify import compare
from silkway.contracts import TOPICS, ClockTicked, read_envelope
from tests.e2e.wire import SPOKEN, assert_heard_as_said, assert_sent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from aiokafka.structs import ConsumerRecord

    from tests.chaos.load import Told
    from tests.e2e.system import System
    from tests.e2e.wire import Versions

_OWNERS: Final = {
    "order": ("trade.orders", "trade.payments"),
    "logistics": ("trade.shipments",),
    "credit": ("trade.credit",),
}
_MOST_SHOWN: Final = 20

Findings = list[str]


async def check(system: System, told: Iterable[Told], garbage: int) -> tuple[Findings, Counter[str]]:
    """All findings, and what was counted on the way. `garbage`: how many records nobody could read."""
    told = list(told)
    counted: Counter[str] = Counter()
    findings: Findings = []
    await assert_sent(system)
    versions = await _check_wire(system, findings, counted)
    for one in told:
        sight = await see(system.addresses, one.tenant)
        verdict = compare(one.trade.expected, sight.orders, sight.counts, one.trade.counts)
        counted["orders"] += verdict.orders
        findings += [f"{one.tenant}: {difference}" for difference in verdict.differences]
        findings += [
            f"{one.tenant}: {name}: {found}, expected {expected}"
            for name, (expected, found) in verdict.counts.items()
        ]
        theirs = {subject: numbers for subject, numbers in versions.items() if subject[1] == one.tenant}
        try:
            await assert_heard_as_said(system, one.tenant, theirs)
        except AssertionError as error:
            findings.append(f"not heard as said: {error}")
    await _check_queues(system, told, garbage, findings)
    return findings, counted


async def _check_queues(system: System, told: list[Told], garbage: int, findings: Findings) -> None:
    """Each fact applied, once; what nobody can read refused, once; nothing waits, nothing is parked."""
    for service, topics in _OWNERS.items():
        facts = sum(one.facts[topic] for one in told for topic in topics)
        applied = await system.count(service, "inbox", "outcome = 'applied'")
        total = await system.count(service, "inbox")
        if not applied == total == facts:
            findings.append(f"{service}: {facts} facts were told, {total} are known, {applied} applied")
    left = Counter[str]()
    for service in SERVICES:
        for table in ("parked", "waiting", "refused"):
            left[table] += await system.count(service, table)
    if left != Counter(refused=garbage):
        findings.append(f"left over: {dict(left)}, expected {garbage} unreadable ones to be refused")


async def _check_wire(system: System, findings: Findings, counted: Counter[str]) -> Versions:
    """By subject: every version once, in order; what comes twice says the same; ticks only go on."""
    versions: Versions = defaultdict(list)
    bodies: dict[tuple[str, str, str, int], bytes] = {}
    ticks: dict[tuple[str, int, str], str] = {}
    async for topic, record in _records(system):
        envelope = read_envelope(record.headers)
        if envelope.type == ClockTicked.type:
            counted["ticks"] += 1
            place, at = (topic, record.partition, envelope.tenant), envelope.time.isoformat()
            if at < ticks.get(place, ""):
                counted["ticks repeated"] += 1
            ticks[place] = max(at, ticks.get(place, ""))
            continue
        assert envelope.version is not None
        counted["events"] += 1
        sender = topic.removesuffix(".events")
        numbers = versions[sender, envelope.tenant, envelope.subject]
        event = (sender, envelope.tenant, envelope.subject, envelope.version)
        body = hashlib.blake2b(repr((record.headers, record.value)).encode(), digest_size=16).digest()
        if event in bodies:
            counted["events repeated"] += 1
            if bodies[event] != body:
                findings.append(f"{event} was said twice, with another content")
        elif envelope.version != len(numbers) + 1:
            findings.append(f"{event} follows version {len(numbers)}: lost or out of order")
        else:
            bodies[event] = body
            numbers.append(envelope.version)
    return versions


async def _records(system: System) -> AsyncIterator[tuple[str, ConsumerRecord]]:
    """All that our services have said, each partition in its order."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=system.kafka, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        partitions = [TopicPartition(t, number) for t in SPOKEN for number in range(TOPICS[t].partitions)]
        consumer.assign(partitions)
        left = {tp: end for tp, end in (await consumer.end_offsets(partitions)).items() if end}
        while left:
            for tp, records in (await consumer.getmany(*left, timeout_ms=1000)).items():
                for record in records:
                    yield tp.topic, record
                if records and records[-1].offset + 1 >= left.get(tp, 0):
                    left.pop(tp, None)
    finally:
        await consumer.stop()


def shown(findings: Findings) -> str:
    """The first of them, a line each."""
    more = len(findings) - _MOST_SHOWN
    return "\n".join([*findings[:_MOST_SHOWN], *([f"… and {more} more"] if more > 0 else [])])
