"""`silkway shipments`: where goods are, when they come, and what carriers and operations say of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from silkway.cli.console import OUT, print_json
from silkway.cli.desk import (
    AtOption,
    ByOption,
    JsonOption,
    KeyOption,
    LimitOption,
    TenantOption,
    call,
    do,
    moment,
    path_of,
    person,
    see,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN = 100
ShipmentArgument = Annotated[str, typer.Argument(metavar="SHIPMENT", help="The shipment.")]

shipments = typer.Typer(
    help="Shipments: look, take a milestone back, answer an inquiry.", no_args_is_help=True
)


@shipments.command("list")
def list_shipments(
    tenant: TenantOption,
    state: Annotated[str, typer.Option(help="BOOKED, IN_TRANSIT, AVAILABLE, …")] = "",
    mode: Annotated[str, typer.Option(help="SEA, AIR, ROAD, EXPRESS, RAIL.")] = "",
    delayed: Annotated[bool, typer.Option("--delayed", help="Only those expected late.")] = False,
    silent: Annotated[bool, typer.Option("--silent", help="Only those not heard of for too long.")] = False,
    exception: Annotated[bool, typer.Option("--exception", help="Only those in exception.")] = False,
    reference: Annotated[
        str, typer.Option(metavar="KIND=VALUE", help="Known by this name, e.g. CONTAINER=MSKU9070323.")
    ] = "",
    at: Annotated[str, typer.Option(help="When it was known by that name, RFC 3339; else ever.")] = "",
    limit: LimitOption = SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Shipments by id, or those that a reference names."""
    kind, _, value = reference.partition("=")
    filters = {
        "state": state, "mode": mode, "delayed": "true" if delayed else "", "silent": "true" if silent else "",
        "exception": "true" if exception else "", "reference_kind": kind, "reference": value, "at": at,
    }  # fmt: skip
    shown = "shipment_id mode carrier state exception silent dispatched_at eta_at delivered_at"
    see("logistics", "/shipments", tenant, filters, limit, as_json, shown)


@shipments.command("show")
def show_shipment(shipment: ShipmentArgument, tenant: TenantOption, as_json: JsonOption = False) -> None:
    """One shipment: its legs, its way, its ETA as it changed, delays and promises. Exit code 1: there is none."""
    found = call("logistics", "GET", path_of("shipments", shipment), tenant)
    if as_json:
        print_json(found)
    else:
        _show(found)


@shipments.command()
def retract(
    shipment: ShipmentArgument,
    kind: Annotated[str, typer.Argument(help="Of which milestone, e.g. DELIVERED.")],
    tenant: TenantOption,
    reason: Annotated[str, typer.Option(help="Why; its orders are told.")],
    leg: Annotated[int, typer.Option(min=0, help="Leg of the journey.")] = 0,
    call_: Annotated[int, typer.Option("--call", min=0, help="Transport call within the leg.")] = 0,
    classifier: Annotated[str, typer.Option(help="PLANNED, ESTIMATED or ACTUAL.")] = "ACTUAL",
    by: ByOption = "",
    at: AtOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take back what all sources say of a milestone. Exit code 1: it was refused, or it waits."""
    body = {
        "kind": kind, "classifier": classifier, "leg": leg, "call": call_, "by": person(by), "reason": reason,
        "retracted_at": moment(at),
    }  # fmt: skip
    do("logistics", path_of("shipments", shipment, "retractions"), tenant, body, key, as_json)


@shipments.command()
def answer(
    shipment: ShipmentArgument,
    inquiry: Annotated[str, typer.Argument(metavar="INQUIRY", help="The inquiry.")],
    text: Annotated[str, typer.Argument(help="What is answered.")],
    tenant: TenantOption,
    by: ByOption = "",
    at: AtOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Answer an inquiry for the carrier. Exit code 1: it was refused, or it waits."""
    body = {"inquiry_id": inquiry, "by": person(by), "text": text, "answered_at": moment(at)}
    do("logistics", path_of("shipments", shipment, "answers"), tenant, body, key, as_json)


# --- how it is shown ----------------------------------------------------------------------------------------


def _show(found: dict[str, Any]) -> None:
    flags = [name for name in ("exception", "silent", "insured") if found[name]]
    OUT.print(
        f"[bold]{escape(found['shipment_id'])}[/bold]  {found['mode']} by {escape(found['carrier'] or '–')}  "
        f"[bold]{found['state']}[/bold]  {' '.join(flags)}"
    )
    OUT.print(f"expected {_at(found['eta_at'], found['eta_utc_offset_minutes'])}", highlight=False)
    _table("Carries", found["lines"], "order_id line_id quantity")
    _table("Known as", found["references"], "kind value valid_from valid_until")
    _table("Legs", found["legs"], "leg mode from_location to_location vessel voyage")
    _milestones(found["milestones"])
    _table("ETA as it changed", found["eta_history"], "known_at eta_at basis classifier source cause")
    _table("Late", found["delays"], "order_id eta_on cause cause_reference")
    _table("Promises", found["promises"], "promise order_id inquiry_id status due_at")
    _table("Customs", found["customs"], "country held_at released_at minutes")
    _table("Inquiries", found["inquiries"], "inquiry_id raised_at question answered_at answer")


def _milestones(milestones: Iterable[dict[str, Any]]) -> None:
    table = Table("leg", "kind", "", "happens, at its place", "known", "where", "witnesses", title="Way")
    for one in milestones:
        doubt = " ".join(name for name in ("questioned", "contradicted") if one[name])
        table.add_row(
            str(one["leg"]), one["kind"], f"{one['classifier']} [red]{doubt}[/red]".strip(),
            _at(one["occurred_at"], one["utc_offset_minutes"]), _at(one["known_at"]),
            escape(one["place"] or one["location"] or "–"), ", ".join(r["source"] for r in one["reports"]),
        )  # fmt: skip
    table.title_justify = "left"
    OUT.print(table)


def _table(title: str, rows: list[dict[str, Any]], shown: str) -> None:
    """Rows with these columns; nothing where there are none."""
    columns = shown.split()
    if rows:
        table = Table(*(name.replace("_", " ") for name in columns), title=title, title_justify="left")
        for row in rows:
            table.add_row(*(escape(_cell(name, row[name])) for name in columns))
        OUT.print(table)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    is_time = name.endswith(("_at", "_from", "_until"))
    return _at(value) if is_time else str(value)


def _at(text: str | None, utc_offset_minutes: int = 0) -> str:
    """A moment, with the offset of its place."""
    if text is None:
        return "–"
    zone = dt.timezone(dt.timedelta(minutes=utc_offset_minutes))
    return f"{dt.datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M %z}"
