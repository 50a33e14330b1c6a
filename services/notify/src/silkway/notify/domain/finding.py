"""What the auditor found, as operations settle it."""

import datetime as dt

import msgspec


class FindingView(msgspec.Struct, frozen=True):
    """What the auditor found. It is in its incident, as its `number`th time, until somebody has settled it (0)."""

    tenant: str
    finding_id: str
    invariant: str
    about: str = ""
    text: str = ""
    event_id: str | None = None
    incident_id: str | None = None
    number: int = 0
    settled_by: str | None = None
    settled_reason: str | None = None
    known_at: dt.datetime | None = None
