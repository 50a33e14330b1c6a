"""What the auditor found is an incident of its invariant, until somebody has settled each finding."""

from silkway.contracts import (
    FindingSettled,
    IncidentChanged,
    IncidentClosed,
    IncidentNotified,
    IncidentOpened,
    InvariantBroken,
)
from silkway.notify.consumer import SERVICE
from silkway.notify.store import FINDING, INCIDENT
from tests.unit.desk import Desk, day


def broken(finding_id: str, about: str = "order/PO-1", invariant: str = "MONEY_ADDS_UP") -> InvariantBroken:
    return InvariantBroken(
        finding_id=finding_id, invariant=invariant, about=about, event_id="e-1", known_at=day(1), found_at=day(1),
        text="received_minor is told as 90 and adds up to 100",
    )  # fmt: skip


def settled(finding_id: str, invariant: str = "MONEY_ADDS_UP") -> FindingSettled:
    return FindingSettled(
        finding_id=finding_id, invariant=invariant, by="ana@ops", reason="A test.", settled_at=day(2)
    )


def test_two_orders_with_one_broken_invariant_are_one_incident() -> None:
    desk = Desk(SERVICE)

    desk.hear(broken("f-1"), day(1))
    desk.hear(broken("f-2", "order/PO-2"), day(1))

    (opened,), (joined,) = desk.told(IncidentOpened), desk.told(IncidentChanged)
    assert (opened.cause, opened.cause_reference, opened.severity) == (
        "INVARIANT", "INVARIANT/MONEY_ADDS_UP", "CRITICAL",
    )  # fmt: skip
    assert (joined.joined, joined.findings) == ("f-2", 2)
    said = [notice.text for notice in desk.told(IncidentNotified)]
    assert said[1].startswith("The log contradicts itself about order/PO-2: received_minor is told as 90")


def test_another_invariant_is_another_incident() -> None:
    desk = Desk(SERVICE)
    desk.hear(broken("f-1"), day(1))
    desk.hear(broken("f-2", invariant="LIMIT_KEPT"), day(1))
    assert len(desk.told(IncidentOpened)) == 2


def test_a_finding_told_again_counts_once_and_stays_settled() -> None:
    desk = Desk(SERVICE)
    for finding in (broken("f-1"), broken("f-1"), settled("f-1"), broken("f-1"), settled("f-1")):
        desk.hear(finding, day(1))
    assert desk.told(IncidentChanged) == []
    assert len(desk.told(IncidentClosed)) == 1


def test_the_incident_is_over_when_the_last_finding_is_settled() -> None:
    desk = Desk(SERVICE)
    for finding in (broken("f-1"), broken("f-2"), settled("f-1")):
        desk.hear(finding, day(1))
    assert desk.told(IncidentClosed) == []

    desk.hear(settled("f-2"), day(2))

    (closed,) = desk.told(IncidentClosed)
    assert (desk.state(INCIDENT, closed.incident_id).state, closed.orders_at_most) == ("CLOSED", 2)
    assert desk.state(FINDING, "f-2").settled_by == "ana@ops"


def test_a_settlement_that_names_another_invariant_is_refused_and_a_right_one_follows() -> None:
    desk = Desk(SERVICE)
    desk.hear(broken("f-1"), day(1))

    desk.hear(settled("f-1", invariant="LIMIT_KEPT"), day(2))

    ((_, refusal),) = desk.refused
    assert (refusal.field, refusal.reason) == ("invariant", "what was found broken is MONEY_ADDS_UP")
    desk.hear(settled("f-1"), day(3))
    assert len(desk.told(IncidentClosed)) == 1


def test_a_settlement_that_comes_first_waits_for_its_finding() -> None:
    desk = Desk(SERVICE)
    desk.hear(settled("f-1"), day(1))
    assert len(desk.waiting) == 1
    desk.hear(broken("f-1"), day(1))
    assert not desk.waiting
    assert len(desk.told(IncidentClosed)) == 1
