"""The log after a storm, read once from its beginning to its end: everything that is asked of it, in one pass."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from silkway.auditor.domain import Finding, Fold, see
from silkway.auditor.domain.fold import READ, SPOKEN, Record
from silkway.cli.demo.seen import HEARD, Heard
from silkway.contracts import TOPICS, ClockTicked
from silkway.messaging import lenient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from silkway.contracts import Envelope
    from tests.e2e.system import System
    from tests.e2e.wire import Versions

TOPICS_READ: Final = sorted(SPOKEN | {event.topic for event in READ.values()})
_FETCH_BYTES: Final = 4 * 1024 * 1024
_RECORDS: Final = 5_000


class Line(NamedTuple):
    """A record, its topic without prefix."""

    topic: str
    partition: int
    headers: Sequence[tuple[str, bytes]]
    value: bytes | None


class Log:
    """Takes in one record after the other. `findings`: one sentence each; `audited`: those of the auditor's rules.

    Of an event no more is kept than eight bytes of what it says.
    """

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.counted: Counter[str] = Counter()
        self.heard: defaultdict[str, Heard] = defaultdict(Heard)
        """By tenant."""
        self._said: defaultdict[tuple[str, str, str], array[int]] = defaultdict(lambda: array("Q"))
        """By sender, tenant and subject: what each version says."""
        self._ticks: dict[tuple[str, int, str], str] = {}
        self._fold = Fold()
        self._audited: list[Finding] = []

    def take(self, line: Record) -> None:
        """One more; each partition's in their order."""
        self.counted["records"] += 1
        seen = see(line)
        if isinstance(seen, Finding):
            self._audited.append(seen)
        elif seen is not None:
            self._audited += self._fold.observe(seen)
            if line.topic in SPOKEN:
                self._follow(line, seen.envelope)

    def judge(self) -> list[str]:
        """What the auditor's rules find in the whole of it."""
        return [f"auditor: {finding}" for finding in [*self._audited, *self._fold.conclude(final=True)]]

    def versions_of(self, tenant: str) -> Versions:
        """By subject of a tenant: the last version."""
        return {subject: [len(said)] for subject, said in self._said.items() if subject[1] == tenant}

    def _follow(self, line: Record, envelope: Envelope) -> None:
        """Every version once, in order; what comes twice says the same."""
        if envelope.type == ClockTicked.type:
            self._tick((line.topic, line.partition, envelope.tenant), envelope.time.isoformat())
            return
        assert envelope.version is not None
        subject = (line.topic.removesuffix(".events"), envelope.tenant, envelope.subject)
        said, version = self._said[subject], envelope.version
        digest = hashlib.blake2b(repr((line.headers, line.value)).encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big")
        if version <= len(said):
            self.counted["events repeated"] += 1
            if said[version - 1] != number:
                self.findings.append(f"{subject}: version {version} was said twice, with another content")
            return
        if version > len(said) + 1:
            self.findings.append(f"{subject}: {version} follows {len(said)}: lost or out of order")
            said.extend([0] * (version - len(said) - 1))
        said.append(number)
        self.counted["events"] += 1
        name = envelope.type.removeprefix("silkway.").rpartition(".v")[0]
        if name in HEARD:
            self.heard[envelope.tenant].hear(name, json.loads(line.value or b""))

    def _tick(self, place: tuple[str, int, str], at: str) -> None:
        self.counted["ticks"] += 1
        last = self._ticks.get(place, "")
        self.counted["ticks repeated"] += at <= last
        self._ticks[place] = max(at, last)


async def read_log(system: System) -> Log:
    """All that there is of the topics that matter, each partition in its order."""
    log = Log()
    async for line in _lines(system):
        log.take(line)
    return log


async def _lines(system: System) -> AsyncIterator[Line]:
    lenient.install()  # among the facts there are some that nobody can read
    consumer = AIOKafkaConsumer(
        bootstrap_servers=system.kafka,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=_FETCH_BYTES,
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(t, number) for t in TOPICS_READ for number in range(TOPICS[t].partitions)
        ]
        consumer.assign(partitions)
        left = {tp: end for tp, end in (await consumer.end_offsets(partitions)).items() if end}
        while left:
            fetched = await consumer.getmany(*left, timeout_ms=1000, max_records=_RECORDS)
            for tp, records in fetched.items():
                for record in records:
                    yield Line(tp.topic, tp.partition, record.headers, record.value)
                if records and records[-1].offset + 1 >= left.get(tp, 0):
                    left.pop(tp, None)
    finally:
        await consumer.stop()
