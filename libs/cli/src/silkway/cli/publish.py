"""`silkway publish` and `silkway validate`: facts as JSON lines.

One JSON object a line: {"type": "silkway.order.drafted.v1", "tenant": "acme", "data": {…}} and, where wanted,
"source" (default /silkway/cli), "id" (default: drawn from the content, so that publishing a file again is
harmless) and "time" (default: now). Empty lines are skipped.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from aiokafka.errors import KafkaError
from rich.markup import escape
from rich.table import Column, Table

from silkway.cli import addresses
from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.cli.fact import Fact
from silkway.cli.feed import INGRESS, Feed
from silkway.contracts import ContractError, Envelope, event_class, read, read_data, write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from silkway.contracts import Event

DEFAULT_SOURCE: Final = "/silkway/cli"
_MEMBERS: Final = {"type", "tenant", "source", "id", "time", "data"}
_CONTENT: Final = uuid.UUID("0c6c2f0e-9f0e-5f43-8f0b-1d5a3f6f9a52")
_SHOWN: Final = 50

FileArgument = Annotated[str, typer.Argument(help="JSON lines; - for standard input.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The result as JSON.")]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a line, and what its author can do about it."""

    line: int
    field: str
    reason: str
    remedy: str


@dataclass(slots=True)
class Reading:
    """The facts of a file, with their tenants, and what is wrong with the rest."""

    facts: list[tuple[str, Fact]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def validate(file: FileArgument, as_json: JsonOption = False) -> None:
    """Check JSON lines as `publish` would, without sending anything. Exit code 1: some lines are wrong."""
    reading = read_file(file)
    show(reading, "valid", as_json)


def publish(file: FileArgument, as_json: JsonOption = False) -> None:
    """Publish JSON lines on the topics where they belong; all of them, or none if any is wrong.

    Exit code 1: some lines are wrong, nothing was sent; 2: the file or Kafka cannot be reached.
    """
    reading = read_file(file)
    if not reading.findings:
        system = addresses.find()
        try:
            asyncio.run(send(system, reading))
        except KafkaError as error:
            fail(f"Kafka: {error}. Publishing the same lines again is harmless.")
    show(reading, "published", as_json)


def read_lines(lines: Iterable[bytes], now: dt.datetime) -> Reading:
    """Check every line; `now` is the time of facts that come without one."""
    reading = Reading()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            reading.facts.append(_fact(line, now))
        except ContractError as error:
            reading.findings.append(
                Finding(number, error.field.removeprefix("ce_"), error.reason, error.remedy)
            )
    return reading


def _fact(line: bytes, now: dt.datetime) -> tuple[str, Fact]:
    members = _members(line)
    event_type, tenant = _text(members, "type"), _text(members, "tenant")
    if event_class(event_type).topic not in INGRESS:
        reason = f"{event_type} is not for others to publish"
        raise ContractError("unknown_type", "type", reason, "Publish facts of the trade.* topics.")
    data = json.dumps(members.get("data", {}), ensure_ascii=False, separators=(",", ":")).encode()
    event = _event(event_type, data)
    source = _text(members, "source", DEFAULT_SOURCE)
    content = f"{tenant}\n{source}\n{event_type}\n{data.decode()}"
    fact_id = _text(members, "id", str(uuid.uuid5(_CONTENT, content)))
    time = _time(_text(members, "time", now.isoformat()))
    # Written and read once, so that what passes here passes at the edge.
    message = write(Envelope.of(event, tenant=tenant, source=source, id=fact_id, time=time), event)
    read(message.key, message.headers, message.value)
    return tenant, Fact(now, event, time, source, fact_id)


def _event(event_type: str, data: bytes) -> Event:
    try:
        return read_data(event_type, data)
    except ContractError as error:
        path = "data" if error.field == "$" else f"data.{error.field}"
        raise ContractError(error.code, path, error.reason, error.remedy) from None


def _members(line: bytes) -> dict[str, Any]:
    try:
        members = json.loads(line)
    except UnicodeDecodeError as error:
        raise ContractError("not_utf8", "$", f"byte {error.start} is not UTF-8", "Send UTF-8.") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise ContractError("bad_json", "$", str(error), "Write one JSON object a line.") from None
    if not isinstance(members, dict):
        raise ContractError("bad_json", "$", "it is no JSON object", "Write one JSON object a line.")
    unknown = sorted(set(members) - _MEMBERS)
    if unknown:
        remedy = f"Fields of the event go into data; beside it only {', '.join(sorted(_MEMBERS))}."
        raise ContractError("bad_field", unknown[0], "it has no meaning here", remedy)
    return members


def _text(members: dict[str, Any], name: str, default: str | None = None) -> str:
    value = members.get(name, default)
    if value is None:
        raise ContractError("bad_field", name, "it is missing", "Add it.")
    if not isinstance(value, str):
        raise ContractError("bad_field", name, "it is no text", "Write it in quotes.")
    return value


def _time(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        remedy = "Write RFC 3339 with offset, e.g. 2026-03-01T09:30:00+08:00."
        raise ContractError("bad_field", "time", f"{text[:100]!r} is no time", remedy) from None


def read_file(file: str) -> Reading:
    """The facts of a file of JSON lines; `-` for standard input. Ends with 2 where it cannot be read."""
    now = dt.datetime.now(dt.UTC)
    if file == "-":
        return read_lines(sys.stdin.buffer, now)
    try:
        with Path(file).open("rb") as lines:
            return read_lines(lines, now)
    except OSError as error:
        fail(f"{file}: {error.strerror}")


async def send(system: addresses.Addresses, reading: Reading) -> None:
    async with Feed(system.kafka, system.prefix) as feed:
        for tenant, fact in reading.facts:
            await feed.fact(tenant, fact)
        await feed.flush()


def show(reading: Reading, done: str, as_json: bool) -> None:
    good = 0 if reading.findings and done == "published" else len(reading.facts)
    if as_json:
        events = [
            {"tenant": tenant, "source": fact.source, "id": fact.id, "topic": fact.event.topic}
            for tenant, fact in reading.facts[:good]
        ]
        print_json(
            {done: good, "events": events, "findings": [asdict(finding) for finding in reading.findings]}
        )
    else:
        OUT.print(f"{good:,} {done}, {len(reading.findings):,} wrong.")
        if reading.findings:
            table = Table(
                "line", *(Column(name, overflow="fold") for name in ("field", "what is wrong", "remedy"))
            )
            for wrong in reading.findings[:_SHOWN]:
                table.add_row(str(wrong.line), *map(escape, (wrong.field, wrong.reason, wrong.remedy)))
            OUT.print(table)
    if reading.findings:
        raise typer.Exit(FINDINGS)
