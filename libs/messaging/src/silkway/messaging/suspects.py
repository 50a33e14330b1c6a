"""Which records and deadlines of a transaction the database's error can be about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from silkway.messaging.effects import Fired, Suspect
from silkway.messaging.places import timer_place
from silkway.messaging.table import Table


def place_of(suspect: Suspect) -> str:
    """By what it is known where it is parked."""
    cause = suspect.cause
    return timer_place(cause) if isinstance(cause, Fired) else cause.record.place


def accused(error: Exception, suspects: Iterable[Suspect], tables: Mapping[int, Table[Any]]) -> list[Suspect]:
    """Those that wrote the row which the error shows, in order; none where it shows no row of these tables.

    PostgreSQL names the table and shows the row with its columns in their order ("Failing row contains (…)"), and
    those of a state begin with tenant and id. What is too long to be shown whole is not found.
    """
    table, row = getattr(error, "table_name", None), getattr(error, "detail", None) or ""
    ranks = {
        rank for rank, of in tables.items() if table in (of.name, *(child.name for child in of.children))
    }

    def shown(rank: int, name: str) -> bool:
        tenant, _, identifier = name.partition("/")
        return rank in ranks and f"({tenant}, {identifier}, " in row

    if not ranks or not row:
        return []
    return [suspect for suspect in suspects if any(shown(*key) for key in suspect.wrote)]
