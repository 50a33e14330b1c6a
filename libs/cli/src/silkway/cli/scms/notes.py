"""What was odd in a file and what was made of it: counted, listed, explained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

EXAMPLES = 3


@dataclass(slots=True)
class Note:
    """Something odd that was understood all the same."""

    what: str
    meaning: str
    """How it was taken."""
    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that could not be understood and is not published. `line` is its number in the file, header 1."""

    line: int
    field: str
    value: str
    reason: str


class Notes:
    """Everything odd about one file."""

    def __init__(self) -> None:
        self.left_out: list[LeftOut] = []
        self._notes: dict[str, Note] = {}

    def add(self, what: str, meaning: str, example: str) -> None:
        """Count one more of `what`; the first few examples are kept."""
        note = self._notes.setdefault(what, Note(what, meaning))
        note.count += 1
        if len(note.examples) < EXAMPLES and example not in note.examples:
            note.examples.append(example)

    def count(self, what: str) -> int:
        """How often `what` was noted."""
        return self._notes[what].count if what in self._notes else 0

    @property
    def notes(self) -> list[Note]:
        """By count, the most frequent first."""
        return sorted(self._notes.values(), key=lambda note: -note.count)

    def as_json(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "left_out": [asdict(row) for row in self.left_out],
            "notes": [asdict(note) for note in self.notes],
        }
