"""Incidents: what has one cause is gathered in one, opened, acknowledged, escalated and closed as one.

An incident is all that ever has its cause; each time it opens it has the next number. Which orders it has is kept
with the orders; it keeps how many.
"""

import datetime as dt
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from silkway.contracts import (
    AcknowledgementRequested,
    Event,
    IncidentAcknowledged,
    IncidentChanged,
    IncidentClosed,
    IncidentEscalated,
    IncidentOpened,
)
from silkway.contracts.fields import Severity
from silkway.notify.domain.concerns import Cited
from silkway.notify.domain.rules import Cause

Item = Literal["order", "payment", "supplier", "finding"]
"""What an incident gathers."""


class Heard(msgspec.Struct, frozen=True):
    """Who has heard by which rule of the incident, when it was open for the `number`th time."""

    tenant: str
    incident_id: str
    heard: str
    number: int


class Incident(msgspec.Struct, frozen=True):
    """One cause and what suffers from it now. `at_most`: the most that it has had at once since it opened.

    `step` counts the escalations of this time; `escalate_at` is when the next is due, None if none is. `changes`
    counts all that ever was told of it.
    """

    tenant: str
    incident_id: str
    cause: str
    cause_reference: str
    number: int
    state: Literal["OPEN", "ACKNOWLEDGED", "CLOSED"]
    severity: Severity
    orders: int
    payments: int
    at_most: int
    opened_at: dt.datetime
    changed_at: dt.datetime
    acknowledged_by: str | None = None
    acknowledged_at: dt.datetime | None = None
    note: str | None = None
    closed_at: dt.datetime | None = None
    step: int = 0
    escalate_at: dt.datetime | None = None
    changes: int = 0
    suppliers: int = 0
    findings: int = 0
    heard: tuple[Heard, ...] = ()

    @property
    def concerned(self) -> int:
        """How many orders, payments, suppliers and findings are in it."""
        return self.orders + self.payments + self.suppliers + self.findings


class PastIncident(msgspec.Struct, frozen=True):
    """One time that an incident was open, from beginning to end."""

    tenant: str
    incident_id: str
    number: int
    opened_at: dt.datetime
    closed_at: dt.datetime
    at_most: int
    acknowledged_by: str | None
    acknowledged_at: dt.datetime | None
    escalations: int


Changed = tuple[Incident, Event]
"""An incident after something, and the event that tells of it."""


def join(
    known: Incident | None,
    tenant: str,
    cited: Cited,
    cause: Cause | None,
    item: Item,
    item_id: str,
    at: dt.datetime,
) -> Changed:
    """One more suffers from the cause. The first opens the incident under its next number."""
    if known is None or known.state == "CLOSED":
        return _open(known, tenant, cited, cause, item, item_id, at)
    incident = _counted(known, item, 1)
    incident = replace(
        incident,
        at_most=max(known.at_most, incident.concerned),
        changed_at=max(at, known.changed_at),
    )
    return incident, IncidentChanged(**_named(incident), joined=item_id, changed_at=at)


def _open(
    known: Incident | None,
    tenant: str,
    cited: Cited,
    cause: Cause | None,
    item: Item,
    item_id: str,
    at: dt.datetime,
) -> Changed:
    incident = Incident(
        tenant=tenant,
        incident_id=cited.incident_id,
        cause=cited.cause,
        cause_reference=cited.reference,
        number=1 if known is None else known.number + 1,
        state="OPEN",
        severity="WARNING" if cause is None else cause.severity,
        orders=1 if item == "order" else 0,
        payments=1 if item == "payment" else 0,
        suppliers=1 if item == "supplier" else 0,
        findings=1 if item == "finding" else 0,
        at_most=1,
        opened_at=at,
        changed_at=at,
        escalate_at=_next_escalation(cause, 0, at),
        changes=0 if known is None else known.changes,
        heard=() if known is None else known.heard,
    )
    opened = IncidentOpened(
        **_named(incident),
        order_id=item_id if item == "order" else None,
        opened_at=at,
        acknowledge_by=incident.escalate_at,
    )
    return incident, opened


def leave(known: Incident, item: Item, item_id: str, at: dt.datetime) -> Changed:
    """One does not suffer from the cause any more. The last one closes the incident."""
    at = max(at, known.changed_at)
    incident = replace(_counted(known, item, -1), changed_at=at)
    if incident.concerned:
        return incident, IncidentChanged(**_named(incident), left=item_id, changed_at=at)
    incident = replace(incident, state="CLOSED", closed_at=at, escalate_at=None)
    closed = IncidentClosed(
        **_named(incident), opened_at=incident.opened_at, closed_at=at, orders_at_most=incident.at_most
    )
    return incident, closed


def past(incident: Incident) -> PastIncident:
    """What is kept of a closed incident when it opens again."""
    assert incident.closed_at is not None
    return PastIncident(
        incident.tenant, incident.incident_id, incident.number, incident.opened_at, incident.closed_at,
        incident.at_most, incident.acknowledged_by, incident.acknowledged_at, incident.step,
    )  # fmt: skip


def acknowledge(known: Incident, told: AcknowledgementRequested) -> Changed | None:
    """Somebody takes it in hand: it is not escalated any more. None if somebody had before."""
    if known.state != "OPEN":
        return None
    at = told.acknowledged_at.astimezone(dt.UTC)
    incident = replace(
        known, state="ACKNOWLEDGED", acknowledged_by=told.by, acknowledged_at=at, note=told.note,
        escalate_at=None,
    )  # fmt: skip
    event = IncidentAcknowledged(**_named(incident), by=told.by, note=told.note, acknowledged_at=at)
    return incident, event


def escalate(known: Incident, cause: Cause | None) -> Changed:
    """Nobody has acknowledged it in time: the next step of the rules, until there are no more."""
    assert known.escalate_at is not None
    step = known.step + 1
    incident = replace(known, step=step, escalate_at=_next_escalation(cause, step, known.opened_at))
    return incident, IncidentEscalated(**_named(incident), step=step, escalated_at=known.escalate_at)


def hear(incident: Incident, heard: str) -> Incident | None:
    """The incident after a person heard of it by a rule, `heard`; None if it has before, since it opened."""
    others = tuple(known for known in incident.heard if known.heard != heard)
    known = next((known for known in incident.heard if known.heard == heard), None)
    if known is not None and known.number == incident.number:
        return None
    new = Heard(incident.tenant, incident.incident_id, heard, incident.number)
    return replace(incident, heard=tuple(sorted((*others, new), key=lambda one: one.heard)))


def _next_escalation(cause: Cause | None, step: int, opened_at: dt.datetime) -> dt.datetime | None:
    if cause is None or step >= len(cause.escalations):
        return None
    return opened_at + dt.timedelta(minutes=cause.escalations[step].after_minutes)


def _counted(incident: Incident, item: Item, by: int) -> Incident:
    if item == "order":
        return replace(incident, orders=incident.orders + by)
    if item == "payment":
        return replace(incident, payments=incident.payments + by)
    if item == "finding":
        return replace(incident, findings=incident.findings + by)
    return replace(incident, suppliers=incident.suppliers + by)


def _named(incident: Incident) -> dict[str, Any]:
    return {
        "incident_id": incident.incident_id,
        "number": incident.number,
        "cause": incident.cause,
        "cause_reference": incident.cause_reference,
        "orders": incident.orders,
        "payments": incident.payments,
        "suppliers": incident.suppliers,
        "findings": incident.findings,
        "severity": incident.severity,
    }
