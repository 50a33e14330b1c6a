"""`make planted`: plants one fault after the other into a scratch copy; the tests named for it must fail there."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from silkway.embedded import Stack
from tests.planted.bugs import ROOT, Bug, planted, read

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATIENCE_S: Final = 60.0
"""How much longer than without the fault the tests may take: who stands still has been caught as well."""
_FAILED: Final = 1
"""What pytest ends with where tests have failed; anything else says that they have not run."""
console = Console(highlight=False)


def main() -> int:
    """0 where every fault is caught, and nothing is found without one."""
    parser = argparse.ArgumentParser(prog="planted", description=__doc__)
    parser.add_argument("--only", action="append", help="a part of a fault's name; may be given again")
    only = parser.parse_args().only or [""]
    bugs = [bug for bug in read() if any(part in bug.name for part in only)]
    if unknown := [part for part in only if not any(part in bug.name for bug in bugs)]:
        parser.error(f"no fault has in its name: {', '.join(unknown)}")
    with (
        tempfile.TemporaryDirectory(prefix="silkway-planted-") as folder,
        Stack(Path(folder, "home")) as stack,
    ):
        ground = Ground(Path(folder, "copy"), stack)
        took_s = {command: ground.healthy(command) for command in sorted({bug.caught_by for bug in bugs})}
        caught = [bug for bug in bugs if _try(ground, bug, took_s[bug.caught_by])]
    console.print(f"{len(caught)} of {len(bugs)} faults caught")
    return 0 if len(caught) == len(bugs) else 1


def _try(ground: Ground, bug: Bug, healthy_s: float) -> bool:
    began = time.monotonic()
    with planted(bug, ground.folder):
        how = ground.catches(bug.caught_by, healthy_s + _PATIENCE_S)
    said = f"[green]caught[/]: {how}" if how else "[red]not caught[/]"
    console.print(f"{said}  {bug.name}  ({bug.caught_by}, {time.monotonic() - began:.0f} s)", soft_wrap=True)
    return how is not None


class Ground:
    """A copy of the project, and servers for its tests."""

    def __init__(self, folder: Path, stack: Stack) -> None:
        self.folder = folder
        _copy(folder)
        sources = [str(path) for path in sorted(folder.glob("*/*/src"))]
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*sources, str(folder)]),  # before what is installed
            "PYTHONDONTWRITEBYTECODE": "1",
            "KAFKA_BOOTSTRAP_SERVERS": stack.kafka.bootstrap,
            "SILKWAY_TEST_DATABASE_URL": stack.postgres.url("postgres"),
        }

    def healthy(self, command: str) -> float:
        """How long the tests take without a fault. Raises SystemExit where they fail."""
        began = time.monotonic()
        result = self._run(command, timeout_s=600)
        if result.returncode:
            raise SystemExit(f"{command} fails without any fault:\n{result.stdout[-3000:]}")
        return time.monotonic() - began

    def catches(self, command: str, timeout_s: float) -> str | None:
        """The first test that fails, None where none does."""
        try:
            result = self._run(command, timeout_s)
        except subprocess.TimeoutExpired:
            return "it stands still"
        if result.returncode != _FAILED:
            return None
        failed = (line for line in result.stdout.splitlines() if line.startswith("FAILED"))
        return next(failed, "FAILED").split(" - ")[0].rpartition("::")[2]

    def _run(self, command: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
        pytest = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "--tb=no", "-p", "no:cacheprovider"]
        arguments = [*pytest, f"--basetemp={self.folder.parent / 'tests'}", command]
        return subprocess.run(
            arguments, cwd=self.folder, env=self._environment, timeout=timeout_s,
            capture_output=True, text=True, check=False,
        )  # fmt: skip


def _copy(folder: Path) -> None:
    for path in _tracked():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target)


def _tracked() -> Iterable[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]


if __name__ == "__main__":
    sys.exit(main())
