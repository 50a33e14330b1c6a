"""Parked records in a service's database, and the commands about them through its redrive topic."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from msgspec.structs import replace

from silkway.cli.console import FINDINGS, fail
from silkway.contracts import partition_of
from silkway.messaging import workbench
from silkway.messaging.database import plain_connection
from silkway.messaging.kafka import to_kafka
from silkway.messaging.redrive import write_command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from silkway.cli.addresses import Addresses
    from silkway.messaging.redrive import Command
    from silkway.messaging.workbench import Filter

    Connection = asyncpg.Connection[asyncpg.Record]

T = TypeVar("T")
ANSWER_S: Final = 15.0
"""So long without any answer, and those still missing are not waited for."""
_POLL_S: Final = 0.2
_PAGE: Final = 500


class Answer(NamedTuple):
    """What came of a command about the record at `place`; no outcome: no answer in time."""

    place: str
    outcome: str
    error: str | None


def parked_rows(system: Addresses, service: str, which: Filter, limit: int | None) -> list[dict[str, Any]]:
    """The parked records of a service that match, those known earliest first; at most `limit`, or all."""

    async def read(connection: Connection) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        while limit is None or len(rows) < limit:
            after = (rows[-1]["known_at"], rows[-1]["place"]) if rows else None
            wanted = _PAGE if limit is None else min(_PAGE, limit - len(rows))
            page = await workbench.listed(connection, which, after, wanted, system.prefix)
            rows += map(dict, page)
            if len(page) < wanted:
                break
        return rows

    return _run(system.database(service), read)


def found(system: Addresses, service: str, place: str) -> dict[str, Any]:
    """A record whole, parked or not any more, with its followers and all that was tried. Ends with 1 if none is."""

    async def read(connection: Connection) -> dict[str, Any] | None:
        row, tried = await workbench.one(connection, place), await workbench.attempts(connection, place)
        if row is None and not tried:
            return None
        behind = await workbench.followers(connection, row["rank"], row["key"]) if row else []
        record = row["record"] if row else next((t["original"] for t in tried if t["original"]), None)
        hidden = {"rank", "record", "place"}
        fields = {} if row is None else {name: value for name, value in row.items() if name not in hidden}
        return {
            "service": service,
            "place": place,
            "state": "parked" if row else str(tried[-1]["outcome"]),
            **fields,
            **workbench.content(place, record),
            "followers": [
                {
                    **{name: value for name, value in waits._asdict().items() if name != "record"},
                    "data": workbench.content(waits.place, waits.record)["data"],
                }
                for waits in behind
            ],
            "attempts": [_attempt(attempt) for attempt in tried],
        }

    whole = _run(system.database(service), read)
    if whole is None:
        fail(f"Nothing is parked at {place} in {service}; see `silkway parked list`.", FINDINGS)
    return whole


def order(
    system: Addresses, service: str, rows: Sequence[Mapping[str, Any]], command: Command
) -> list[Answer]:
    """Send the command about each of these records and wait for what becomes of them, as long as answers come."""
    try:
        sent = asyncio.run(_send(system, f"{service}.redrive", rows, command))
    except KafkaError as error:
        fail(f"Kafka: {error}")

    return _run(system.database(service), lambda connection: answers(connection, sent))


async def answers(
    connection: Connection, sent: Mapping[str, str], patience_s: float = ANSWER_S
) -> list[Answer]:
    """What came of the commands, in the order of `sent`: the place of each by that of its record.

    Gives up once none has been answered for `patience_s`, for a service that works off thousands is no silent one.
    """
    told: dict[str, tuple[str, str | None]] = {}
    deadline = time.monotonic() + patience_s
    while (open_ := [where for where in sent.values() if where not in told]) and time.monotonic() < deadline:
        if new := await workbench.answers(connection, open_):
            told |= new
            deadline = time.monotonic() + patience_s
        else:
            await asyncio.sleep(_POLL_S)
    return [Answer(place, *told.get(where, ("", None))) for place, where in sent.items()]


async def _send(
    system: Addresses, topic: str, rows: Sequence[Mapping[str, Any]], command: Command
) -> dict[str, str]:
    """The place of the command about each record, by the record's place."""
    producer = AIOKafkaProducer(
        **to_kafka(system.kafka), acks="all", enable_idempotence=True, max_request_size=1 << 20
    )
    await producer.start()
    try:
        partitions = len(await producer.partitions_for(system.prefix + topic))
        sending = {}
        for row in rows:
            key, value = row["key"].encode(), write_command(replace(command, place=row["place"]))
            partition = partition_of(key, partitions)
            sending[row["place"]] = await producer.send(
                system.prefix + topic, value, key=key, partition=partition
            )
        done = {place: await where for place, where in sending.items()}
        return {place: f"{at.topic}/{at.partition}/{at.offset}" for place, at in done.items()}
    finally:
        await producer.stop()


def _attempt(row: asyncpg.Record) -> dict[str, Any]:
    attempt = {name: value for name, value in row.items() if name != "original"}
    return attempt | {"fix": None if row["fix"] is None else workbench.shown(row["fix"])}


def _run(database: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def on_it() -> T:
        connection = await plain_connection(database, timeout=10, command_timeout=30)
        try:
            return await work(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(on_it())
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        fail(f"Database: {error}")
