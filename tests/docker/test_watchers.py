"""Those who watch: their profile is valid, and they look where the services are."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from silkway.cli.addresses import DEFAULT_PORTS
from tests.docker.containers import ROOT

pytestmark = pytest.mark.docker

WATCHERS: Final = {"prometheus", "grafana", "collector", "node-exporter"}


@pytest.fixture(scope="module")
def profile(engine: None) -> Any:
    """docker-compose.yml with the profile, as Compose understands it."""
    command = ["docker", "compose", "--profile", "observability", "config", "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["services"]


def test_who_watches_is_pinned_bounded_and_only_for_this_host(profile: Any) -> None:
    assert profile.keys() >= WATCHERS
    for name in WATCHERS:
        watcher = profile[name]
        assert watcher["image"].rpartition(":")[2][-1].isdigit(), name
        assert (watcher["read_only"], watcher["cap_drop"]) == (True, ["ALL"]), name
        assert {port["host_ip"] for port in watcher.get("ports", ())} <= {"127.0.0.1"}, name
        for mount in watcher.get("volumes", ()):
            assert mount["type"] != "bind" or Path(mount["source"]).exists(), f"{name}: {mount['source']}"


def test_prometheus_looks_where_the_services_are(profile: Any) -> None:
    scraped = {
        job["job_name"]: (found["names"], found["port"])
        for job in yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
        for found in job.get("dns_sd_configs", ())
    }
    assert scraped == {name: ([name], port) for name, port in (DEFAULT_PORTS | {"clock": 8006}).items()}
    for name in scraped:
        assert profile[name]["networks"].keys() & profile["prometheus"]["networks"].keys(), name


def test_traces_reach_the_collector_where_they_are_asked_for(profile: Any) -> None:
    for name in ("order", "logistics", "credit", "notify"):
        assert profile[name]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == "", name
        assert profile[name]["networks"].keys() & profile["collector"]["networks"].keys(), name
