"""Amounts, events of a feed, commands that find nothing to talk to."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from silkway.cli.main import COMMANDS, application
from silkway.cli.money import in_units, written
from silkway.cli.watch import events


@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (162_758_445_729, "USD", "USD 1,627,584,457.29"),
        (5, "USD", "USD 0.05"),
        (1234, "JPY", "JPY 1,234"),
        (1234, "KWD", "KWD 1.234"),
    ],
)
def test_amounts_are_exact_in_every_currency(amount_minor: int, currency: str, text: str) -> None:
    assert written(amount_minor, currency) == text


def test_the_largest_amount_keeps_every_digit() -> None:
    assert str(in_units(2**63 - 1, "USD")) == "92233720368547758.07"


def test_a_feed_is_read_event_by_event() -> None:
    lines = [
        "retry: 500",
        "",
        ": heartbeat",
        "",
        "id: 7-1",
        "event: notice",
        'data: {"text": "late"}',
        "",
        "id: 8",
    ]
    assert list(events(lines)) == [("7-1", "notice", {"text": "late"})]


def test_every_command_explains_itself() -> None:
    app = application()
    for name in COMMANDS:
        result = CliRunner().invoke(app, [name, "--help"])
        assert result.exit_code == 0, name
        assert "Usage" in result.output


@pytest.mark.parametrize("tenant", ["acme", "sim-ACME", "sim-" + "x" * 50])
def test_a_load_wants_a_tenant_with_a_clock_of_its_own(tmp_path: Path, tenant: str) -> None:
    file = tmp_path / "scms.csv"
    file.write_text("ID\n")
    result = CliRunner().invoke(application(["load"]), ["load", "scms", str(file), "--tenant", tenant])
    assert result.exit_code == 2
    assert "starts with sim-" in result.output


def test_a_file_without_a_row_that_makes_sense_is_not_loaded(tmp_path: Path) -> None:
    file = tmp_path / "scms.csv"
    file.write_text("ID,Vendor\n1,Ann\n")
    result = CliRunner().invoke(application(["load"]), ["load", "scms", str(file), "--tenant", "sim-x"])
    assert result.exit_code == 2
    assert "no row that makes sense" in result.output
