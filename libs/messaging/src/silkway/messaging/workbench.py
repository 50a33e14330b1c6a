"""Parked records as operations look at them: lists, one of them whole, what waits behind it, what was tried."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import asyncpg
import msgspec

from silkway.messaging.listing import listing
from silkway.messaging.places import TIMER
from silkway.messaging.records import unpack
from silkway.messaging.storage import Connection

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Reading = Connection | PoolConnectionProxy[asyncpg.Record]

_SELECT: Final = "SELECT place, tenant, topic, key, type, fault, error, attempts, known_at FROM parked"
_ONE: Final = """
    SELECT place, tenant, topic, key, type, fault, error, attempts, known_at, rank, record
    FROM parked WHERE place = $1"""
_FOLLOWERS: Final = """
    SELECT place, record, wants, known_at FROM waiting WHERE rank = $1 AND key = $2 ORDER BY arrival LIMIT $3"""
_ATTEMPTS: Final = """
    SELECT number, action, at, "by", reason, outcome, error, fix, original, command
    FROM parked_attempts WHERE place = $1 AND tenant = coalesce($2, tenant) ORDER BY number"""
_ANSWERS: Final = """
    SELECT command, outcome, error FROM parked_attempts WHERE command = ANY($1::text[])
    UNION ALL SELECT place, 'refused', reason FROM refused WHERE place = ANY($1::text[])"""
MOST_FOLLOWERS: Final = 1000
_TELLING: Final = re.compile(r"ce_[a-z]+|traceparent|content-type")
_SECRET: Final = r"(?!\w*_ref\b)\w*(?:secret|passw|token|credential|authorization|api_?key)\w*"
_SECRET_NAME: Final = re.compile(_SECRET, re.IGNORECASE)
_SECRET_TEXT: Final = re.compile(rf'("{_SECRET}"\s*:\s*")[^"]*', re.IGNORECASE)
HIDDEN: Final = "(hidden)"


class Filter(msgspec.Struct, frozen=True):
    """Which parked records. `error`: the class of what was raised; `known_from` is included, `known_until` is not."""

    tenant: str | None = None
    topic: str | None = None
    type: str | None = None
    error: str | None = None
    known_from: dt.datetime | None = None
    known_until: dt.datetime | None = None


class Waits(NamedTuple):
    """A record that waits behind a parked one."""

    place: str
    type: str
    wants: str
    known_at: dt.datetime | None
    record: bytes


async def listed(
    connection: Reading,
    which: Filter,
    after: Sequence[Any] | None,
    limit: int,
    prefix: str = "",
) -> list[asyncpg.Record]:
    """At most `limit` rows, those known earliest first, after the row of this (known_at, place)."""
    topic = which.topic if which.topic in (None, TIMER) else prefix + which.topic
    where = {
        "tenant": which.tenant,
        "topic": topic,
        "type": which.type,
        "fault": which.error,
        "known_at >=": which.known_from,
        "known_at <": which.known_until,
    }
    query, parameters = listing(_SELECT, where, ("known_at", "place"), after, limit)
    return await connection.fetch(query, *parameters)


async def one(connection: Reading, place: str) -> asyncpg.Record | None:
    """The row with its record, if it is parked."""
    return await connection.fetchrow(_ONE, place)


async def followers(connection: Reading, rank: int, key: str) -> list[Waits]:
    """What waits at the same aggregate, in the order in which it follows; at most 1,000."""
    rows = await connection.fetch(_FOLLOWERS, rank, key, MOST_FOLLOWERS)
    return [
        Waits(r["place"], _type_of(r["place"], r["record"]), r["wants"], r["known_at"], r["record"])
        for r in rows
    ]


async def attempts(connection: Reading, place: str, tenant: str | None = None) -> list[asyncpg.Record]:
    """All that was tried with the record, the first by the service itself; also when it is parked no more."""
    return await connection.fetch(_ATTEMPTS, place, tenant)


async def answers(connection: Reading, commands: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Outcome and error of what the commands at these places ordered, by place; without those not read yet."""
    return {row[0]: (row[1], row[2]) for row in await connection.fetch(_ANSWERS, commands)}


def content(place: str, packed: bytes | None) -> dict[str, Any]:
    """Headers and data of a record to be shown; a deadline has none.

    Headers that nobody has agreed on, and fields that sound like secrets, are shown without their values.
    """
    if packed is None:
        return {"headers": {}, "data": None}
    record = unpack(place, packed)
    headers = {
        name: (value or b"").decode("utf-8", "replace") if _TELLING.fullmatch(name) else HIDDEN
        for name, value in record.headers
    }
    return {"headers": headers, "data": shown((record.value or b"").decode("utf-8", "replace"))}


def shown(text: str) -> Any:
    """Data as JSON where it is JSON, else as the text that it is."""
    try:
        return _without_secrets(json.loads(text))
    except (ValueError, RecursionError):
        return _SECRET_TEXT.sub(rf"\1{HIDDEN}", text)


def _without_secrets(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            name: HIDDEN
            if _SECRET_NAME.fullmatch(name) and isinstance(value, str)
            else _without_secrets(value)
            for name, value in data.items()
        }
    return [_without_secrets(item) for item in data] if isinstance(data, list) else data


def _type_of(place: str, packed: bytes) -> str:
    headers = dict(unpack(place, packed).headers)
    return (headers.get("ce_type") or b"").decode("utf-8", "replace")
