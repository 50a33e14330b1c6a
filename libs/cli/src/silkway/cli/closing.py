"""How a scenario ends: its clock goes on until everything that it set in motion has come to its end."""

from __future__ import annotations

import datetime as dt
from typing import Final

CLAIM_WINDOW_DAYS: Final = 30
"""The assurance of a delivered order is released this long after its delivery became known."""


def closing_ticks(last: dt.datetime) -> list[dt.datetime]:
    """The ticks after the `last` fact, each to be sent when all services have reached the one before.

    A day later, for what the last facts cause; after the last claim window; and for what its end causes.
    """
    days = (1, CLAIM_WINDOW_DAYS + 2, CLAIM_WINDOW_DAYS + 3, CLAIM_WINDOW_DAYS + 4)
    return [last + dt.timedelta(days=day) for day in days]
