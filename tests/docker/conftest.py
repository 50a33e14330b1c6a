"""Containers of docker-compose.yml, up once for the run and thrown away at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docker.containers import BUILD_S, Compose, Containers, missing

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine with Compose, or the reason why not."""
    if reason := missing():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def compose(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    """The system, up."""
    project = Compose.on_free_ports(tmp_path_factory.mktemp("compose") / "secrets")
    project.make_secrets()
    project.down()
    try:
        up = project.run("up", "--detach", "--wait", "--build", within_s=BUILD_S)
        assert up.code == 0, f"{up.stderr[-4000:]}\n{project.run('logs', '--tail', '30').stdout}"
        yield project
    finally:
        project.down()


@pytest.fixture(scope="session")
def system(compose: Compose, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """The same, as the end-to-end tests know a system; on Kafka they are the command."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KAFKA_SASL_USERNAME", "cli")
        environment.setenv("KAFKA_SASL_PASSWORD_FILE", str(compose.secrets / "kafka_cli"))
        yield Containers(compose, tmp_path_factory.mktemp("containers"))
