"""An order that is promised to be shipped, before and after its day is over."""

import pytest

from tests.unit.credit.trade import MISSED, PROMISED, TOTAL, Credit, asked, linked, paid, recorded, registered
from tests.unit.desk import day


@pytest.fixture
def desk() -> Credit:
    """An order of USD 8,300, paid and covered in full, booked, promised to be shipped by 4 January."""
    desk = Credit()
    desk.hear(registered(), day(0))
    desk.hear(recorded(ship_by=PROMISED), day(0))
    desk.hear(asked("PO-1", TOTAL), day(1))
    desk.hear(paid(TOTAL), day(1))
    desk.hear(linked(), day(1))
    return desk


@pytest.fixture
def late(desk: Credit) -> Credit:
    """The same, and the promise has been missed."""
    desk.reach(MISSED)
    return desk
