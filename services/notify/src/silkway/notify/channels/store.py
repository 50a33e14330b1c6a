"""The tables of the channels, and the SQL of the sender."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from silkway.messaging import Child, Kind, Rows, Table
from silkway.messaging.listing import listing
from silkway.notify.domain.delivery import Attempt, Delivery, Message
from silkway.notify.domain.subscription import Directory, Subscriber, Subscription

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from silkway.messaging.http.database import Connection as PooledConnection
    from silkway.messaging.storage import Connection

_DELIVERIES: Final = Table("deliveries", Delivery, key=("tenant", "delivery_id"))
_SUBSCRIPTIONS: Final = Table("subscriptions", Subscription, key=("tenant", "subscription_id"))

SUBSCRIPTION = Kind("subscription", rank=20, table=_SUBSCRIPTIONS)
DELIVERY = Kind("delivery", rank=21, table=_DELIVERIES)
DIRECTORY = Kind(
    "directory",
    rank=30,
    table=Table(
        "directories",
        Directory,
        key=("tenant", "party"),
        children=(
            Child(
                "subscribers",
                "directory_entries",
                Subscriber,
                key=("tenant", "party", "subscription_id"),
            ),
        ),
    ),
    shared=True,
)
KINDS = (SUBSCRIPTION, DELIVERY, DIRECTORY)

MESSAGES = Rows("messages", Message)
NEW_DELIVERIES = Rows("deliveries", Delivery)
"""Deliveries are written without a lock: nobody can name one before it is there."""
ATTEMPTS = Rows("attempts", Attempt)

# --- What the sender reads -----------------------------------------------------------------------------------

_WAITING: Final = """
    WITH RECURSIVE found AS (
        (SELECT tenant, subscription_id FROM deliveries WHERE state = 'PENDING'
         ORDER BY tenant, subscription_id LIMIT 1)
        UNION ALL
        SELECT following.* FROM found CROSS JOIN LATERAL (
            SELECT tenant, subscription_id FROM deliveries
            WHERE state = 'PENDING' AND (tenant, subscription_id) > (found.tenant, found.subscription_id)
            ORDER BY tenant, subscription_id LIMIT 1) following)
    SELECT {columns} FROM found JOIN subscriptions s USING (tenant, subscription_id)
    WHERE s.state = 'ACTIVE' AND s.replay_from IS NULL
""".format(columns=", ".join(f"s.{column}" for column in _SUBSCRIPTIONS.columns))
"""Subscriptions with something to send; each costs one look into the index, however much that is."""
_REPLAYING: Final = "SELECT {columns} FROM subscriptions WHERE replay_from IS NOT NULL".format(
    columns=", ".join(_SUBSCRIPTIONS.columns)
)
_HEADS: Final = """
    WITH RECURSIVE found AS (
        (SELECT {columns} FROM deliveries d
         WHERE d.state = 'PENDING' AND d.tenant = $1 AND d.subscription_id = $2 AND d.subject > $3
         ORDER BY d.subject, d.position, d.delivery_id LIMIT 1)
        UNION ALL
        SELECT following.* FROM found CROSS JOIN LATERAL (
            SELECT {columns} FROM deliveries d
            WHERE d.state = 'PENDING' AND d.tenant = $1 AND d.subscription_id = $2 AND d.subject > found.subject
            ORDER BY d.subject, d.position, d.delivery_id LIMIT 1) following)
    SELECT * FROM found LIMIT $4
""".format(columns=", ".join(f"d.{column}" for column in _DELIVERIES.columns))
_QUEUE: Final = """
    SELECT {columns}, m.body, n.text_id, n.parameters, n.kind, n.cause_type, n.cause_id
    FROM unnest($3::text[]) AS wanted(subject)
    CROSS JOIN LATERAL (
        SELECT * FROM deliveries d
        WHERE d.state = 'PENDING' AND d.tenant = $1 AND d.subscription_id = $2 AND d.subject = wanted.subject
        ORDER BY d.position, d.delivery_id LIMIT $4) d
    JOIN messages m ON m.tenant = d.tenant AND m.message_id = d.message_id
    LEFT JOIN notices n ON m.notice AND n.tenant = d.tenant AND n.notice_id = d.message_id
    ORDER BY d.subject, d.position, d.delivery_id
""".format(columns=", ".join(f"d.{column}" for column in _DELIVERIES.columns))
_CRITICAL: Final = "d.state = 'PENDING' AND d.severity = 'CRITICAL'"
"""What goes out in quiet hours, word by word as the index of it has it."""
_CRITICAL_HEADS: Final = _HEADS.replace("d.state = 'PENDING'", _CRITICAL)
_CRITICAL_QUEUE: Final = _QUEUE.replace("d.state = 'PENDING'", _CRITICAL)
_REPLAY: Final = """
    SELECT subject, position, delivery_id FROM deliveries
    WHERE tenant = $1 AND subscription_id = $2 AND (subject, position, delivery_id) > ($3, $4, $5)
      AND known_at >= $6 AND round < $7
    ORDER BY subject, position, delivery_id LIMIT $8
"""
_OF_DELIVERY: Final = len(_DELIVERIES.columns)
_KEY: Final = "SELECT key FROM signing_key"
_NEW_KEY: Final = "INSERT INTO signing_key (key) VALUES ($1) ON CONFLICT DO NOTHING"


class Item(NamedTuple):
    """A delivery with what it carries: `body`, a CloudEvent as JSON; of a notice its text and why it was given."""

    delivery: Delivery
    body: str
    text_id: str | None
    parameters: str | None
    kind: str | None
    cause_type: str | None
    cause_id: str | None


async def waiting(connection: Connection) -> list[Subscription]:
    """Active subscriptions with something pending."""
    return [Subscription(*row) for row in await connection.fetch(_WAITING)]


async def replaying(connection: Connection) -> list[Subscription]:
    """Subscriptions with an open replay."""
    return [Subscription(*row) for row in await connection.fetch(_REPLAYING)]


async def heads(
    connection: Connection, one: Subscription, after: str, limit: int, *, quiet: bool
) -> list[Delivery]:
    """The first pending delivery about each subject, at most `limit` subjects after one, by subject.

    quiet: only of those that are critical.
    """
    query = _CRITICAL_HEADS if quiet else _HEADS
    rows = await connection.fetch(query, one.tenant, one.subscription_id, after, limit)
    return [Delivery(*row) for row in rows]


async def queue(
    connection: Connection, one: Subscription, about: Sequence[str], limit: int, *, quiet: bool
) -> list[Item]:
    """The first pending deliveries about each of these subjects, at most `limit` each, in order.

    quiet: only of those that are critical.
    """
    query = _CRITICAL_QUEUE if quiet else _QUEUE
    rows = await connection.fetch(query, one.tenant, one.subscription_id, list(about), limit)
    return [Item(Delivery(*row[:_OF_DELIVERY]), *row[_OF_DELIVERY:]) for row in map(tuple, rows)]


async def replay(
    connection: Connection, one: Subscription, after: tuple[str, int, str], limit: int
) -> list[tuple[str, int, str]]:
    """What the open replay of a subscription has to queue again after this (subject, position, delivery_id)."""
    rows = await connection.fetch(
        _REPLAY, one.tenant, one.subscription_id, *after, one.replay_from, one.replays, limit
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def signing_key(connection: Connection | PooledConnection, new: bytes) -> bytes:
    """The key of this installation; `new` becomes it where there is none yet."""
    found = await connection.fetchval(_KEY)
    if found is None:
        await connection.execute(_NEW_KEY, new)
        found = await connection.fetchval(_KEY)
    return bytes(found)


# --- What the API reads --------------------------------------------------------------------------------------

_SHOWN_SUBSCRIPTION: Final = f"SELECT {', '.join(_SUBSCRIPTIONS.columns[1:])} FROM subscriptions"
_SHOWN_DELIVERY: Final = f"SELECT {', '.join(_DELIVERIES.columns[1:])} FROM deliveries"
_SHOWN_ATTEMPTS: Final = """
    SELECT number, attempt, outcome, status, detail, retry_at, reported_at, known_at FROM attempts
    WHERE tenant = $1 AND delivery_id = $2 ORDER BY number DESC LIMIT 200
"""
_BODY: Final = "SELECT body FROM messages WHERE tenant = $1 AND message_id = $2"


async def list_subscriptions(
    reading: PooledConnection, tenant: str, state: str | None, after: tuple[Any, ...] | None, limit: int
) -> list[Record]:
    """At most `limit` subscriptions after the key (subscription_id,), by id."""
    sql, parameters = listing(
        _SHOWN_SUBSCRIPTION, {"tenant": tenant, "state": state}, ["subscription_id"], after, limit
    )
    return await reading.fetch(sql, *parameters)


async def read_subscription(reading: PooledConnection, tenant: str, subscription_id: str) -> Record | None:
    """One subscription."""
    where = " WHERE tenant = $1 AND subscription_id = $2"
    return await reading.fetchrow(_SHOWN_SUBSCRIPTION + where, tenant, subscription_id)


async def list_deliveries(
    reading: PooledConnection,
    tenant: str,
    filters: dict[str, str | None],
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Record]:
    """At most `limit` deliveries before the key (known_at, delivery_id), newest first.

    Filters: subscription_id, subject, state.
    """
    sql, parameters = listing(
        _SHOWN_DELIVERY,
        {"tenant": tenant, **filters},
        ["known_at", "delivery_id"],
        after,
        limit,
        newest_first=True,
    )
    return await reading.fetch(sql, *parameters)


async def read_delivery(reading: PooledConnection, tenant: str, delivery_id: str) -> dict[str, Any] | None:
    """A delivery with its body and its log, the latest 200 attempts."""
    where = " WHERE tenant = $1 AND delivery_id = $2"
    found = await reading.fetchrow(_SHOWN_DELIVERY + where, tenant, delivery_id)
    if found is None:
        return None
    log = await reading.fetch(_SHOWN_ATTEMPTS, tenant, delivery_id)
    body = await reading.fetchval(_BODY, tenant, found["message_id"])
    return {**found, "log": [dict(row) for row in log], "body": body}
