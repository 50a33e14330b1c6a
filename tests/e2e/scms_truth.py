"""The figures of the SCMS file, read from it directly, with nothing of Silkway's own."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, str]

MODES = {"Air": "AIR", "Truck": "ROAD", "Air Charter": "AIR_CHARTER", "Ocean": "SEA", "N/A": "UNSPECIFIED"}


def truth(file: Path) -> dict[str, Any]:
    """The figures that `silkway report --json` shall give for this file."""
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as opened:
        rows = list(csv.DictReader(opened))
    shipments, orders = defaultdict(set), defaultdict(set)
    for row in rows:
        shipments[row["PO / SO #"]].add(row["ASN/DN #"])
        orders[row["ASN/DN #"]].add(row["PO / SO #"])
    codes = country_codes(rows)
    return {
        "lines": len(rows),
        "orders": len(shipments),
        "shipments": len(orders),
        "orders_with_several_shipments": sum(len(its) > 1 for its in shipments.values()),
        "shipments_with_several_orders": sum(len(its) > 1 for its in orders.values()),
        "late_lines": sum(is_late(row) for row in rows),
        "value": {"USD": f"{sum(Decimal(row['Line Item Value']) for row in rows):.2f}"},
        "punctuality": {
            "supplier": punctuality(rows, lambda row: " ".join(row["Vendor"].split())),
            "country": punctuality(rows, lambda row: codes[row["Country"]]),
            "mode": punctuality(rows, lambda row: MODES[row["Shipment Mode"]]),
        },
    }


def punctuality(rows: list[Row], by: Callable[[Row], str]) -> dict[str, tuple[int, int]]:
    """Lines, and late lines, by name."""
    lines, late = Counter(map(by, rows)), Counter(by(row) for row in rows if is_late(row))
    return {name: (count, late[name]) for name, count in lines.items()}


def is_late(row: Row) -> bool:
    return date(row["Delivered to Client Date"]) > date(row["Scheduled Delivery Date"])


def date(text: str) -> dt.date:
    """2-Jun-06 or 6/2/06."""
    return dt.datetime.strptime(text, "%m/%d/%y" if "/" in text else "%d-%b-%y").date()  # noqa: DTZ007


def country_codes(rows: list[Row]) -> dict[str, str]:
    """ISO 3166 codes by name: the project codes (116-ZA-T30) carry them, but for one row that errs."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        found[row["Country"]][row["Project Code"].split("-")[1]] += 1
    return {country: codes.most_common(1)[0][0] for country, codes in found.items()}
