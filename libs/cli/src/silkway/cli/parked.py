"""`silkway parked`: records and timers that could not be applied, and what to do with them.

A record is named by its service and its place in the log, as `list` shows them: one record may be parked in
several services, and is mended, redriven or discarded in each by itself.
"""

from __future__ import annotations

import datetime as dt
import getpass
import json
import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape
from rich.table import Column, Table

from silkway.cli import addresses
from silkway.cli.console import ERR, FINDINGS, OUT, UNUSABLE, fail, print_json
from silkway.cli.desk import call
from silkway.cli.parked_records import found, order, parked_rows
from silkway.contracts import EVENTS, clear_fields
from silkway.messaging.personal import sealed_since
from silkway.messaging.redrive import Command
from silkway.messaging.workbench import HIDDEN, Filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from silkway.cli.parked_records import Answer

_AGE: Final = re.compile(r"(\d{1,6})([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WELL: Final = {"applied", "discarded"}


class Service(StrEnum):
    """Whose parked record."""

    ORDER = "order"
    LOGISTICS = "logistics"
    CREDIT = "credit"
    NOTIFY = "notify"


ServiceArgument = Annotated[Service, typer.Argument(help="The service in which it is parked.")]
PlaceArgument = Annotated[str, typer.Argument(help="Its place, as `silkway parked list` shows it.")]
PlacesArgument = Annotated[
    list[str] | None, typer.Argument(help="Places, as `silkway parked list` shows them.")
]
AllOption = Annotated[bool, typer.Option("--all", help="All that match the filters, in place of places.")]
TenantOption = Annotated[str | None, typer.Option(help="Only of this tenant.")]
TopicOption = Annotated[str | None, typer.Option(help="Only of this topic; `timer` for deadlines.")]
TypeOption = Annotated[str | None, typer.Option("--type", help="Only events of this type.")]
ErrorOption = Annotated[
    str | None, typer.Option(help="Only of this class of error, e.g. CheckViolationError.")
]
OlderOption = Annotated[str | None, typer.Option(help="Known longer ago than this: 90s, 15m, 2h, 3d.")]
NewerOption = Annotated[str | None, typer.Option(help="Known less long ago than this.")]
FixOption = Annotated[
    Path | None, typer.Option(help="File with the data to try in place of its own; - for stdin.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="The result as JSON.")]

parked = typer.Typer(
    help="Records that could not be applied: look, mend, try again, discard.", no_args_is_help=True
)


@parked.command("list")
def list_parked(
    tenant: TenantOption = None,
    service: Annotated[Service | None, typer.Option(help="Only in this service.")] = None,
    topic: TopicOption = None,
    event_type: TypeOption = None,
    error: ErrorOption = None,
    older_than: OlderOption = None,
    newer_than: NewerOption = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of a service.")] = 1000,
    as_json: JsonOption = False,
) -> None:
    """Parked records and timers, those known earliest first. Exit code 1: there are some."""
    system, which = addresses.find(), _filter(tenant, topic, event_type, error, older_than, newer_than)
    names = [service.value] if service else addresses.SERVICES
    parked_in = {name: parked_rows(system, name, which, limit + 1) for name in names}
    more = [name for name in names if len(parked_in[name]) > limit]
    rows = [{"service": name, **row} for name in names for row in parked_in[name][:limit]]
    if as_json:
        print_json(rows)
    elif rows:
        folding = (Column(name, overflow="fold") for name in ("place", "aggregate", "type", "error"))
        title = f"Parked: {len(rows)}{', and more' if more else ''}"
        table = Table("service", *folding, "attempts", title=title, title_justify="left")
        for row in rows:
            texts = (escape(row[name]) for name in ("place", "key", "type", "error"))
            table.add_row(row["service"], *texts, str(row["attempts"]))
        OUT.print(table)
    else:
        OUT.print("Nothing is parked.")
    if more:
        ERR.print(f"There are more in {', '.join(more)}; see --limit.", style="yellow")
    if rows:
        raise typer.Exit(FINDINGS)


@parked.command()
def show(service: ServiceArgument, place: PlaceArgument, as_json: JsonOption = False) -> None:
    """One record, whole: its data as it came, what follows it in order, all that was tried. Also when it is parked no
    more. Exit code 1: it never was."""
    whole = found(addresses.find(), service.value, place)
    if as_json:
        print_json(whole)
        return
    followers, attempts = whole.pop("followers"), whole.pop("attempts")
    table = Table("", Column("", overflow="fold"), show_header=False)
    for name, value in whole.items():
        table.add_row(name, escape(_text(value)))
    OUT.print(table)
    _print("Behind it, in this order", followers, ("place", "type", "wants", "known_at"))
    _print("Tried", attempts, ("number", "action", "at", "by", "reason", "outcome", "error", "fix"))


@parked.command()
def preview(
    service: ServiceArgument, place: PlaceArgument, fix: FixOption = None, as_json: JsonOption = False
) -> None:
    """What would come of a redrive, as the service itself tries it, and undoes it. Exit code 1: it would fail."""
    system = addresses.find()
    foreseen = _foreseen(service, found(system, service.value, place), _data(fix))
    if as_json:
        print_json(foreseen)
    else:
        OUT.print(f"{place}: it would be {foreseen['outcome']}{_because(foreseen['error'])}", markup=False)
        _print("Behind it, in this order", foreseen["followers"], ("place", "type", "outcome", "error"))
        _print("Events", foreseen["events"], ("type", "subject", "version", "data"))
    if foreseen["outcome"] != "applied":
        raise typer.Exit(FINDINGS)


@parked.command()
def redrive(
    service: ServiceArgument,
    places: PlacesArgument = None,
    every: AllOption = False,
    fix: FixOption = None,
    anyway: Annotated[bool, typer.Option(help="Send a fix though it is foreseen to fail.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    tenant: TenantOption = None,
    topic: TopicOption = None,
    event_type: TypeOption = None,
    error: ErrorOption = None,
    older_than: OlderOption = None,
    newer_than: NewerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try parked records again, one with a fix if you like; what waits behind them follows.

    A fix is tried out first, and sent only if it will not fail. Exit code 1: one was parked again, no answer came for
    15 s, or nothing matches --all.
    """
    which = _filter(tenant, topic, event_type, error, older_than, newer_than)
    chosen = _chosen(service, places, every, which)
    data = _data(fix)
    if data is not None:
        if len(chosen) != 1:
            fail("A fix is for one place.")
        if sealed_since() is not None and (clear := clear_fields(EVENTS.get(chosen[0]["type"]), data)):
            remedy = "Leave the seal that stands in the record; new words are a new fact."
            fail(f"Not sent: {clear[0]} is in the clear, and would stay on the log. {remedy}", FINDINGS)
        if not anyway:
            foreseen = _foreseen(service, found(addresses.find(), service.value, chosen[0]["place"]), data)
            if foreseen["outcome"] in ("parked", "refused"):
                because = f"{foreseen['outcome']}{_because(foreseen['error'])}"
                fail(f"Not sent: it would be {because} See --anyway.", FINDINGS)
    text = None if data is None else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    _order(
        service,
        chosen,
        Command(action="redrive", place="", by=getpass.getuser(), reason=reason, fix=text),
        as_json,
    )


@parked.command()
def discard(
    service: ServiceArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    places: PlacesArgument = None,
    every: AllOption = False,
    tenant: TenantOption = None,
    topic: TopicOption = None,
    event_type: TypeOption = None,
    error: ErrorOption = None,
    older_than: OlderOption = None,
    newer_than: NewerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give parked records up for good; what waits behind them follows.

    Exit code 1: no answer came for 15 s, or nothing matches --all.
    """
    which = _filter(tenant, topic, event_type, error, older_than, newer_than)
    chosen = _chosen(service, places, every, which)
    _order(service, chosen, Command(action="discard", place="", by=getpass.getuser(), reason=reason), as_json)


def _order(service: Service, chosen: Sequence[dict[str, Any]], command: Command, as_json: bool) -> None:
    """Send the command for each, wait for what becomes of them, and tell."""
    answers: list[Answer] = order(addresses.find(), service.value, chosen, command)
    if as_json:
        print_json([answer._asdict() for answer in answers])
    else:
        for answer in answers:
            again = "parked again" if answer.outcome == "parked" else answer.outcome
            said = again or f"sent, but {service.value} has not answered; see `silkway status`"
            OUT.print(f"{answer.place}: {said}{_because(answer.error)}", markup=False, soft_wrap=True)
    if not all(answer.outcome in _WELL for answer in answers):
        raise typer.Exit(FINDINGS)


def _chosen(
    service: Service, places: list[str] | None, every: bool, which: Filter
) -> Sequence[dict[str, Any]]:
    """The records at these places, or all that match."""
    system = addresses.find()
    if bool(places) == every:
        fail("Name places, or --all with filters.")
    if every:
        if not (matching := parked_rows(system, service.value, which, None)):
            fail("Nothing matches.", FINDINGS)
        return matching
    if which != Filter():
        fail("Filters go with --all.")
    rows = [found(system, service.value, place) for place in places or ()]
    if gone := [row["place"] for row in rows if row["state"] != "parked"]:
        fail(f"Parked no more in {service.value}: {', '.join(gone)}.", FINDINGS)
    return rows


def _foreseen(service: Service, row: dict[str, Any], fix: dict[str, Any] | None) -> dict[str, Any]:
    if row["state"] != "parked":
        fail(f"{row['place']} is parked no more in {service.value}.", FINDINGS)
    asked = {"place": row["place"], "fix": fix}
    answer: dict[str, Any] = call(service.value, "POST", "/parked/preview", row["tenant"], json=asked)
    return answer


def _data(file: Path | None) -> dict[str, Any] | None:
    """The data of a fix."""
    if file is None:
        return None
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text()
        data = json.loads(text)
    except (OSError, ValueError) as error:
        fail(f"{file}: {error}")
    if not isinstance(data, dict):
        fail(f"{file}: this is no JSON object")
    if f'"{HIDDEN}"' in json.dumps(data):
        fail(f"{file}: it holds a value that was hidden; write the value itself")
    return data


def _filter(
    tenant: str | None,
    topic: str | None,
    event_type: str | None,
    error: str | None,
    older_than: str | None,
    newer_than: str | None,
) -> Filter:
    return Filter(tenant, topic, event_type, error, known_from=_ago(newer_than), known_until=_ago(older_than))


def _ago(age: str | None) -> dt.datetime | None:
    if age is None:
        return None
    if (match := _AGE.fullmatch(age)) is None:
        fail(f"{age!r} is no age: give it as 90s, 15m, 2h or 3d", UNUSABLE)
    return dt.datetime.now(dt.UTC) - dt.timedelta(**{_UNITS[match[2]]: int(match[1])})


def _because(error: str | None) -> str:
    return f": {error}" if error else "."


def _print(title: str, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
    if rows:
        table = Table(*(Column(name, overflow="fold") for name in names), title=title, title_justify="left")
        for row in rows:
            table.add_row(*(escape(_text(row[name])) for name in names))
        OUT.print(table)


def _text(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return "" if value is None else str(value)
