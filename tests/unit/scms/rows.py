"""Made-up rows of an SCMS file."""

from __future__ import annotations

from silkway.cli.scms import reader
from silkway.cli.scms.notes import Notes
from silkway.cli.scms.reader import Row

PLAIN = {
    "ID": "1", "Project Code": "100-CI-T01", "PO / SO #": "SCMS-4", "ASN/DN #": "ASN-8",
    "Country": "Kenya", "Vendor INCO Term": "EXW", "Shipment Mode": "Air",
    "PQ First Sent to Client Date": "11/20/09", "PO Sent to Vendor Date": "1/15/10",
    "Scheduled Delivery Date": "2-Jun-10", "Delivered to Client Date": "2-Jun-10",
    "Delivery Recorded Date": "3-Jun-10", "Vendor": "Ann & Sons, Ltd.", "Item Description": "Test kit",
    "Line Item Quantity": "19", "Line Item Value": "551", "Pack Price": "29", "Weight (Kilograms)": "13",
    "Freight Cost (USD)": "780.34",
}  # fmt: skip


def cells(**changes: str) -> dict[str, str]:
    """A plain row with some cells changed; `po`, `asn`… name them shortly."""
    short = {
        "id": "ID", "project": "Project Code", "po": "PO / SO #", "asn": "ASN/DN #", "country": "Country",
        "incoterm": "Vendor INCO Term", "mode": "Shipment Mode", "quoted": "PQ First Sent to Client Date",
        "ordered": "PO Sent to Vendor Date", "scheduled": "Scheduled Delivery Date",
        "delivered": "Delivered to Client Date", "recorded": "Delivery Recorded Date", "vendor": "Vendor",
        "item": "Item Description", "quantity": "Line Item Quantity", "value": "Line Item Value",
        "price": "Pack Price", "weight": "Weight (Kilograms)", "freight": "Freight Cost (USD)",
    }  # fmt: skip
    return PLAIN | {short[name]: text for name, text in changes.items()}


def read(*table: dict[str, str], notes: Notes | None = None) -> list[Row]:
    """The rows that make sense."""
    return list(reader.rows(table, notes if notes is not None else Notes()))
