"""docs/domain/notify.md says what the rules say, and its diagram what incidents do."""

import re

from silkway.contracts import Event
from silkway.notify.consumer import SERVICE
from silkway.notify.domain.incident import Incident
from tests.unit.desk import Desk, day
from tests.unit.notify import telling as tell
from tests.unit.notify import trouble
from tests.unit.notify.handbook import HANDBOOK, written


def test_its_tables_are_those_of_the_rules() -> None:
    text = HANDBOOK.read_text()
    assert text == written(text), "renew it: python -m tests.unit.notify.handbook"


def test_its_diagram_shows_what_incidents_do() -> None:
    stories: list[list[Event]] = [
        [trouble.delayed(), trouble.recovered(), trouble.delayed()],
        [trouble.delayed(), trouble.delayed("PO-2"), trouble.recovered("PO-2")],
        [
            trouble.delayed(),
            *acknowledged(),
            trouble.delayed("PO-2"),
            trouble.recovered(),
            trouble.recovered("PO-2"),
        ],
    ]
    seen = set[tuple[str, str]]().union(*map(walked, stories))
    assert seen == {
        (one, other)
        for one, other in re.findall(r"^    (\S+) --> (\w+):", HANDBOOK.read_text(), re.MULTILINE)
    }


def acknowledged() -> list[Event]:
    desk = Desk(SERVICE)
    desk.hear(tell.recorded(), day(0))
    desk.hear(trouble.delayed(), day(1))
    return [trouble.acknowledged(incident_of(desk).incident_id)]


def incident_of(desk: Desk) -> Incident:
    (incident,) = (state for state in desk.states.values() if isinstance(state, Incident))
    return incident


def walked(story: list[Event]) -> set[tuple[str, str]]:
    """The changes of the incident's state while a story is told; time goes on after each event."""
    desk, state, arrows = Desk(SERVICE), "[*]", set[tuple[str, str]]()
    for order_id in ("PO-1", "PO-2"):
        desk.hear(tell.recorded(order_id), day(0))
    for number, event in enumerate(story, start=1):
        told = len(desk.said)
        desk.hear(event, day(number))
        incident = incident_of(desk)
        if any(said.event.type.startswith("silkway.incident.") for said in desk.said[told:]):
            arrows.add((state, incident.state))
        state = incident.state
        told = len(desk.said)
        desk.reach(day(number + 0.5))
        if len(desk.said) > told:
            arrows.add((state, incident_of(desk).state))
    return arrows
