"""An order that is promised to be shipped, before and after its day is over."""

import pytest

from tests.unit.credit.trade import Credit, missed, promised


@pytest.fixture
def desk() -> Credit:
    """An order of USD 8,300, paid and covered in full, booked, promised to be shipped by 4 January."""
    return promised()


@pytest.fixture
def late() -> Credit:
    """The same, and the promise has been missed."""
    return missed()
