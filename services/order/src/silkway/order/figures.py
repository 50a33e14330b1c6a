"""What order's tables tell in /metrics: money of live tenants that waits for people."""

from __future__ import annotations

from typing import Final

from silkway.messaging.figures import MOST_COUNTED, SLOW_S, figure

_WAITING: Final = (
    ("unmatched", "payments", "state = 'UNMATCHED'"),
    ("return_due", "payments", "state = 'RETURN_DUE'"),
    ("refund_due", "orders", "refund_due_minor > 0"),
    ("payout_due", "orders", "payout_due_minor > 0"),
    ("disputed", "orders", "issue = 'DISPUTED'"),
)
"""Each has a partial index: only what waits is looked at."""

FIGURES: Final = (
    figure(
        "money_waiting",
        "Payments and orders of live tenants about which people have to decide, by what.",
        " UNION ALL ".join(
            f"SELECT '{what}', count(*) FROM (SELECT FROM {table} WHERE {where} AND tenant NOT LIKE 'sim-%'"
            f" LIMIT {MOST_COUNTED}) counted"
            for what, table, where in _WAITING
        ),
        ["what"],
        SLOW_S,
    ),
)
