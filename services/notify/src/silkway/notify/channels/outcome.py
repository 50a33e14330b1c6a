"""What became of one attempt to deliver."""

from __future__ import annotations

from typing import NamedTuple

from silkway.contracts.fields import DeliveryOutcome

_MOST_WORDS = 300


class Outcome(NamedTuple):
    """DELIVERED: taken. FAILED: try again, after `wait_s` at least. REFUSED: never. GONE: nobody is there any more."""

    outcome: DeliveryOutcome
    status: int | None = None
    detail: str | None = None
    wait_s: float = 0.0


def words(text: str) -> str | None:
    """What the other side said, as a line of text that an event may hold."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line[:_MOST_WORDS] or None
