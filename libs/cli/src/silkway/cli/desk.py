"""Commands of the operations desk: what waits for people, and what they decide, over the services' HTTP APIs.

What the groups of `operations`, `shipments` and `subscriptions` share. All take --tenant and --json; amounts are in
minor units.
Exit codes: 0 done, 1 refused, still waiting or not there, 2 wrong usage or no answer.
"""

from __future__ import annotations

import datetime as dt
import getpass
import json
import uuid
from typing import Annotated, Any, Final
from urllib.parse import quote

import httpx
import typer
from rich.markup import escape
from rich.table import Column, Table

from silkway.cli import addresses
from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.messaging.keys import authorization, own_key

WAIT_S: Final = 10
_PAGE: Final = 200
_SHORT_CELL: Final = 60

TenantOption = Annotated[str, typer.Option(help="Whose trade.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The result as JSON.")]
LimitOption = Annotated[int, typer.Option(min=1, help="At most so many.")]
CurrencyOption = Annotated[str, typer.Option("--currency", help="Only in this currency, ISO 4217.")]
ByOption = Annotated[
    str, typer.Option(help="Who decides; by default whose key it is, else who is logged in.")
]
AtOption = Annotated[str, typer.Option(help="When, RFC 3339; by default now.")]
KeyOption = Annotated[
    str, typer.Option("--key", help="Idempotency key: a repeat with the same one is harmless.")
]


def call(service: str, method: str, path: str, tenant: str, **request: Any) -> Any:
    """The answer of an API as data. Ends with 1 for what is not there or wrong, 2 where nobody answers."""
    api = addresses.find().apis[service]
    headers = {"Silkway-Tenant": tenant, **authorization(), **request.pop("headers", {})}
    try:
        answer = httpx.request(method, f"{api}{path}", headers=headers, timeout=WAIT_S + 10, **request)
    except httpx.HTTPError as error:
        fail(f"{api}: {error}. Is the system up? See `silkway status`.")
    if answer.is_success:
        return answer.json()
    try:
        problem = answer.json()
    except ValueError:
        fail(f"{api} answers {answer.status_code}: {answer.text[:500]}")
    wrong = [f"{error['field']}: {error['reason']}. {error['remedy']}" for error in problem.get("errors", [])]
    code = FINDINGS if answer.is_client_error else 2
    fail("\n".join([*([] if wrong else [problem["detail"]]), *wrong]), code)


def see(
    service: str, path: str, tenant: str, filters: dict[str, str], limit: int, as_json: bool, shown: str
) -> None:
    """Show a list; `shown` names the columns of the table."""
    items, is_all = pages(service, path, tenant, filters, limit)
    if as_json:
        print_json(items)
        return
    columns = shown.split()
    table = Table(*(Column(name.replace("_", " "), overflow="fold") for name in columns))
    for item in items:
        table.add_row(*(escape(_cell(name, item.get(name))) for name in columns))
    OUT.print(table if items else "None.")
    if not is_all:
        OUT.print(f"There are more; --limit {limit * 2} shows them.")


def pages(
    service: str, path: str, tenant: str, filters: dict[str, str], limit: int
) -> tuple[list[dict[str, Any]], bool]:
    """At most `limit` items of a list, and whether these are all."""
    given = {name: value for name, value in filters.items() if value}
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None and len(items) < limit:
        asked = {**given, "limit": str(min(_PAGE, limit - len(items)))}
        page = call(service, "GET", path, tenant, params=asked | ({"cursor": cursor} if cursor else {}))
        items, cursor = items + page["items"], page["next"]
    return items, cursor is None


def one(service: str, path: str, tenant: str) -> None:
    """Show one thing, whole, as JSON."""
    print_json(call(service, "GET", path, tenant))


def do(service: str, path: str, tenant: str, body: dict[str, Any], key: str, as_json: bool) -> None:
    """Publish a fact and show what becomes of it. Ends with 1 unless it was applied."""
    accepted, outcome = publish(service, path, tenant, body, key)
    event = accepted["event"]
    if as_json:
        print_json({**accepted, **outcome})
    else:
        detail = f": {json.dumps(outcome['detail'], ensure_ascii=False)}" if outcome["detail"] else "."
        OUT.print(f"{event['type']} {event['id']}: {outcome['outcome']}{detail}", markup=False)
    if outcome["outcome"] != "applied":
        raise typer.Exit(FINDINGS)


def publish(
    service: str, path: str, tenant: str, body: dict[str, Any], key: str = ""
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Publish a fact and wait for what becomes of it: the answer to it, and its outcome."""
    body = {name: value for name, value in body.items() if value not in ("", None)}
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    accepted: dict[str, Any] = call(service, "POST", path, tenant, json=body, headers=headers)
    event = accepted["event"]
    where = {"source": event["source"], "id": event["id"], "wait": f"{WAIT_S}s"}
    return accepted, call(service, "GET", "/events", tenant, params=where)


def path_of(*parts: str) -> str:
    """A path of fixed parts and ids; ids may hold slashes."""
    return "/" + "/".join(quote(part) for part in parts)


def moment(text: str) -> str:
    """A time that is given, else now."""
    return text or dt.datetime.now(dt.UTC).isoformat()


def person(name: str) -> str:
    """A name that is given, else that of the login; with a key none, for the key says who it is."""
    return name or ("" if own_key() else getpass.getuser())


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else ""
    if name.endswith("_at"):
        return f"{dt.datetime.fromisoformat(value):%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = str(value)
    return text if len(text) <= _SHORT_CELL else f"{text[:_SHORT_CELL]}…"
