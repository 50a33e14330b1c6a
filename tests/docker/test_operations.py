"""What operations do with a running system, under load; `make operations` has more (docs/runbooks/operations.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.docker.containers import FILES, PROJECT, ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docker.containers import Compose

pytestmark = pytest.mark.docker

DRILL_S: Final = 900.0


@pytest.mark.parametrize("drill", ["restart", "kill", "scale", "secrets", "administrators"])
def test_nothing_is_lost_or_doubled_by(drill: str, compose: Compose, tmp_path: Path) -> None:
    # Given the system at work, when this is done to it while orders are told
    result = tmp_path / "result.json"
    files = [f"--file={file}" for file in FILES]
    done = subprocess.run(
        [sys.executable, "-m", "deploy.operations", drill, f"--project={PROJECT}", *files, f"--json={result}"],
        cwd=ROOT, env=compose.environment, timeout=DRILL_S, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(done.stdout)

    # Then all came back by themselves, and every order is what it would have been
    assert result.exists(), done.stderr[-4000:]
    (found,) = json.loads(result.read_text())
    assert (found["findings"], found["lost"], found["doubled"]) == ([], [], []), done.stderr[-4000:]
    assert done.returncode == 0
    assert found["orders"] > 10
    assert len(found["notes"]) > 0
