"""The diagram in docs/domain/logistics.md shows how shipments go, no more and no less."""

import re
from pathlib import Path
from random import Random
from typing import get_args

from silkway.contracts.fields import MilestoneKind
from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.way import PROGRESS
from silkway.logistics.store import SHIPMENT
from tests.unit.desk import Desk, day
from tests.unit.logistics.freight import ALL, booked, split, tracked

DOCUMENT = (Path(__file__).parents[3] / "docs/domain/logistics.md").read_text()
_EDGE = re.compile(r"^    (\w+|\[\*\]) --> (\w+)", re.MULTILINE)


def walked(chance: Random) -> set[tuple[str, str]]:
    """The steps of one shipment that is tracked at random and perhaps split up."""
    desk, steps, at = Desk(SERVICE), set[tuple[str, str]](), "[*]"
    desk.hear(booked(), day(1))
    for number in range(chance.randint(1, 6)):
        state = desk.state(SHIPMENT, "SH-1").state
        if state != at:
            steps.add((at, state))
            at = state
        now = day(2 + number)
        kind: MilestoneKind = chance.choice(get_args(MilestoneKind))
        desk.hear(tracked(kind, now, leg=chance.randint(0, 3)), now)
        if chance.random() < 0.1:
            desk.hear(split({"SH-1-A": ALL}, now), now)
    return steps


def test_the_diagram_shows_how_shipments_go() -> None:
    drawn = set(_EDGE.findall(DOCUMENT))
    found = set[tuple[str, str]]()
    for seed in range(1500):
        found |= walked(Random(seed))
    assert found == drawn


def test_the_table_shows_what_each_milestone_brings() -> None:
    rows = re.findall(r"^\| ([A-Z_, ]+) \| ([A-Z_]+) \|$", DOCUMENT, re.MULTILINE)
    assert {kind: state for kinds, state in rows for kind in kinds.split(", ")} == PROGRESS
