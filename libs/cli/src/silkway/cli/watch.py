"""`silkway watch`: the live feed of a tenant, line by line."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any, Final

import httpx
import typer
from rich.text import Text

from silkway.cli import addresses
from silkway.cli.console import ERR, OUT, fail
from silkway.messaging.keys import authorization

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SILENCE_S: Final = 40.0
"""The feed sends a heartbeat every 15 s; without one for so long the connection is dead."""
RETRY_S: Final = 2.0


def watch(
    tenant: Annotated[str, typer.Option(help="Whose orders.")],
    count: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show what happens to the tenant's orders, notices and incidents, as it happens, until Ctrl-C.

    A connection that breaks is opened again and goes on where it stopped. Exit code 2: no such feed.
    """
    feed = f"{addresses.find().apis['notify']}/feed"
    last, seen = "", 0
    while True:
        try:
            for position, kind, item in _listen(feed, tenant, last):
                last = position
                _show(kind, item, as_json)
                seen += 1
                if seen == count:
                    return
        except httpx.HTTPError as error:
            ERR.print(f"{feed}: {type(error).__name__}; trying again", style="yellow", markup=False)
        time.sleep(RETRY_S)


def _listen(feed: str, tenant: str, last: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    headers = {"Silkway-Tenant": tenant, **authorization(), **({"Last-Event-ID": last} if last else {})}
    with httpx.stream("GET", feed, headers=headers, timeout=httpx.Timeout(10, read=SILENCE_S)) as answer:
        if not answer.is_success:
            fail(f"{feed} answers {answer.status_code}: {answer.read().decode()[:500]}")
        yield from events(answer.iter_lines())


def events(lines: Iterable[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Id, kind and data of server-sent events; comments and anything else without data are skipped."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        else:
            if "data" in fields:
                yield fields.get("id", ""), fields.get("event", "message"), json.loads(fields["data"])
            fields = {}


def _show(kind: str, item: dict[str, Any], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"event": kind, **item}, ensure_ascii=False))
        return
    at = str(item.get("known_at") or item.get("changed_at") or "")[:16].replace("T", " ")
    text = item.get("text") or item.get("summary") or _incident(item)
    about = item.get("order_id") or item.get("incident_id") or item.get("supplier_id") or ""
    style = {"CRITICAL": "red", "WARNING": "yellow", "INFO": "bold"}.get(item.get("severity", ""), "")
    OUT.print(Text(f"{at}  {about}  {text}", style=style))


def _incident(item: dict[str, Any]) -> str:
    """An incident as it is now, in one line; nothing for anything else."""
    if "cause" not in item:
        return ""
    size = f"{item['orders']} orders" + (f", {item['payments']} payments" if item["payments"] else "")
    return f"incident {item['number']} {item['state']}: {item['cause']}, {item['cause_reference']}, {size}"
