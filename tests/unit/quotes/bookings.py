"""How an order stands with its carrier, for tests of choices and bookings."""

from silkway.logistics.consumer import SERVICE
from silkway.logistics.domain.booking import Booking
from silkway.logistics.store import BOOKING
from tests.unit.desk import Desk, day
from tests.unit.quotes.offers import (
    ALL_CARDS,
    given,
    option_of,
    placed,
    recorded,
)

BLUE = option_of(given(), "Blue Line")


def informed() -> Desk:
    """A desk that knows the rates of three carriers."""
    found = Desk(SERVICE)
    for published in ALL_CARDS:
        found.hear(published, day(0))
    return found


def booking(desk: Desk) -> Booking:
    return desk.state(BOOKING, "PO-1")


def state(desk: Desk) -> str:
    current = booking(desk).current
    assert current is not None
    return current.state


def requested(desk: Desk) -> None:
    """Quoted on day 0, drafted on day 1, placed on day 3."""
    desk.hear(given(), day(0))
    desk.hear(recorded(option_id=BLUE), day(1))
    desk.hear(placed(option_id=BLUE), day(3))
