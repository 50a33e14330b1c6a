"""What alerts, dashboards and runbooks speak of is there: a name that nobody knows fires never."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from typing import Any, Final

from prometheus_client import REGISTRY

from tests.unit.observability.rules import ROOT, alerts

RUNBOOK: Final = ROOT / "docs/runbooks/alerts.md"
DASHBOARDS: Final = sorted((ROOT / "deploy/grafana/dashboards").glob("*.json"))
_TELLING: Final = (
    "silkway.messaging.metrics", "silkway.messaging.figures", "silkway.messaging.files",
    "silkway.messaging.http.watching", "silkway.messaging.http.probes", "silkway.auditor.metrics",
    "silkway.notify.channels.metrics", "silkway.notify.figures", "silkway.credit.figures", "silkway.order.figures",
    "silkway.cli.clock",
)  # fmt: skip
_SUFFIXES: Final = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


def told() -> set[str]:
    """The names of all series that our processes tell."""
    for module in _TELLING:
        import_module(module)
    return {
        family.name + suffix for family in REGISTRY.collect() for suffix in _SUFFIXES.get(family.type, ())
    }


def asked() -> dict[str, set[str]]:
    """By alert or dashboard, the names it asks for."""
    texts = {alert: rule["expr"] for alert, rule in alerts().items()}
    for file in DASHBOARDS:
        panels: list[dict[str, Any]] = json.loads(file.read_text())["panels"]
        texts[file.name] = " ".join(target["expr"] for panel in panels for target in panel.get("targets", ()))
    return {who: set(re.findall(r"\bsilkway_\w+", text)) for who, text in texts.items()}


def test_every_name_asked_for_is_told() -> None:
    unknown = {who: names - told() for who, names in asked().items() if names - told()}
    assert unknown == {}


def test_every_alert_says_how_bad_what_and_where_to_read_on() -> None:
    for alert, rule in alerts().items():
        assert rule["labels"]["severity"] in ("page", "ticket"), alert
        assert rule["annotations"]["summary"], alert
        assert rule["annotations"]["runbook"] == f"docs/runbooks/alerts.md#{alert.lower()}"


def test_every_alert_has_its_section_and_every_section_its_alert() -> None:
    sections = re.split(r"^## ", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]
    found = {section.partition("\n")[0]: section for section in sections}
    assert set(found) == set(alerts())
    for alert, section in found.items():
        assert f"*{alerts()[alert]['labels']['severity']}.*" in section, alert


def test_every_section_says_when_it_is_over() -> None:
    sections = re.split(r"^## ", RUNBOOK.read_text(), flags=re.MULTILINE)[1:]
    assert [section.partition("\n")[0] for section in sections if "\n**Over** when " not in section] == []


def test_the_dashboards_are_those_that_are_generated() -> None:
    generate = ROOT / "deploy/grafana/generate.py"
    done = subprocess.run([sys.executable, generate, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
