"""The simulated carrier: the same answers for the same seed, in the proportions of its habits."""

from collections import Counter
from typing import Any

from silkway.cli.carrier.answers import Carriers
from silkway.contracts import BookingRefused, BookingRequested, BookingRolled, CarriedLine, ShipmentBooked
from tests.unit.desk import day

HABITS: dict[str, dict[str, Any]] = {
    "default": {
        "refused": 0.2,
        "rolled": 0.3,
        "roll_days": 7,
        "refusals": ["NO_SPACE"],
        "rolls": ["OVERBOOKED"],
    },
    "Never Line": {"refused": 1.0},
}


def asked(number: int, carrier: str = "Blue Line") -> BookingRequested:
    return BookingRequested(
        order_id=f"PO-{number}", booking_id=f"PO-{number}/1", quote_id="Q", option_id="1", rate_card_id="R",
        carrier=carrier, service="STANDARD", mode="SEA", origin="CNNGB", destination="DEHAM",
        ready_on=day(9).date(), departs_on=day(10).date(), arrives_on=day(40).date(),
        lines=(CarriedLine(line_id="1", quantity=5),), packages=1, gross_g=1, volume_cm3=1, priority=False,
        insured=True, promises=("ON_TIME",), price_minor=1, currency="USD",
    )  # fmt: skip


def test_the_same_seed_answers_the_same() -> None:
    one, other, third = (Carriers(seed) for seed in (7, 7, 8))
    bookings = [asked(number) for number in range(200)]
    assert [one.answer("acme", b, day(0)) for b in bookings] == [
        other.answer("acme", b, day(0)) for b in bookings
    ]
    assert [one.answer("acme", b, day(0)) for b in bookings] != [
        third.answer("acme", b, day(0)) for b in bookings
    ]


def test_answers_come_in_the_proportions_of_the_habits() -> None:
    carriers = Carriers(7, HABITS)
    kinds = Counter(tuple(type(a) for a in carriers.answer("acme", asked(n), day(0))) for n in range(2000))
    assert 340 < kinds[(BookingRefused,)] < 460
    assert 530 < kinds[(ShipmentBooked, BookingRolled)] < 670
    assert (
        sum(kinds.values())
        == kinds[(BookingRefused,)] + kinds[(ShipmentBooked, BookingRolled)] + kinds[(ShipmentBooked,)]
    )


def test_a_carrier_may_have_habits_of_its_own() -> None:
    carriers = Carriers(7, HABITS)
    answers = [carriers.answer("acme", asked(n, "Never Line"), day(0)) for n in range(50)]
    assert {type(answer) for (answer,) in answers} == {BookingRefused}


def test_what_is_confirmed_is_what_was_asked() -> None:
    booked = next(
        answer
        for n in range(50)
        for answer in Carriers(7).answer("acme", asked(n), day(0))
        if isinstance(answer, ShipmentBooked)
    )
    assert booked.booking_id == f"{booked.lines[0].order_id}/1"
    assert (booked.carrier, booked.mode, booked.lines[0].quantity) == ("Blue Line", "SEA", 5)
    assert booked.service is not None
    assert (booked.service.promises, booked.service.insured) == (("ON_TIME",), True)
