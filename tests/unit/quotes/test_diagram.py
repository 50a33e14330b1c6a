"""The diagram in docs/domain/quotes.md shows what the rules do, no more and no less."""

import datetime as dt
import re
from pathlib import Path

from silkway.contracts import Event
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.booking import Booking
from silkway.logistics.store import BOOKING
from tests.unit.desk import Desk, day
from tests.unit.quotes.offers import (
    ALL_CARDS,
    amended,
    cancelled,
    chosen,
    confirmed,
    given,
    placed,
    recorded,
    refused,
)

DIAGRAM = Path(__file__).parents[3] / "docs" / "domain" / "quotes.md"
START = "[*]"
Arrow = tuple[str, str]
Story = list[tuple[Event, dt.datetime] | dt.datetime]
"""Events with the times they were known, and times that are reached."""

GIVEN = (given(), day(0))
DRAFTED: tuple[Event, dt.datetime] = (recorded(), day(1))
PLACED: tuple[Event, dt.datetime] = (placed(), day(3))
STORIES: list[Story] = [
    [GIVEN, DRAFTED, PLACED, (confirmed(), day(4)), (refused(), day(5)), day(5)],
    [GIVEN, DRAFTED, PLACED, (confirmed(), day(4)), (cancelled(), day(5))],
    [GIVEN, DRAFTED, PLACED, (confirmed(), day(4)), (amended(), day(5))],
    [GIVEN, DRAFTED, PLACED, (refused(), day(5)), day(5)],
    [GIVEN, DRAFTED, PLACED, (cancelled(), day(5))],
    [GIVEN, DRAFTED, (confirmed(), day(4)), PLACED],
    [GIVEN, DRAFTED, (cancelled(), day(2))],
    [GIVEN, DRAFTED, (placed(), day(12)), day(13)],
    [GIVEN, DRAFTED, (chosen("Q-1", "2"), day(2))],
    [DRAFTED, (cancelled(), day(2))],
    [DRAFTED, day(2)],
    [DRAFTED, GIVEN, day(2)],
    [DRAFTED, PLACED, GIVEN, day(4)],
    [DRAFTED, PLACED, (confirmed(), day(4)), GIVEN, day(4)],
    [DRAFTED, day(2), GIVEN, (given("Q-2", at=day(2)), day(2)), PLACED, (chosen("Q-2", "1"), day(4))],
]


def drawn() -> set[Arrow]:
    found = re.findall(r"^    (\S+) --> (\w+):", DIAGRAM.read_text(), re.MULTILINE)
    return {(one, other) for one, other in found}


def walked(story: Story) -> set[Arrow]:
    """The changes of the attempts' states while a story is told."""
    desk, found = Desk(SERVICE), set[Arrow]()
    before: dict[int, str] = {}
    for published in ALL_CARDS:
        desk.hear(published, day(0))
    for step in story:
        if isinstance(step, dt.datetime):
            desk.reach(step)
        else:
            desk.hear(*step)
        booking: Booking | None = desk.states.get((BOOKING.rank, "acme/PO-1"))
        now = {} if booking is None else {attempt.attempt: attempt.state for attempt in booking.attempts}
        found |= {
            (before.get(number, START), state) for number, state in now.items() if before.get(number) != state
        }
        before = dict(now)
    return found


def test_the_diagram_shows_what_the_rules_do() -> None:
    seen = set[Arrow]().union(*map(walked, STORIES))
    assert seen == drawn()
