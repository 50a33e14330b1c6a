"""Times as the views keep them."""

import datetime as dt


def utc(moment: dt.datetime) -> dt.datetime:
    """The same moment in UTC."""
    return moment.astimezone(dt.UTC)


def utc_or_none(moment: dt.datetime | None) -> dt.datetime | None:
    """The same moment in UTC, if there is one."""
    return None if moment is None else moment.astimezone(dt.UTC)
