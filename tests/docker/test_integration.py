"""The integration tests once more, on a Kafka and a PostgreSQL from their public images."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import asyncpg
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from silkway.cli.topics import create_topics
from tests.docker.containers import ROOT, free_port, has_image

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.docker

START_S: Final = 60.0
SUITE_S: Final = 900.0


@pytest.fixture(autouse=True)
def _do_without_ryuk_where_it_is_missing(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It removes the containers of a killed run; where there is none, the fixtures alone do."""
    if not has_image(testcontainers_config.ryuk_image):
        monkeypatch.setattr(testcontainers_config, "ryuk_disabled", True)


@pytest.fixture(autouse=True)
def _as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """This Kafka knows nobody by name."""
    monkeypatch.delenv("KAFKA_SASL_USERNAME", raising=False)


@pytest.fixture
def kafka() -> Iterator[str]:
    """Address of a broker. Its port is the same inside and outside, so that it can reach itself by it."""
    port = free_port()
    settings = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    }
    container = DockerContainer("apache/kafka:4.3.1").with_bind_ports(port, port)
    for name, value in settings.items():
        container.with_env(name, value)
    with container:
        yield f"127.0.0.1:{port}"


@pytest.fixture
def postgres() -> Iterator[str]:
    """URL of a database server."""
    container = (
        DockerContainer("postgres:18").with_exposed_ports(5432).with_env("POSTGRES_PASSWORD", "silkway")
    )
    with container.with_command("postgres -c fsync=off -c max_connections=200"):
        yield f"postgresql://postgres:silkway@127.0.0.1:{container.get_exposed_port(5432)}/postgres"


async def answers(url: str) -> None:
    """Return when the database server takes connections; a new one starts twice."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            await (await asyncpg.connect(url, timeout=5)).close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.3)
        else:
            return


async def test_the_integration_tests_pass_on_containers(kafka: str, postgres: str) -> None:
    # Given both containers, ready
    await asyncio.gather(answers(postgres), create_topics(kafka, "probe."))

    # When the integration tests run on them, without those about the embedded servers
    suite = ["tests/integration", "--ignore-glob", "*/test_embedded*"]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "pytest", "--tb=short", "--show-capture=no", *suite],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=SUITE_S,
        env={**os.environ, "KAFKA_BOOTSTRAP_SERVERS": kafka, "SILKWAY_TEST_DATABASE_URL": postgres},
    )  # fmt: skip

    # Then they pass
    print(done.stdout.strip().rpartition("\n")[2])
    assert done.returncode == 0, done.stdout[-8000:]
