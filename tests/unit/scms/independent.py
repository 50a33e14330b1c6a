"""The figures of the SCMS delivery history, read straight from the file, sharing no code with the project."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[3].parent / "shared" / "data" / "scms_delivery_history.csv"

COUNTRIES = {
    "Afghanistan": "AF", "Angola": "AO", "Belize": "BZ", "Benin": "BJ", "Botswana": "BW", "Burkina Faso": "BF",
    "Burundi": "BI", "Cameroon": "CM", "Congo, DRC": "CD", "Côte d'Ivoire": "CI", "Dominican Republic": "DO",
    "Ethiopia": "ET", "Ghana": "GH", "Guatemala": "GT", "Guinea": "GN", "Guyana": "GY", "Haiti": "HT",
    "Kazakhstan": "KZ", "Kenya": "KE", "Kyrgyzstan": "KG", "Lebanon": "LB", "Lesotho": "LS", "Liberia": "LR",
    "Libya": "LY", "Malawi": "MW", "Mali": "ML", "Mozambique": "MZ", "Namibia": "NA", "Nigeria": "NG",
    "Pakistan": "PK", "Rwanda": "RW", "Senegal": "SN", "Sierra Leone": "SL", "South Africa": "ZA",
    "South Sudan": "SS", "Sudan": "SD", "Swaziland": "SZ", "Tanzania": "TZ", "Togo": "TG", "Uganda": "UG",
    "Vietnam": "VN", "Zambia": "ZM", "Zimbabwe": "ZW",
}  # fmt: skip
MODES = {"Air": "AIR", "Truck": "ROAD", "Air Charter": "AIR_CHARTER", "Ocean": "SEA", "N/A": "UNSPECIFIED"}

Punctuality = dict[str, tuple[int, int]]
"""Lines and late lines by name."""


def figures(file: Path = FILE) -> dict[str, Any]:
    """Counts, value in cents, and punctuality by supplier, country and mode."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    shipments_of: dict[str, set[str]] = defaultdict(set)
    orders_of: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        shipments_of[row["PO / SO #"]].add(row["ASN/DN #"])
        orders_of[row["ASN/DN #"]].add(row["PO / SO #"])
    value: dict[str, Fraction] = defaultdict(Fraction)
    for row in rows:
        value[row["PO / SO #"]] += Fraction(row["Line Item Value"])
    return {
        "lines": len(rows),
        "orders": len(shipments_of),
        "shipments": len(orders_of),
        "orders_with_several_shipments": sum(len(its) > 1 for its in shipments_of.values()),
        "shipments_with_several_orders": sum(len(its) > 1 for its in orders_of.values()),
        "late_lines": sum(map(_late, rows)),
        "cents": sum(value.values()) * 100,
        "orders_of_value_0": sum(not amount for amount in value.values()),
        "supplier": _punctuality(rows, lambda row: " ".join(row["Vendor"].split())),
        "country": _punctuality(rows, lambda row: COUNTRIES[row["Country"]]),
        "mode": _punctuality(rows, lambda row: MODES[row["Shipment Mode"]]),
    }


def _late(row: dict[str, str]) -> bool:
    return _day(row["Delivered to Client Date"]) > _day(row["Scheduled Delivery Date"])


def _day(text: str) -> date:
    return datetime.strptime(text, "%d-%b-%y").date()  # noqa: DTZ007 - a local date


def _punctuality(rows: list[dict[str, str]], name: Any) -> Punctuality:
    found: Punctuality = {}
    for row in rows:
        lines, late = found.get(name(row), (0, 0))
        found[name(row)] = (lines + 1, late + _late(row))
    return found
