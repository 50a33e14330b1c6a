"""Promises as clocks: seen before they break, and judged by what was known when they fell due.

Proof that comes late may turn a broken promise into a kept one, and a retraction a kept one into any other.
"""

import datetime as dt

from silkway.logistics.domain.state import PromiseStatus

Judged = tuple[PromiseStatus, dt.datetime | None]
"""The status, and when to look again."""


def judge(
    now: dt.datetime,
    due_at: dt.datetime,
    lead: dt.timedelta,
    *,
    kept: bool | None,
    late: bool,
) -> Judged:
    """How a promise stands at `now`, the latest time at which it was looked at.

    kept: whether what came of it was in time, None if nothing has come yet. late: whether it is foreseen to come
    too late.
    """
    if kept is not None:
        return ("KEPT" if kept else "BROKEN"), None
    if now >= due_at:
        return "BROKEN", None
    if late or now >= due_at - lead:
        return "AT_RISK", due_at
    return "OPEN", due_at - lead


def to_tell(before: PromiseStatus, now: PromiseStatus) -> bool:
    """Whether it stands so differently that others must hear: all changes but the passing of a danger."""
    return before != now and (before, now) != ("AT_RISK", "OPEN")


def end_of_day(day: dt.date) -> dt.datetime:
    """When a day has ended everywhere (UTC-12): a local date is not missed while it is that day somewhere."""
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
    return midnight + dt.timedelta(days=1, hours=12)
