"""The SQL of lists: a page after a key, by the filters that are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def listing(
    select: str,
    where: Mapping[str, Any],
    order: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
    *,
    newest_first: bool = False,
) -> tuple[str, list[Any]]:
    """`select` (SELECT … FROM …) narrowed to the columns of `where` that have a value, ordered by the columns
    `order` (together unique), starting after the row whose values are `after`. Returns SQL and parameters.
    A name in `where` is a column that equals its value, or ends with another comparison ("known_at <").

    Filters that are not given are left out rather than compared with NULL, so that a plan kept for the
    statement can use the index of each filter.
    """
    given = {column: value for column, value in where.items() if value is not None}
    parameters = list(given.values())
    conditions = [f"{c} ${i}" if c[-1] in "<=>" else f"{c} = ${i}" for i, c in enumerate(given, start=1)]
    if after is not None:
        places = ", ".join(f"${len(parameters) + i}" for i in range(1, len(order) + 1))
        conditions.append(f"({', '.join(order)}) {'<' if newest_first else '>'} ({places})")
        parameters.extend(after)
    direction = " DESC" if newest_first else ""
    ordering = ", ".join(column + direction for column in order)
    return (
        f"{select} WHERE {' AND '.join(conditions) or 'true'} ORDER BY {ordering} LIMIT ${len(parameters) + 1}",
        [*parameters, limit],
    )
