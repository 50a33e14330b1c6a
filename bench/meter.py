"""How much CPU the parts of a running stage have used, and how far it has come."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import psutil
from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.stage import PARTITIONS
from silkway.embedded import Daemon


class Sample(NamedTuple):
    """`at`: seconds of the monotonic clock. done: events published. The rest: CPU seconds, user and system."""

    at: float
    done: int
    service: float
    postgres: float
    kafka: float


@dataclass(frozen=True, slots=True)
class Figures:
    """One run, in steady state: events a second, and microseconds of CPU per event."""

    rate: float
    service_us: float
    postgres_us: float
    kafka_us: float

    @property
    def cpu_us(self) -> float:
        """All three together."""
        return self.service_us + self.postgres_us + self.kafka_us


def figures(first: Sample, last: Sample) -> Figures:
    """What happened between two samples."""
    events = last.done - first.done

    def each(part: float) -> float:
        return part / events * 1e6

    return Figures(
        events / (last.at - first.at),
        each(last.service - first.service),
        each(last.postgres - first.postgres),
        each(last.kafka - first.kafka),
    )


class Meter:
    """Samples one contender's processes and the end of its output topic."""

    def __init__(
        self, service_pids: list[int], postgres: Daemon, kafka: Daemon, probe: AIOKafkaConsumer, topic: str
    ) -> None:
        assert postgres.pid is not None
        assert kafka.pid is not None
        self._services = [psutil.Process(pid) for pid in service_pids]
        self._postgres, self._kafka = psutil.Process(postgres.pid), psutil.Process(kafka.pid)
        self._probe = probe
        self._partitions = [TopicPartition(topic, p) for p in range(PARTITIONS)]
        self._begin = 0

    async def reset(self) -> None:
        """Count from here."""
        self._begin = await self._end()

    async def sample(self) -> Sample:
        done = await self._end() - self._begin
        return Sample(
            time.monotonic(),
            done,
            sum(tree_cpu_s(process) for process in self._services),
            tree_cpu_s(self._postgres),
            tree_cpu_s(self._kafka),
        )

    async def _end(self) -> int:
        ends: dict[TopicPartition, int] = await self._probe.end_offsets(self._partitions)
        return sum(ends.values())


def trees_cpu_s(daemons: Iterable[Daemon]) -> dict[str, float]:
    """CPU seconds so far of each and of what it has started, by name. Raises RuntimeError where one has ended."""
    found = {}
    for daemon in daemons:
        if daemon.pid is None:
            raise RuntimeError(f"{daemon.name} is not running:\n{daemon.last_lines()}")
        found[daemon.name] = tree_cpu_s(psutil.Process(daemon.pid))
    return found


def tree_cpu_s(root: psutil.Process) -> float:
    """CPU seconds of a process, of its living descendants, and of those that have ended and were waited for."""
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total
