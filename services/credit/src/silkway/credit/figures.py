"""What credit's tables tell in /metrics: of live tenants only, for a scenario's money is none."""

from __future__ import annotations

from typing import Final

from silkway.messaging.figures import SLOW_S, figure

FIGURES: Final = (
    figure(
        "credit_minor",
        "Sum over all suppliers of live tenants, in cents: limit + shortfall = free + held + unrecovered.",
        """SELECT part, minor FROM (
            SELECT sum(limit_minor) AS "limit", sum(shortfall_minor) AS shortfall, sum(free_minor) AS free,
                   sum(held_minor) AS held, sum(unrecovered_minor) AS unrecovered
            FROM suppliers WHERE tenant NOT LIKE 'sim-%') sums
        CROSS JOIN LATERAL (VALUES ('limit', "limit"), ('shortfall', shortfall), ('free', free), ('held', held),
                                   ('unrecovered', unrecovered)) parts(part, minor)
        WHERE minor IS NOT NULL""",
        ["part"],
        SLOW_S,
    ),
    figure(
        "claims_open",
        "Claims of live tenants that are neither closed nor withdrawn, by state.",
        """SELECT state, count(*) FROM claims
        WHERE state NOT IN ('CLOSED', 'WITHDRAWN', 'REJECTED') AND tenant NOT LIKE 'sim-%' GROUP BY state""",
        ["state"],
        SLOW_S,
    ),
)
