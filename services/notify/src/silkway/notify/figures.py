"""What notify's tables tell in /metrics."""

from __future__ import annotations

from typing import Final

from silkway.messaging.figures import MOST_COUNTED, SLOW_S, counted, figure

FIGURES: Final = (
    figure(
        "deliveries_pending",
        "Deliveries that are still to be made.",
        counted("deliveries", "state = 'PENDING'"),
    ),
    figure(
        "deliveries_oldest_seconds",
        "Age of the oldest delivery of a live tenant that is still to be made and is not paused.",
        f"""SELECT coalesce(extract(epoch FROM clock_timestamp() - min(d.known_at)), 0)
        FROM (SELECT tenant, subscription_id, known_at FROM deliveries
              WHERE state = 'PENDING' AND tenant NOT LIKE 'sim-%' LIMIT {MOST_COUNTED}) d
        JOIN subscriptions s USING (tenant, subscription_id) WHERE s.state = 'ACTIVE'""",
    ),
    figure(
        "subscriptions_failing",
        "Active subscriptions of live tenants whose last attempt failed.",
        counted(
            "subscriptions", "failing_since IS NOT NULL AND state = 'ACTIVE' AND tenant NOT LIKE 'sim-%'"
        ),
        fresh_s=SLOW_S,
    ),
    figure(
        "incidents_open",
        "Incidents of live tenants that are not closed, by state and severity.",
        f"""SELECT state, severity, count(*) FROM (SELECT state, severity FROM incidents
            WHERE state <> 'CLOSED' AND tenant NOT LIKE 'sim-%' LIMIT {MOST_COUNTED}) counted
        GROUP BY state, severity""",
        ["state", "severity"],
        SLOW_S,
    ),
)
