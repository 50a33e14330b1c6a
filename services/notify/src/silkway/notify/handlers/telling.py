"""Tells whom an event concerns, as the rules say: one notice a person and cause."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from silkway.messaging import Work
from silkway.notify.books import CATALOGS
from silkway.notify.domain.incident import hear
from silkway.notify.domain.notices import Case, notice
from silkway.notify.domain.rules import Rule, Rules, Tell
from silkway.notify.handlers.delivering import deliver
from silkway.notify.store import INCIDENT


def tell(
    work: Work, rules: Rules, matching: Iterable[Rule], case: Case, incidents: Mapping[str, str | None]
) -> None:
    """Tell of an event. incidents: by rule, the incident that the event began or ended by it, if it did."""
    for rule in matching:
        if rule.begins is not None and incidents.get(rule.rule) is None:
            continue  # it went wrong with an order that is over
        for one in rule.tell:
            _tell_one(work, rules, rule, one, case, incidents.get(rule.rule))


def _tell_one(work: Work, rules: Rules, rule: Rule, one: Tell, case: Case, incident_id: str | None) -> None:
    said = notice(CATALOGS, rules, rule, one, case)
    incident = None if incident_id is None else work.get(INCIDENT, incident_id)
    if said is None or incident is None:
        if said is not None:
            deliver(work, said)
        return
    if one.once == "INCIDENT":
        incident = hear(incident, f"{rule.rule}/{one.audience}/{said.recipient or ''}")
        if incident is None:
            return
        work.put(INCIDENT, incident.incident_id, incident)
    deliver(work, replace(said, incident_id=incident.incident_id, incident_number=incident.number))
