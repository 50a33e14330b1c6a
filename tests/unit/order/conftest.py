"""The order service, before anything has happened."""

import pytest

from silkway.order.consumer import SERVICE
from tests.unit.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk(SERVICE)
