"""Rate cards from files: what a line must be, and what is said about it if it is not."""

import json
from typing import Any

import pytest

from silkway.cli.rates import read_cards
from silkway.contracts import RateCardPublished

NOW = "2026-01-01T00:00:00+00:00"
CARD: dict[str, Any] = {
    "rate_card_id": "BLUE-1", "carrier": "Blue Line", "mode": "SEA", "origin": "CNNGB", "destination": "DEHAM",
    "currency": "USD", "valid_from": "2026-01-01", "valid_until": "2026-06-30",
    "tiers": [{"from_g": 0, "unit_minor": 100}], "transit_days": 30,
}  # fmt: skip
CSV = (
    b"rate_card_id,carrier,service,mode,origin,destination,currency,valid_from,valid_until,"
    b"tiers,unit_g,fees,seasons,container,weekdays,promises,transit_days\n"
    b"BLUE-1,Blue Line,,SEA,CNNGB,DEHAM,USD,2026-01-01,2026-06-30,"
    b"0:6200;5000000:5400,1000000,DOCUMENTS:4500,2026-05-01/2026-06-30:1500,,3 6,ON_TIME,30\n"
    b'BLUE-2,"Blue\nLine",FAST,SEA,CNNGB,DEHAM,USD,2026-01-01,2026-06-30,'
    b",,,,C40HC:26500000:67000000:245000,,,28\n"
    b"BLUE-3,Blue Line,FAST,SEA,CNNGB,DEHAM,USD,2026-01-01,2026-06-30,cheap,,,,,,,28\n"
)


def json_lines(*cards: Any) -> list[bytes]:
    return [json.dumps(card).encode() if isinstance(card, dict) else card for card in cards]


def test_json_lines_are_cards() -> None:
    reading = read_cards(json_lines(CARD, b"", CARD | {"rate_card_id": "BLUE-2"}), "acme", NOW, as_csv=False)
    assert reading.findings == []
    assert [fact.event.subject_id for _, fact in reading.facts] == ["BLUE-1", "BLUE-2"]


def test_csv_has_a_column_for_each_field() -> None:
    reading = read_cards(CSV.splitlines(keepends=True), "acme", NOW, as_csv=True)
    first = reading.facts[0][1].event
    assert isinstance(first, RateCardPublished)
    assert [(tier.from_g, tier.unit_minor) for tier in first.tiers] == [(0, 6200), (5_000_000, 5400)]
    assert (first.service, first.unit_g, first.weekdays, first.promises) == (
        "STANDARD",
        10**6,
        (3, 6),
        ("ON_TIME",),
    )
    assert (first.fees[0].code, first.seasons[0].surcharge_bp) == ("DOCUMENTS", 1500)


def test_csv_errors_name_the_last_line_of_the_row() -> None:
    reading = read_cards(CSV.splitlines(keepends=True), "acme", NOW, as_csv=True)
    assert [(finding.line, finding.field) for finding in reading.findings] == [(4, "carrier"), (5, "tiers")]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mode": "SHIP"}, "mode"),
        ({"transit_days": "30"}, "transit_days"),
        ({"valid_until": "2025-01-01"}, "valid_until"),
        ({"transit_days": 5}, "transit_days"),  # no ship goes 20,000 km in five days
        ({"tiers": [{"from_g": 5, "unit_minor": 1}]}, "tiers[0].from_g"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_field(wrong: dict[str, Any], field: str) -> None:
    lines = json_lines(CARD, b"{", CARD | wrong, CARD)
    reading = read_cards(lines, "acme", NOW, as_csv=False)
    assert [(finding.line, finding.field) for finding in reading.findings] == [(2, "$"), (3, field)]
    assert all(finding.remedy for finding in reading.findings)
    assert len(reading.facts) == 2


def test_the_same_file_has_the_same_facts() -> None:
    one, other = (read_cards(json_lines(CARD), "acme", NOW, as_csv=False) for _ in range(2))
    assert one.facts[0][1].id == other.facts[0][1].id
