"""The auditor's own small database: how far it has read, its books, what it has found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from silkway.auditor.domain import Book, Finding
from silkway.messaging.listing import listing

if TYPE_CHECKING:
    from asyncpg import Record

    from silkway.messaging.storage import Connection

Place = tuple[str, int]

_ENCODE: Final = msgspec.msgpack.Encoder(order="deterministic").encode  # what has not changed is not written
_DECODE: Final = msgspec.msgpack.Decoder(Book).decode

_POSITIONS: Final = "SELECT topic, partition, next_offset, ticks FROM positions"
_MOVE: Final = """
    INSERT INTO positions (topic, partition, next_offset, ticks)
    SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::jsonb[])
    ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, ticks = excluded.ticks"""
_BOOKS: Final = "SELECT key, book FROM books WHERE key = ANY($1::text[])"
_WAITING: Final = "SELECT key, book FROM books WHERE waits AND key > $1 ORDER BY key LIMIT $2"
_WRITE: Final = """
    INSERT INTO books (key, book, waits, turn)
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::boolean[], $4::bigint[])
    ON CONFLICT (key) DO UPDATE SET book = excluded.book, waits = excluded.waits, turn = excluded.turn,
        changed_at = now()
    WHERE books.book <> excluded.book"""
_FIND: Final = """
    INSERT INTO findings (finding_id, tenant, subject, invariant, text, event_id, known_at, settled)
    SELECT f.*, s.tenant IS NOT NULL FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]
    ) AS f (finding_id, tenant, subject, invariant, text, event_id, known_at)
    LEFT JOIN settlements AS s ON s.tenant = f.tenant AND s.finding_id = f.finding_id::text
    ON CONFLICT DO NOTHING RETURNING finding_id"""
_TURN: Final = "SELECT coalesce(max(turn), 0) FROM books WHERE waits"
_UNPUBLISHED: Final = "SELECT * FROM findings WHERE NOT published ORDER BY found_at LIMIT $1"
_PUBLISHED: Final = "UPDATE findings SET published = true WHERE finding_id = ANY($1::uuid[])"
_SAMPLE: Final = """
    SELECT key, book, changed_at FROM books
    WHERE key >= $1 AND NOT waits AND changed_at < now() - $2 * interval '1 second'
    ORDER BY key LIMIT 1"""
_FINDINGS: Final = """
    SELECT finding_id::text, subject, invariant, text, event_id, known_at, found_at, settled FROM findings"""
_COUNTS: Final = (
    "SELECT invariant, count(*) FROM findings WHERE NOT settled GROUP BY invariant ORDER BY invariant"
)
_SETTLE: Final = """
    WITH settled AS (
        INSERT INTO settlements SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
        RETURNING tenant, finding_id)
    UPDATE findings AS f SET settled = true FROM settled AS s
    WHERE f.tenant = s.tenant AND NOT f.settled AND f.finding_id::text = s.finding_id"""


async def read_positions(connection: Connection) -> tuple[dict[Place, int], dict[Place, dict[str, str]]]:
    """The next offset of each partition, and the last tick in it by clock."""
    rows = await connection.fetch(_POSITIONS)
    return (
        {(row["topic"], row["partition"]): row["next_offset"] for row in rows},
        {(row["topic"], row["partition"]): json.loads(row["ticks"]) for row in rows},
    )


async def write_positions(
    connection: Connection, positions: Mapping[Place, int], ticks: Mapping[Place, Mapping[str, str]]
) -> None:
    """Keep how far each of these partitions has been read."""
    places = sorted(positions)
    await connection.execute(
        _MOVE,
        [topic for topic, _ in places],
        [partition for _, partition in places],
        [positions[place] for place in places],
        [json.dumps(ticks.get(place, {})) for place in places],
    )


async def load(connection: Connection, keys: Iterable[str]) -> dict[str, Book]:
    """The books of these keys that there are."""
    return {row["key"]: _DECODE(row["book"]) for row in await connection.fetch(_BOOKS, list(keys))}


async def load_waiting(connection: Connection, after: str, limit: int) -> dict[str, Book]:
    """At most `limit` books in which something is still to be judged, by key."""
    return {row["key"]: _DECODE(row["book"]) for row in await connection.fetch(_WAITING, after, limit)}


async def write_books(connection: Connection, books: Mapping[str, Book]) -> None:
    """Keep the books as they are now."""
    keys = sorted(books)
    await connection.execute(
        _WRITE,
        keys,
        [_ENCODE(books[key]) for key in keys],
        [books[key].waits for key in keys],
        [max((want.turn for want in books[key].wanted), default=0) for key in keys],
    )


async def last_turn(connection: Connection) -> int:
    """The last turn in which something was noted that is still to be judged."""
    turn: int = await connection.fetchval(_TURN)
    return turn


async def write_findings(connection: Connection, findings: Sequence[Finding]) -> set[str]:
    """Keep findings; the ids of those that are new."""
    rows = await connection.fetch(
        _FIND,
        [f.finding_id for f in findings],
        [f.tenant for f in findings],
        [f.subject for f in findings],
        [f.invariant for f in findings],
        [f.text for f in findings],
        [f.event_id for f in findings],
        [f.known_at for f in findings],
    )
    return {str(row["finding_id"]) for row in rows}


async def unpublished(connection: Connection, limit: int) -> list[Record]:
    """At most `limit` findings that nobody was told of yet, the oldest first."""
    return await connection.fetch(_UNPUBLISHED, limit)


async def mark_published(connection: Connection, finding_ids: Sequence[Any]) -> None:
    """These have been told."""
    await connection.execute(_PUBLISHED, finding_ids)


async def sample(connection: Connection, start: str, rest_s: float) -> tuple[str, Book, Any] | None:
    """The first book from `start` on that has not changed for so many seconds: key, book, since when."""
    row = await connection.fetchrow(_SAMPLE, start, rest_s)
    return None if row is None else (row["key"], _DECODE(row["book"]), row["changed_at"])


async def settle(connection: Connection, settled: Sequence[tuple[str, str]]) -> None:
    """Somebody has dealt with these (tenant, finding id); with some perhaps before they are found."""
    if settled:
        await connection.execute(_SETTLE, [s[0] for s in settled], [s[1] for s in settled])


async def count_open(connection: Any) -> dict[str, int]:
    """How many findings nobody has settled, by invariant."""
    return {row[0]: row[1] for row in await connection.fetch(_COUNTS)}


async def list_findings(
    connection: Any, tenant: str, invariant: str | None, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """At most `limit` findings of a tenant before the key (found_at, finding_id), newest first."""
    where = {"tenant": tenant, "invariant": invariant}
    sql, parameters = listing(_FINDINGS, where, ["found_at", "finding_id"], after, limit, newest_first=True)
    rows: list[Record] = await connection.fetch(sql, *parameters)
    return rows
