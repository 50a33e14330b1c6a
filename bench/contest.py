"""Runs the contenders one after the other, each as a process of its own on the same Kafka and PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from bench import load
from bench.engine import SERVICE
from bench.meter import Figures, Meter, Sample, figures
from bench.stage import INPUT, OUTPUT, PARTITIONS
from silkway.cli.topics import create_topics
from silkway.embedded import Stack
from silkway.messaging.deploy import prepare

TEMPLATE, DATABASE = "bench_template", "bench_stage"
SAMPLE_S = 0.2
TIMEOUT_S = 170.0
_DONE = """
    SELECT (SELECT sum(confirmations) FROM orders)::bigint,
           (SELECT count(*) FROM outbox) + (SELECT count(*) FROM peer_outbox)"""


@dataclass(frozen=True, slots=True)
class Log:
    """A filled input: `warm_up` of its `events` facts go by before anything is measured."""

    prefix: str
    events: int
    warm_up: int


@dataclass(frozen=True, slots=True)
class Contender:
    """`command`: module and arguments. `group`: its consumer group, without the prefix."""

    name: str
    command: tuple[str, ...]
    group: str
    log: Log


class Failed(RuntimeError):
    """A contender did not do its work."""


class Contest:
    """The servers, the filled logs and the template database, for as many runs as wanted."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self._kafka, self._postgres, self._folder = stack.kafka, stack.postgres, folder
        self._filled: set[Log] = set()

    async def prepare(self, logs: set[Log]) -> None:
        """Make the template and fill the logs, what there is of them not yet."""
        if not self._filled:
            server = self._postgres.url("postgres")
            await load.create_database(server, self._postgres.url(TEMPLATE), TEMPLATE)
        for log in sorted(logs - self._filled, key=lambda log: log.prefix):
            await create_topics(self._kafka.bootstrap, log.prefix)
            await load.fill(self._kafka.bootstrap, log.prefix, log.events)
            self._filled.add(log)

    async def run(self, contender: Contender, instances: int = 1) -> Figures:
        """One run from a fresh database and the log's beginning. Raises Failed."""
        await load.copy_template(self._postgres.url("postgres"), TEMPLATE, DATABASE)
        await prepare(self._postgres.url(DATABASE), SERVICE, contender.log.prefix)
        await self._rewind(contender)
        return await self.measure(contender, DATABASE, contender.log.events, instances)

    async def measure(self, contender: Contender, database: str, applied: int, instances: int = 1) -> Figures:
        """Run it until it has published as many events more as its log holds; `applied` facts are then counted in
        its database. Raises Failed."""
        log = contender.log
        async with self._probe() as probe:
            with contextlib.ExitStack() as running:
                processes = [
                    running.enter_context(self._process(contender, database)) for _ in range(instances)
                ]
                pids = [process.pid for process in processes]
                meter = Meter(pids, self._postgres.daemon, self._kafka.daemon, probe, log.prefix + OUTPUT)
                await meter.reset()
                try:
                    async with asyncio.timeout(TIMEOUT_S):
                        first, last = await self._watch(meter, processes, contender)
                        await self._drained(contender, database, applied)
                except TimeoutError:
                    raise Failed(f"{contender.name} was not done after {TIMEOUT_S:.0f} s") from None
        return figures(first, last)

    async def _watch(
        self, meter: Meter, processes: Sequence[subprocess.Popen[bytes]], contender: Contender
    ) -> tuple[Sample, Sample]:
        """The first sample after the warm-up and the last one before the end: the steady state."""
        name, log = contender.name, contender.log
        first: Sample | None = None
        last: Sample | None = None
        while True:
            if ended := [process.returncode for process in processes if process.poll() is not None]:
                raise Failed(f"{name} ended with {ended[0]}:\n{self._log(name).read_text()[-2000:]}")
            sample = await meter.sample()
            if sample.done >= log.events:
                if first is None or last is None:
                    raise Failed("it was done before the first measurement: give it more events")
                return first, last
            if first is None and sample.done >= log.warm_up:
                first = sample
            last = sample
            await asyncio.sleep(SAMPLE_S)

    async def _drained(self, contender: Contender, database: str, expected: int) -> None:
        """Wait until the outbox is empty; every fact must have been counted exactly once."""
        connection = await asyncpg.connect(self._postgres.url(database))
        try:
            applied, waiting = await connection.fetchrow(_DONE) or (0, 0)
            while waiting or applied < expected:
                await asyncio.sleep(SAMPLE_S)
                applied, waiting = await connection.fetchrow(_DONE) or (0, 0)
        finally:
            await connection.close()
        if applied != expected:
            raise Failed(f"{contender.name} applied {applied} facts of {expected}")

    async def _rewind(self, contender: Contender) -> None:
        """Set the group back to the log's beginning, and leave nothing of the journal: the database begins anew."""
        group = contender.log.prefix + contender.group
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap, group_id=group, enable_auto_commit=False
        )
        await consumer.start()
        try:
            topics = [contender.log.prefix + topic for topic in (INPUT, "order.redrive")]
            partitions = [TopicPartition(topic, p) for topic in topics for p in range(PARTITIONS)]
            consumer.assign(partitions)
            await consumer.commit(dict.fromkeys(partitions, 0))
        finally:
            await consumer.stop()
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka.bootstrap)
        await admin.start()
        try:
            journal = TopicPartition(contender.log.prefix + "order.journal", 0)
            await admin.delete_records({journal: RecordsToDelete(-1)})
        finally:
            await admin.close()

    @contextlib.asynccontextmanager
    async def _probe(self) -> AsyncIterator[AIOKafkaConsumer]:
        probe = AIOKafkaConsumer(bootstrap_servers=self._kafka.bootstrap)
        await probe.start()
        try:
            yield probe
        finally:
            await probe.stop()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    @contextlib.contextmanager
    def _process(self, contender: Contender, database: str) -> Iterator[subprocess.Popen[bytes]]:
        environment: Mapping[str, str] = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": self._kafka.bootstrap,
            "ORDER_DATABASE_URL": self._postgres.url(database),
            "ORDER_HTTP_ADDRESS": f"127.0.0.1:{_free_port()}",
            "SILKWAY_TOPIC_PREFIX": contender.log.prefix,
        }
        with self._log(contender.name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *contender.command], env=environment, stdout=log, stderr=log
            )
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
