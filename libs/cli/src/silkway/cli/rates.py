"""`silkway rates load`: carriers' rate cards from a file, published as facts.

JSON lines hold the data of silkway.rate_card.published.v1, one card a line. CSV has a column for each of its
fields; what is a list there is written in one cell:

    tiers     0:6200;5000000:5400          from_g:unit_minor
    fees      DOCUMENTS:4500;CUSTOMS:9000  code:amount_minor
    seasons   2026-07-01/2026-09-30:1500   first/last:surcharge_bp
    container C40HC:26500000:67000000:245000   kind:capacity_g:capacity_cm3:price_minor
    weekdays  3 6
    promises  ON_TIME ANSWER_24H

Empty cells are left out. `published_at` is that of the command where a card has none.
"""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from aiokafka.errors import KafkaError

from silkway.cli import addresses
from silkway.cli.console import fail
from silkway.cli.publish import Finding, Reading, read_lines, send, show
from silkway.contracts import RateCardPublished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

rates = typer.Typer(help="What carriers charge.", no_args_is_help=True)

_NUMBERS: Final = frozenset(
    {
        "unit_g", "step_g", "divisor_cm3_per_kg", "most_g", "minimum_minor", "fuel_bp", "priority_minor",
        "insurance_bp", "insurance_minimum_minor", "transit_days", "lead_days", "stands_hours",
    }
)  # fmt: skip


@rates.callback()
def _rates() -> None:
    """What carriers charge."""


@rates.command("load")
def load(
    file: Annotated[
        str, typer.Argument(help="CSV with a header, or JSON lines; - for JSON lines from stdin.")
    ],
    tenant: Annotated[str, typer.Option(help="Whose rates.")],
    published_at: Annotated[str, typer.Option(help="For cards without one, RFC 3339; default now.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
) -> None:
    """Publish rate cards; all of them, or none if any is wrong. The same file again is harmless.

    Exit code 1: some lines are wrong, nothing was sent; 2: the file or Kafka cannot be reached.
    """
    reading = _read(file, tenant, published_at or dt.datetime.now(dt.UTC).isoformat())
    if not reading.findings and not dry_run:
        system = addresses.find()
        try:
            asyncio.run(send(system, reading))
        except KafkaError as error:
            fail(f"Kafka: {error}. Loading the same file again is harmless.")
    show(reading, "valid" if dry_run else "published", as_json)


def read_cards(lines: Iterable[bytes], tenant: str, published_at: str, *, as_csv: bool) -> Reading:
    """Check every card of a file as the logistics service will."""
    from silkway.logistics.domain.distance import too_fast
    from silkway.logistics.domain.rate import fault

    numbered = list(_from_csv(lines) if as_csv else _from_json(lines))
    reading = read_lines(
        (_fact(card, tenant, published_at) if isinstance(card, dict) else card for card in numbered),
        dt.datetime.now(dt.UTC),
    )
    read, reading.facts = iter(reading.facts), []
    unreadable = {finding.line for finding in reading.findings}
    for number, card in enumerate(numbered, start=1):
        if number in unreadable or card == b"":
            continue
        whose, fact = next(read)
        assert isinstance(fact.event, RateCardPublished)
        wrong = fault(fact.event) or too_fast(fact.event)
        if wrong is None:
            reading.facts.append((whose, fact))
        else:
            reading.findings.append(Finding(number, *wrong))
    reading.findings = [
        replace(finding, field=finding.field.removeprefix("data."))
        for finding in sorted(reading.findings, key=lambda finding: finding.line)
    ]
    return reading


def _read(file: str, tenant: str, published_at: str) -> Reading:
    if file == "-":
        return read_cards(sys.stdin.buffer, tenant, published_at, as_csv=False)
    try:
        with Path(file).open("rb") as lines:
            return read_cards(lines, tenant, published_at, as_csv=file.lower().endswith(".csv"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        fail(f"{file}: {error}")


def _fact(card: dict[str, Any], tenant: str, published_at: str) -> bytes:
    data = {"published_at": published_at, **card}
    members = {"type": RateCardPublished.type, "tenant": tenant, "time": data["published_at"], "data": data}
    return json.dumps(members, ensure_ascii=False).encode()


def _from_json(lines: Iterable[bytes]) -> Iterator[dict[str, Any] | bytes]:
    """The card of each line; a line that holds none as it is, so that it is told where it stands."""
    for line in lines:
        try:
            card = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            card = None
        yield card if isinstance(card, dict) else line.strip()


def _from_csv(lines: Iterable[bytes]) -> Iterator[dict[str, Any] | bytes]:
    """The card of each row, in the place of the row's last line; nothing for other lines."""
    rows = csv.DictReader(line.decode("utf-8-sig") for line in lines)
    told = 0
    for row in rows:
        yield from (b"" for _ in range(rows.line_num - told - 1))
        told = rows.line_num
        yield {
            name: _cell(name, text.strip())
            for name, text in row.items()
            if name and isinstance(text, str) and text.strip()
        }


def _cell(name: str, text: str) -> Any:
    """A cell's value; text that is not what the column needs stays text, and is told as wrong by the contract."""
    try:
        return _LISTS[name](text) if name in _LISTS else int(text) if name in _NUMBERS else text
    except (ValueError, IndexError):
        return text


def _tier(text: str) -> dict[str, Any]:
    from_g, unit_minor = text.split(":")
    return {"from_g": int(from_g), "unit_minor": int(unit_minor)}


def _fee(text: str) -> dict[str, Any]:
    code, amount_minor = text.split(":")
    return {"code": code, "amount_minor": int(amount_minor)}


def _season(text: str) -> dict[str, Any]:
    days, surcharge_bp = text.split(":")
    first, last = days.split("/")
    return {"first": first, "last": last, "surcharge_bp": int(surcharge_bp)}


def _container(text: str) -> dict[str, Any]:
    kind, capacity_g, capacity_cm3, price_minor = text.split(":")
    return {
        "kind": kind,
        "capacity_g": int(capacity_g),
        "capacity_cm3": int(capacity_cm3),
        "price_minor": int(price_minor),
    }


_LISTS: Final[dict[str, Callable[[str], Any]]] = {
    "tiers": lambda text: [_tier(part) for part in text.split(";")],
    "fees": lambda text: [_fee(part) for part in text.split(";")],
    "seasons": lambda text: [_season(part) for part in text.split(";")],
    "container": _container,
    "weekdays": lambda text: [int(day) for day in text.split()],
    "promises": str.split,
}
