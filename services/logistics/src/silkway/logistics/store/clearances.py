"""How long customs take: computed of what was reported, where and when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt

    import asyncpg
    from asyncpg import Record

    from silkway.messaging.http.database import Connection

MOST: Final = 1_000
"""Lanes that are told, those with most clearances first."""
# Believed is the time that most witnesses give, then the earliest, as in domain/way.py: mode() over ordered times.
# What a split shipment has inherited is counted once, with the shipment that went through customs.
_TIMES: Final = f"""
    WITH released AS (
        SELECT shipment_id, leg, call, mode() WITHIN GROUP (ORDER BY occurred_at) AS at, min(location) AS location
        FROM milestone_reports
        WHERE tenant = $1 AND kind = 'CUSTOMS_RELEASED' AND classifier = 'ACTUAL' AND NOT questioned
          AND retracted IS NULL AND occurred_at >= $2 AND occurred_at < $3
        GROUP BY 1, 2, 3
    ), cleared AS (
        SELECT s.lane, s.mode, left(coalesce(r.location, h.location), 2) AS country,
               floor(extract(epoch FROM r.at - h.at) / 60)::bigint AS minutes
        FROM released r
        JOIN shipments s ON s.tenant = $1 AND s.shipment_id = r.shipment_id
        CROSS JOIN LATERAL (
            SELECT mode() WITHIN GROUP (ORDER BY occurred_at) AS at, min(location) AS location
            FROM milestone_reports
            WHERE tenant = $1 AND shipment_id = r.shipment_id AND leg = r.leg AND call = r.call
              AND kind = 'CUSTOMS_HOLD' AND classifier = 'ACTUAL' AND NOT questioned AND retracted IS NULL
        ) h
        WHERE h.at <= r.at AND (s.split_at IS NULL OR r.at > s.split_at)
    )
    SELECT lane, mode, country, count(*) AS clearances,
           percentile_disc(0.5) WITHIN GROUP (ORDER BY minutes) AS p50_minutes,
           percentile_disc(0.95) WITHIN GROUP (ORDER BY minutes) AS p95_minutes
    FROM cleared GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT {MOST}
"""


async def clearance_times(
    reading: Connection | asyncpg.Connection[Record], tenant: str, since: dt.datetime, until: dt.datetime
) -> list[Record]:
    """By lane, mode and country of the customs: how many were cleared from `since` to before `until`, and how fast.

    A lane is None where a shipment's legs do not tell it, a country where no milestone has a location.
    """
    return await reading.fetch(_TIMES, tenant, since, until)
