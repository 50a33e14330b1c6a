"""The manifests, as rendered: what selects something selects it, and nobody is told less than on one machine."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import Any, Final

import pytest
import yaml

from silkway.messaging.app import STOP_TIMEOUT_S
from tests.unit.deploy.documents import ROOT

PROCESSES: Final = ("order", "logistics", "credit", "notify", "auditor", "clock")
PROBES: Final = {"startupProbe": "/startupz", "readinessProbe": "/readyz", "livenessProbe": "/livez"}


@cache
def objects() -> list[dict[str, Any]]:
    """All objects of the example."""
    tools = (("kubectl", "kustomize"), ("kustomize", "build"))
    tool = next((tool for tool in tools if shutil.which(tool[0])), None)
    if tool is None:
        pytest.skip("neither kubectl nor kustomize is here")
    command = [*tool, str(ROOT / "deploy/kubernetes/example")]
    return list(
        yaml.safe_load_all(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    )


def of(kind: str) -> list[dict[str, Any]]:
    return [found for found in objects() if found["kind"] == kind]


def pods(*, at_rest: bool = False) -> dict[str, dict[str, Any]]:
    """By process, the pod that runs it; those that wait to be started by somebody only if `at_rest`."""
    owners = [found["spec"] for kind in ("StatefulSet", "Deployment") for found in of(kind)]
    templates = [owner["template"] for owner in owners if owner["replicas"] or at_rest]
    return {found["metadata"]["labels"]["app.kubernetes.io/name"]: found["spec"] for found in templates}


def test_every_process_has_a_budget_and_is_spread_by_its_own_name() -> None:
    assert set(pods()) == set(PROCESSES)
    own = {name: {"app.kubernetes.io/name": name} for name in PROCESSES}
    budgets = [budget["spec"]["selector"]["matchLabels"] for budget in of("PodDisruptionBudget")]
    assert sorted(budgets, key=str) == sorted(own.values(), key=str)
    for name, pod in pods().items():
        (spread,) = pod["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"] == own[name], name


def test_every_process_is_asked_for_progress_and_has_time_to_stop() -> None:
    for name, pod in pods().items():
        (container,) = pod["containers"]
        assert {probe: container[probe]["httpGet"]["path"] for probe in PROBES} == PROBES, name
        assert pod["terminationGracePeriodSeconds"] > STOP_TIMEOUT_S, name


def test_no_container_has_rights_and_each_has_its_share() -> None:
    (job,) = of("Job")
    every = [*pods(at_rest=True).values(), job["spec"]["template"]["spec"]]
    for pod in every:
        assert pod["securityContext"]["runAsNonRoot"], pod
        assert not pod["automountServiceAccountToken"]
        for container in [*pod["containers"], *pod.get("initContainers", ())]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
            }  # fmt: skip
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}


def test_every_process_is_told_what_docker_compose_tells_it() -> None:
    (settings,) = of("ConfigMap")
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    tools = pods(at_rest=True)["tools"]["containers"]
    containers = {name: pod["containers"][0] for name, pod in pods().items()}
    containers |= {container["name"]: container for container in tools}
    for name, container in containers.items():
        told = {variable["name"] for variable in container["env"]} | settings["data"].keys()
        needed = {variable for variable, value in compose[name]["environment"].items() if "${" not in value}
        nameless = (
            set() if name in PROCESSES else {"SILKWAY_INSTANCE"}
        )  # a command has no partitions to find again
        assert needed - nameless <= told, name


def test_the_first_keys_are_let_in_and_personal_data_has_its_tables() -> None:
    (job,) = of("Job")
    (migrate,) = [c for c in job["spec"]["template"]["spec"]["initContainers"] if c["name"] == "migrate"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["migrate"]
    assert migrate["command"] == compose["command"]
    assert {variable["name"]: variable["value"] for variable in migrate["env"]} == compose["environment"]
