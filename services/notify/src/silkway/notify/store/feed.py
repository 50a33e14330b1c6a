"""Reads the live feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from silkway.messaging.http.feed import Item, Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from silkway.messaging.http.database import Connection

_FEED: Final = """
    SELECT f.tenant, f.written_in, f.sequence,
           CASE WHEN f.incident_id IS NOT NULL THEN 'incident' WHEN f.notice_id IS NOT NULL THEN 'notice'
                ELSE 'order' END AS event,
           (CASE WHEN f.incident_id IS NOT NULL THEN to_jsonb(i) WHEN f.notice_id IS NOT NULL THEN to_jsonb(n)
                 ELSE to_jsonb(t) END - 'tenant')::text AS data
    FROM feed f
    LEFT JOIN notices n ON n.tenant = f.tenant AND n.notice_id = f.notice_id
    LEFT JOIN incidents i ON i.tenant = f.tenant AND i.incident_id = f.incident_id
    LEFT JOIN timeline t ON f.notice_id IS NULL AND t.tenant = f.tenant AND t.order_id = f.order_id
                            AND t.teller = f.teller AND t.position = f.position
    WHERE f.tenant = ANY($1) AND (f.written_in, f.sequence) > ($2, $3) AND (f.written_in, f.sequence) <= ($4, $5)
    ORDER BY f.written_in, f.sequence LIMIT $6
"""


async def feed_horizon(reading: Connection) -> int:
    """The oldest transaction still running."""
    horizon: int = await reading.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())")
    return horizon


async def feed_items(
    reading: Connection, tenants: Sequence[str], after: Position, upto: Position, limit: int
) -> list[Item]:
    """At most `limit` steps of the feed of these tenants after one position, up to and including another.

    An incident is told as it is when it is read.
    """
    rows = await reading.fetch(_FEED, tenants, *after, *upto, limit)
    return [
        Item(Position(row["written_in"], row["sequence"]), row["tenant"], row["event"], row["data"])
        for row in rows
    ]
