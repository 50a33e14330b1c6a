"""What must hold after a storm, whatever it has struck: each finding is one sentence."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.cli.addresses import SERVICES
from silkway.cli.demo.seen import sight_of
from silkway.cli.demo.verify import compare
from tests.chaos.log import read_log
from tests.e2e.wire import assert_heard_as_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.chaos.load import Told
    from tests.chaos.log import Log
    from tests.e2e.system import System

_OWNERS: Final = {
    "order": ("trade.orders", "trade.payments"),
    "logistics": ("trade.shipments",),
    "credit": ("trade.credit",),
}
_SETTLED_S: Final = 300.0
_AUDIT_S: Final = 1_800.0

Findings = list[str]


async def settle(system: System) -> Findings:
    """Wait until everything in the log has been read by whoever reads it, and all that was said is in the log."""
    deadline, before = time.monotonic() + _SETTLED_S, None
    while time.monotonic() < deadline:
        outboxes = [await system.count(service, "outbox") for service in SERVICES]
        behind, ends = await _behind(system)
        if not any(outboxes) and not behind and ends == before:
            return []
        before = ends
        await asyncio.sleep(1)
    return [f"stuck: {outboxes} in the outboxes, not read to their ends: {behind[:10]}"]


async def _behind(system: System) -> tuple[list[str], Mapping[TopicPartition, int]]:
    """Partitions that some service has not read to their ends, and the ends of all."""
    read = {
        (service, TopicPartition(topic, partition)): offset
        for service in SERVICES
        for topic, partition, offset in await system.rows(
            service, "SELECT topic, partition, next_offset FROM offsets"
        )
    }
    consumer = AIOKafkaConsumer(bootstrap_servers=system.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        ends = dict(await consumer.end_offsets(sorted({tp for _, tp in read})))
    finally:
        await consumer.stop()
    behind = [
        f"{service}: {tp.topic}/{tp.partition} at {at} of {ends[tp]}"
        for (service, tp), at in read.items()
        if at < ends[tp]
    ]
    return behind, ends


async def check(system: System, told: Sequence[Told], garbage: int) -> tuple[Findings, Counter[str]]:
    """All findings, and what was compared on the way. `garbage`: how many records nobody could read."""
    log = await read_log(system)
    findings = log.findings + log.judge()
    for one in told:
        findings += await _check_trade(system, one, log)
    findings += await _check_queues(system, told, garbage)
    return findings, log.counted


async def _check_trade(system: System, told: Told, log: Log) -> Findings:
    """Whether it ended as its driver expects, and all listeners have heard what was said."""
    sight = await sight_of(system.addresses, told.tenant, log.heard[told.tenant])
    verdict = compare(told.trade.expected, sight.orders, sight.counts, told.trade.counts)
    log.counted["orders"] += verdict.orders
    findings = [f"{told.tenant}: {difference}" for difference in verdict.differences]
    findings += [
        f"{told.tenant}: {name}: {found}, expected {expected}"
        for name, (expected, found) in verdict.counts.items()
    ]
    try:
        await assert_heard_as_said(system, told.tenant, log.versions_of(told.tenant))
    except AssertionError as error:
        findings.append(f"not heard as said: {error}")
    return findings


async def _check_queues(system: System, told: Sequence[Told], garbage: int) -> Findings:
    """Each fact applied, once; what nobody can read refused, once; nothing waits, nothing is parked."""
    findings: Findings = []
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
    if +left != +Counter(refused=garbage):
        findings.append(f"left over: {dict(left)}, expected {garbage} unreadable ones to be refused")
    return findings


async def audit(system: System) -> tuple[Findings, Counter[str]]:
    """What `silkway audit` finds: each service's state made anew from the log, and compared."""
    done = await system.cli("audit", "--json", within_s=_AUDIT_S)
    if done.code not in (0, 1):
        return [f"audit: {done.stdout[-2000:]}{done.stderr[-2000:]}"], Counter()
    result = done.json()
    findings = [f"audit: {found['message']}" for found in [*result["differences"], *result["broken"]]]
    replayed = sum(result["records"].values())
    return findings, Counter({"records replayed": replayed, "seconds of replay": round(result["seconds"])})
