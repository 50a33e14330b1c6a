"""An order has one vendor and one buyer, a shipment one mode and one day of delivery."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from silkway.cli.scms.notes import LeftOut, Notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from silkway.cli.scms.reader import Row

MAX_LINES: Final = 500
"""Lines of one order or of one shipment, as the contracts have it."""

_CHECKS: Final[tuple[tuple[str, str, str, Callable[[Row], object]], ...]] = (
    ("order", "Vendor", "the order's first row names another vendor", lambda row: row.vendor),
    ("order", "Project Code", "the order's first row names another buyer", lambda row: row.buyer_id),
    ("shipment", "Shipment Mode", "the shipment's first row travels otherwise", lambda row: row.mode),
    (
        "shipment",
        "Delivered to Client Date",
        "the shipment's first row was delivered on another day",
        lambda row: row.delivered_on,
    ),
)
"""Whose, field, what is wrong, and the value that must be that of the first row."""


def consistent(rows: Iterable[Row], notes: Notes) -> Iterator[Row]:
    """Rows but those that give an order or a shipment another nature than its first row did, or too many lines."""
    first: dict[tuple[str, str], Row] = {}
    count: Counter[tuple[str, str]] = Counter()
    for row in rows:
        its = {"order": ("order", row.order_id), "shipment": ("shipment", row.shipment_id)}
        wrong = next(
            (
                LeftOut(row.number, field, str(value(row)), reason)
                for group, field, reason, value in _CHECKS
                if value(first.get(its[group], row)) != value(row)
            ),
            None,
        )
        full = next((kind for kind, key in its.items() if count[key] >= MAX_LINES), None)
        if wrong is None and full is not None:
            wrong = LeftOut(row.number, "ID", row.line_id, f"its {full} has {MAX_LINES} lines already")
        if wrong is not None:
            notes.left_out.append(wrong)
            continue
        for key in its.values():
            first.setdefault(key, row)
            count[key] += 1
        yield row
