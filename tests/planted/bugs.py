"""The faults that tests have to find, as data, and how one is planted and taken out again."""

from __future__ import annotations

import contextlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = "docs/planted.md"


@dataclass(frozen=True)
class Bug:
    """In `file`, `before` becomes `after`; then the tests at `caught_by` must fail."""

    name: str
    file: str
    before: str
    after: str
    caught_by: str


def read() -> list[Bug]:
    """All of them, in the order of the file."""
    return [Bug(**entry) for entry in tomllib.loads(Path(__file__).with_name("bugs.toml").read_text())["bug"]]


@contextlib.contextmanager
def planted(bug: Bug, root: Path) -> Iterator[None]:
    """The fault is in the copy at `root` for as long as this lasts. Raises ValueError where it has no place."""
    path = root / bug.file
    healthy = path.read_text()
    if healthy.count(bug.before) != 1:
        raise ValueError(
            f"{bug.name}: what it changes stands {healthy.count(bug.before)} times in {bug.file}"
        )
    path.write_text(healthy.replace(bug.before, bug.after))
    try:
        yield
    finally:
        path.write_text(healthy)


def page() -> str:
    """The table as it stands in docs."""
    rows = [f"| {bug.name} | {Path(bug.file).name} | `pytest {bug.caught_by}` |" for bug in read()]
    return "\n".join(
        [
            "# Planted faults",
            "Each of these single faults is planted into a copy of the project by `make planted`, and the command"
            " beside it must fail then. The changes themselves stand in `tests/planted/bugs.toml`.",
            "",
            "| fault | in | caught by |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )
