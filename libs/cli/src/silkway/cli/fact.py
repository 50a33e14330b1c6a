"""A fact as the commands publish it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

    from silkway.contracts import Event


class Fact(NamedTuple):
    """An event with all that its envelope needs. The same `source` and `id` is the same fact, for ever."""

    known_at: dt.datetime
    """When the tenant's clock shall have come to know it, UTC; not before it happened."""
    event: Event
    time: dt.datetime
    """When it happened, aware."""
    source: str
    id: str
