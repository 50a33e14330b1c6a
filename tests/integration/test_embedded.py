"""The embedded Kafka and PostgreSQL: started, found again, held by one, killed and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from silkway.cli.migrate import migrate_service
from silkway.cli.topics import create_topics
from silkway.contracts.topics import TOPICS
from silkway.embedded import AlreadyRunning, Home, Stack

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

TOPIC = "trade.orders"


async def _write(stack: Stack, text: str) -> None:
    connection = await asyncpg.connect(stack.postgres.url("postgres"))
    await connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
    await connection.execute("INSERT INTO words VALUES ($1)", text)
    await connection.close()
    await create_topics(stack.kafka.bootstrap, "")
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka.bootstrap, acks="all") as producer:
        await producer.send_and_wait(TOPIC, text.encode(), partition=0)


async def _read(stack: Stack) -> tuple[list[str], list[str]]:
    connection = await asyncpg.connect(stack.postgres.url("postgres"))
    words = [row["word"] for row in await connection.fetch("SELECT word FROM words ORDER BY word")]
    await connection.close()
    async with AIOKafkaConsumer(
        TOPIC, bootstrap_servers=stack.kafka.bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        records: list[str] = []
        while len(records) < len(words):
            records.append((await asyncio.wait_for(consumer.getone(), 20)).value.decode())
    return words, records


async def test_data_survives_a_clean_stop_and_a_kill(tmp_path: Path) -> None:
    # given a stack that has been written to and stopped
    stack = Stack(tmp_path)
    with stack:
        address = stack.kafka.bootstrap
        await _write(stack, "first")
    # when it starts again
    with stack:
        # then it has the same address and the same data
        assert stack.kafka.bootstrap == address
        assert await _read(stack) == (["first"], ["first"])
        # and when both are killed and started again, nothing acknowledged is lost
        await _write(stack, "second")
        for server in (stack.kafka, stack.postgres):
            server.daemon.kill()
            server.start()
            server.wait()
        assert await _read(stack) == (["first", "second"], ["first", "second"])


def test_a_home_has_one_holder(tmp_path: Path) -> None:
    # given a home that is held
    home = Home(tmp_path)
    home.hold()
    # when another one wants it, then it is told who holds it
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()} "):
        Home(tmp_path).hold()
    assert Home(tmp_path).holder() == os.getpid()
    # and when it is released, it is free
    home.release()
    assert Home(tmp_path).holder() is None


def test_a_port_is_remembered_while_it_is_free(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.port("kafka")
    assert home.port("other") != first
    assert Home(tmp_path).port("kafka") == first


def test_servers_die_with_a_killed_starter(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("needs the kernel's help")
    # given a process that has started the stack
    program = (
        "import sys, time; from pathlib import Path; from silkway.embedded import Stack\n"
        "stack = Stack(Path(sys.argv[1])).start()\n"
        "print(stack.kafka.daemon.pid, stack.postgres.daemon.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        servers = [psutil.Process(int(pid)) for pid in starter.stdout.readline().split()]
        # when it is killed
        starter.send_signal(signal.SIGKILL)
    # then its servers stop by themselves
    gone, alive = psutil.wait_procs(servers, timeout=20)
    assert len(gone) == 2, alive
    # and the next start is not in their way
    with Stack(tmp_path) as stack:
        assert stack.kafka.daemon.pid is not None


async def test_topics_are_created_once(kafka_bootstrap: str) -> None:
    # given two runs at once, when both create the topics
    created = await asyncio.gather(*(create_topics(kafka_bootstrap, "once.") for _ in range(2)))
    # then each topic was created by one of them, and nothing is left to do
    assert sorted(name for names in created for name in names) == sorted(f"once.{name}" for name in TOPICS)
    assert await create_topics(kafka_bootstrap, "once.") == []


async def test_concurrent_migrations_run_each_once(new_database: Callable[..., Awaitable[str]]) -> None:
    # given a database that does not exist yet
    url = (await new_database("absent")).replace("/absent", "/order_absent")
    # when several runs migrate it at once
    began = time.monotonic()
    done = await asyncio.gather(*(migrate_service("order", url, "") for _ in range(3)))
    # then one of them has done it all
    assert sorted(done)[1:] == ["up to date", "up to date"]
    assert done != ["up to date"] * 3
    # and each migration is written down once
    connection = await asyncpg.connect(url)
    versions = [row["version"] for row in await connection.fetch("SELECT version FROM schema_migrations")]
    await connection.close()
    assert len(versions) == len(set(versions)) >= 1
    assert time.monotonic() - began < 30
