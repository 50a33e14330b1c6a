"""docker-compose.yml and the watchers: every container is bounded, and PostgreSQL is set as it was measured."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
import yaml

from silkway.embedded.postgres import SETTINGS, sizes
from silkway.messaging.app import STOP_TIMEOUT_S
from tests.unit.deploy.documents import ROOT

SERVICES: Final[dict[str, dict[str, Any]]] = {
    name: service
    for file in ("docker-compose.yml", "deploy/compose/observability.yml")
    for name, service in yaml.safe_load((ROOT / file).read_text())["services"].items()
}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_bounded(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}


def test_everybody_has_time_to_stop() -> None:
    for name, service in SERVICES.items():
        if "stop_grace_period" in service:
            assert int(service["stop_grace_period"].removesuffix("s")) > STOP_TIMEOUT_S, name


def test_postgresql_is_set_as_the_embedded_one_on_a_machine_of_its_memory() -> None:
    service = SERVICES["postgres"]
    told = dict(_default(word.removeprefix("-c")).split("=") for word in service["command"][1:])
    assert _default(service["mem_limit"]) == "2g"
    of_its_machine = {"listen_addresses", "unix_socket_permissions", "timezone", "log_timezone"}
    wanted = SETTINGS | sizes(2 << 30) | {"log_parameter_max_length": "0"}
    assert told == {k: v for k, v in wanted.items() if k not in of_its_machine}


def _default(text: str) -> str:
    """Text of Compose where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
