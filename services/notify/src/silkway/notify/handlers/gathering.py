"""Orders and payments join incidents and leave them."""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from silkway.contracts import Event
from silkway.messaging import Name, Work
from silkway.messaging.routing import Look
from silkway.notify.books import RULEBOOK
from silkway.notify.domain import concerns
from silkway.notify.domain.incident import Changed, Item, join, leave, past
from silkway.notify.domain.measures import Asked
from silkway.notify.domain.rules import Rule, Rules
from silkway.notify.domain.state import OrderView, Step
from silkway.notify.domain.told import Told
from silkway.notify.handlers import channels
from silkway.notify.store import FEED, INCIDENT, ORDER, PAST_INCIDENTS


def incidents_of(told: Told, look: Look) -> list[Name]:
    """The incidents that an event may begin, join, leave or end."""
    view: OrderView | None = look(ORDER, told.order_id)
    known = () if view is None else view.concerns
    names = {concern.incident_id for concern in known if concern.raised or concern.number}
    return [INCIDENT[name] for name in sorted(names | begun_by(told).keys())]


def begun_by(told: Event) -> Mapping[str, concerns.Cited]:
    """What the event begins by any version of the rules, by the id of its incident."""
    asked = Asked(told)
    found = [
        concerns.begun(rule, asked)
        for rules in RULEBOOK.versions
        for rule in rules.read(type(told))
        if rule.begins is not None and rules.is_case(rule, asked)
    ]
    return {begun.cited.incident_id: begun.cited for begun in found if begun is not None}


def gather(work: Work, rules: Rules, before: OrderView | None, view: OrderView) -> OrderView:
    """Let the order join the incidents that its concerns are in, and leave those that they are not in any more."""
    was_in, is_in = concerns.joined(before), concerns.wanted(view, rules.causes)
    for incident_id in sorted(was_in.keys() - is_in.keys()):
        leave_incident(work, incident_id, "order", view.order_id)
    numbers = {name: number for name, number in was_in.items() if name in is_in}
    for incident_id in sorted(is_in.keys() - was_in.keys()):
        numbers[incident_id] = join_incident(work, rules, is_in[incident_id], "order", view.order_id)
    return concerns.numbered(view, numbers, rules)


def join_incident(work: Work, rules: Rules, cited: concerns.Cited, item: Item, item_id: str) -> int:
    """One more in an incident; the incident's number."""
    known = work.get(INCIDENT, cited.incident_id)
    if known is not None and known.state == "CLOSED":
        work.append(PAST_INCIDENTS, past(known))
    cause = rules.causes.get(cited.cause)
    return keep(work, join(known, work.tenant, cited, cause, item, item_id, work.known_at))


def leave_incident(work: Work, incident_id: str, item: Item, item_id: str) -> None:
    """One less in an incident."""
    known = work.get(INCIDENT, incident_id)
    assert known is not None
    keep(work, leave(known, item, item_id, work.known_at))


def keep(work: Work, changed: Changed) -> int:
    """Write what became of an incident, tell of it to all who listen; the incident's number."""
    incident, event = changed
    incident = replace(incident, changes=incident.changes + 1)
    work.put(INCIDENT, incident.incident_id, incident)
    work.emit(INCIDENT, incident.incident_id, event)
    channels.pass_on_ours(work, event, f"{incident.incident_id}/{incident.changes}", incident.changes)
    work.append(FEED, Step(incident.tenant, incident_id=incident.incident_id))
    return incident.number


def about(
    rules: Sequence[Rule], told: Event, before: OrderView | None, view: OrderView
) -> dict[str, str | None]:
    """By rule, the incident that the event began or joined by it, or else ended or left."""
    asked = Asked(told)
    found: dict[str, str | None] = {}
    was_in, is_in = concerns.joined(before), concerns.joined(view)
    for rule in rules:
        if (new := concerns.begun(rule, asked)) is not None:
            found[rule.rule] = new.cited.incident_id if new.cited.incident_id in is_in else None
        elif rule.ends and before is not None:
            causes = {end.cause for end in rule.ends}
            now = {(c.cause, c.scope) for c in view.concerns if c.raised}
            ended = [
                c.incident_id
                for c in before.concerns
                if c.raised
                and c.cause in causes
                and (c.cause, c.scope) not in now
                and c.incident_id in was_in
            ]
            found[rule.rule] = ended[0] if ended else None
    return found
