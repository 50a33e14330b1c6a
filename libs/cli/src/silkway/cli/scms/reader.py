"""Reads the SCMS delivery history: one row is one line of an order, carried by one shipment.

Its traps: dates in two formats, dates and weights in words, values that are not quantity times price,
deliveries recorded before they happened, texts that were decoded wrongly before they reached the file.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast, get_args

import pycountry

from silkway.cli.scms.notes import LeftOut, Notes
from silkway.contracts.fields import Incoterm, Mode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Cells = dict[str, str]

MODES: Final[dict[str, Mode]] = {
    "Air": "AIR",
    "Truck": "ROAD",
    "Air Charter": "AIR_CHARTER",
    "Ocean": "SEA",
    "N/A": "UNSPECIFIED",
}
ODD_COUNTRIES: Final = {"Congo, DRC": "CD", "Swaziland": "SZ"}
NO_DATE: Final = {
    "Date Not Captured": "nobody wrote the date down",
    "Pre-PQ Process": "from before price quotes were recorded",
    "N/A - From RDC": "delivered from the regional stock: no purchase order was sent",
}
SHORT_ID: Final = r"[A-Za-z0-9._:/#-]{1,50}"
"""What the contracts take as an id, short enough for ids to be derived from it."""
MAX_QUANTITY: Final = 10**12
MAX_CENTS: Final = 10**15
UNUSED: Final = ("Weight (Kilograms)", "Freight Cost (USD)")
MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_WRITTEN: Final = re.compile(r"(\d{1,2})-([A-Z][a-z]{2})-(\d{2})")  # 2-Jun-06
_AMERICAN: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2})")  # 6/2/06: month first


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an order. Dates are local dates; `value_minor` is in US cents."""

    number: int
    """Line of the file, the header being 1 (records, where a text spans lines)."""
    line_id: str
    order_id: str
    shipment_id: str
    buyer_id: str
    vendor: str
    country: str | None
    incoterm: Incoterm | None
    mode: Mode
    ordered_on: dt.date | None
    """Date of the purchase order, else of the price quote, else None."""
    scheduled_on: dt.date
    delivered_on: dt.date
    recorded_on: dt.date
    description: str
    quantity: int
    value_minor: int

    @property
    def late(self) -> bool:
        """Delivered after the scheduled local date."""
        return self.delivered_on > self.scheduled_on


class Unreadable(ValueError):
    """A cell that a row cannot do without makes no sense."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}: {value!r}")
        self.field, self.value, self.reason = field, value, reason


def read(path: Path, notes: Notes) -> list[Row]:
    """The rows of a file; what is odd goes into `notes`. Raises OSError and csv.Error."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return list(rows(csv.DictReader(file), notes))


def rows(table: Iterable[Mapping[str, str]], notes: Notes) -> Iterator[Row]:
    """The rows that make sense, in the order of the file."""
    seen: set[str] = set()
    for number, cells in enumerate(table, start=2):
        try:
            row = _row(number, {name: (text or "").strip() for name, text in cells.items() if name}, notes)
            if row.line_id in seen:
                raise Unreadable("ID", row.line_id, "an earlier row has this ID")
        except Unreadable as error:
            notes.left_out.append(LeftOut(number, error.field, error.value, error.reason))
            continue
        seen.add(row.line_id)
        yield row


@lru_cache(maxsize=20_000)
def parse_date(text: str) -> dt.date | None:
    """2-Jun-06 or 6/2/06 (month first), of this century; None if it is neither."""
    if match := _WRITTEN.fullmatch(text):
        day, month, year = int(match[1]), MONTHS.get(match[2], 0), int(match[3])
    elif match := _AMERICAN.fullmatch(text):
        month, day, year = int(match[1]), int(match[2]), int(match[3])
    else:
        return None
    try:
        return dt.date(2000 + year, month, day)
    except ValueError:
        return None


def parse_cents(text: str) -> int | None:
    """An amount in dollars as cents, exactly; None if it is no amount of whole cents, 0 to `MAX_CENTS`."""
    dollars = parse_number(text)
    if dollars is None or not 0 <= dollars * 100 <= MAX_CENTS or dollars * 100 % 1:
        return None
    return int(dollars * 100)


def parse_number(text: str) -> Decimal | None:
    """A decimal number, None if it is words."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _row(number: int, cells: Cells, notes: Notes) -> Row:
    delivered_on = _date(cells, "Delivered to Client Date")
    row = Row(
        number=number,
        line_id=_id(cells, "ID"),
        order_id=_id(cells, "PO / SO #"),
        shipment_id=_id(cells, "ASN/DN #"),
        buyer_id=_id(cells, "Project Code"),
        vendor=_name(cells, "Vendor"),
        country=_country(cells, notes),
        incoterm=_incoterm(cells, notes),
        mode=_mode(cells, notes),
        ordered_on=_ordered_on(cells, notes),
        scheduled_on=_date(cells, "Scheduled Delivery Date"),
        delivered_on=delivered_on,
        recorded_on=parse_date(_cell(cells, "Delivery Recorded Date")) or delivered_on,
        description=_name(cells, "Item Description"),
        quantity=_quantity(cells),
        value_minor=_value(cells),
    )
    _note_oddities(row, cells, notes)
    return row


def _cell(cells: Cells, field: str) -> str:
    if not cells.get(field):
        raise Unreadable(field, "", "empty or missing")
    return cells[field]


def _id(cells: Cells, field: str) -> str:
    text = _cell(cells, field)
    if not re.fullmatch(SHORT_ID, text):
        raise Unreadable(field, text, "not 1 to 50 of letters, digits and . _ : / # -")
    return text


def _name(cells: Cells, field: str) -> str:
    """One line of at most 200 characters."""
    return " ".join(_cell(cells, field).split())[:200]


def _date(cells: Cells, field: str) -> dt.date:
    text = _cell(cells, field)
    date = parse_date(text)
    if date is None:
        raise Unreadable(field, text, "not a date like 2-Jun-06 or 6/2/06")
    return date


def _ordered_on(cells: Cells, notes: Notes) -> dt.date | None:
    dates = []
    for field in ("PO Sent to Vendor Date", "PQ First Sent to Client Date"):
        text = cells.get(field, "")
        dates.append(parse_date(text))
        if dates[-1] is None:
            notes.add(f"{field}: {text!r}", NO_DATE.get(text, "taken as no date"), cells["ID"])
    return dates[0] or dates[1]


def _quantity(cells: Cells) -> int:
    text = _cell(cells, "Line Item Quantity")
    if not re.fullmatch(r"[0-9]{1,13}", text) or not 1 <= int(text) <= MAX_QUANTITY:
        raise Unreadable("Line Item Quantity", text, f"not a whole number from 1 to {MAX_QUANTITY}")
    return int(text)


def _value(cells: Cells) -> int:
    text = _cell(cells, "Line Item Value")
    cents = parse_cents(text)
    if cents is None:
        raise Unreadable("Line Item Value", text, "not an amount of dollars and whole cents")
    return cents


def _mode(cells: Cells, notes: Notes) -> Mode:
    text = cells.get("Shipment Mode", "")
    if text not in MODES:
        notes.add(f"Shipment Mode: {text!r}", "mode UNSPECIFIED", cells["ID"])
    return MODES.get(text, "UNSPECIFIED")


def _incoterm(cells: Cells, notes: Notes) -> Incoterm | None:
    text = cells.get("Vendor INCO Term", "")
    if text in get_args(Incoterm):
        return cast("Incoterm", text)
    notes.add(f"Vendor INCO Term: {text!r}", "no Incoterm", cells["ID"])
    return None


def _country(cells: Cells, notes: Notes) -> str | None:
    text = cells.get("Country", "")
    code = _country_code(text)
    if code is None:
        notes.add(f"Country: {text!r}", "no destination country", cells["ID"])
    return code


@lru_cache(maxsize=500)
def _country_code(name: str) -> str | None:
    """ISO 3166-1 alpha-2 of an English name."""
    if name in ODD_COUNTRIES:
        return ODD_COUNTRIES[name]
    try:
        return str(pycountry.countries.lookup(name).alpha_2)
    except LookupError:
        return None


def _note_oddities(row: Row, cells: Cells, notes: Notes) -> None:
    if parse_date(cells["Delivery Recorded Date"]) is None:
        text = cells["Delivery Recorded Date"]
        notes.add(f"Delivery Recorded Date: {text!r}", "taken as known when delivered", row.line_id)
    if row.recorded_on < row.delivered_on:
        notes.add("recorded before delivered", "known when delivered, not earlier", row.line_id)
    price = parse_number(cells.get("Pack Price", ""))
    if price is not None and price * row.quantity * 100 != row.value_minor:
        notes.add("value is not quantity × pack price", "the value counts, prices are rounded", row.line_id)
    for field in UNUSED:
        text = cells.get(field, "")
        if parse_number(text) is None:
            words = re.sub(r"[A-Z]+-\d+ \(ID#:\d+\)", "… (ID#…)", text)
            notes.add(f"{field}: {words!r}", "in words; not used", row.line_id)
    if any("\ufffd" in text or "Ã" in text for text in cells.values()):
        notes.add("broken characters", "kept as they are", row.line_id)
