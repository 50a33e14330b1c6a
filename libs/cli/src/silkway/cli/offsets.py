"""`silkway offsets`: how far each service has read each partition, and whether that log is still the one it read.

docs/runbooks/offsets.md says what to do about each finding.
"""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Annotated, Any, Final, TypeVar

import asyncpg
import typer
from aiokafka.errors import KafkaError
from rich.table import Column, Table

from silkway.cli import addresses
from silkway.cli.console import FINDINGS, OUT, fail, print_json
from silkway.cli.parked import JsonOption, Service
from silkway.messaging.database import plain_connection
from silkway.messaging.offsets import Place, places_of
from silkway.messaging.reset import Move, NotResettable, plan
from silkway.messaging.reset import reset as carry_out
from silkway.messaging.routing import Service as Reading
from silkway.messaging.storage import Connection

T = TypeVar("T")
_AWAY: Final = (KafkaError, OSError, asyncpg.PostgresError, TimeoutError)
_SHOWN: Final = ("topic", "partition", "next_offset", "first", "end", "committed")
_RESETS: Final = """
    SELECT at, topic, partition, offset_before, offset_after, committed, halted, "by", reason
    FROM offset_resets ORDER BY id"""
ServicesArgument = Annotated[list[Service] | None, typer.Argument(help="Services; all where none is named.")]

offsets = typer.Typer(
    help="How far each partition has been read, and whether its log is the one that was read.",
    no_args_is_help=True,
)


@offsets.command()
def show(services: ServicesArgument = None, as_json: JsonOption = False) -> None:
    """Every partition, with what is wrong with it as far as offsets tell, and where operations moved one."""
    rows = _all(services, deep=False)
    resets = [
        {"service": name, **dict(row)} for name in _names(services) for row in _run(name, _fetch_resets)
    ]
    if as_json:
        print_json({"partitions": rows, "resets": resets})
        return
    _print(rows)
    if resets:
        table = Table(*resets[0], title="Moved by operations", title_justify="left")
        for reset_ in resets:
            table.add_row(*(str(value) for value in reset_.values()))
        OUT.print(table)


@offsets.command()
def verify(services: ServicesArgument = None, as_json: JsonOption = False) -> None:
    """Only what is wrong; the last record that was read of each partition is read again and compared.

    Nothing is changed. Exit code 1: something is wrong; 2: it could not be found out.
    """
    wrong = [row for row in _all(services, deep=True) if row["finding"]]
    if as_json:
        print_json(wrong)
    elif wrong:
        _print(wrong)
    else:
        OUT.print("Every partition is the one that was read.")
    if wrong:
        raise typer.Exit(FINDINGS)


@offsets.command()
def reset(
    service: Annotated[Service, typer.Argument(help="The service that reads it.")],
    topic: Annotated[str, typer.Argument(help="The topic, with or without the system's prefix.")],
    partition: Annotated[int, typer.Argument(min=0, help="The partition.")],
    to: Annotated[
        str, typer.Option(help="`here`: where it stood; `first` or `end` of the log; or an offset.")
    ],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Move the place from which a service reads a partition, and let it go on if it stood still.

    Only where something is wrong with the partition. Says what would be given up, and asks; who did it and why is kept.
    The service may run: it takes it up by itself. Exit code 1: it cannot be done, or was not wanted; nothing has
    changed then.
    """
    if not reason.strip():
        fail("Say why: --reason.")
    system, name, known = addresses.find(), service.value, _service(service.value)
    topic = topic.removeprefix(system.prefix)  # as `verify` and `show` print it
    kafka, prefix, place = system.kafka, system.prefix, (f"{system.prefix}{topic}", partition)
    try:
        move: Move = _run(name, lambda connection: plan(kafka, connection, known, prefix, place, to))
        if move.place.finding:
            OUT.print(f"{topic}/{partition}: {move.place.finding}", markup=False, soft_wrap=True)
        OUT.print(f"{name} reads {topic}/{partition}: {move}.", markup=False, soft_wrap=True)
        if not yes and not typer.confirm("Move it?"):
            fail("Nothing was changed.", FINDINGS)
        by = getpass.getuser()
        _run(
            name,
            lambda connection: carry_out(kafka, connection, move, by=by, reason=reason),
        )
    except NotResettable as error:
        fail(f"Nothing was changed: {error}", FINDINGS)
    OUT.print(f"{name} reads {topic}/{partition} from {move.to} on, within some seconds.", markup=False)


def _service(name: str) -> Reading:
    service: Reading = import_module(f"silkway.{name}.consumer").SERVICE
    return service


def _names(services: list[Service] | None) -> Sequence[str]:
    return [service.value for service in services] if services else addresses.SERVICES


def _all(services: list[Service] | None, *, deep: bool) -> list[dict[str, Any]]:
    system = addresses.find()

    def looking(service: Reading) -> Callable[[Connection], Awaitable[list[Place]]]:
        return lambda connection: places_of(system.kafka, connection, service, system.prefix, deep=deep)

    return [
        {"service": name, **asdict(place)}
        for name in _names(services)
        for place in _run(name, looking(_service(name)))
    ]


async def _fetch_resets(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch(_RESETS)


def _run(service: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def on_it() -> T:
        connection = await plain_connection(
            addresses.find().database(service), timeout=10, command_timeout=30
        )
        try:
            return await work(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(on_it())
    except _AWAY as error:
        fail(f"The system cannot be reached: {type(error).__name__}: {error}")


def _print(rows: Sequence[dict[str, Any]]) -> None:
    table = Table("service", *_SHOWN, Column("finding", overflow="fold"))
    for row in rows:
        shown = ["–" if row[name] is None else str(row[name]) for name in _SHOWN]
        table.add_row(row["service"], *shown, row["finding"])
    OUT.print(table)
