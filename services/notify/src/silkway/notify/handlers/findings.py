"""What the auditor found: an incident of the invariant, until somebody has settled each finding."""

from msgspec.structs import replace

from silkway.contracts import FindingSettled, InvariantBroken
from silkway.messaging import Fact, Name, NotYet, Refused, Work
from silkway.notify.books import RULEBOOK
from silkway.notify.channels.store import DIRECTORY
from silkway.notify.domain.concerns import Cited, begun
from silkway.notify.domain.finding import FindingView
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.notices import Case
from silkway.notify.domain.subscription import OPERATIONS
from silkway.notify.handlers.gathering import begun_by, join_incident, leave_incident
from silkway.notify.handlers.routing import router
from silkway.notify.handlers.telling import tell
from silkway.notify.store import FINDING, INCIDENT


def _names(told: InvariantBroken) -> list[Name]:
    incidents = [INCIDENT[name] for name in sorted(begun_by(told))]
    return [FINDING[told.finding_id], *incidents, DIRECTORY[OPERATIONS]]


@router.on(InvariantBroken, names=_names)
def invariant_broken(work: Work, fact: Fact[InvariantBroken]) -> None:
    """A finding joins the incident of its invariant. Found again after it was settled, it stays settled."""
    told = fact.data
    if work.get(FINDING, told.finding_id) is not None:
        return
    rules = RULEBOOK.at(fact.known_at)
    asked = Asked(told)
    finding = FindingView(
        fact.tenant, told.finding_id, told.invariant, told.about, told.text, told.event_id,
        known_at=fact.known_at,
    )  # fmt: skip
    matching = rules.matching(asked)
    incidents: dict[str, str | None] = {}
    for rule in matching:
        new = begun(rule, asked)
        if new is not None:
            incidents[rule.rule] = incident_id = new.cited.incident_id
            number = join_incident(work, rules, new.cited, "finding", told.finding_id)
            finding = replace(finding, incident_id=incident_id, number=number)
    work.put(FINDING, told.finding_id, finding)
    tell(work, rules, matching, Case(fact.tenant, fact.id, fact.known_at, asked, None, {}), incidents)


def _incident_of(told: FindingSettled) -> Name:
    return INCIDENT[Cited("INVARIANT", f"INVARIANT/{told.invariant}").incident_id]


@router.on(
    FindingSettled,
    names=lambda told: [FINDING[told.finding_id], _incident_of(told), DIRECTORY[OPERATIONS]],
)
def finding_settled(work: Work, fact: Fact[FindingSettled]) -> None:
    """Somebody has dealt with it. Said again, the first stands."""
    told = fact.data
    finding = work.get(FINDING, told.finding_id)
    if finding is None:
        raise NotYet(FINDING[told.finding_id], "invariant.broken")
    if told.invariant != finding.invariant:
        raise Refused("invariant", f"what was found broken is {finding.invariant}", "name that invariant")
    if finding.settled_by is not None:
        return
    if finding.incident_id is not None and finding.number:
        leave_incident(work, finding.incident_id, "finding", told.finding_id)
    work.put(
        FINDING, told.finding_id, replace(finding, number=0, settled_by=told.by, settled_reason=told.reason)
    )
