"""A storm says what it has not come to, and which faults it cannot cause."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.chaos import __main__ as command
from tests.chaos.around import AROUND, Around
from tests.chaos.processes import BOUNDARIES, PROCESSES
from tests.chaos.schedule import Measure
from tests.chaos.storm import Storm, Struck

DISK_FULL = "database's disk full"
OTHERS = [kind for kind in (*PROCESSES, *AROUND) if kind not in BOUNDARIES]
GROUND: Any = SimpleNamespace(disk=None, stack=None, system=None)


def storm(kinds: list[str], hours: float = 1, only: list[str] | None = None) -> Storm:
    """One that told enough, died often enough at each boundary, and was struck twenty times by each of these kinds."""
    found = Storm(GROUND, Namespace(only=only), print)
    found.load = Namespace(facts=1_000_000)  # type: ignore[assignment]  # it is asked for no more than this
    found.around = Namespace(faults=AROUND)  # type: ignore[assignment]
    found.processes = Namespace(faults=PROCESSES, kills=Counter(dict.fromkeys(BOUNDARIES, 20)))  # type: ignore[assignment]
    found.measure = Measure.of(hours)
    found.struck = [Struck(kind, "", 0, 0) for kind in kinds for _ in range(20)]
    return found


def test_an_hour_of_storm_lacks_a_kind_of_fault_that_never_came() -> None:
    assert storm(OTHERS).lacking() == []
    assert storm([kind for kind in OTHERS if kind != "broker slow"]).lacking() == [
        "0 times broker slow, 1 wanted"
    ]


def test_a_short_storm_need_not_come_to_every_kind() -> None:
    assert storm(OTHERS[1:], hours=0.1).lacking() == []


def test_of_chosen_kinds_each_has_to_come() -> None:
    assert storm(["broker slow"], only=["broker slow"]).lacking() == []
    assert storm([], only=["broker slow"]).lacking() == ["0 times broker slow, 1 wanted"]


def test_where_no_disk_can_be_filled_that_is_told() -> None:
    nobody: Any = None

    around = Around(GROUND, nobody, nobody)

    assert around.impossible == [DISK_FULL]
    assert set(around.faults) == set(AROUND) - {DISK_FULL}


def test_where_a_disk_can_be_filled_it_is_a_fault_like_any_other(tmp_path: Path) -> None:
    nobody: Any = None
    ground: Any = SimpleNamespace(disk=tmp_path, stack=None, system=None)

    around = Around(ground, nobody, nobody)

    assert around.impossible == []
    assert set(around.faults) == set(AROUND)


def test_a_kind_of_fault_that_nobody_knows_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["chaos", "--only", "broker killed"])
    assert command._arguments().only == ["broker killed"]

    monkeypatch.setattr("sys.argv", ["chaos", "--only", "broker kiled"])
    with pytest.raises(SystemExit, match="2"):
        command._arguments()
