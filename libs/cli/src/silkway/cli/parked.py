"""`silkway parked`: records and timers that could not be applied, and what to do with them.

A record is named by its service and its place in the log, as `list` shows them: one record may be parked in
several services, and is redriven or discarded in each by itself.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import asyncpg
import typer
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from rich.markup import escape
from rich.table import Column, Table

from silkway.cli import addresses
from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.messaging.records import unpack
from silkway.messaging.redrive import Command, write_command

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from silkway.cli.addresses import Addresses

ANSWER_S: Final = 15.0
_POLL_S: Final = 0.2
_LIMIT: Final = 1000
_COLUMNS: Final = "place, tenant, key, type, error, attempts, known_at"
_LIST: Final = f"""
    SELECT {_COLUMNS} FROM parked WHERE tenant = coalesce($1, tenant) ORDER BY known_at, place LIMIT {_LIMIT}"""
_ONE: Final = f"SELECT {_COLUMNS}, rank, record FROM parked WHERE place = $1"
_BEHIND: Final = "SELECT count(*) FROM waiting WHERE rank = $1 AND key = $2"


class Service(StrEnum):
    """Whose parked record."""

    ORDER = "order"
    LOGISTICS = "logistics"
    CREDIT = "credit"
    NOTIFY = "notify"


ServiceArgument = Annotated[Service, typer.Argument(help="The service in which it is parked.")]
PlaceArgument = Annotated[str, typer.Argument(help="Its place, as `silkway parked list` shows it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="The result as JSON.")]

parked = typer.Typer(
    help="Records that could not be applied: look, try again, discard.", no_args_is_help=True
)


@parked.command("list")
def list_parked(
    tenant: Annotated[str | None, typer.Option(help="Only of this tenant.")] = None,
    as_json: JsonOption = False,
) -> None:
    """All parked records and timers. Exit code 1: there are some."""
    system = addresses.find()
    rows = [
        {"service": name, **dict(row)}
        for name in addresses.SERVICES
        for row in _run(_fetch(system.database(name), _LIST, tenant))
    ]
    if as_json:
        print_json(rows)
    elif rows:
        folding = (Column(name, overflow="fold") for name in ("place", "aggregate", "type", "error"))
        table = Table("service", *folding, "attempts", title=f"Parked: {len(rows)}", title_justify="left")
        for row in rows:
            texts = (escape(row[name]) for name in ("place", "key", "type", "error"))
            table.add_row(row["service"], *texts, str(row["attempts"]))
        OUT.print(table)
    else:
        OUT.print("Nothing is parked.")
    if rows:
        raise typer.Exit(FINDINGS)


@parked.command()
def show(service: ServiceArgument, place: PlaceArgument, as_json: JsonOption = False) -> None:
    """One parked record, whole, and how many wait behind it. Exit code 1: it is not parked there."""
    system = addresses.find()
    row = _one(system, service, place)
    behind = _run(_fetch(system.database(service), _BEHIND, row["rank"], row["key"]))[0][0]
    found = {"service": service.value, **row, "waiting_behind": behind, **_content(place, row.pop("record"))}
    found.pop("record", None)
    if as_json:
        print_json(found)
        return
    table = Table("", Column("", overflow="fold"), show_header=False)
    for name, value in found.items():
        shown = json.dumps(value, ensure_ascii=False, indent=2) if isinstance(value, dict) else str(value)
        table.add_row(name, escape(shown))
    OUT.print(table)


@parked.command()
def redrive(service: ServiceArgument, place: PlaceArgument, reason: str = "") -> None:
    """Try a parked record again; what waits behind it follows. Exit code 1: it was parked again, or no answer."""
    _order(service, place, Command(action="redrive", place=place, by=getpass.getuser(), reason=reason))


@parked.command()
def discard(
    service: ServiceArgument,
    place: PlaceArgument,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
) -> None:
    """Give a parked record up for good; what waits behind it follows. Exit code 1: no answer."""
    _order(service, place, Command(action="discard", place=place, by=getpass.getuser(), reason=reason))


def _order(service: Service, place: str, command: Command) -> None:
    """Send the command through the service's redrive topic and wait for what becomes of the record."""
    system = addresses.find()
    row = _one(system, service, place)
    try:
        asyncio.run(_send(system, f"{service.value}.redrive", row["key"].encode(), write_command(command)))
    except KafkaError as error:
        fail(f"Kafka: {error}")
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        rows = _run(_fetch(system.database(service), _ONE, place))
        if not rows:
            OUT.print(f"{place}: {'applied' if command.action == 'redrive' else 'discarded'}.", markup=False)
            return
        if rows[0]["attempts"] != row["attempts"]:
            fail(f"{place} is parked again: {rows[0]['error']}", FINDINGS)
        time.sleep(_POLL_S)
    fail(
        f"Sent, but {service.value} has not answered within {ANSWER_S:.0f} s; see `silkway status`.", FINDINGS
    )


async def _send(system: Addresses, topic: str, key: bytes, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=system.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await producer.send_and_wait(system.prefix + topic, value, key=key)
    finally:
        await producer.stop()


def _one(system: Addresses, service: Service, place: str) -> dict[str, Any]:
    rows = _run(_fetch(system.database(service), _ONE, place))
    if not rows:
        fail(f"Nothing is parked at {place} in {service.value}; see `silkway parked list`.", FINDINGS)
    return dict(rows[0])


def _content(place: str, packed: bytes | None) -> dict[str, Any]:
    """Headers and data of a record; a timer has none."""
    if packed is None:
        return {}
    record = unpack(place, packed)
    headers = {name: (value or b"").decode("utf-8", "replace") for name, value in record.headers}
    text = (record.value or b"").decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except ValueError:
        data = text
    return {"headers": headers, "data": data}


def _run(query: Coroutine[Any, Any, list[asyncpg.Record]]) -> list[asyncpg.Record]:
    try:
        return asyncio.run(query)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        fail(f"Database: {error}")


async def _fetch(database: str, query: str, *parameters: Any) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(database, timeout=10, command_timeout=30)
    try:
        return await connection.fetch(query, *parameters)
    finally:
        await connection.close()
