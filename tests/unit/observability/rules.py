"""The alerts of deploy/prometheus as tests see them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).resolve().parents[3]
PROMETHEUS: Final = ROOT / "deploy/prometheus"
RULES: Final = sorted((PROMETHEUS / "rules").glob("*.yml"))


@cache
def alerts() -> dict[str, dict[str, Any]]:
    """Each alert by its name."""
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


@dataclass(frozen=True)
class Case:
    """At this minute the alert fires about exactly these, given the series: values as promtool writes them.

    One value is every quarter of a minute, as often as is scraped.
    """

    alert: str
    series: dict[str, str]
    minute: int
    about: tuple[dict[str, str], ...] = ()


def promtool() -> str:
    """Prometheus' own tool; where it is not, its tests are not run."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed: it is in Debian's package prometheus")
    return found


def check(cases: Sequence[Case], folder: Path) -> None:
    """Let promtool evaluate each case's alert over its series; what the alert says in words is not compared."""
    files = [_written(case, folder / f"{number}-{case.alert}") for number, case in enumerate(cases)]
    done = subprocess.run([promtool(), "test", "rules", *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _written(case: Case, folder: Path) -> str:
    """The alert alone, and its test: promtool evaluates all rules that it is given, at every step."""
    folder.mkdir()
    rules, tests = folder / "rules.json", folder / "tests.json"
    rules.write_text(json.dumps({"groups": [{"name": case.alert, "rules": [_mute(alerts()[case.alert])]}]}))
    document = {
        "rule_files": [str(rules)],
        "evaluation_interval": "15s",
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
                "alert_rule_test": [_expected(case)],
            }
        ],
    }
    tests.write_text(json.dumps(document))
    return str(tests)


def _mute(rule: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != "annotations"}


def _expected(case: Case) -> dict[str, Any]:
    own = alerts()[case.alert]["labels"]
    about = [{"exp_labels": {**labels, **own}} for labels in case.about]
    return {"eval_time": f"{case.minute}m", "alertname": case.alert, "exp_alerts": about}
