"""JSON lines: what passes, and what is said about the rest."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from silkway.cli.main import application
from silkway.cli.publish import Reading, read_lines

NOW = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
SUPPLIER = {
    "type": "silkway.supplier.registered.v1",
    "tenant": "acme",
    "data": {"supplier_id": "S1", "name": "Ann", "registered_at": "2026-01-01T00:00:00Z"},
}


def reading(*lines: dict[str, Any] | bytes) -> Reading:
    return read_lines([line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines], NOW)


def test_a_line_is_an_event_with_time_source_and_id_of_its_own() -> None:
    at = "2026-02-01T08:00:00+08:00"
    ((tenant, fact),) = reading({**SUPPLIER, "id": "e1", "source": "/shops/eu", "time": at}).facts
    assert (tenant, fact.source, fact.id, fact.time.isoformat()) == ("acme", "/shops/eu", "e1", at)
    assert fact.event.subject == "supplier/S1"


def test_without_an_id_the_content_gives_it_so_that_a_repeat_is_the_same_event() -> None:
    ((_, first),) = reading(SUPPLIER).facts
    ((_, again),) = reading(SUPPLIER).facts
    ((_, other),) = reading({**SUPPLIER, "tenant": "other"}).facts
    assert first.id == again.id != other.id
    assert first.time == NOW


def test_empty_lines_are_skipped_and_counted() -> None:
    result = reading(b"", b"  \n", b"nonsense")
    assert [finding.line for finding in result.findings] == [3]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (b"nonsense", "$"),
        (b"[1]", "$"),
        (b'{"type": "\xff"}', "$"),
        (b"[" * 100_000, "$"),
        ({"tenant": "acme"}, "type"),
        ({**SUPPLIER, "type": 7}, "type"),
        ({**SUPPLIER, "type": "silkway.supplier.registered.v2"}, "type"),
        ({**SUPPLIER, "type": "silkway.order.placed.v1"}, "type"),  # ours, not for others
        ({**SUPPLIER, "type": "silkway.clock.ticked.v1"}, "type"),
        ({**SUPPLIER, "tenant": "Acme"}, "tenant"),
        ({**SUPPLIER, "source": "not a uri"}, "source"),
        ({**SUPPLIER, "id": ""}, "id"),
        ({**SUPPLIER, "time": "yesterday"}, "time"),
        ({**SUPPLIER, "time": "2026-01-01T00:00:00"}, "time"),
        ({**SUPPLIER, "knowntime": "2026-01-01T00:00:00Z"}, "knowntime"),
        ({**SUPPLIER, "data": {**SUPPLIER["data"], "supplier_id": "S 1"}}, "data.supplier_id"),  # type: ignore[dict-item]
        ({**SUPPLIER, "data": None}, "data"),
        ({"type": SUPPLIER["type"], "tenant": "acme"}, "data.supplier_id"),
    ],
)
def test_a_wrong_line_is_named_with_its_field_and_a_remedy(line: dict[str, Any] | bytes, field: str) -> None:
    result = reading(SUPPLIER, line)
    assert len(result.facts) == 1
    ((finding),) = result.findings
    assert (finding.line, finding.field) == (2, field)
    assert finding.reason
    assert finding.remedy


def test_validate_ends_with_1_where_something_is_wrong_and_tells_it_as_json(tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    file.write_text(json.dumps(SUPPLIER) + "\n{}\n")
    result = CliRunner().invoke(application(["validate"]), ["validate", str(file), "--json"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["valid"] == 1
    assert [(finding["line"], finding["field"]) for finding in told["findings"]] == [(2, "type")]


def test_validate_takes_standard_input() -> None:
    result = CliRunner().invoke(application(["validate"]), ["validate", "-"], input=json.dumps(SUPPLIER))
    assert result.exit_code == 0, result.output


def test_nothing_is_sent_where_a_line_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    file.write_text(json.dumps(SUPPLIER) + "\n{}\n")
    # There is no Kafka here: had anything been sent, this would end with 2.
    result = CliRunner().invoke(application(["publish"]), ["publish", str(file), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["published"] == 0


def test_a_file_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(application(["validate"]), ["validate", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "No such file" in result.output
