"""Each trap of the file, in a row made up for it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silkway.cli.scms import reader
from silkway.cli.scms.notes import Notes
from tests.unit.scms.rows import cells, read


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2-Jun-06", dt.date(2006, 6, 2)),
        ("31-Dec-15", dt.date(2015, 12, 31)),
        ("11/3/09", dt.date(2009, 11, 3)),  # month first
        ("2/30/09", None),
        ("13/1/09", None),
        ("2-Jux-06", None),
        ("Date Not Captured", None),
        ("", None),
    ],
)
def test_dates_come_in_two_formats(text: str, date: dt.date | None) -> None:
    assert reader.parse_date(text) == date


@given(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
def test_both_formats_give_the_date_that_was_written(date: dt.date) -> None:
    assert reader.parse_date(f"{date:%-d-%b-%y}") == date
    assert reader.parse_date(f"{date.month}/{date.day}/{date:%y}") == date


@given(st.integers(0, reader.MAX_CENTS))
def test_dollars_become_cents_exactly(cents: int) -> None:
    assert reader.parse_cents(str(Decimal(cents) / 100)) == cents


@pytest.mark.parametrize("text", ["0.005", "-1", "NaN", "Infinity", "1,000", "free", "", "1e30"])
def test_what_is_no_amount_of_whole_cents_is_not_guessed(text: str) -> None:
    assert reader.parse_cents(text) is None


def test_the_purchase_order_dates_an_order_else_the_quote_else_nothing() -> None:
    notes = Notes()
    both, quote, neither = read(
        cells(id="1"),
        cells(id="2", ordered="N/A - From RDC"),
        cells(id="3", ordered="Date Not Captured", quoted="Pre-PQ Process"),
        notes=notes,
    )
    assert both.ordered_on == dt.date(2010, 1, 15)
    assert quote.ordered_on == dt.date(2009, 11, 20)
    assert neither.ordered_on is None
    assert notes.count("PO Sent to Vendor Date: 'Date Not Captured'") == 1


def test_words_for_weight_and_freight_are_counted_and_do_no_harm() -> None:
    notes = Notes()
    rows = read(
        cells(id="1", weight="See ASN-3223 (ID#:6)", freight="Freight Included in Commodity Cost"),
        cells(id="2", weight="See DN-7 (ID#:81)"),
        notes=notes,
    )
    assert len(rows) == 2
    assert notes.count("Weight (Kilograms): 'See … (ID#…)'") == 2
    assert notes.count("Freight Cost (USD): 'Freight Included in Commodity Cost'") == 1


def test_the_value_counts_even_where_it_is_not_quantity_times_price() -> None:
    notes = Notes()
    (row,) = read(cells(quantity="1000", price="0.33", value="333.33"), notes=notes)
    assert row.value_minor == 33_333
    assert notes.count("value is not quantity × pack price") == 1


def test_a_delivery_recorded_before_it_happened_is_noted() -> None:
    notes = Notes()
    (row,) = read(cells(delivered="24-Dec-13", recorded="23-Dec-13"), notes=notes)
    assert (row.delivered_on, row.recorded_on) == (dt.date(2013, 12, 24), dt.date(2013, 12, 23))
    assert notes.count("recorded before delivered") == 1


def test_late_is_a_matter_of_local_dates() -> None:
    on_time, late = read(
        cells(id="1", scheduled="2-Jun-10", delivered="2-Jun-10"),
        cells(id="2", scheduled="2-Jun-10", delivered="3-Jun-10"),
    )
    assert not on_time.late
    assert late.late


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("Congo, DRC", "CD"),
        ("Swaziland", "SZ"),
        ("Côte d'Ivoire", "CI"),
        ("Vietnam", "VN"),
        ("Atlantis", None),
    ],
)
def test_countries_by_their_names_in_the_file(country: str, code: str | None) -> None:
    (row,) = read(cells(country=country))
    assert row.country == code


def test_modes_and_incoterms_in_words_are_unspecified() -> None:
    (row,) = read(cells(mode="N/A", incoterm="N/A - From RDC"))
    assert (row.mode, row.incoterm) == ("UNSPECIFIED", None)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"delivered": "soon"}, "Delivered to Client Date"),
        ({"scheduled": ""}, "Scheduled Delivery Date"),
        ({"quantity": "0"}, "Line Item Quantity"),
        ({"quantity": "1.5"}, "Line Item Quantity"),
        ({"quantity": "९"}, "Line Item Quantity"),
        ({"value": "much"}, "Line Item Value"),
        ({"po": ""}, "PO / SO #"),
        ({"asn": "ASN 8"}, "ASN/DN #"),
    ],
)
def test_a_row_without_a_needed_cell_is_left_out_with_line_and_field(
    changes: dict[str, str], field: str
) -> None:
    notes = Notes()
    rows = read(cells(id="1"), cells(id="2", **changes), notes=notes)
    assert [row.line_id for row in rows] == ["1"]
    assert [(left.line, left.field) for left in notes.left_out] == [(3, field)]


def test_the_same_line_twice_is_taken_once() -> None:
    notes = Notes()
    rows = read(cells(id="7", value="1"), cells(id="7", value="2"), notes=notes)
    assert [row.value_minor for row in rows] == [100]
    assert notes.left_out[0].reason == "an earlier row has this ID"


def test_byte_order_mark_carriage_returns_and_broken_bytes_are_survived(tmp_path: Path) -> None:
    file = tmp_path / "scms.csv"
    plain = cells(item="Lamivudine \xff 10mg")
    header = ",".join(f'"{name}"' for name in plain)
    values = ",".join(f'"{text}"' for text in plain.values())
    file.write_bytes(b"\xef\xbb\xbf" + header.encode() + b"\r" + values.encode("latin-1") + b"\r")
    notes = Notes()
    (row,) = reader.read(file, notes)
    assert row.line_id == "1"
    assert row.description == "Lamivudine \ufffd 10mg"
    assert notes.count("broken characters") == 1
