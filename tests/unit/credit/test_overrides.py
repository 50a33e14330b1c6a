"""Another limit than the rules give takes two people, and ends by itself."""

import datetime as dt

import pytest

from silkway.contracts import LimitReassessed, OverrideApproved, OverrideProposed
from silkway.credit.store import OVERRIDE
from tests.unit.credit.trade import USD, Credit, asked, completed, registered
from tests.unit.desk import day

STARTING = 50_000 * USD
CAP = 1_000_000 * USD


@pytest.fixture
def desk() -> Credit:
    desk = Credit()
    desk.hear(registered(), day(0))
    return desk


def proposed(
    limit_minor: int, by: str = "ana", until: dt.datetime | None = None, id_: str = "OV-1"
) -> OverrideProposed:
    return OverrideProposed(
        supplier_id="S1", override_id=id_, limit_minor=limit_minor, until=until or day(60),
        reason="Its bank stands in.", by=by, proposed_at=day(10),
    )  # fmt: skip


def approved(by: str = "bob", id_: str = "OV-1") -> OverrideApproved:
    return OverrideApproved(supplier_id="S1", override_id=id_, by=by, approved_at=day(11))


def refusals(desk: Credit) -> list[str]:
    return [answer.field for _, answer in desk.refused]


def test_one_proposes_and_another_approves(desk: Credit) -> None:
    desk.hear(proposed(250_000 * USD), day(10))
    assert desk.supplier().limit_minor == STARTING
    desk.hear(approved(), day(11))

    told = desk.told(LimitReassessed)[-1]
    assert told.limit_minor == desk.supplier().limit_minor == 250_000 * USD
    (reason,) = [reason for reason in told.reasons if reason.rule == "OVERRIDE"]
    assert (reason.amount_minor, reason.text) == (
        200_000 * USD, f"Its bank stands in. (set by ana and bob until {day(60):%Y-%m-%d %H:%M})",
    )  # fmt: skip
    assert sum(reason.amount_minor for reason in told.reasons) == told.limit_minor
    assert desk.state(OVERRIDE, "S1|OV-1").approved_by == "bob"


def test_nobody_approves_what_they_proposed(desk: Credit) -> None:
    desk.hear(proposed(250_000 * USD), day(10))
    desk.hear(approved("ana"), day(11))
    assert refusals(desk) == ["by"]
    assert desk.supplier().limit_minor == STARTING


def test_a_lower_one_makes_a_shortfall_and_it_ends_by_itself(desk: Credit) -> None:
    desk.hear(asked("PO-1", 30_000 * USD), day(5))
    desk.hear(proposed(10_000 * USD), day(10))
    desk.hear(approved(), day(11))
    assert (desk.supplier().free_minor, desk.supplier().shortfall_minor) == (0, 20_000 * USD)

    # What counts meanwhile is told with it, and changes nothing
    desk.hear(completed("PO-2", 100_000 * USD), day(30))
    assert desk.supplier().limit_minor == 10_000 * USD

    desk.reach(day(61))
    told = desk.told(LimitReassessed)[-1]
    assert told.limit_minor == desk.supplier().limit_minor > STARTING
    assert "OVERRIDE" not in {reason.rule for reason in told.reasons}
    assert desk.supplier().shortfall_minor == 0


def test_a_later_one_takes_the_place_of_the_earlier(desk: Credit) -> None:
    for number, limit_minor in enumerate((100_000 * USD, 70_000 * USD)):
        desk.hear(proposed(limit_minor, id_=f"OV-{number}"), day(10))
        desk.hear(approved(id_=f"OV-{number}"), day(11))
    assert [told.limit_minor for told in desk.told(LimitReassessed)][-2:] == [100_000 * USD, 70_000 * USD]


def test_the_second_before_the_first_waits(desk: Credit) -> None:
    desk.hear(approved(), day(10))
    assert len(desk.waiting) == 1
    desk.hear(proposed(250_000 * USD), day(11))
    assert desk.supplier().limit_minor == 250_000 * USD


def test_what_cannot_be(desk: Credit) -> None:
    desk.hear(proposed(CAP + 1), day(10))
    desk.hear(proposed(1, until=day(9)), day(10))
    assert refusals(desk) == ["limit_minor", "until"]
    desk.hear(proposed(CAP), day(10))
    desk.hear(proposed(1), day(10))
    desk.hear(approved(), day(11))
    desk.hear(approved("eve"), day(11))
    desk.hear(proposed(1, until=day(13), id_="OV-2"), day(12))
    desk.hear(approved(id_="OV-2"), day(14))
    assert refusals(desk)[2:] == ["override_id", "override_id", "override_id"]
    assert desk.supplier().limit_minor == CAP
