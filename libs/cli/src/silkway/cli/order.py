"""`silkway order ID`: one order, seen whole, as the notify service knows it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from silkway.cli.console import OUT, print_json
from silkway.cli.desk import call, path_of
from silkway.cli.money import written

AXES = ("life", "funds", "logistics", "assurance", "issue")


def order(
    order_id: Annotated[str, typer.Argument(metavar="ID", help="The order.")],
    tenant: Annotated[str, typer.Option(help="Whose order.")],
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """An order as one timeline of its money, shipments and assurance. Exit code 1: there is none; 2: no answer."""
    found = call("notify", "GET", path_of("orders", order_id), tenant)
    if as_json:
        print_json(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    states = " · ".join(f"{axis} [bold]{found[axis] or '–'}[/bold]" for axis in AXES)
    OUT.print(
        f"[bold]{escape(found['order_id'])}[/bold]  {found['buyer_id']} buys from {found['supplier_id']}"
    )
    OUT.print(states)
    if found["currency"]:
        amounts = ("total", "received", "open", "escrow", "paid_out", "refund_due", "refunded")
        OUT.print(" · ".join(f"{name.replace('_', ' ')} {_amount(found, name)}" for name in amounts))
    shipments = Table("shipment", "mode", "carrier", "state", "last milestone", "at", title="Shipments")
    for shipment in found["shipments"]:
        shipments.add_row(
            escape(shipment["shipment_id"]), shipment["mode"], escape(shipment["carrier"] or "–"),
            shipment["state"], shipment["last_milestone"] or "–", _moment(shipment["last_at"]),
        )  # fmt: skip
    lines = Table("line", "description", "pieces", "delivered", "promised", "on", title="Lines")
    for line in found["lines"]:
        late = " [red]late[/red]" if line["late"] else ""
        lines.add_row(
            escape(line["line_id"]), escape(line["description"] or "–"), f"{line['quantity'] or 0:,}",
            f"{line['delivered_quantity']:,}", line["deliver_by"] or "–", f"{line['delivered_on'] or '–'}{late}",
        )  # fmt: skip
    timeline = Table("happened", "known", "told by", "what", title="Timeline")
    for entry in found["timeline"]:
        timeline.add_row(
            _moment(entry["happened_at"]),
            _moment(entry["known_at"]),
            entry["teller"],
            escape(entry["summary"]),
        )
    for table in (lines, shipments, timeline):
        table.title_justify = "left"
        OUT.print(table)


def _amount(found: dict[str, Any], name: str) -> str:
    amount_minor = found[f"{name}_minor"]
    return "–" if amount_minor is None else written(amount_minor, found["currency"])


def _moment(text: str | None) -> str:
    return f"{dt.datetime.fromisoformat(text):%Y-%m-%d %H:%M}" if text else "–"
