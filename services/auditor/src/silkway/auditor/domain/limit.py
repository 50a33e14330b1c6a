"""A supplier's limit is never overdrawn, whatever the order in which partitions are read.

What credit decides about one supplier travels in several partitions: by order. Ticks make them comparable: each
stands in all partitions behind the same decisions. So what lies between two ticks is added up and judged as one
step, once every partition has passed the later tick: by it, what is in use grows at most up to the limit.
"""

from __future__ import annotations

import datetime as dt

from silkway.auditor.domain.cover import Effect
from silkway.auditor.domain.state import Book, Breach, Limit, Span


def note_use(book: Book, tick: str, effect: Effect, event_id: str, known_at: dt.datetime) -> None:
    """So much more, or less, is in use since `tick`."""
    span = _span(book, tick)
    span.change += effect.change
    span.lawful += effect.lawful
    _name(span, event_id, known_at)


def note_limit(book: Book, tick: str, limit_minor: int, event_id: str, known_at: dt.datetime) -> None:
    """The limit was assessed since `tick`."""
    span = _span(book, tick)
    span.limits = [*span.limits, limit_minor]
    _name(span, event_id, known_at)


def judge_until(book: Book, tick: str | None) -> list[tuple[Breach, Span]]:
    """Judge all spans that began before `tick`, None: all there are; each breach with its span."""
    limit = book.limit
    if limit is None:
        return []
    found = []
    for start in sorted(limit.spans):
        if tick is not None and start >= tick:
            break
        span = limit.spans.pop(start)
        used, most = limit.used + span.change, max([limit.limit, *span.limits])
        allowed = max(limit.used, most) + span.lawful
        if used > allowed or used < 0:
            text = f"{used} is in use of a limit of {most}; before it was {limit.used}"
            found.append((Breach("LIMIT_KEPT", text), span))
        limit.used = max(used, 0)
        if span.limits:
            limit.limit = span.limits[-1]  # one partition tells all limits of a supplier, in order
    return found


def _span(book: Book, tick: str) -> Span:
    if book.limit is None:
        book.limit = Limit()
    return book.limit.spans.setdefault(tick, Span())


def _name(span: Span, event_id: str, known_at: dt.datetime) -> None:
    """A breach is named after the last event of its span, whichever of the partitions is read last."""
    if span.known_at is None or (known_at, event_id) > (span.known_at, span.event_id):
        span.event_id, span.known_at = event_id, known_at
