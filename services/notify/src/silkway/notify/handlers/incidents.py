"""What people do about incidents, and what happens where they do not."""

from silkway.contracts import AcknowledgementRequested
from silkway.messaging import Due, Fact, Refused, Work
from silkway.notify.books import CATALOGS, RULEBOOK
from silkway.notify.channels.store import DIRECTORY
from silkway.notify.domain.incident import acknowledge, escalate
from silkway.notify.domain.notices import escalation_notice
from silkway.notify.domain.subscription import OPERATIONS
from silkway.notify.handlers.delivering import deliver
from silkway.notify.handlers.gathering import keep
from silkway.notify.handlers.routing import router
from silkway.notify.store import INCIDENT


@router.on(AcknowledgementRequested, names=lambda told: [INCIDENT[told.incident_id], DIRECTORY[OPERATIONS]])
def acknowledgement_requested(work: Work, fact: Fact[AcknowledgementRequested]) -> None:
    """Somebody takes an incident in hand. Said again, the first stands."""
    told = fact.data
    incident = work.get(INCIDENT, told.incident_id)
    if incident is None:
        raise Refused("incident_id", "there is no such incident", "Take the id of one in the list.")
    number = told.number or incident.number
    if number != incident.number or incident.state == "CLOSED":
        raise Refused("number", f"number {number} of the incident is closed", "Acknowledge one that is open.")
    changed = acknowledge(incident, told)
    if changed is not None:
        keep(work, changed)


@router.due(INCIDENT, names=lambda incident: [INCIDENT[incident.incident_id]])
def nobody_acknowledged(work: Work, due: Due) -> None:
    """The next step of the escalation."""
    incident = work.get(INCIDENT, due.id)
    assert incident is not None
    rules = RULEBOOK.at(due.at)
    cause = rules.causes.get(incident.cause)
    changed = escalate(incident, cause)
    keep(work, changed)
    incident, _ = changed
    if cause is not None and incident.step <= len(cause.escalations):
        step = cause.escalations[incident.step - 1]
        deliver(work, escalation_notice(CATALOGS, rules, incident, step, due.at))
